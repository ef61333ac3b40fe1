"""When each word sounds, from the durations the model itself decided on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firstword.core.types import TimedWord
from firstword.engines.hibari.phonemes import COMMAS, FULL_STOPS, Mark

DURATION_MS = 25
"""The model's unit."""
EARLY_MS = 30
"""A word is heard this long before its first phoneme is counted."""
FULL_STOP_MS = 300
"""The pause that the model counts with the last phoneme before a full stop, at speed 1."""
COMMA_MS = 260
"""The same before a comma."""

# Source of the corrections: measured against energy over 40 sentences. With them the first word begins
# 10 +- 21 ms and the last one ends 6 +- 28 ms off; without, ends before punctuation are 304 ms late.


def timed_words(
    text: str,
    marks: Sequence[Mark],
    durations: NDArray[np.int64],
    speed: float,
    skipped_ms: float,
    length_ms: float,
) -> list[TimedWord]:
    """The words of a phrase, in order and without overlap, inside `[0, length_ms]`.

    Args:
        text: what the marks' spans are slices of.
        marks: the words' places among the ids.
        durations: of each id, in units of 25 ms.
        speed: at which it is spoken.
        skipped_ms: what is left out before the first sample.
        length_ms: what remains.
    """
    begins = np.concatenate([[0], np.cumsum(durations)]) * DURATION_MS
    words: list[TimedWord] = []
    earliest = 0.0
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        start = float(begins[mark.first]) - EARLY_MS - skipped_ms
        end = max(
            float(begins[mark.last + 1]) - _pause_ms(mark.stop) / speed,
            float(begins[mark.last]) + DURATION_MS,
        )
        end -= skipped_ms
        if following:
            end = min(end, float(begins[following.first]) - EARLY_MS - skipped_ms)
        start = min(max(start, earliest), length_ms)
        end = min(max(end, start), length_ms)
        words.append(TimedWord(text[slice(*mark.span)], start, end, *mark.span))
        earliest = end
    return words


def _pause_ms(stop: str) -> int:
    if not stop:
        return 0
    return FULL_STOP_MS if stop in FULL_STOPS else COMMA_MS if stop in COMMAS else 0
