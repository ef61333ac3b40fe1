"""The rules: does the mark at a place end a segment, and where? Pure functions over the text.

Each is given a `View` and the place `at` of the mark. It answers with a `Cut`, with None for "no boundary
here", or with `WAIT`. An answer other than `WAIT` stays the same however the text goes on: only that makes
every cutting of the input give the same segments.
"""

from __future__ import annotations

from firstword.core.types import Boundary
from firstword.text import punctuation as marks
from firstword.text.full_stop import goes_on_after_full_stop
from firstword.text.lines import LineKind, current_line, line_opened_at, may_become_marker
from firstword.text.punctuation import reach
from firstword.text.view import WAIT, Cut, Verdict, View


def clause_end(view: View, at: int) -> Verdict:
    """After a comma, semicolon, colon or dash: at the white space that follows, without waiting."""
    text, start, limit = view.text, view.start, view.limit
    if text[at] in marks.WIDE_COMMAS:
        number = at > start and text[at - 1].isdigit()
        if number or not marks.LONG_ENOUGH.match(text, start, at):
            return None
        return Cut(at + 1, Boundary.CLAUSE)
    after = _closed(view, at + 1)
    if after >= limit:
        return None if view.final else WAIT
    if not text[after].isspace() or not marks.LONG_ENOUGH.match(text, start, at):
        return None
    if text[at] in marks.DASHES and not _separates(text, start, at):
        return None
    if text[after] in marks.LINE_BREAKS:
        return line_end(view, after) or Cut(_after_break(text, after, limit), Boundary.CLAUSE)
    return Cut(after + 1, Boundary.CLAUSE)


def _closed(view: View, at: int) -> int:
    """The place after what closes with a mark, from `at`; the limit while that may still grow."""
    text, limit = view.text, view.limit
    if at < limit and text[at].isspace():
        return at
    if text[at - 1] in marks.WIDE_STOPS:
        return reach(marks.WIDE_CLOSERS, text, at, limit)
    closed = reach(marks.CLOSERS, text, at, limit)
    return limit if marks.OPEN_FOOTNOTE.match(text, closed, limit) else closed


def _separates(text: str, start: int, at: int) -> bool:
    """Whether the dash at `at` stands between clauses, and is no minus, hyphen or `from 5 - 7`."""
    before = at - 1
    if before < start:
        return False
    if text[before].isspace():
        return before > start and not text[before - 1].isdigit()
    return text[at] != "-" or text[before] == "-"


def _after_break(text: str, at: int, limit: int) -> int:
    """The place after the line break at `at`; CR LF is one."""
    return at + 2 if text.startswith("\r\n", at, limit) else at + 1


def line_end(view: View, at: int) -> Verdict:
    """At a line break: a blank line ends a paragraph; a list item's or heading's break ends it too."""
    text, limit = view.text, view.limit
    if text[at] == "\r" and view.unseen(at + 1):
        return WAIT
    if not text[view.start : at].strip():
        return None
    blank = _blank_line(view, at)
    if blank is not None:
        return blank
    space = reach(marks.SPACES, text, at, limit)
    if space >= limit:
        return None if view.final else WAIT
    if not view.final and may_become_marker(text, space, limit):
        return WAIT
    kind = max(line_opened_at(text, space, limit), current_line(text, view.start, at, view.line) or 0)
    if kind == LineKind.PROSE:
        return None
    return Cut(space, Boundary.PARAGRAPH if kind == LineKind.HEADING else Boundary.SENTENCE)


def _blank_line(view: View, at: int) -> Verdict:
    """A paragraph's end when only white space with two line breaks follows `at`."""
    blank = marks.BLANK_LINE.match(view.text, at, view.limit)
    if blank is None:
        return None
    if view.text[blank.end() - 1] == "\r" and view.unseen(blank.end()):
        return WAIT
    return Cut(blank.end(), Boundary.PARAGRAPH)


def sentence_end(view: View, at: int) -> Verdict:
    """After a stop and what closes with it: before the next visible character, if that begins a sentence."""
    text, limit = view.text, view.limit
    after = at + 1
    if after < limit and text[after] in marks.ALL_STOPS:
        return None  # the last of a run decides
    closed = _closed(view, after)
    if closed >= limit:
        return None if view.final else WAIT
    if not text[closed].isspace():
        return _unspaced(view, at, closed)
    return _spaced(view, at, closed)


