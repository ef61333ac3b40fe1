"""Chunks of the answer to the sound card, while the rest is still being spoken.

sounddevice_pcm.py [TEXT]

pcm needs no decoder: its bytes are samples of 16 bit, one channel, 24 kHz.
"""

import sys
import threading
import time

import sounddevice as sd
from openai import OpenAI

TEXT = "The audio is able to be played before the full file has been generated and made accessible."
RATE, SAMPLE_BYTES = 24_000, 2
START_BYTES = RATE * SAMPLE_BYTES // 10
"""A tenth of a second in hand before it begins: chunks do not come evenly."""
TAIL_BYTES = RATE * SAMPLE_BYTES // 5
MOST_BYTES = RATE * SAMPLE_BYTES * 30
"""More than half a minute is left in the network until it is needed."""


class Buffer:
    """Between the network, which brings bytes in any portions, and the sound card, which cannot wait."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._changed = threading.Condition()
        self._ended = False
        self._playing = False
        self.late = 0
        self.first_at: float | None = None

    def write(self, data: bytes) -> None:
        """Takes a chunk; while there is no room for it, the server is made to wait."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._data) < MOST_BYTES)
            self._data += data

    def end(self) -> None:
        """There is no more. Silence goes last: some sound servers lose what they hold when a stream stops."""
        with self._changed:
            self._data += bytes(TAIL_BYTES)
            self._ended = True

    def fill(self, out, frames, when, status) -> None:
        """The sound card's own thread asks for samples: it gets what is there, and silence for the rest."""
        with self._changed:
            if not self._playing and (self._ended or len(self._data) >= START_BYTES):
                self._playing = True
                self.first_at = self.first_at or time.monotonic()
            # Whole samples only: of one that a chunk's border has cut in two, the first half waits here.
            whole = len(self._data) // SAMPLE_BYTES * SAMPLE_BYTES
            count = min(len(out), whole) if self._playing else 0
            out[:count] = self._data[:count]
            out[count:] = bytes(len(out) - count)
            del self._data[:count]
            self._changed.notify()
            if self._playing and count < len(out):
                if self._ended:
                    raise sd.CallbackStop  # when the last of it has been heard
                self._playing = False  # until there is enough again
                self.late += 1


buffer, heard, failure = Buffer(), threading.Event(), None
with sd.RawOutputStream(
    samplerate=RATE,
    channels=1,
    dtype="int16",
    latency=0.06,  # seconds; with less, a busy machine makes gaps
    callback=buffer.fill,
    finished_callback=heard.set,
):
    asked_at = time.monotonic()
    try:
        with OpenAI().audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=" ".join(sys.argv[1:]) or TEXT, response_format="pcm"
        ) as response:
            for chunk in response.iter_bytes():  # without a size: a size waits until that much has come
                buffer.write(chunk)
    except Exception as broken:  # it is told below: what has come is heard first
        failure = broken
    came_s = time.monotonic() - asked_at
    buffer.end()
    heard.wait()
if failure:
    raise failure
first_ms = 1000 * (buffer.first_at - asked_at)
print(
    f"first sound after {first_ms:.0f} ms, last chunk after {1000 * came_s:.0f} ms, late {buffer.late} times"
)
