"""When does speech really begin? First byte, first audible sample and end, for each format.

    timing.py [TEXT]

A first byte proves nothing: it may be a header. So what has come is decoded until something can be heard.
"""

import io
import sys
import time

import av
import numpy as np
from openai import OpenAI

TEXT = (
    "You need to handle audio data in chunks as they arrive, rather than waiting for the entire file. "
    "This sentence is only there so that there is something to wait for. And so is this one."
)
AUDIBLE = 0.01
"""Of full scale."""
client = OpenAI()


def audible(data: bytes, response_format: str) -> bool:
    """Whether what has come so far has anything in it that can be heard."""
    if response_format == "pcm":
        samples = np.frombuffer(data[: len(data) // 2 * 2], "<i2") / 32768
        return bool(len(samples)) and bool(np.abs(samples).max() > AUDIBLE)
    try:
        with av.open(io.BytesIO(data)) as container:
            for frame in container.decode(audio=0):
                samples = frame.to_ndarray()
                full = np.iinfo(samples.dtype).max if samples.dtype.kind == "i" else 1
                if np.abs(samples / full).max() > AUDIBLE:
                    return True
    except (av.FFmpegError, EOFError, IndexError):  # not enough yet
        pass
    return False


def timed(response_format: str) -> tuple[float, float, float, int]:
    """Milliseconds to the first byte, to the first audible sample and to the end, and how much came."""
    first = heard = 0.0
    data = bytearray()
    began = time.perf_counter()
    with client.audio.speech.with_streaming_response.create(
        model="tts-1",
        voice="alloy",
        input=" ".join(sys.argv[1:]) or TEXT,
        response_format=response_format,
    ) as response:
        arrivals = []
        for piece in response.iter_bytes():  # without a size: a size waits until that much has come
            data += piece
            arrivals.append((len(data), time.perf_counter() - began))
    first = arrivals[0][1]
    heard = next((at for size, at in arrivals if audible(bytes(data[:size]), response_format)), float("nan"))
    return 1000 * first, 1000 * heard, 1000 * arrivals[-1][1], len(data)


timed("pcm")  # the first request of a connection pays for the connection
print(f"{'format':8}{'first byte':>12}{'first audible':>15}{'end':>10}{'bytes':>10}")
for name in ("pcm", "wav", "flac", "mp3", "opus", "aac"):
    first, heard, end, size = timed(name)
    print(f"{name:8}{first:9.0f} ms{heard:12.0f} ms{end:7.0f} ms{size:10}")
