"""From the chunks of a stream to what endpointing and recognition need: samples and probabilities at 16 kHz.

Lives on worker threads, one step at a time; belongs to one stream.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from firstword.audio.resampler import Resampler
from firstword.core.protocols import Decoder, VadEngine
from firstword.core.transcripts import LISTENING_RATE
from firstword.core.types import AudioChunk, Samples


@dataclass(frozen=True, slots=True)
class Sound:
    """What came of some input."""

    samples: Samples
    """Mono, 16 kHz."""
    probabilities: tuple[float, ...]
    """Of speech, one for each window that is complete."""
    received_s: float
    """Seconds of audio that were put in."""


class Ear:
    """Resamples what it is given, and tells speech from the rest.

    Args:
        vad: gives the probabilities.
    """

    def __init__(self, vad: VadEngine) -> None:
        self._vad = vad.session()
        self._resampler: Resampler | None = None
        self._frames = 0
        """At 16 kHz."""

    def hear(self, chunks: Sequence[AudioChunk]) -> Sound:
        """The next chunks of the stream."""
        resampled: list[AudioChunk] = []
        for chunk in chunks:
            if self._resampler is None:
                self._resampler = Resampler(chunk.sample_rate, LISTENING_RATE)
            resampled.extend(self._resampler.feed(chunk))
        return self._sound(resampled, sum(chunk.duration_s for chunk in chunks))

    def finish(self) -> Sound:
        """What was held back, and a probability for the last, incomplete window."""
        rest = self._sound(self._resampler.flush() if self._resampler else (), 0.0)
        return Sound(rest.samples, (*rest.probabilities, *self._vad.flush()), 0.0)

    def _sound(self, chunks: Sequence[AudioChunk], received_s: float) -> Sound:
        if not chunks:
            return Sound(np.zeros(0, np.float32), (), received_s)
        samples = np.concatenate([chunk.samples for chunk in chunks])
        placed = AudioChunk(samples, LISTENING_RATE, self._frames)
        self._frames += len(samples)
        return Sound(samples, tuple(self._vad.feed(placed)), received_s)


class CodedEar:
    """An ear for bytes.

    Args:
        decoder: of the stream.
        vad: gives the probabilities.
    """

    def __init__(self, decoder: Decoder, vad: VadEngine) -> None:
        self._decoder = decoder
        self._ear = Ear(vad)

    def hear(self, data: bytes) -> Sound:
        """The next bytes of the stream.

        Raises:
            UndecodableAudio: they are not what they should be.
        """
        return self._ear.hear(self._decoder.feed(data))

    def finish(self) -> Sound:
        """What was held back.

        Raises:
            UndecodableAudio: the stream may not end here.
        """
        last, rest = self._ear.hear(self._decoder.flush()), self._ear.finish()
        return Sound(
            np.concatenate((last.samples, rest.samples)),
            last.probabilities + rest.probabilities,
            last.received_s,
        )


class AudioMemory:
    """The samples that may still be needed, by their place in the stream."""

    def __init__(self) -> None:
        self._pieces: deque[Samples] = deque()
        self._begin = 0
        self._end = 0

    @property
    def end(self) -> int:
        """Frames since the stream began."""
        return self._end

    @property
    def held(self) -> int:
        """Frames in memory."""
        return self._end - self._begin

    def add(self, samples: Samples) -> None:
        """Takes the next samples."""
        if len(samples):
            self._pieces.append(samples)
            self._end += len(samples)

    def forget(self, before: int) -> None:
        """Lets go of whole pieces before a frame."""
        while self._pieces and self._begin + len(self._pieces[0]) <= before:
            self._begin += len(self._pieces.popleft())

    def between(self, begin: int, end: int) -> Samples:
        """The samples from one frame to another, as far as they are in memory."""
        parts: list[Samples] = []
        at = self._begin
        for piece in self._pieces:
            if at < end and at + len(piece) > begin:
                parts.append(piece[max(0, begin - at) : end - at])
            at += len(piece)
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)
