"""Where it is loud: takes pauses out of words, which attention alone gives to the word before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from firstword.core.transcripts import Word
from firstword.core.types import Samples
from firstword.engines.moonshine.network import FRAME, FRAME_MS

QUIET_SHARE, LOUD_SHARE = 10, 90
"""Percentiles of the frames' levels: the room, and the voice."""
LEAST_RANGE_DB, MOST_RANGE_DB = 12.0, 45.0
"""With less between the two it is too noisy to tell; what is farther below the voice is silence."""
ABOVE_ROOM = 0.35
"""Of that range: louder is speech."""
EDGE_FRAMES = 4
"""Silence of 100 ms at the beginning or end of a word is a pause."""
PAUSE_FRAMES = 8
"""Inside a word it takes 200 ms: shorter ones stand before a `t` or a `p`."""
ONSET_FRAMES = 14
"""After such a pause the next word begins; attention finds it only so much later."""


class Sounding:
    """The loud frames of a piece of audio.

    Args:
        samples: 16 kHz.
    """

    def __init__(self, samples: Samples) -> None:
        frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
        levels = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-12) if len(frames) else np.zeros(1)
        loud = np.percentile(levels, LOUD_SHARE)
        span = min(MOST_RANGE_DB, loud - np.percentile(levels, QUIET_SHARE))
        self._loud = levels > loud - (1 - ABOVE_ROOM) * span if span >= LEAST_RANGE_DB else levels > -np.inf

    def fit(self, words: Sequence[Word]) -> list[Word]:
        """The words without pauses; one that comes after a pause may begin a little earlier than before."""
        fitted: list[Word] = []
        earlier_ms: float | None = None
        for word in words:
            found, earlier = self._fitted(word)
            fitted.append(found if earlier_ms is None else replace(found, start_ms=earlier_ms))
            earlier_ms = earlier
        return fitted

    def _fitted(self, word: Word) -> tuple[Word, float | None]:
        """The word without its pauses, and where the next one begins if that is known better now."""
        first, end = round(word.start_ms / FRAME_MS), round(word.end_ms / FRAME_MS)
        edges = np.flatnonzero(np.diff(self._loud[first:end].astype(np.int8), prepend=0, append=0))
        runs = [(int(begin), int(stop)) for begin, stop in edges.reshape(-1, 2)]
        if not runs:
            return word, None
        start = runs[0][0] if runs[0][0] >= EDGE_FRAMES else 0
        stop, onset = runs[-1][1], None
        for (_, quiet), (loud, _) in pairwise(runs):
            if loud - quiet >= PAUSE_FRAMES and end - first - loud <= ONSET_FRAMES:
                stop, onset = quiet, word.start_ms + loud * FRAME_MS
                break
        trimmed = onset is not None or end - first - stop >= EDGE_FRAMES
        end_ms = word.start_ms + stop * FRAME_MS if trimmed else word.end_ms
        return replace(word, start_ms=word.start_ms + start * FRAME_MS, end_ms=end_ms), onset
