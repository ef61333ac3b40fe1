"""English numbers in words."""

from __future__ import annotations

MOST_DIGITS = 15
"""Of a number read as one; a longer run of digits is read digit by digit."""

_ONES = [
    *(
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ["", " thousand", " million", " billion", " trillion"]
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def cardinal(written: str) -> str:
    """`1,234` in words; a number with a leading zero, or over 15 digits, digit by digit."""
    number = written.replace(",", "")
    if len(number) > MOST_DIGITS or (number[0] == "0" and len(number) > 1):
        return digits(number)
    groups, rest = 0, int(number)
    words: list[str] = []
    while rest:
        rest, group = divmod(rest, 1000)
        if group:
            words.insert(0, _below_thousand(group) + _SCALES[groups])
        groups += 1
    return " ".join(words) or _ONES[0]


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    return " ".join([*words, _below_hundred(rest)] if rest else words)


def _below_hundred(number: int) -> str:
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


def digits(written: str) -> str:
    """Each digit by its name; what is no digit is passed over."""
    return " ".join(_ONES[int(digit)] for digit in written if digit.isdecimal())


def number(written: str) -> str:
    """`1,234.50` in words, the decimals digit by digit."""
    whole, point, decimals = written.partition(".")
    words = cardinal(whole) if whole else _ONES[0]
    return f"{words} point {digits(decimals)}" if point else words


def ordinal(written: str) -> str:
    """`21` as `twenty-first`."""
    words = cardinal(written)
    cut = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[cut:]
    if last in _ORDINALS:
        return words[:cut] + _ORDINALS[last]
    return f"{words[:-1]}ieth" if last.endswith("y") else f"{words}th"


def year(written: str) -> str:
    """`1984` as `nineteen eighty-four`, `2007` as `two thousand seven`."""
    century, rest = divmod(int(written), 100)
    if not 10 < century < 100 or (century % 10 == 0 and rest < 10):
        return cardinal(written)
    if rest == 0:
        return f"{_below_hundred(century)} hundred"
    return f"{_below_hundred(century)} {'oh ' if rest < 10 else ''}{_below_hundred(rest)}"


def plural(words: str) -> str:
    """`twenty` as `twenties`, `hundred` as `hundreds`, `six` as `sixes`."""
    if words.endswith("y"):
        return f"{words[:-1]}ies"
    return words + ("es" if words.endswith(("x", "s")) else "s")
