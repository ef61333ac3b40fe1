"""Dates, times, years and decades in English words."""

from __future__ import annotations

import re

from firstword.text.spoken.numbers import cardinal, ordinal, plural, year
from firstword.text.spoken.units import MONTH_NAMES, MONTHS

_MONTH = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?"
)
_YEAR = r"[12]\d{3}(?!\d|[.,]\d)"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?!\d|[:%]|[.,]\d)"
_MERIDIEM = r"[ \u202f\u00a0]?(?:[aApP]\.[mM]\.|[aApP][mM])(?!\w)"
PATTERNS = (
    (
        "stamp",
        r"(?<![\w.:/-])[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3])(?::[0-5]\d){1,2}",
    ),
    ("iso", r"(?<![\w.:/-])[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d|-\d)(?=T\d|\b)"),
    ("slashed", r"(?<![\w.:/-])\d{1,2}/\d{1,2}/(?:[12]\d{3}|\d{2})(?![\w/]|[.-]\d)"),
    ("month_first", rf"\b(?P<m1>{_MONTH}) (?P<d1>{_DAY})(?:(?:,? )(?P<y1>{_YEAR}))?(?![\w/])"),
    ("day_first", rf"(?<![\w.:/$€£-])(?P<d2>{_DAY})(?: of)? (?P<m2>{_MONTH})(?:,? (?P<y2>{_YEAR}))?(?!\w)"),
    ("month_year", rf"\b(?P<m3>{_MONTH}) (?P<y3>{_YEAR})(?!\w)"),
    ("decade", r"(?<![\w.:/-])(?:[12]\d{2}0|['’]?\d0)['’]?s(?!\w)"),
    ("clock", rf"(?<![\w.:/-])(?:1[0-2]|0?[1-9])(?::[0-5]\d){{0,2}}{_MERIDIEM}(?!\w)"),
    ("time", r"(?<![\w.:/-])(?:[01]?\d|2[0-3])(?::[0-5]\d){1,2}(?![:\w]|\.\d)"),
    (
        "years",
        rf"(?<![\w.,:/$€£¥#+-])(?P<from>1[1-9]\d\d|20[1-9]\d)(?:[–-](?P<to>\d\d|{_YEAR}))?"
        r"(?![\w/°]|[.,:-]\d|%| ?[%€£°])",
    ),
)


def iso(match: re.Match[str], _: str) -> str:
    """`2025-12-31`."""
    years, month, day = match[0].split("-")
    return _date(day, MONTHS[int(month) - 1], years)


def stamp(match: re.Match[str], region: str) -> str:
    """`2025-12-31T15:30:00`."""
    day, _, clock = match[0].partition("T")
    years, month, date = day.split("-")
    return f"{_date(date, MONTHS[int(month) - 1], years)} at {_clock(clock)}"


def slashed(match: re.Match[str], region: str) -> str | None:
    """`12/31/2025`: the month first in the United States, unless it cannot be one."""
    first, second, years = match[0].split("/")
    month, day = (first, second) if region == "us" else (second, first)
    if int(month) > 12:
        month, day = day, month
    if not (0 < int(month) <= 12 and 0 < int(day) <= 31):
        return None
    if len(years) == 2:
        years = ("20" if int(years) < 70 else "19") + years
    return _date(day, MONTHS[int(month) - 1], years)


def month_first(match: re.Match[str], _: str) -> str:
    """`Dec. 31, 2025`."""
    return _date(match["d1"], _month(match["m1"]), match["y1"])


def day_first(match: re.Match[str], _: str) -> str:
    """`31 December 2025`, `the 4th of July`."""
    dot = "." if match[0].endswith(".") and not match["y2"] and _ends(match) else ""
    day, month = match["d2"], _month(match["m2"])
    if day.isdecimal() and " of " not in match[0]:
        return _date(day, month, match["y2"]) + dot
    the = "" if match.string[max(0, match.start() - 4) : match.start()].lower() == "the " else "the "
    years = f" {year(match['y2'])}" if match["y2"] else ""
    return f"{the}{_ordinal(day)} of {month}{years}{dot}"


def month_year(match: re.Match[str], _: str) -> str:
    """`Dec 2025`."""
    return f"{_month(match['m3'])} {year(match['y3'])}"


def decade(match: re.Match[str], _: str) -> str:
    """`1990s`, `'90s`."""
    return plural(year(re.sub(r"\D", "", match[0])))


def time(match: re.Match[str], _: str) -> str:
    """`3:30pm`, `15:30`, `7:05`, `3 PM`, `1:02:03`."""
    clock = match[0].rstrip("aApPmM. \u202f\u00a0")
    half = match[0][len(clock) :].strip().replace(".", "").upper()
    dot = "." if half and match[0].endswith(".") and _ends(match) else ""
    return f"{_clock(clock, ' '.join(half))}{dot}"


def _clock(written: str, half: str = "") -> str:
    hour, *rest = written.split(":")
    words = [cardinal(str(int(hour)))]
    if set(rest) - {"00"}:
        words += [_minutes(part) for part in rest]
    elif rest and not half:
        words.append("o'clock" if int(hour) < 13 else "hundred")
    return " ".join([*words, half] if half else words)


def years(match: re.Match[str], _: str) -> str:
    """`1984`, `1939–45`."""
    last = match["to"]
    if not last:
        return year(match["from"])
    return f"{year(match['from'])} to {year(last) if len(last) == 4 else cardinal(last)}"


def _minutes(written: str) -> str:
    return f"oh {cardinal(written[1])}" if written[0] == "0" else cardinal(written)


def _month(written: str) -> str:
    return MONTH_NAMES[written[:3].lower()]


def _date(day: str, month: str, years: str | None) -> str:
    said = f"{month} {_ordinal(day)}"
    return f"{said}, {year(years)}" if years else said


def _ordinal(day: str) -> str:
    return ordinal(day.rstrip("stndrh").lstrip("0"))


def _ends(match: re.Match[str]) -> bool:
    """Whether the full stop of an abbreviation ends the segment too."""
    return not match.string[match.end() : match.end() + 9].strip("\"'”’)* \n")


READERS = {
    "stamp": ("time", stamp),
    "iso": ("date", iso),
    "slashed": ("date", slashed),
    "month_first": ("month", month_first),
    "day_first": ("month", day_first),
    "month_year": ("month", month_year),
    "decade": ("year", decade),
    "clock": ("clock", time),
    "time": ("time", time),
    "years": ("year", years),
}
