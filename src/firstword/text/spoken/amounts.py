"""Money, units, percentages, ranges, fractions, ordinals and plain numbers in English words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from firstword.text.spoken.numbers import cardinal, number, ordinal
from firstword.text.spoken.units import (
    CURRENCIES,
    ONLY_ATTACHED,
    RATES,
    SCALE_WORDS,
    SCALES,
    SURE_APART,
    UNITS,
    fraction,
    unit,
)


def _any(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


_NUM = r"(?:\d{1,3}(?:,\d{3}){1,4}+(?!,?\d)|\d{1,15}(?!\d))(?:\.\d{1,15}(?!\d))?|\.\d{1,15}(?!\d)"
_START = r"(?<![\w.,:/])(?<!\d[-–])"
_SIGN = r"(?:(?<![\w)\]-])[-−])?"
_GAP = r"[ \u00a0\u202f]?"
_UNIT = _any(UNITS)
_SIGNS = _any(name for name in CURRENCIES if not name.isalpha())
_CODES = _any(name for name in CURRENCIES if name.isalpha())
_SCALE = _any([*SCALES, *SCALE_WORDS])
_GLYPHS = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_LETTERS_END = r"(?![A-Za-z0-9²³])"
PATTERNS = (
    (
        "dollars",
        rf"(?<![\w−-])\$(?P<dollars_sum>{_NUM})(?:{_GAP}(?P<dollars_scale>{_any(SCALE_WORDS)})(?!\w))?"
        rf"(?![\w/–-]|[.,]\d|{_GAP}(?:{_SCALE}|[–-]))",
    ),
    (
        "money",
        rf"(?<!\w){_SIGN}(?:(?P<currency>{_SIGNS}){_GAP}(?P<sum>{_NUM})"
        rf"(?:{_GAP}[–-]{_GAP}(?:{_SIGNS})?(?P<upto>{_NUM}))?"
        rf"(?:{_GAP}(?P<scale>{_SCALE})(?!\w))?"
        rf"|(?P<code>{_CODES}){_GAP}(?P<sum2>{_NUM}))(?:/(?P<rate>[a-z]{{1,12}})(?!\w))?",
    ),
    (
        "money_after",
        rf"{_START}{_SIGN}(?P<sum3>{_NUM})(?:{_GAP}(?P<scale3>{_SCALE}))?{_GAP}"
        rf"(?P<currency3>[€£¥₩₹]|(?:{_CODES})(?!\w))",
    ),
    (
        "range",
        rf"{_START}(?P<low>{_NUM})(?:{_GAP}[–—]{_GAP}|-)(?P<high>{_NUM})(?![-–/:]\d|[.,]\d)"
        rf"(?:(?P<upgap>{_GAP})(?P<upunit>%|{_UNIT}){_LETTERS_END})?(?!\w)",
    ),
    ("mixed", rf"{_START}{_SIGN}(?P<whole>\d{{1,15}}) ?(?P<glyph>[{_GLYPHS}])|(?P<alone>[{_GLYPHS}])"),
    ("special", r"(?<![\w/])(?:24/7|9/11)(?![\w/])"),
    (
        "fraction",
        rf"{_START}{_SIGN}(?:(?P<and>\d{{1,4}}) )?(?P<above>\d{{1,3}})[/⁄](?P<below>\d{{1,3}})"
        r"(?![\w/]|[.,:-]\d)",
    ),
    ("percent", rf"{_START}{_SIGN}(?P<share>{_NUM}){_GAP}%(?!\w)"),
    (
        "size",
        r"(?<![\w.,])(?P<wide>\d{1,6})[x×](?P<high_>\d{1,6})(?:[x×](?P<deep>\d{1,6}))?(?![\w]|[.,]\d)",
    ),
    ("unit", rf"{_START}{_SIGN}(?P<amount>{_NUM})(?P<gap>{_GAP}|-)(?P<unit_>{_UNIT}){_LETTERS_END}(?!/\w)"),
    ("ordinal", r"(?<![\w.,:-])\d{1,3}(?:,\d{3}){0,4}+(?:st|nd|rd|th|ST|ND|RD|TH)(?!\w)"),
    ("times", r"(?<=\d)(?: ?[*×] ?| x )(?=\d)"),
    ("divided", r"(?<=\d) ?÷ ?(?=\d)"),
    ("ratio", rf"{_START}(?P<one>\d{{1,6}}):(?P<other>\d{{1,6}})(?![\w:]|[.,]\d)"),
    ("scaled", rf"{_START}{_SIGN}(?P<many>{_NUM})(?P<short>[kKM]|bn|mn|tn)(?!\w)"),
    ("negative", rf"{_START}(?<![\w)\]-])[-−](?:{_NUM})(?!\w)(?!\.\d|,\d)"),
    ("digits", r"(?<!\w)(?:0\d++(?!\.\d)|\d{13,15}+(?:\d++)?)(?!\w)"),
    ("number", rf"{_START}(?:{_NUM})(?!\w)(?!\.\d|,\d)|(?<!\w)\d++(?!\w)"),
)


def _signed(match: re.Match[str], words: str) -> str:
    return f"minus {words}" if match[0][0] in "-−" else words


def dollars(match: re.Match[str], _: str) -> str:
    """`$1,234.56`, `$2.5 billion`."""
    return _money(match["dollars_sum"], "$", match["dollars_scale"], None)


def money(match: re.Match[str], _: str) -> str:
    """`$1,234.56`, `£3m`, `$5–10`, `$9.99/mo`, `EUR 5`."""
    written = match["sum"] or match["sum2"]
    words = _money(written, match["currency"] or match["code"], match["scale"], match["upto"])
    rate = match["rate"]
    return _signed(match, f"{words} per {RATES.get(rate, rate)}" if rate else words)


def money_after(match: re.Match[str], _: str) -> str:
    """`5 €`, `10 USD`."""
    return _signed(match, _money(match["sum3"], match["currency3"], match["scale3"], None))


def _money(written: str, currency: str, scale: str | None, upto: str | None) -> str:
    one, many, cent, cents = CURRENCIES[currency]
    whole, _, part = written.partition(".")
    if scale or upto:
        words = [
            number(written),
            *(["to", number(upto)] if upto else []),
            *([SCALES.get(scale, scale)] if scale else []),
        ]
        return " ".join([*words, many])
    if len(part) not in (0, 2) or not cent:
        return f"{number(written)} {many}"
    words = (
        [f"{cardinal(whole)} {one if whole == '1' else many}"]
        if whole.strip("0,") or not int(part or 0)
        else []
    )
    if part and int(part):
        words.append(f"{cardinal(str(int(part)))} {cent if part == '01' else cents}")
    return " and ".join(words)


def ranged(match: re.Match[str], _: str) -> str:
    """`3–5 km`, `10-20%`, a score (`3-1`); long numbers that fall are no range: `70-12`."""
    low, high, symbol = match["low"], match["high"], match["upunit"]
    if float(low.replace(",", "")) >= float(high.replace(",", "")) and len(low + high) > 4:
        return f"{number(low)} dash {number(high)}{match['upgap'] or ''}{symbol or ''}"
    words = f"{number(low)} to {number(high)}"
    if symbol == "%":
        return f"{words} percent"
    if symbol and (not match["upgap"] or symbol in SURE_APART or symbol not in ONLY_ATTACHED):
        return f"{words} {unit(symbol, single=False)}"
    return f"{words}{match['upgap'] or ''}{symbol or ''}"


def mixed(match: re.Match[str], _: str) -> str:
    """`½`, `2½`."""
    above, below = map(int, unicodedata.normalize("NFKC", match["glyph"] or match["alone"]).split("⁄"))
    whole = match["whole"]
    return _signed(match, _fraction(whole, above, below) or "")


def _fraction(whole: str | None, above: int, below: int) -> str | None:
    part = fraction(above, below, cardinal(str(above)))
    if part is None or not whole:
        return part
    return f"{cardinal(whole)} and {'a' + part[3:] if above == 1 else part}"


def fractioned(match: re.Match[str], _: str) -> str:
    """`3/4`, `1 1/2`; what is no everyday fraction is read with its slash."""
    above, below = match["above"], match["below"]
    said = _fraction(match["and"], int(above), int(below))
    if said is None:
        whole = f"{cardinal(match['and'])} " if match["and"] else ""
        said = f"{whole}{cardinal(above)} slash {cardinal(below)}"
    return _signed(match, said)


def special(match: re.Match[str], _: str) -> str:
    """`24/7`, `9/11`."""
    return " ".join(cardinal(part) for part in match[0].split("/"))


def percent(match: re.Match[str], _: str) -> str:
    """`50%`."""
    return _signed(match, f"{number(match['share'])} percent")


def size(match: re.Match[str], _: str) -> str:
    """`1920x1080`."""
    return " by ".join(cardinal(part) for part in (match["wide"], match["high_"], match["deep"]) if part)


def united(match: re.Match[str], _: str) -> str | None:
    """`5km`, `5 kg`, `20°C`; a letter after a space is a unit only where it can be nothing else."""
    symbol, gap = match["unit_"], match["gap"]
    amount = number(match["amount"])
    if gap and symbol in ONLY_ATTACHED - SURE_APART:
        return _signed(match, f"{amount}{gap}{symbol}")
    return _signed(match, f"{amount} {unit(symbol, single=match['amount'] == '1' or gap == '-')}")


def scaled(match: re.Match[str], _: str) -> str:
    """`10k`, `2.5M`."""
    return _signed(match, f"{number(match['many'])} {SCALES[match['short']]}")


def plain(match: re.Match[str], _: str) -> str:
    """`42`, `-3.14`, `1,000,000`, and any run of digits, however long."""
    return _signed(match, number(match[0].lstrip("-−")))


READERS = {
    "dollars": ("dollars", dollars),
    "money": ("money", money),
    "money_after": ("money", money_after),
    "range": ("range", ranged),
    "mixed": ("fraction", mixed),
    "fraction": ("fraction", fractioned),
    "special": ("fraction", special),
    "percent": ("percent", percent),
    "size": ("symbol", size),
    "unit": ("unit", united),
    "ordinal": ("ordinal", lambda match, _: ordinal(match[0][:-2])),
    "times": ("symbol", lambda match, _: " times "),
    "divided": ("symbol", lambda match, _: " divided by "),
    "ratio": ("range", lambda match, _: f"{cardinal(match['one'])} to {cardinal(match['other'])}"),
    "scaled": ("scale", scaled),
    "negative": ("negative", plain),
    "digits": ("digits", plain),
    "number": ("cardinal", plain),
}
