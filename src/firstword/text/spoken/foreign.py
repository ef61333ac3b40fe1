"""Numbers in words in languages other than English, by the rules of Unicode's locale data.

Source: CLDR's rule-based number formats, through the library `unicode-rbnf`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from firstword.text.abbreviations import ORDINAL_LANGUAGES
from firstword.text.spelling import Edit

if TYPE_CHECKING:
    from unicode_rbnf import RbnfEngine

_COMMA_WORDS = {
    "de": "Komma",
    "fr": "virgule",
    "es": "coma",
    "it": "virgola",
    "pt": "vírgula",
    "nl": "komma",
    "sv": "komma",
    "da": "komma",
    "no": "komma",
    "nb": "komma",
    "nn": "komma",
    "fi": "pilkku",
    "pl": "przecinek",
    "cs": "čárka",
    "sk": "čiarka",
    "ru": "запятая",
    "uk": "кома",
    "bg": "запетая",
    "tr": "virgül",
    "el": "κόμμα",
    "hu": "egész",
    "ro": "virgulă",
    "hr": "zarez",
    "sr": "зарез",
    "sl": "vejica",
    "id": "koma",
    "vi": "phẩy",
    "ca": "coma",
    "lt": "kablelis",
    "lv": "komats",
    "et": "koma",
}
"""What is said for a decimal comma; the languages that have one."""
_POINT_WORDS = {
    "ja": "点",
    "zh": "点",
    "yue": "點",
    "ko": "점",
    "hi": "दशमलव",
    "th": "จุด",
    "he": "נקודה",
    "ms": "perpuluhan",
}
"""What is said for a decimal point."""
_POINT_REGIONS = {"es-mx": "punto", "es-us": "punto", "de-ch": "Punkt"}
"""Regions that write otherwise than their language does."""

_SPACELESS = frozenset({"ja", "zh", "yue"})
_MOST_DIGITS = 15
_THIN = "\u202f\u00a0 '’"
_WITH_COMMA = re.compile(
    rf"(?<![\w.,:/-])(?P<sign>[-−](?=\d))?(?P<whole>\d{{1,3}}(?:[.{_THIN}]\d{{3}}){{1,4}}+|\d++)(?:,(?P<decimals>\d++))?"
)
_WITH_POINT = re.compile(
    rf"(?<![a-zA-Z\d.,:/-])(?P<sign>[-−](?=\d))?(?P<whole>\d{{1,3}}(?:[,{_THIN}]\d{{3}}){{1,4}}+|\d++)(?:\.(?P<decimals>\d++))?"
)
_MORE = re.compile(r"[.,:/’']?\d|[:/-]\d|[A-Za-z_]")
"""After a number: it was the beginning of something else (a date, a time, a version)."""
_ORDINAL = re.compile(r"\.(?:\s*+\w|\s*\Z(?<=\s))")


@cache
def _engine(language: str) -> RbnfEngine | None:
    """The language's rules, or None; loaded once (5 to 40 ms)."""
    from unicode_rbnf import RbnfEngine

    name = {"nb": "no"}.get(language, language)
    return RbnfEngine.for_language(name) if name in RbnfEngine.get_supported_languages() else None


class ForeignNumbers:
    """Cardinals, decimals, negatives and grouped numbers of one language; all else is left to the engine.

    Args:
        language: BCP 47.
    """

    def __init__(self, language: str) -> None:
        tag = language.lower()
        self._language = tag.split("-")[0]
        region = "-".join(tag.split("-")[:2])
        comma = self._language in _COMMA_WORDS and region not in _POINT_REGIONS
        self._pattern = _WITH_COMMA if comma else _WITH_POINT
        words = _COMMA_WORDS if comma else _POINT_WORDS
        self._mark = _POINT_REGIONS.get(region) or words.get(self._language, "")
        self._ordinals = self._language in ORDINAL_LANGUAGES

    def edits(self, text: str) -> list[Edit]:
        """What to change in a text."""
        if not any(character.isdigit() for character in text) or _engine(self._language) is None:
            return []
        found = []
        for match in self._pattern.finditer(text):
            words = self._words(text, match)
            if words:
                apart = self._language not in _SPACELESS and text[match.end() : match.end() + 1].isalnum()
                found.append(Edit(*match.span(), f"{words} " if apart else words))
        return found

    def _words(self, text: str, match: re.Match[str]) -> str:
        if _MORE.match(text, match.end()) or (self._ordinals and _ORDINAL.match(text, match.end())):
            return ""
        if match["decimals"] and not self._mark:
            return ""
        join = "" if self._language in _SPACELESS else " "
        whole = re.sub(r"\D", "", match["whole"])
        long = len(whole) > _MOST_DIGITS or (whole[0] == "0" and len(whole) > 1)
        words = [
            join.join(map(self._name, whole)) if long else self._name(whole, negative=bool(match["sign"]))
        ]
        if match["decimals"]:
            words += [self._mark, *map(self._name, match["decimals"])]
        return join.join(words)

    def _name(self, number: str, *, negative: bool = False) -> str:
        return _name(self._language, ("-" if negative else "") + str(int(number)))


@lru_cache(maxsize=1_000)
def _name(language: str, number: str) -> str:
    engine = _engine(language)
    return engine.format_number(number).text.replace("\u00ad", "") if engine else number
