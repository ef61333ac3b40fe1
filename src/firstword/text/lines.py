"""What a line is: prose, a list item, or a heading. Decides whether a single line break ends something."""

from __future__ import annotations

import re
from enum import IntEnum

from firstword.text.punctuation import SPACES, reach


class LineKind(IntEnum):
    """How a line breaks."""

    PROSE = 0
    """Its break is a soft wrap."""
    ITEM = 1
    """A list item, a table row, a rule, a line of dialogue: its break ends a sentence."""
    HEADING = 2
    """Its break ends a paragraph."""


_HEADING = re.compile(r"#{1,6}+(?=\s|\Z)")
_ITEM = re.compile(
    r"[-*+•‣⁃◦▪▫■□●○·–—―](?=\s|\Z)"
    r"|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})\)(?=\s|\Z)"
    r"|(?:\d{1,3}(?:\.\d{1,3}){0,3}|[A-Ha-h])\.(?=\s|\Z)"
    r"|\||```|~~~|[-*_=]{3,40}+(?=\s|\Z)"
    r"|[\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff]"
)
_UNFINISHED = re.compile(
    r"(?:[-*+•‣⁃◦▪▫■□●○·–—―]|#{1,6}|`{1,2}|~{1,2}|[-*_=]{1,40}"
    r"|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})?\)?|\d{1,3}(?:\.\d{1,3}){0,3}\.?|[A-Ha-h]\.)\Z"
)


def line_opened_at(text: str, at: int, limit: int) -> LineKind:
    """The kind of the line whose first visible character is `text[at]`, seen up to `limit`."""
    if _HEADING.match(text, at, limit):
        return LineKind.HEADING
    return LineKind.ITEM if _ITEM.match(text, at, limit) else LineKind.PROSE


def may_become_marker(text: str, at: int, limit: int) -> bool:
    """Whether `text[at:limit]` is the beginning of a list marker or heading, so that more must be seen."""
    return _UNFINISHED.match(text, at, limit) is not None


def current_line(text: str, start: int, end: int, before: LineKind | None) -> LineKind | None:
    """The kind of the line that `text[end]` stands on.

    Args:
        text: what is held.
        start: where the segment begins.
        end: up to where to look.
        before: the kind of the line `start` stands on, or None where a line begins there.

    Returns:
        The kind, or None when the line has nothing visible yet.
    """
    opened = max(text.rfind("\n", start, end), text.rfind("\r", start, end))
    if opened < 0 and before is not None:
        return before
    first = reach(SPACES, text, max(opened, start), end)
    if first == end:
        return None
    if text.startswith("**", first) and first + 4 < end and text[first:end].rstrip().endswith("**"):
        return LineKind.HEADING
    return line_opened_at(text, first, end)