def _unspaced(view: View, at: int, closed: int) -> Verdict:
    """A stop with no space after it: ends a sentence in scripts without spaces, and in `Hello!How`."""
    text = view.text
    follower = text[closed]
    if text[at] in marks.WIDE_STOPS:
        quoted = closed > at + 1 and follower in "とっ"  # 「…。」と言った: the sentence goes on
        return None if quoted or follower in marks.CLAUSE_MARKS else Cut(closed, Boundary.SENTENCE)
    if text[at] not in "!?" or not follower.isalpha() or at == view.start or follower.islower():
        return None
    before = text[at - 1]
    glued = before.islower() and follower.isupper()
    if not (glued or (marks.SPACELESS.match(before) and marks.SPACELESS.match(follower))):
        return None
    word = text[view.start : at].split()[-1]
    return None if any(mark in word for mark in "/=@&#") else Cut(closed, Boundary.SENTENCE)


def _spaced(view: View, at: int, closed: int) -> Verdict:
    """A stop with white space after it, at `closed`: looks at what comes next."""
    closed = _closed_after_space(view, closed)
    if closed < 0:
        return WAIT
    blank = _blank_line(view, closed)
    if blank is not None:
        return blank
    space = reach(marks.SPACES, view.text, closed, view.limit)
    if view.unseen(space):
        return WAIT
    follower = _follower(view, space)
    if follower is WAIT:
        return WAIT
    lead = follower.end if follower else view.limit
    goes_on = _goes_on(view, at, closed, lead)
    if goes_on is None:
        return WAIT
    return None if goes_on else Cut(space, _boundary(view, at, closed, space))


def _closed_after_space(view: View, closed: int) -> int:
    """The place after a closing mark set off by one space, as in `? »`, else `closed`; -1 to wait."""
    text, limit = view.text, view.limit
    if view.unseen(closed + 1):
        return -1
    if closed + 1 >= limit or text[closed + 1] not in marks.SPACED_CLOSERS:
        return closed
    again = _closed(view, closed + 1)
    if view.unseen(again):
        return -1
    return again if again >= limit or text[again].isspace() else closed


def _boundary(view: View, at: int, closed: int, space: int) -> Boundary:
    """PARAGRAPH where a heading ends or follows, else SENTENCE."""
    text = view.text
    if not any(mark in marks.LINE_BREAKS for mark in text[closed:space]):
        return Boundary.SENTENCE
    line = current_line(text, view.start, closed, view.line)
    heading = line == LineKind.HEADING or text.startswith("#", space, view.limit)
    return Boundary.PARAGRAPH if heading else Boundary.SENTENCE


def _follower(view: View, space: int) -> Verdict:
    """Where the first telling character stands, past openers and a dash; None at the end of the text."""
    text, limit = view.text, view.limit
    lead = reach(marks.OPENERS, text, space, limit)
    if lead < limit and text[lead] in marks.DASHES:
        lead = reach(marks.DASH_AND_SPACES, text, lead, limit)
    if lead >= limit:
        return None if view.final else WAIT
    return Cut(lead, Boundary.SENTENCE)


def _goes_on(view: View, at: int, closed: int, lead: int) -> bool | None:
    """Whether the sentence goes on at `text[lead]`; None when more must be seen."""
    text = view.text
    follower = text[lead] if lead < view.limit else ""
    lower = follower.islower()
    if follower == ".":  # `. . .` goes on, `.NET` begins
        following = text[lead + 1 : min(lead + 2, view.limit)]
        return None if view.unseen(lead + 1) else not following.isalpha()
    if follower in marks.NEVER_FIRST:
        return True
    dashed = lower and _dash_before(text, closed, lead)
    run = at
    while run > view.start and text[run - 1] in marks.ALL_STOPS:
        run -= 1
    stops = text[run : at + 1]
    if any(mark in marks.STRONG_STOPS for mark in stops):
        return lower and (dashed or closed > at + 1)
    if len(stops) > 1 or stops == "…":
        return lower
    if lower and (dashed or closed > at + 1):
        return True
    return goes_on_after_full_stop(view, at, lead)


def _dash_before(text: str, closed: int, lead: int) -> bool:
    """Whether a dash stands between the stop and `lead`."""
    return any(mark in marks.DASHES for mark in text[closed:lead])
