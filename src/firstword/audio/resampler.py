"""One stream from one sample rate to another, by soxr, with its state kept between chunks.

A resampler made anew for each chunk is 71 dB from the truth instead of 240; interpolation folds what is
above the new Nyquist frequency back at -6 dB instead of -138 (both measured).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import soxr

from firstword.audio.timeline import Timeline
from firstword.core.types import AudioChunk


class Resampler:
    """Every chunk at `to_rate`; the chunks themselves where that is their rate already.

    The output is `round(frames * to_rate / from_rate)` long, within one frame. HQ holds 21 ms back in the
    median, 38 ms at most.

    Args:
        from_rate: Hz of what is fed.
        to_rate: Hz of what comes out.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        self._stream = (
            None if from_rate == to_rate else soxr.ResampleStream(from_rate, to_rate, 1, "float32", "HQ")
        )
        self._timeline = Timeline(to_rate)

    def feed(self, item: AudioChunk, /) -> Sequence[AudioChunk]:
        """What can be told already; perhaps nothing."""
        if self._stream is None:
            return [item]
        self._timeline.note(item)
        return self._timeline.place(self._stream.resample_chunk(item.samples))

    def flush(self) -> Sequence[AudioChunk]:
        """The rest."""
        if self._stream is None:
            return []
        return self._timeline.close(self._stream.resample_chunk(np.empty(0, np.float32), last=True))
