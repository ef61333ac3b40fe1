"""What is spoken in place of a text, and which part of it stands for which part of the text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Edit(NamedTuple):
    """`text[start:end]` is spoken as `new`."""

    start: int
    end: int
    new: str


Span = tuple[int, int, int, int]
"""`(spoken_start, spoken_end, text_start, text_end)`, in characters."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text as it is spoken."""

    spoken: str
    spans: tuple[Span, ...] = ()
    """What was changed, in order; outside of them both texts are the same."""

    def to_text(self, start: int, end: int) -> tuple[int, int]:
        """The slice of the text that the slice `[start, end)` of `spoken` stands for, in characters.

        A slice that touches what was changed stands for all of it: each word of `five dollars` for `$5`.
        """
        return self._begin(start), max(self._begin(start), self._finish(end))

    def _begin(self, at: int) -> int:
        index = bisect_right(self.spans, at, key=lambda span: span[0]) - 1
        if index < 0:
            return at
        _, spoken_end, text_start, text_end = self.spans[index]
        return text_start if at < spoken_end else text_end + at - spoken_end

    def _finish(self, at: int) -> int:
        index = bisect_left(self.spans, at, key=lambda span: span[0]) - 1
        if index < 0:
            return at
        _, spoken_end, _, text_end = self.spans[index]
        return text_end + max(0, at - spoken_end)


def rewrite(text: str, edits: Iterable[Edit]) -> Spelling:
    """The text with `edits`, which are in order and do not overlap."""
    parts: list[str] = []
    spans: list[Span] = []
    at = size = 0
    for start, end, new in edits:
        if text[start:end] == new:
            continue
        size += start - at
        parts += [text[at:start], new]
        if spans and not new and spans[-1][1] == size and spans[-1][3] == start:
            spans[-1] = (spans[-1][0], size, spans[-1][2], end)
        else:
            spans.append((size, size + len(new), start, end))
        size += len(new)
        at = end
    return Spelling("".join([*parts, text[at:]]), tuple(spans)) if spans else Spelling(text)


def compose(first: Spelling, second: Spelling) -> Spelling:
    """The spelling of a text by `first`, whose `spoken` was spelled by `second`."""
    if not first.spans or not second.spans:
        return Spelling(second.spoken, first.spans or second.spans)
    # Both lists of spans lie on the text in between; those that overlap there become one.
    places = sorted(
        [(span[0], span[1], True) for span in first.spans]
        + [(span[2], span[3], False) for span in second.spans]
    )
    groups: list[tuple[int, int]] = []
    for start, end, _ in places:
        if groups and start < groups[-1][1]:
            groups[-1] = (groups[-1][0], max(groups[-1][1], end))
        elif not groups or (start, end) != groups[-1]:
            groups.append((start, end))
    back, forth = _Walk(first.spans), _Walk([(c, d, a, b) for a, b, c, d in second.spans])
    spans = []
    for start, end in groups:
        text_start, text_end = back.cross(start, end)
        spoken_start, spoken_end = forth.cross(start, end)
        spans.append((spoken_start, spoken_end, text_start, text_end))
    return Spelling(second.spoken, tuple(spans))


class _Walk:
    """Takes slices of one side of spans, in order, to the other side."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._next = 0
        self._shift = 0

    def cross(self, start: int, end: int) -> tuple[int, int]:
        """The other side of `[start, end)`, which takes in whole spans or none."""
        begun = start + self._shift
        while self._next < len(self._spans):
            near_start, near_end, _, far_end = self._spans[self._next]
            if near_end > end or (near_start, near_end) == (end, end) != (start, end):
                break
            self._shift = far_end - near_end
            self._next += 1
        return begun, end + self._shift
