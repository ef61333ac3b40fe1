"""Louder or softer, never clipped: voices brought to a common loudness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from firstword.core.types import AudioChunk

KNEE = 0.8
"""Up to here a sample is only scaled; above, the rest of the way to full scale is bent."""


class Gain:
    """A stage that scales samples; peaks are rounded off where they would pass full scale.

    Args:
        gain_db: decibels.
    """

    def __init__(self, gain_db: float) -> None:
        self._factor = np.float32(10 ** (gain_db / 20))

    def feed(self, chunk: AudioChunk) -> Sequence[AudioChunk]:
        """The chunk, scaled."""
        samples = chunk.samples * self._factor
        size = np.abs(samples)
        if size.max(initial=0.0) > KNEE:
            bent = KNEE + (1 - KNEE) * np.tanh((size - KNEE) / (1 - KNEE))
            samples = np.where(size > KNEE, np.copysign(bent, samples), samples).astype(np.float32)
        return [replace(chunk, samples=samples)]

    def flush(self) -> Sequence[AudioChunk]:
        """Nothing is held back."""
        return []
