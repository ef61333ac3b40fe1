"""Signs between words, Roman numerals where they are safe, and a few abbreviations, in English words."""

from __future__ import annotations

import re

from firstword.text.spoken.numbers import cardinal, ordinal

_ROMAN = r"(?=[IVXL])(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?![\w']|[.-]\w)"
_NUMBERED = (
    "Chapter|Part|Volume|Vol\\.|Book|Act|Scene|Section|Article|Phase|Stage|Level|Appendix|Title|World War"
    "|Super Bowl"
)
_MONARCHS = (
    "Henry|Louis|George|Edward|William|James|Charles|Richard|Elizabeth|Mary|Catherine|Nicholas|Alexander|Peter|Paul"
    "|Pius|John|Benedict|Philip|Frederick|Wilhelm|Napoleon|Leo|Gregory|Innocent|Clement|Felipe|Haakon|Gustav|Ivan"
)
_ABBREVIATIONS = {
    "e.g.": "for example",
    "i.e.": "that is",
    "approx.": "approximately",
    "vs.": "versus",
    "vs": "versus",
    "w/o": "without",
    "w/": "with",
    "and/or": "and or",
}
_SIGNS = {
    "&": "and", "=": "equals", "==": "equals", "!=": "is not equal to", "≠": "is not equal to",
    "≈": "is about",
    "≤": "is at most", "<=": "is at most", "≥": "is at least", ">=": "is at least", "±": "plus or minus",
    "→": "to", "->": "to", "=>": "to", "==>": "to", "⇒": "to", "×": "times", "÷": "divided by",
    "§": "section",
    "∞": "infinity", "√": "square root of", "°": "degrees", "™": "trademark", "©": "copyright",
    "®": "registered",
    "<": "is less than", ">": "is greater than", "+": "plus", "%": "percent", "/": "slash", "@": "at",
    "←": "from",
}  # fmt: skip
PATTERNS = (
    ("no", r"\b[Nn]os?\. ?(?=\d)|№ ?(?=\d)"),
    ("abbreviation", r"(?<![\w.])(?:[eE]\.g\.|[iI]\.e\.|[aA]pprox\.|vs\.?|w/o|w/|and/or)(?!\w)"),
    ("numbered", rf"(?:\b(?P<before>{_NUMBERED}) )(?P<roman>{_ROMAN})"),
    ("monarch", rf"(?:\b(?P<name>{_MONARCHS}) )(?P<which>(?=..)?{_ROMAN})"),
    ("sharp", r"(?<=\b[A-GJ])#(?!\w)"),
    ("plusplus", r"(?<=\b[A-Za-z])\+\+(?!\w)"),
    ("number_sign", r"(?<![\w#&])#(?=\d)"),
    ("hashtag", r"(?<![\w#&])#(?=[^\W\d_])"),
    ("handle", r"(?<![\w@.])@(?=\w)"),
    ("about", r"(?<![\w~/])[~≈](?=[\d$€£])"),
    ("limit", r"(?<![\w<>=-])(?:[<>]=?|[≤≥])(?=[\d$€£])"),
    (
        "sign",
        r"!=|==?>?|->|<=|>=|[&≠≈≤≥±→⇒←×÷§∞√°™©®%]|(?<= )[<>+@](?= )"
        r"|(?:(?<=[\s(])|\A)[+](?=\d)|(?<=\d)[+](?=[\d ]|\Z)|(?<=\w)[+](?=\w)|(?:(?<=[\w\s])|\A)/(?=\w)",
    ),
    ("underscore", r"(?<=[^\W_])_++(?=[^\W_])"),
)
_LIMITS = {
    "<": "less than",
    ">": "more than",
    "<=": "at most",
    ">=": "at least",
    "≤": "at most",
    "≥": "at least",
}


def abbreviation(match: re.Match[str], _: str) -> str:
    """`e.g.`, `approx.`."""
    words = _ABBREVIATIONS[match[0].lower()]
    return words.capitalize() if match[0][0].isupper() else words


def _value(roman: str) -> str:
    value, worth = 0, {"I": 1, "V": 5, "X": 10, "L": 50}
    for letter, after in zip(roman, [*roman[1:], "I"], strict=True):
        value += -worth[letter] if worth[letter] < worth[after] else worth[letter]
    return str(value)


def numbered(match: re.Match[str], _: str) -> str:
    """`Chapter IV`."""
    before = match["before"].replace("Vol.", "Volume")
    return f"{before} {cardinal(_value(match['roman']))}"


def monarch(match: re.Match[str], _: str) -> str | None:
    """`Henry VIII`; a single letter could be a name's initial."""
    which = match["which"]
    return f"{match['name']} the {ordinal(_value(which))}" if len(which) > 1 else None


def sign(match: re.Match[str], _: str) -> str:
    """`&`, `=`, `+`, `→`: in words, with spaces around."""
    text, end = match.string, match.end()
    before, after = text[max(0, match.start() - 1) : match.start()], text[end : end + 1]
    words = _SIGNS[match[0]]
    return (" " if before.strip() else "") + words + (" " if after.strip() and after not in ".,;:!?)" else "")


READERS = {
    "no": ("symbol", lambda match, _: "Number " if match[0][0] == "N" and match.start() == 0 else "number "),
    "abbreviation": ("abbreviation", abbreviation),
    "numbered": ("roman", numbered),
    "monarch": ("roman", monarch),
    "sharp": ("symbol", lambda match, _: " sharp"),
    "plusplus": ("symbol", lambda match, _: " plus plus"),
    "number_sign": ("symbol", lambda match, _: "number "),
    "hashtag": ("symbol", lambda match, _: "hashtag "),
    "handle": ("symbol", lambda match, _: "at "),
    "about": ("symbol", lambda match, _: "about "),
    "limit": ("symbol", lambda match, _: f"{_LIMITS[match[0]]} "),
    "sign": ("symbol", sign),
    "underscore": ("identifier", lambda match, _: " "),
}
