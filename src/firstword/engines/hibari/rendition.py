"""One phrase, spoken in growing windows: the front of the model once, then decoder and vocoder in turns.

A short first window makes the first word early, longer ones later make the rest cheap. What the model
puts before and after a phrase, about 0.3 and 0.5 s of silence, is mostly left out.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstword.engines.hibari.session import AcousticModel
from firstword.engines.hibari.vocoder import HOP, OVERLAP, SAMPLE_RATE, Floats, Noise, Vocoder

LEAD_FRAMES = 11.2
"""140 ms before the first sound, of which 90 are left. Source: measured over 40 sentences."""
TAIL_FRAMES = 22
"""Left out at the end; 183 ms of silence stay. Source: the same."""
LAST_SOUND_FRAMES = 19.2
"""240 ms: always kept after the last phoneme begins. Of short phrases the tail is shorter than usual.
Source: measured over 36 phrases with five endings; the longest took 194 ms."""
FRAMES_PER_DURATION = 2
"""The model counts in units of 25 ms."""
_EDGE_HOPS = OVERLAP // 2
"""Hops that lie outside the phrase, at both ends."""


@dataclass(frozen=True, slots=True)
class Windows:
    """How the decoder's windows grow; counts of frames of 12.5 ms.

    Source: measured. A convolution sees 27 frames to each side, yet the quantized graph is not closer
    to the whole beyond 12. A first window of 20 frames is 1 ms sooner, but when many listeners come at
    once it runs out before the second can be made; one of 28 does not.
    """

    first: int = 28
    grow: int = 2
    most: int = 160
    context: int = 12

    @classmethod
    def after(cls, head_start_s: float) -> Windows:
        """Windows for a phrase that is due only in `head_start_s`: the first may take a quarter of that.

        Each seam costs the context on both sides: with windows of 2 s from the start a sentence costs
        an eighth less than with growing ones.
        """
        usual, in_hand = cls(), int(head_start_s * SAMPLE_RATE / HOP) // 4
        return cls(first=min(max(usual.first, in_hand), usual.most))


STREAMING = Windows()


class Rendition:
    """A phrase as it will be spoken: lengths are known once it exists, samples as they are asked for.

    Args:
        model: the acoustic model.
        noise: the noise it breathes with.
        ids: int64 `(L,)`, a 0 at both ends.
        last: which id is the last that sounds.
        speed: 1 is the voice's own.
        seed: which noise.
    """

    def __init__(
        self,
        model: AcousticModel,
        noise: Noise,
        ids: NDArray[np.int64],
        last: int,
        speed: float = 1.0,
        seed: int = 0,
    ) -> None:
        self._model = model
        self._features, self.durations, self._f0 = model.front(ids, speed)
        """Durations of the ids, in units of 25 ms."""
        self._frames = len(self._f0)
        lead = int(LEAD_FRAMES / min(1.0, speed))
        self._begin = max(0, FRAMES_PER_DURATION * int(self.durations[0]) - lead)
        heard = FRAMES_PER_DURATION * int(self.durations[:last].sum()) + int(LAST_SOUND_FRAMES / speed)
        end = max(heard + _EDGE_HOPS, self._frames - int(TAIL_FRAMES / speed))
        self._end = min(end, self._frames) if end - self._begin > STREAMING.first else self._frames
        self._vocoder = Vocoder(self._f0, self._begin, noise, seed)

    @property
    def skipped_ms(self) -> float:
        """What is left out at the beginning: time 0 of the samples is this time of the durations."""
        return (self._begin + 1) * HOP * 1000 / SAMPLE_RATE if self._begin else 0.0

    @property
    def length(self) -> int:
        """Samples that all blocks hold together."""
        first = (self._begin + 1) * HOP if self._begin else 0
        last = self._frames if self._end == self._frames else self._end - _EDGE_HOPS
        return last * HOP - first

    def blocks(self, windows: Windows = STREAMING) -> Generator[Floats]:
        """The samples, in order."""
        at, size = self._begin, windows.first
        drop = OVERLAP - 1 if self._begin else _EDGE_HOPS
        if self._begin:
            size += drop
        while at < self._end:
            to = at + size if at + size + windows.context <= self._end else self._end
            hops = self._vocoder.feed(self._decode(at, to, windows.context))[drop:]
            if to == self._frames:
                hops = np.concatenate([hops, self._vocoder.flush()[:_EDGE_HOPS]])
            yield np.clip(hops.reshape(-1), -1.0, 1.0)
            at, size, drop = to, min(windows.most, size * windows.grow), 0

    def _decode(self, start: int, end: int, context: int) -> list[Floats]:
        low, high = max(0, start - context), min(self._frames, end + context)
        spectra = self._model.decode(np.ascontiguousarray(self._features[:, :, low:high]))
        return [spectrum[:, start - low : end - low] for spectrum in spectra]
