"""Another tempo at the same pitch, by WSOLA: overlapping windows laid closer or further apart.

    input     |....a0....|        |....a1....|            windows start near k * hop * tempo ...
    output    |....a0....|
                    |....a1....|                          ... and are laid down every hop

Each window may slide by some milliseconds from its nominal place, to where it continues best what has
been written; so periods of the voice meet in phase. Every window of the output depends on a fixed stretch
of the input, hence not on how the input was cut.

Source: Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA)", ICASSP 1993.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from firstword.audio.timeline import Timeline
from firstword.core.types import AudioChunk, Samples

SLOWEST = 0.25
FASTEST = 4.0

_HOP_MS = 15
"""Half a window. Windows of 20 to 30 ms are long enough for a deep voice, short enough for consonants."""

_SLIDE_MS = 10
"""To both sides: together more than a period of 60 Hz, so that a phase that fits is always within reach."""

_PULL = 1e-3
"""How much similarity a window gives up to stay at its nominal place: decides silence and exact periods."""


class Stretch:
    """Every chunk `tempo` times as fast; the chunks themselves at tempo 1.

    The output is exactly `round(frames / tempo)` long. 40 ms are held back (60 ms at tempo 4). Words come
    out with their times divided by the tempo.

    Args:
        tempo: 0.25 (slow) to 4 (fast).

    Raises:
        ValueError: the tempo is outside.
    """

    def __init__(self, tempo: float) -> None:
        if not SLOWEST <= tempo <= FASTEST:
            raise ValueError(f"a tempo is {SLOWEST} to {FASTEST}, not {tempo}")
        self._tempo = tempo
        self._windows: _Windows | None = None
        self._timeline: Timeline | None = None

    def feed(self, item: AudioChunk, /) -> Sequence[AudioChunk]:
        """What can be told already; perhaps nothing."""
        if self._tempo == 1:
            return [item]
        if self._windows is None or self._timeline is None:
            self._windows = _Windows(item.sample_rate, self._tempo)
            self._timeline = Timeline(item.sample_rate, self._tempo)
        self._timeline.note(item)
        return self._timeline.place(self._windows.feed(item.samples))

    def flush(self) -> Sequence[AudioChunk]:
        """The rest."""
        if self._windows is None or self._timeline is None:
            return []
        return self._timeline.close(self._windows.flush())


class _Windows:
    """The windows of one stream. Positions are frames since it began."""

    def __init__(self, sample_rate: int, tempo: float) -> None:
        self._tempo = tempo
        self._hop = sample_rate * _HOP_MS // 1000
        self._slide = sample_rate * _SLIDE_MS // 1000
        self._rise = (np.sin(np.pi / 2 * (np.arange(self._hop) + 0.5) / self._hop) ** 2).astype(np.float32)
        self._input: Samples = np.empty(0, np.float32)
        self._input_at = 0
        """Where `_input` begins; everything before it is forgotten."""
        self._laid = 0
        """Windows laid down so far."""
        self._continuation = 0
        """Where the input would go on, had nothing been skipped or repeated."""

    def feed(self, samples: Samples) -> Samples:
        self._input = np.concatenate([self._input, samples])
        laid = []
        while self._needed() <= self._input_at + len(self._input):
            laid.append(self._lay())
        self._forget()
        return np.concatenate(laid) if laid else np.empty(0, np.float32)

    def flush(self) -> Samples:
        """What is missing to the exact length; silence stands in for the input that never came."""
        frames = round((self._input_at + len(self._input)) / self._tempo) - self._laid * self._hop
        silence = np.zeros(self._slide + math.ceil((2 + self._tempo) * self._hop + self._tempo), np.float32)
        return self.feed(silence)[:frames]

    def _nominal(self, window: int) -> int:
        return round(window * self._hop * self._tempo)

    def _needed(self) -> int:
        """How much input the next window can touch; never less than what it stands for in the output."""
        reach = self._nominal(self._laid) + self._slide + 2 * self._hop
        return max(reach, self._nominal(self._laid + 1))

    def _lay(self) -> Samples:
        """The next hop of output: the end of the last window, fading into the beginning of the next."""
        hop = self._hop
        ending = self._span(self._continuation, hop)
        begins = self._best_place(ending) if self._laid else 0
        self._continuation = begins + hop
        self._laid += 1
        return ending + self._rise * (self._span(begins, hop) - ending)

    def _best_place(self, ending: Samples) -> int:
        """Where, around the next window's nominal place, the input is most like `ending`."""
        nominal = self._nominal(self._laid)
        first = max(0, nominal - self._slide)
        span = self._span(first, nominal + self._slide - first + self._hop).astype(np.float64)
        products = np.correlate(span, ending.astype(np.float64), "valid")
        energy = np.concatenate([[0.0], np.cumsum(span * span)])
        norms = np.sqrt(np.maximum(energy[self._hop :] - energy[: -self._hop], 1e-9))
        own = math.sqrt(max(float(np.dot(ending, ending)), 1e-9))
        pull = _PULL * np.abs(np.arange(first - nominal, self._slide + 1)) / self._slide
        return first + int(np.argmax(products / (norms * own) - pull))

    def _span(self, at: int, frames: int) -> Samples:
        return self._input[at - self._input_at : at - self._input_at + frames]

    def _forget(self) -> None:
        keep_from = min(self._continuation, max(0, self._nominal(self._laid) - self._slide))
        if keep_from > self._input_at:
            self._input = self._input[keep_from - self._input_at :]
            self._input_at = keep_from
