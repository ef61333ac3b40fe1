"""Cuts text into clauses and sentences as it is written, the same however it arrives.

How it works: the segmenter jumps from one mark to the next (`punctuation.CANDIDATE`); at each, a rule
(`boundaries`) says cut, no cut, or wait. While waiting it remembers the place, so that nothing is looked at
twice. Rules see the text from the segment's start to a horizon that hangs on that start alone, and answer
only what later text cannot change: hence any cutting of the input gives the same segments.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from firstword.core.types import Boundary, TextSegment
from firstword.text import punctuation as marks
from firstword.text.abbreviations import ORDINAL_LANGUAGES
from firstword.text.boundaries import clause_end, line_end, sentence_end
from firstword.text.lines import LineKind, current_line
from firstword.text.view import WAIT, Cut, Verdict, View

_LOOK_AHEAD = 64
"""Characters beyond the longest segment that a rule may look at: a word, what wraps it, its spaces."""
_CLUSTER = 16
"""Characters to step back from a hard cut in search of the beginning of what is seen as one character."""

_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
"""Two of these are one flag."""


class Segmenter:
    """A stage from text to `TextSegment`s, whose `text`s join to exactly the input.

    A clause leaves at the first white space after its comma, colon, semicolon or dash, once it has three
    words; a sentence at the first visible character after its stop (one word later where an abbreviation
    could be either); a paragraph at its blank line.

    Args:
        language: BCP 47, or None. Only a hint: the rules of all languages hold together.
        max_chars: the longest segment, in characters; at least 2.
    """

    def __init__(self, *, language: str | None = None, max_chars: int = 300) -> None:
        self._ordinals = (language or "").split("-")[0].lower() in ORDINAL_LANGUAGES
        self._max_chars = max(2, max_chars)
        self._held = ""
        self._offset = 0
        self._scanned = 0
        self._line: LineKind | None = None

    @property
    def pending(self) -> int:
        """Characters held back."""
        return len(self._held)

    def feed(self, text: str) -> Sequence[TextSegment]:
        """Takes the next piece of text, of any length; gives the segments that are certain now."""
        self._held += text
        return self._cut(closing=False)

    def flush(self) -> Sequence[TextSegment]:
        """Gives the rest, the last segment with `Boundary.END`. Feeding may go on: offsets continue."""
        return self._cut(closing=True)

    def _cut(self, *, closing: bool) -> list[TextSegment]:
        segments: list[TextSegment] = []
        text, start, size = self._held, 0, len(self._held)
        while start < size:
            cut = self._next(text, start, closing)
            if cut is None:
                break
            boundary = Boundary.END if closing and cut.end == size else cut.boundary
            segments.append(TextSegment(text[start : cut.end], self._offset + start, boundary))
            self._line = current_line(text, start, cut.end, self._line)
            start = self._scanned = cut.end
        if start:
            self._held = text[start:]
            self._scanned -= start
            self._offset += start
        return segments

    def _next(self, text: str, start: int, closing: bool) -> Cut | None:
        """The segment that begins at `start`, or None while its end is not certain."""
        size, bound = len(text), start + self._max_chars
        horizon = bound + _LOOK_AHEAD
        limit = min(size, horizon)
        until = min(size, bound)
        candidate = marks.CANDIDATE.search(text, self._scanned, until)
        if candidate:
            view = View(text, start, limit, closing or size >= horizon, self._line, self._ordinals)
        while candidate:
            verdict = _verdict(view, candidate.start())
            if verdict is WAIT:
                self._scanned = candidate.start()
                return None
            if verdict:
                return Cut(min(verdict.end, bound), verdict.boundary)
            candidate = marks.CANDIDATE.search(text, candidate.end(), until)
        if size > bound:
            return Cut(_limit(text, start, bound), Boundary.LIMIT)
        self._scanned = size
        return Cut(size, Boundary.END) if closing else None


def _verdict(view: View, at: int) -> Verdict:
    """The rule for the mark at `at`."""
    mark = view.text[at]
    if mark in marks.ALL_STOPS:
        return sentence_end(view, at)
    if mark in marks.LINE_BREAKS:
        return line_end(view, at)
    if mark == ";" and at > view.start and marks.GREEK.match(view.text[at - 1]):
        return sentence_end(view, at)  # Greek asks with it
    return clause_end(view, at)


def _limit(text: str, start: int, bound: int) -> int:
    """Where to cut a text that offers no boundary: after white space, after a mark, or at the bound."""
    space = marks.LAST_SPACE.search(text, start, bound)
    if space:
        return space.end(1)
    weak = marks.LAST_WEAK_MARK.search(text, start, bound)
    at = weak.end() if weak else bound
    for before in range(at, max(start, at - _CLUSTER), -1):
        if not _inside_cluster(text, start, before):
            return before
    return at


def _inside_cluster(text: str, start: int, at: int) -> bool:
    """Whether `text[at]` and what stands before it are seen as one character (most of UAX 29's cases)."""
    mark, before = text[at], text[at - 1]
    if mark in _FLAG_LETTERS:
        flags = text[start:at]
        return (len(flags) - len(flags.rstrip(_FLAG_LETTERS))) % 2 == 1
    return (
        unicodedata.category(mark)[0] == "M"
        or mark in "\u200c\u200d"
        or "\U0001f3fb" <= mark <= "\U0001f3ff"
        or "\U000e0020" <= mark <= "\U000e007f"
        or "\u1160" <= mark <= "\u11ff"
        or before == "\u200d"
        or unicodedata.combining(before) == 9  # a virama joins two consonants
        or (mark == "\n" and before == "\r")
    )
