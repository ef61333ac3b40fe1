"""What is written in signs and digits, in English words.

One pattern finds whatever is not plain words, the longest and surest readings first; a reader for each kind
says it, or leaves it. Every part of the pattern is bounded or possessive, and the last one for digits takes a
whole run, so that a flood of anything costs linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from firstword.text.spelling import Edit
from firstword.text.spoken import addresses, amounts, calendar, symbols

Reader = Callable[[re.Match[str], str], str | None]
"""Says a match in words; None leaves it. Takes the language's region too (`us`, `gb`)."""

READERS: dict[str, tuple[str, Reader]] = {
    # group of the pattern: (kind, reader); the kind is what `leave` names
    **addresses.READERS,
    **calendar.READERS,
    **amounts.READERS,
    **symbols.READERS,
}

_BEGINNING = r"(?=[^\sA-Za-z,;?\")]|(?<![A-Za-z])[A-Za-z]|(?<=\d) )"
"""Where something can begin at all: not inside of words (halves the time)."""

# Order matters: what begins alike is tried from the most particular to the least.
_PATTERN = re.compile(
    f"{_BEGINNING}(?:%s)"
    % "|".join(
        f"(?P<{name}>{pattern})"
        for name, pattern in (
            *addresses.PATTERNS,
            *calendar.PATTERNS,
            *amounts.PATTERNS,
            *symbols.PATTERNS,
        )
    )
)
KINDS = frozenset(kind for kind, _ in READERS.values())


class English:
    """Reads English.

    Args:
        region: `us`, `gb`, ...: whether `3/4/2025` is in March or in April.
        leave: kinds that stay as they are written.
    """

    def __init__(self, region: str, leave: frozenset[str]) -> None:
        self._region = region
        # Engines read dates the American way.
        self._leave = leave if region == "us" else leave - {"date"}

    def edits(self, text: str) -> Iterator[Edit]:
        """What to change in a text."""
        for match in _PATTERN.finditer(text):
            kind, reader = READERS[str(match.lastgroup)]
            words = None if kind in self._leave else reader(match, self._region)
            if words is not None:
                yield _set_apart(text, match.start(), match.end(), words)


def _set_apart(text: str, start: int, end: int, words: str) -> Edit:
    """With a space towards a letter or digit that would run into the words."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isalnum() and words[:1].isalnum():
        words = f" {words}"
    if after.isalnum() and words[-1:].isalnum():
        words = f"{words} "
    return Edit(start, end, words)
