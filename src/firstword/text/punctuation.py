"""The characters that end, join and wrap clauses and sentences, and the patterns over them.

Every pattern is possessive or bounded, so that none can backtrack into quadratic time.
"""

from __future__ import annotations

import re

STOPS = ".!?…‽⁇⁈⁉"
"""End a sentence when white space follows."""
WIDE_STOPS = "。！？｡।॥۔؟։።။។།༎\u037e"
"""End a sentence whatever follows: scripts without spaces, and marks that have no other use."""
ALL_STOPS = frozenset(STOPS + WIDE_STOPS)
STRONG_STOPS = ALL_STOPS - frozenset(".…")
"""Have no other use than to end: no abbreviation, no number, no trailing off."""

COMMAS = ",;:،؛՝፣፤၊·\u0387"
"""End a clause at the white space that follows."""
WIDE_COMMAS = "，、；：､"
"""End a clause at once."""
DASHES = "-–—―"
"""End a clause when white space stands on both sides (a hyphen) or after (a dash)."""
CLAUSE_MARKS = frozenset(COMMAS + WIDE_COMMAS)
NEVER_FIRST = CLAUSE_MARKS | ALL_STOPS | frozenset("|/=&%")
"""Begin no sentence."""

LINE_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"

_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff"
_INVISIBLE = "\u200b-\u200f\u061c\u2060\u2066-\u2069\u202a-\u202e\ufe0f\ufeff"
_CLOSERS = r"\"'”’»›)\]}）］｝」』】》〉〕＂＇*_`~" + _EMOJI + _INVISIBLE
_OPENERS = r"\"'“‘«‹»„‚¿¡(\[{（［「『【《〈〔*_`~…" + _INVISIBLE

CANDIDATE = re.compile(f"[{re.escape(STOPS + WIDE_STOPS + COMMAS + WIDE_COMMAS + DASHES + LINE_BREAKS)}]")
"""Where a segment may end; everything between two of these is skipped at the speed of the pattern engine."""

CLOSERS = re.compile(rf"(?:[{_CLOSERS}“‘«‹]|\[\^?\d{{1,3}}\]){{0,8}}+")
"""What may stand between a stop and its space: quotes, brackets, emphasis, a footnote's number."""
WIDE_CLOSERS = re.compile(f"[{_CLOSERS}]{{0,8}}+")
"""The same after a stop that needs no space: there, quotes that open are the next sentence's."""
OPEN_FOOTNOTE = re.compile(r"\[\^?\d{0,3}\Z")
"""A footnote's number whose end has not arrived."""
SPACED_CLOSERS = "»›”’)）]"
"""Close also after one space, when white space follows them: French quotation marks."""
OPENERS = re.compile(f"[{_OPENERS}]{{0,8}}+")
"""What may stand between the space and a sentence's first letter."""

SPACES = re.compile(r"\s*+")
_BREAK = f"(?>\\r\\n|[{LINE_BREAKS}])"
_BLANK = f"[^\\S{LINE_BREAKS}]*+"
BLANK_LINE = re.compile(f"{_BLANK}{_BREAK}{_BLANK}{_BREAK}")
"""A line break and an empty line's: what ends a paragraph."""
DASH_AND_SPACES = re.compile(rf"[{re.escape(DASHES)}]++\s*+")
WORD = re.compile(r"\w*+")

_CJK = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
LONG_ENOUGH = re.compile(rf"(?:\W*+\w\S*+){{3}}|(?:[^{_CJK}]*+[{_CJK}]){{5}}")
"""A clause worth a cut: three words, or five characters of a script without spaces (about a second)."""
SPACELESS = re.compile(f"[{_CJK}]")
GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")

LAST_SPACE = re.compile(r"\S(\s++)\S*+\Z")
"""The last white space that has something before it."""
_WEAK = re.escape("-,;:/\\.)]}>|&=+_!?…、，；：。！？」』）】》")
LAST_WEAK_MARK = re.compile(f"[{_WEAK}](?=[^{_WEAK}]*+\\Z)")
"""The last mark at which a text without white space may be cut."""


def reach(pattern: re.Pattern[str], text: str, at: int, limit: int) -> int:
    """How far `pattern`, which may be empty, matches from `at`."""
    match = pattern.match(text, at, limit)
    return match.end() if match else at
