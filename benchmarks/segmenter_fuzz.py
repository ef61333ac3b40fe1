"""Throws random Unicode texts at the segmenter: nothing dropped, no crash, time linear in the length.

    python benchmarks/segmenter_fuzz.py [--texts 10000] [--seed 0] [--longest 100000]

Each text is fed in random pieces, some of one character; one text in ten also whole and one character at a
time, which must give the same segments. Prints one JSON object: texts, characters, failures, and by decade
of length the processor time per character (median and most).
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import sys
import time
from collections.abc import Callable

from firstword.core.types import TextSegment
from firstword.text.segmenter import Segmenter

PLAIN = 'abc defg Hij. Klm, no! Pq? 12.5 "Rs" (tu) — v; w: x… yz\n'
RANGES = [(0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F)]
RANGES += [(0xE00, 0xE7F), (0x1100, 0x11FF), (0x2000, 0x206F), (0x3000, 0x30FF), (0x4E00, 0x9FFF)]
RANGES += [(0xAC00, 0xD7A3), (0xD800, 0xDFFF), (0xFE00, 0xFE0F), (0xFF00, 0xFFEF), (0x1F1E6, 0x1FAFF)]
RANGES += [(0, 0x1F), (0, 0x10FFFF), (0xE0000, 0xE007F)]
TRICKY = [
    *".,!?;:…。！？，、।؟۔\n\r\u2028 \u00a0\u3000\u200d\u0301\x00«»“”()[]*#-—|`",
    "\r\n",
    "\n\n",
    "Dr. ",
]
TRICKY += [
    "U.S. ",
    "5 p.m. ",
    "e.g. ",
    "3. ",
    "- ",
    "1. ",
    "# ",
    "...",
    " ? »",
    "[1] ",
    "The ",
    "👩\u200d👧",
    "🇩🇪",
]


def scattered(source: random.Random, length: int) -> str:
    """Characters of all of Unicode, lone surrogates among them."""
    alphabet = [chr(source.randint(*source.choice(RANGES))) for _ in range(min(length, 1_000))]
    return "".join(source.choices(alphabet, k=length))


def tricky(source: random.Random, length: int) -> str:
    """What the rules look at, in any order."""
    return "".join(source.choices(TRICKY, k=length))[:length]


def prose(source: random.Random, length: int) -> str:
    """Mostly letters and spaces, with punctuation."""
    return "".join(source.choices(PLAIN, k=length))


def flood(source: random.Random, length: int) -> str:
    """One short string over and over: what makes a careless pattern quadratic."""
    unit = source.choice([scattered, tricky])(source, source.randint(1, 3))
    return (unit * length)[:length]


KINDS: list[Callable[[random.Random, int], str]] = [scattered, tricky, prose, flood]


def pieces(source: random.Random, text: str) -> list[str]:
    """The text in pieces of one to two thousand characters."""
    largest = source.choice([1, 7, 100, 2_000])
    cuts = [0]
    while cuts[-1] < len(text):
        cuts.append(min(len(text), cuts[-1] + source.randint(1, largest)))
    return [text[begin:end] for begin, end in itertools.pairwise(cuts)]


def segments(fed: list[str]) -> list[TextSegment]:
    """What comes of the pieces."""
    segmenter = Segmenter()
    return [*(segment for piece in fed for segment in segmenter.feed(piece)), *segmenter.flush()]


def failure(text: str, found: list[TextSegment]) -> str | None:
    """What is wrong with the segments of a text, if anything."""
    if "".join(segment.text for segment in found) != text:
        return "the segments do not join to the text"
    if any(text[segment.start : segment.end] != segment.text for segment in found):
        return "an offset is wrong"
    if any(not 0 < len(segment.text) <= 300 for segment in found):
        return "a segment is empty or too long"
    return None


def main() -> int:
    """Runs, prints the figures, and returns the number of failures as the exit code (at most 1)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--longest", type=int, default=100_000, help="characters")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    source = random.Random(options.seed)
    decades: dict[int, list[float]] = {}
    failures: list[str] = []
    characters = found_segments = 0
    for number in range(options.texts):
        length = min(options.longest, int(10 ** source.uniform(0, len(str(options.longest)) - 1)) + 1)
        text = source.choice(KINDS)(source, length)
        fed = pieces(source, text)
        began = time.process_time_ns()
        found = segments(fed)
        decades.setdefault(len(str(length)) - 1, []).append((time.process_time_ns() - began) / 1e3 / length)
        wrong = failure(text, found)
        if wrong is None and number % 10 == 0 and not found == segments([text]) == segments(list(text)):
            wrong = "another cutting gives other segments"
        if wrong:
            failures.append(f"text {number}: {wrong}")
        characters += length
        found_segments += len(found)

    table = {
        f"{10**decade}-{10 ** (decade + 1) - 1} chars": {
            "texts": len(times),
            "us_per_char_median": round(statistics.median(times), 3),
            "us_per_char_most": round(max(times), 3),
        }
        for decade, times in sorted(decades.items())
    }
    figures = {
        "texts": options.texts,
        "characters": characters,
        "segments": found_segments,
        "seed": options.seed,
    }
    print(json.dumps({**figures, "failures": len(failures), "first": failures[:5], "time": table}, indent=2))
    return min(1, len(failures))


if __name__ == "__main__":
    sys.exit(main())
