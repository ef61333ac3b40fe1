"""When each word sounds, from the durations the model itself decided on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstword.core.types import TimedWord
from firstword.engines.hibari.phonemes import FULL_STOPS, Mark

DURATION_MS = 25
"""The model's unit."""
EARLY_MS = (100, -70)
"""A word is heard this long before its first phoneme is counted: 100 / speed - 70."""
FULL_STOP_MS = 300
"""The pause that the model counts with the last phoneme before a full stop, at speed 1."""
COMMA_MS = 260
"""The same before a comma."""
SOUND_MS = 50
"""What is left of that phoneme at least: how long it sounds in the middle of 180 phrases."""

# Source of the corrections: measured against energy over 40 sentences. With them the first word begins
# 10 +- 21 ms and the last one ends 6 +- 28 ms off; without, ends before punctuation are 304 ms late.


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the ids of a phrase sound, and where its audio lies."""

    durations: NDArray[np.int64]
    """Of each id, in units of 25 ms."""
    speed: float
    skipped_ms: float
    """What is left out before the phrase's first sample."""
    length_ms: float
    """What remains of the phrase."""
    start_ms: float
    """What of the segment comes before it."""


def timed_words(text: str, marks: Sequence[Mark], timing: Timing) -> list[TimedWord]:
    """The words of a phrase, in order, without overlap, inside its audio; the spans are slices of `text`."""
    begins = np.concatenate([[0], np.cumsum(timing.durations)]) * DURATION_MS - timing.skipped_ms
    early = max(0.0, EARLY_MS[0] / timing.speed + EARLY_MS[1])
    starts = [float(begins[mark.first]) - early for mark in marks]
    words: list[TimedWord] = []
    earliest = 0.0
    for mark, start, following in zip(marks, starts, [*starts, timing.length_ms][1:], strict=True):
        end = float(begins[mark.last + 1])
        if mark.stop:
            end = max(end - _pause_ms(mark.stop) / timing.speed, begins[mark.last] + SOUND_MS / timing.speed)
        end = min(end, following)
        start = min(max(start, earliest), timing.length_ms)
        end = min(max(end, start), timing.length_ms)
        words.append(
            TimedWord(text[slice(*mark.span)], start + timing.start_ms, end + timing.start_ms, *mark.span)
        )
        earliest = end
    return words


def _pause_ms(stop: str) -> int:
    return FULL_STOP_MS if stop in FULL_STOPS else COMMA_MS
