"""The one ambiguous mark: does the sentence go on after a full stop?

It stands after abbreviations, initials, numbers and the markers of lists as well as after sentences. What
the word before it is, and what comes after, decides; one word after it at most.
"""

from __future__ import annotations

import re

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
from firstword.text.punctuation import reach
from firstword.text.view import View

_WORD_SPAN = 24
"""Characters looked at before a full stop, and of the word after it: longer is no abbreviation."""
_INITIALS = re.compile(r"[^\W\d_]{1,2}(?:\.[^\W\d_]{1,2})+|[^\W\d_]")
_NUMBER = re.compile(r"\d{1,3}")
_ROMAN = re.compile(r"[IVXLC]{1,6}")
_MARKER = re.compile(r"\d{1,2}(?:\.\d{1,2})*|[A-Za-z]|[ivxIVX]{1,5}")
_DECORATION = " \t\n\r#*_>-("
_VOWEL = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýąęııœаеёиоуыэюяіїєαεηιουωάέήίόύώ]", re.IGNORECASE)
_CASED = re.compile(r"[^\W\d_]+")


def goes_on_after_full_stop(view: View, at: int, lead: int) -> bool | None:
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
