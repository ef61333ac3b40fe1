"""What soundfile can do: read a whole answer out of memory, once all of it has come.

soundfile_whole.py [wav|flac|mp3|opus] [TEXT]
"""

import io
import sys
import time

import numpy as np
import sounddevice as sd
import soundfile as sf
from openai import OpenAI

TEXT = "Once it is entirely written, it does play nicely."


def samples_of(data: bytes) -> tuple[np.ndarray, int]:
    """The samples of a file, and their rate in Hz; a chunk of one is no file, and is not understood."""
    with sf.SoundFile(io.BytesIO(data)) as file:
        if file.frames < sys.maxsize:
            return file.read(dtype="int16"), file.samplerate
        # A FLAC that was streamed: no total is stated, as nobody knew it. `sf.read` wants memory for all that
        # there might be; in blocks it can be read, if soundfile is kept from seeking behind the last of them.
        file.seekable = lambda: False
        blocks = []
        while len(block := file.read(4096, dtype="int16")):
            blocks.append(block)
        return np.concatenate(blocks), file.samplerate


response_format, *words = sys.argv[1:] or ["wav"]
began = time.monotonic()
response = OpenAI().audio.speech.create(
    model="tts-1", voice="alloy", input=" ".join(words) or TEXT, response_format=response_format
)  # without `with_streaming_response` this returns when all has come
samples, rate = samples_of(response.content)
print(
    f"{response_format}: {len(samples)} samples, {rate} Hz, after {1000 * (time.monotonic() - began):.0f} ms"
)
# Silence around it: some sound servers lose what a stream begins with, and what they hold when it stops.
sd.play(np.pad(samples, rate // 5), rate, latency=0.2)
sd.wait()
