"""The part of what a decoder gives that is really audio."""

from __future__ import annotations

from firstword.core.types import AudioChunk, Samples


class Trim:
    """Leaves out what is before and behind the audio.

    Args:
        skip: frames to leave out first.
        keep: frames to let through after them; None for all.
    """

    def __init__(self, skip: int = 0, keep: int | None = None) -> None:
        self._skip = skip
        self._keep = keep

    def chunk(self, chunk: AudioChunk) -> AudioChunk:
        """What is left of the next chunk, perhaps nothing."""
        return AudioChunk(self.samples(chunk.samples), chunk.sample_rate)

    def samples(self, samples: Samples) -> Samples:
        """What is left of the next samples, perhaps nothing."""
        skipped = min(self._skip, len(samples))
        self._skip -= skipped
        samples = samples[skipped:]
        if self._keep is not None:
            samples = samples[: self._keep]
            self._keep -= len(samples)
        return samples
