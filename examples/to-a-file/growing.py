"""Into a file that can be played while it grows.

growing.py [speech.mp3|.opus|.aac|.flac|.wav|.pcm] [TEXT]
"""

import sys
import time
from pathlib import Path

from openai import OpenAI

TEXT = (
    "When I call stream to file, the file gets generated, but I can't play it until the whole text has "
    "been processed. This one can be played from its first word on."
)
name, *words = sys.argv[1:] or ["speech.mp3"]
path = Path(name)
began, written = time.monotonic(), 0
with (
    OpenAI().audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=" ".join(words) or TEXT, response_format=path.suffix[1:]
    ) as response,
    path.open("wb", buffering=0) as file,  # what has come is in the file: nothing waits in a buffer
):
    for chunk in response.iter_bytes():  # without a size: a size waits until that much has come
        if not written:
            print(f"{path} can be played after {1000 * (time.monotonic() - began):.0f} ms", flush=True)
        written += file.write(chunk)
print(f"{path} is whole after {1000 * (time.monotonic() - began):.0f} ms: {written} bytes")
