"""What a rule may see of the text, and what it may answer."""

from __future__ import annotations

from typing import Final, NamedTuple

from firstword.core.types import Boundary
from firstword.text.lines import LineKind


class Cut(NamedTuple):
    """A segment ends before `text[end]`."""

    end: int
    boundary: Boundary


WAIT: Final = Cut(-1, Boundary.LIMIT)
"""More of the text must be seen."""

Verdict = Cut | None


class View(NamedTuple):
    """What a rule may see of the text."""

    text: str
    start: int
    """Where the segment begins."""
    limit: int
    """Up to where a rule may look."""
    final: bool
    """Nothing beyond `limit` will ever count."""
    line: LineKind | None
    """The kind of the line `start` stands on; None where a line begins there."""
    ordinals: bool
    """The language writes ordinals as a number with a full stop."""

    def unseen(self, at: int) -> bool:
        """Whether `at` lies beyond what is there, while more may come."""
        return at >= self.limit and not self.final
