"""Throws random texts at the normalizer: no word lost, no crash, time linear in the length.

    python benchmarks/normalizer_fuzz.py [--texts 10000] [--seed 0] [--longest 10000] [--floods 1000000]

The rule for words, `lost` below: outside of its spans the spoken text is the text, character by character; a
word (letters in a row) inside of a span must stand in what is spoken for that span, unless it is a name in
`NAMED`, which is spoken in full (`km`, `Dec.`, `USD`), or stands where nobody would read it: in a code block,
a link's address, a tag, a footnote's mark, a scheme, query or fragment.

Each text goes through the segmenter, as it does in a response. The floods are single lines of one short
string, given to the normalizer whole. Prints one JSON object: texts, characters, failures, and processor time
per character by decade of length (median and most) and by flood (most).
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable

from firstword.text.normalizer import Normalizer
from firstword.text.segmenter import Segmenter
from firstword.text.spelling import Spelling
from firstword.text.spoken.units import CURRENCIES, MONTH_NAMES, RATES, SCALES, UNITS

TRICKY = [
    *"*_~`#>-+|[]()!<>&;:/\\@=%$€£°.,?'\" \n\t0123456789½²×→…–—−😀",
    *(
        "**",
        "```\n",
        "~~~\n",
        "](",
        "[x] ",
        "\n\n",
        "\n- ",
        "\n# ",
        "\n> ",
        "\n| ",
        " | ",
        "|---|",
        "<b>",
        "</b>",
    ),
    *(
        "<!--",
        "-->",
        "&amp;",
        "](http://a.b/c)",
        "https://",
        "www.",
        ".com",
        "a@b.org",
        "v1.2.3",
        ".py",
        "e.g. ",
    ),
    *(
        "1,234",
        "3.14",
        "12/31/2025",
        "3:30pm",
        "$5",
        "5 km",
        "20°C",
        "50%",
        "1st",
        "1990s",
        "555-1234",
        "1/2",
        "3–5",
    ),
    *(
        "Chapter IV",
        "Henry VIII",
        "&",
        "#1",
        "No. 5",
        "Dec. 3",
        "24/7",
        "007",
        "-5",
        "👨\u200d👩",
        "1\ufe0f\u20e3",
        "🇩🇪",
    ),
]
WORDS = ["zorba", "quilp", "flimsy", "wexford", "the", "house", "of", "a", "snake_case", "and", "don't"]
WORDS += ["Grüße", "naïve", "Ünder", "Zwölf", "é"]
FLOODS = [
    "1",
    "1.",
    "1,",
    "1 ",
    "1-",
    "1/",
    "a.",
    "a_",
    "a-",
    "a|",
    "x@",
    "*",
    "_",
    "`",
    "[",
    "](",
    "](a",
    "<b",
]
FLOODS += [
    "<!--",
    "|",
    " |",
    "&",
    "\n",
    "> ",
    "# ",
    "http://",
    "×",
    "😀",
    "(",
    "\\",
    " ",
    "I",
    "May ",
    "a/",
    "$1 ",
]
"""What makes a careless pattern quadratic."""
NAMED = {
    word.lower()
    for name in itertools.chain(CURRENCIES, SCALES, RATES, UNITS, MONTH_NAMES, ["sept", "nos", "vs", "vol"])
    for word in re.findall(r"[^\W\d_]+", name)
}
NAMED |= {
    "e",
    "g",
    "i",
    "w",
    "o",
    "v",
    "x",
    "t",
    "am",
    "pm",
    "st",
    "nd",
    "rd",
    "th",
    "s",
    "approx",
    "rc",
    "p",
    "m",
}
NAMED |= {"lt", "gt", "amp", "no", "a"}
_SILENT = re.compile(
    r"\]\([^\n]*|\]\[[^\]\n]*|\[\^[^\]\n]*|<[^>\n]*>|<!--.*?-->|(?i:https?://|ftp://|www\.)|[?#]\S*|&#?\w+;"
    r"|^ {0,3}\[[^\n]*",
    re.MULTILINE,
)
_ROMAN = re.compile(r"[IVXL]+\Z")


def lost(text: str, spelling: Spelling) -> str | None:
    """The first word of a segment that is neither spoken nor meant to be silent, or what else is wrong."""
    at = spoken_at = 0
    for spoken_start, spoken_end, start, end in spelling.spans:
        if spelling.spoken[spoken_at:spoken_start] != text[at:start]:
            return f"changed outside of a span: {text[at:start]!r}"
        said = spelling.spoken[spoken_start:spoken_end].casefold()
        for word in re.finditer(r"[^\W\d_]+", text[start:end]):
            if (
                word[0].isalpha()
                and word[0].casefold() not in said
                and not _may_be_silent(text, start + word.start(), word[0])
            ):
                return word[0]
        at, spoken_at = end, spoken_end
    return None if spelling.spoken[spoken_at:] == text[at:] else "the end differs"


def _may_be_silent(text: str, at: int, word: str) -> bool:
    if word.lower() in NAMED or _ROMAN.match(word):
        return True
    return any(found.start() <= at < found.end() for found in _SILENT.finditer(text))


def without_code(text: str) -> bool:
    """Whether no line can begin a code block."""
    return not re.search(r"```|~~~", text)


def tangled(source: random.Random, length: int) -> str:
    """Words and what the rules look at, in any order."""
    return "".join(source.choices([*TRICKY, *WORDS, " ", " ", " "], k=length))[:length]


def prose(source: random.Random, length: int) -> str:
    """Mostly words, with something to read out here and there."""
    parts = (source.choice(WORDS if source.random() < 0.8 else TRICKY) for _ in range(length // 4 + 1))
    return " ".join(parts)[:length]


def scattered(source: random.Random, length: int) -> str:
    """Characters of all of Unicode, lone surrogates among them."""
    alphabet = [chr(source.randint(0, source.choice([0x7F, 0x2FF, 0xFFFF, 0x10FFFF]))) for _ in range(300)]
    return "".join(source.choices(alphabet, k=length))


def flood(source: random.Random, length: int) -> str:
    """One short string over and over."""
    unit = "".join(source.choices([*TRICKY, *WORDS], k=source.randint(1, 3)))
    return (unit * length)[:length]


KINDS: list[Callable[[random.Random, int], str]] = [tangled, prose, scattered, flood]


def failures(text: str, language: str | None = None) -> Iterable[str]:
    """What is wrong with the spelling of each segment, code blocks aside."""
    normalizer = Normalizer(language=language)
    for segment in segments(text):
        spelling = normalizer.spell(segment)
        wrong = lost(segment, spelling) if without_code(text) else None
        if wrong:
            yield f"{wrong!r} in {segment!r} as {spelling.spoken!r}"


def segments(text: str) -> list[str]:
    """The text as the segmenter cuts it."""
    segmenter = Segmenter()
    return [segment.text for segment in [*segmenter.feed(text), *segmenter.flush()]]


def _spent(pieces: list[str]) -> float:
    """Processor time for the pieces, in microseconds."""
    normalizer = Normalizer()
    began = time.process_time_ns()
    for piece in pieces:
        normalizer.spell(piece)
    return (time.process_time_ns() - began) / 1e3


def main() -> int:
    """Runs, prints the figures, and returns the number of failures as the exit code (at most 1)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--longest", type=int, default=10_000, help="characters")
    parser.add_argument("--floods", type=int, default=1_000_000, help="characters in a line; 0: none")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    source = random.Random(options.seed)
    decades: dict[int, list[float]] = {}
    wrong: list[str] = []
    characters = 0
    for number in range(options.texts):
        length = min(options.longest, int(10 ** source.uniform(0, len(str(options.longest)) - 1)) + 1)
        text = source.choice(KINDS)(source, length)
        spent = _spent(segments(text))
        decades.setdefault(len(str(length)) - 1, []).append(spent / length)
        wrong += [f"text {number}: {reason}" for reason in failures(text)]
        characters += length

    floods = {}
    for unit in FLOODS if options.floods else []:
        text = (unit * options.floods)[: options.floods]
        floods[unit] = _spent([text]) / options.floods
    slowest = sorted(floods.items(), key=lambda item: -item[1])[:5]
    table = {
        f"{10**decade}-{10 ** (decade + 1) - 1} chars": {
            "texts": len(times),
            "us_per_char_median": round(statistics.median(times), 3),
            "us_per_char_most": round(max(times), 3),
        }
        for decade, times in sorted(decades.items())
    }
    figures = {"texts": options.texts, "characters": characters, "seed": options.seed, "failures": len(wrong)}
    floods_said = {"chars": options.floods, "us_per_char": {unit: round(cost, 3) for unit, cost in slowest}}
    print(json.dumps({**figures, "first": wrong[:5], "time": table, "slowest_floods": floods_said}, indent=2))
    return min(1, len(wrong))


if __name__ == "__main__":
    sys.exit(main())
