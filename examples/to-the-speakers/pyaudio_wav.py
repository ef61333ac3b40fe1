"""A wav by PyAudio while it arrives: the thread's player with a queue.

pyaudio_wav.py [TEXT]
"""

import queue
import sys
import threading
import time
from collections.abc import Iterable, Iterator

import pyaudio
from openai import OpenAI

TEXT = "Hello there, I'm making a wav file today, and you hear it before it is made."
RATE, SAMPLE_BYTES = 24_000, 2
HEADER_BYTES = 44
"""It would be heard as a click."""
START_BYTES = RATE * SAMPLE_BYTES // 10
"""A tenth of a second. The thread's 150,000 bytes are three seconds."""
SILENCE = bytes(RATE * SAMPLE_BYTES // 5)
"""Around it: some sound servers lose what a stream begins with, and what they hold when it stops."""


def pieces_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Whole samples of a wav that is cut anywhere; the first piece is large enough to begin with."""
    data, wanted = bytearray(), HEADER_BYTES + START_BYTES
    skipped = HEADER_BYTES
    for chunk in chunks:
        data += chunk
        if len(data) >= wanted:
            end = len(data) // SAMPLE_BYTES * SAMPLE_BYTES
            yield bytes(data[skipped:end])
            del data[:end]
            skipped, wanted = 0, SAMPLE_BYTES
    yield bytes(data[skipped:])


def play(stream, pieces: queue.Queue[bytes | None]) -> None:
    """Writes what comes. `write` waits for the sound card, so this has a thread of its own."""
    stream.write(SILENCE)
    while (piece := pieces.get()) is not None:
        stream.write(piece)
    stream.write(SILENCE)
    stream.stop_stream()


audio = pyaudio.PyAudio()
speakers = audio.open(format=pyaudio.paInt16, channels=1, rate=RATE, output=True)
waiting: queue.Queue[bytes | None] = queue.Queue(maxsize=1_000)  # with a bound, the rest stays in the network
player = threading.Thread(target=play, args=(speakers, waiting))
player.start()
began, first_s = time.monotonic(), None
try:
    with OpenAI().audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=" ".join(sys.argv[1:]) or TEXT, response_format="wav"
    ) as response:
        for piece in pieces_of(response.iter_bytes()):
            first_s = first_s or time.monotonic() - began
            waiting.put(piece)
finally:  # an answer that breaks off is heard as far as it came
    waiting.put(None)
    player.join()
    speakers.close()
    audio.terminate()
print(f"began to play after {1000 * (first_s or 0):.0f} ms")
