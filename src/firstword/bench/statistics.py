"""Many timings as three figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Summary:
    """What a series of timings comes to, in their unit."""

    count: int
    minimum: float
    median: float
    p95: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Summary:
        """The summary of at least one value.

        Raises:
            ValueError: there is none.
        """
        return cls(len(values), min(values), quantile(values, 0.5), quantile(values, 0.95))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of `values` lie, linear between neighbours.

    Source: Hyndman and Fan, Sample Quantiles in Statistical Packages (1996), definition 7.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
