"""The rules: does the mark at a place end a segment, and where? Pure functions over the text.

Each is given `text`, the `start` of the segment, the place `at` of the mark, and the `limit` up to
which it may look. It answers with a `Cut`, with None for "no boundary here", or with `WAIT`. An answer
other than `WAIT` stays the same however the text goes on: only that makes every cutting of the input
give the same segments. `final` says that there is nothing to wait for.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from firstword.core.types import Boundary
from firstword.text import punctuation as marks
from firstword.text.abbreviations import (
    ABBREVIATIONS,
    AFTER_CLOCK,
    AFTER_ORDINAL,
    BEFORE_LETTER,
    BEFORE_ORDINAL,
    STARTERS,
    Abbreviation,
)
from firstword.text.lines import LineKind, current_line, line_opened_at, may_become_marker
from firstword.text.punctuation import reach


class Cut(NamedTuple):
    """A segment ends before `text[end]`."""

    end: int
    boundary: Boundary


WAIT: Final = Cut(-1, Boundary.LIMIT)
"""More of the text must be seen."""

Verdict = Cut | None

_WORD_SPAN = 24
"""Characters looked at before a full stop, and of the word after it: longer is no abbreviation."""
_INITIALS = re.compile(r"[^\W\d_]{1,2}(?:\.[^\W\d_]{1,2})+|[^\W\d_]")
_NUMBER = re.compile(r"\d{1,3}")
_ROMAN = re.compile(r"[IVXLC]{1,6}")
_MARKER = re.compile(r"\d{1,2}(?:\.\d{1,2})*|[A-Za-z]|[ivxIVX]{1,5}")
_DECORATION = " \t\n\r#*_>-("
_VOWEL = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýąęııœаеёиоуыэюяіїєαεηιουωάέήίόύώ]", re.IGNORECASE)
_CASED = re.compile(r"[^\W\d_]+")


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
    return _after_full_stop(view, at, lead)


def _dash_before(text: str, closed: int, lead: int) -> bool:
    """Whether a dash stands between the stop and `lead`."""
    return any(mark in marks.DASHES for mark in text[closed:lead])


def _after_full_stop(view: View, at: int, lead: int) -> bool | None:
    """Whether the sentence goes on after a single full stop at `at`; None when more must be seen."""
    text, start = view.text, view.start
    words = text[max(start, at - _WORD_SPAN) : at].split()
    follower = text[lead] if lead < view.limit else ""
    lower = follower.islower()
    if not words or text[at - 1].isspace():
        return lower
    word = words[-1].lstrip("\"'“‘«‹„¿¡([{*_`~")
    kind = Abbreviation.NUMBERED if word.endswith("str") else ABBREVIATIONS.get(word)
    if kind is None and _INITIALS.fullmatch(word) and not _label(word, words[-2:-1]):
        kind = Abbreviation.NAME
    if _MARKER.fullmatch(word) and _first_or_listed(text, start, at - len(word)):
        return True
    if kind is not None:
        return _after_abbreviation(view, kind, follower, lead)
    if _NUMBER.fullmatch(word):
        return _after_number(view, words[-2:-1], word, follower, lead)
    if not follower.islower():
        return False
    return bool(
        word.isdigit() or _ROMAN.fullmatch(word) or (_CASED.fullmatch(word) and not _VOWEL.search(word))
    )


def _label(word: str, before: list[str]) -> bool:
    """Whether `word` is no initial: the pronoun `I`, a letter after `plan`, a script without capitals."""
    if word.upper() == word.lower():
        return True
    if len(word) > 1 or not before:
        return False
    return before[0].lower() in BEFORE_LETTER or (word == "I" and before[0].islower())


def _first_or_listed(text: str, start: int, at: int) -> bool:
    """Whether nothing but decoration, or a colon, stands before `at`: a list's marker, as in `1. First`."""
    before = text[start:at].rstrip()
    return before.endswith(":") or not before.strip(_DECORATION)


def _after_abbreviation(view: View, kind: Abbreviation, follower: str, lead: int) -> bool | None:
    """Whether the sentence goes on after an abbreviation; None when more must be seen."""
    if kind is Abbreviation.OPEN or follower.islower():
        return True
    if kind is Abbreviation.NUMBERED:
        return follower.isdigit() or _roman_follows(view, follower, lead)
    if kind is Abbreviation.CLOSING or not follower.isalpha():
        return kind is Abbreviation.NAME and follower.isdigit()
    word = _word_at(view, lead)
    if word is None:
        return None
    return word in AFTER_CLOCK if kind is Abbreviation.CLOCK else word not in STARTERS


def _roman_follows(view: View, follower: str, lead: int) -> bool | None:
    """Whether a Roman numeral of two letters or more begins at `lead`; None when more must be seen."""
    if not follower or follower not in "IVXLC":
        return False
    word = _word_at(view, lead)
    return None if word is None else len(word) > 1 and _ROMAN.fullmatch(word) is not None


def _after_number(view: View, before: list[str], number: str, follower: str, lead: int) -> bool | None:
    """Whether `3.` is an ordinal or a day, so that the sentence goes on; None when more must be seen."""
    if follower.islower():
        return True
    if len(number) > 2:
        return False
    if follower.isdigit():
        return True
    if not follower.isalpha():
        return False
    word = _word_at(view, lead)
    if word is None:
        return None
    if word in AFTER_ORDINAL:
        return True
    ordinal = view.ordinals or (bool(before) and before[0] in BEFORE_ORDINAL)
    return ordinal and word not in STARTERS


def _word_at(view: View, at: int) -> str | None:
    """The word that begins at `at`, without a name's initial; None while its end has not been seen."""
    end = reach(marks.WORD, view.text, at, min(view.limit, at + _WORD_SPAN))
    if view.unseen(end):
        return None
    word = view.text[at:end]
    initial = len(word) == 1 and view.text.startswith(".", end, view.limit)
    return "" if initial else word
