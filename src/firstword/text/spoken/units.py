"""Units, currencies and months in English: how they are written, and what they are called.

Source: SI brochure, 9th edition (symbols); ISO 4217 (currency codes).
"""

from __future__ import annotations

UNITS: dict[str, tuple[str, str]] = {
    symbol: (one, many or f"{one}s")
    for symbol, one, many in (
        ("nm", "nanometer", ""), ("µm", "micrometer", ""), ("μm", "micrometer", ""),
        ("mm", "millimeter", ""), ("cm", "centimeter", ""), ("km", "kilometer", ""), ("mi", "mile", ""),
        ("ft", "foot", "feet"), ("yd", "yard", ""), ("mg", "milligram", ""), ("kg", "kilogram", ""),
        ("lb", "pound", ""), ("lbs", "pound", ""), ("oz", "ounce", ""), ("ml", "milliliter", ""),
        ("mL", "milliliter", ""), ("cl", "centiliter", ""), ("L", "liter", ""), ("gal", "gallon", ""),
        ("tsp", "teaspoon", ""), ("tbsp", "tablespoon", ""), ("m", "meter", ""), ("g", "gram", ""),
        ("s", "second", ""), ("l", "liter", ""), ("h", "hour", ""), ("hr", "hour", ""), ("hrs", "hour", ""),
        ("min", "minute", ""), ("mins", "minute", ""), ("sec", "second", ""), ("secs", "second", ""),
        ("ms", "millisecond", ""), ("µs", "microsecond", ""), ("μs", "microsecond", ""),
        ("ns", "nanosecond", ""), ("km/h", "kilometer per hour", "kilometers per hour"),
        ("kph", "kilometer per hour", "kilometers per hour"), ("mph", "mile per hour", "miles per hour"),
        ("m/s", "meter per second", "meters per second"), ("m²", "square meter", ""),
        ("m2", "square meter", ""), ("km²", "square kilometer", ""), ("cm²", "square centimeter", ""),
        ("m³", "cubic meter", ""), ("cm³", "cubic centimeter", ""), ("sq ft", "square foot", "square feet"),
        ("ft²", "square foot", "square feet"), ("°C", "degree Celsius", "degrees Celsius"),
        ("°F", "degree Fahrenheit", "degrees Fahrenheit"), ("℃", "degree Celsius", "degrees Celsius"),
        ("℉", "degree Fahrenheit", "degrees Fahrenheit"), ("°", "degree", ""), ("Hz", "hertz", "hertz"),
        ("kHz", "kilohertz", "kilohertz"), ("MHz", "megahertz", "megahertz"),
        ("GHz", "gigahertz", "gigahertz"), ("dB", "decibel", ""), ("V", "volt", ""),
        ("mV", "millivolt", ""), ("kV", "kilovolt", ""), ("mA", "milliamp", ""),
        ("mAh", "milliamp hour", ""), ("W", "watt", ""), ("kW", "kilowatt", ""), ("MW", "megawatt", ""),
        ("GW", "gigawatt", ""), ("Wh", "watt hour", ""), ("kWh", "kilowatt hour", ""),
        ("kJ", "kilojoule", ""), ("kcal", "kilocalorie", ""), ("cal", "calorie", ""), ("Pa", "pascal", ""),
        ("kPa", "kilopascal", ""), ("hPa", "hectopascal", ""), ("psi", "P S I", "P S I"),
        ("rpm", "R P M", "R P M"), ("fps", "frame per second", "frames per second"),
        ("dpi", "D P I", "D P I"), ("px", "pixel", ""), ("KB", "kilobyte", ""), ("kB", "kilobyte", ""),
        ("MB", "megabyte", ""), ("GB", "gigabyte", ""), ("TB", "terabyte", ""), ("PB", "petabyte", ""),
        ("KiB", "kibibyte", ""), ("MiB", "mebibyte", ""), ("GiB", "gibibyte", ""),
        ("kbps", "kilobit per second", "kilobits per second"),
        ("Mbps", "megabit per second", "megabits per second"),
        ("Gbps", "gigabit per second", "gigabits per second"),
        ("kbit/s", "kilobit per second", "kilobits per second"),
        ("MB/s", "megabyte per second", "megabytes per second"),
        ("GB/s", "gigabyte per second", "gigabytes per second"),
    )
}  # fmt: skip

ONLY_ATTACHED = frozenset({"V", "W", "L", "s", "h", "l", "m", "g", "cal"})
"""Short: not sure after a space (`Plan 9 s`), save for those below. `12B` and `5 A` are no units at all."""
SURE_APART = frozenset({"m", "g", "L", "V", "W"})

CURRENCIES: dict[str, tuple[str, str, str, str]] = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "US$": ("U S dollar", "U S dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₩": ("won", "won", "jeon", "jeon"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₿": ("bitcoin", "bitcoins", "", ""),
    "USD": ("U S dollar", "U S dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    "JPY": ("yen", "yen", "sen", "sen"),
    "KRW": ("won", "won", "jeon", "jeon"),
}

SCALES = {
    "k": "thousand",
    "K": "thousand",
    "m": "million",
    "M": "million",
    "mn": "million",
    "bn": "billion",
    "B": "billion",
    "b": "billion",
    "tn": "trillion",
    "T": "trillion",
}
SCALE_WORDS = ("thousand", "million", "billion", "trillion", "hundred")

RATES = {
    "mo": "month",
    "yr": "year",
    "hr": "hour",
    "h": "hour",
    "wk": "week",
    "min": "minute",
    "kg": "kilogram",
}
"""What a price is for, after a slash; other words stay."""

MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
MONTH_NAMES = {name[:3].lower(): name for name in MONTHS}

DENOMINATORS = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth"}
DENOMINATORS |= {
    9: "ninth",
    10: "tenth",
    12: "twelfth",
    16: "sixteenth",
    20: "twentieth",
    32: "thirty-second",
}
DENOMINATORS |= {64: "sixty-fourth", 100: "hundredth"}


def fraction(above: int, below: int, words: str) -> str | None:
    """`3/4` as `three quarters`, or None for what is no everyday fraction; `words` name the numerator."""
    name = DENOMINATORS.get(below)
    if not name or not 0 < above < max(below, 3):
        return None
    if above == 1:
        return f"{words} {name}"
    return f"{words} halves" if below == 2 else f"{words} {name}s"


def unit(symbol: str, *, single: bool) -> str:
    """The name of a unit."""
    return UNITS[symbol][0 if single else 1]
