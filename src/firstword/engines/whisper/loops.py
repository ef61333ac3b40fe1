"""Where a model began to repeat itself."""

from __future__ import annotations

from collections.abc import Sequence

PERIODS = 12
"""The longest stretch, in tokens, whose repetition is looked for."""
TIMES = 3
SHORT_PERIOD, SHORT_LOOP = 4, 8
"""Stretches under four tokens are a loop from eight tokens on: people do say `no, no, no`."""


def loop_at(ids: Sequence[int], prefix: int) -> int | None:
    """Where the first loop begins again, in tokens, never inside the prefix; None where there is none."""
    for end in range(prefix + 1, len(ids) + 1):
        for period in range(1, PERIODS + 1):
            length = max(TIMES * period, SHORT_LOOP if period < SHORT_PERIOD else 0)
            tail = ids[end - length : end] if end >= length else ()
            if tail and tail[period:] == tail[:-period]:
                return max(prefix, end - length + period)
    return None
