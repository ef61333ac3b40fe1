"""What is inside the Ogg stream, page by page, as it arrives.

pages.py [TEXT]
"""

import struct
import sys
import time

from openai import OpenAI

TEXT = "An Ogg stream need not come in large pages. Here every page is one packet of twenty milliseconds."
began = time.perf_counter()
buffered = bytearray()
shown = 0

print(f"{'at':>8}  {'bytes':>6}  {'packets':>7}  audio up to")
with OpenAI().audio.speech.with_streaming_response.create(
    model="tts-1", voice="alloy", input=" ".join(sys.argv[1:]) or TEXT, response_format="opus"
) as response:
    for piece in response.iter_bytes():
        buffered += piece
        # A page: 27 bytes of header, a table of segment lengths, the segments. Source: RFC 3533, section 6.
        while len(buffered) >= 27 and len(buffered) >= 27 + buffered[26]:
            table = buffered[27 : 27 + buffered[26]]
            size = 27 + len(table) + sum(table)
            if len(buffered) < size:
                break
            (granule,) = struct.unpack_from("<q", buffered, 6)
            packets = sum(length < 255 for length in table)
            shown += 1
            if shown <= 12:
                at_ms = 1000 * (time.perf_counter() - began)
                print(f"{at_ms:5.0f} ms  {size:6}  {packets:7}  {granule / 48:.0f} ms")
            del buffered[:size]
print(f"... {shown} pages, {granule / 48_000:.2f} s of audio")
