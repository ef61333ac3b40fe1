"""The segmenter under text that nobody wrote: nothing is lost, whatever comes and however it is cut."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstword.core.types import TextSegment
from firstword.text.segmenter import Segmenter

pytestmark = pytest.mark.unit

ANY_CHARACTER = st.characters(exclude_categories=())
MARKS = ".,!?;:…。，、।؟\n\r \u00a0\u2028\u200d\u0301\x00\ud800«»“”\"')[]*#-—|`aB1中と"
PHRASES = [
    "\r\n",
    "\n\n",
    "Dr. ",
    "U.S. ",
    "p.m. ",
    "e.g. ",
    "No. ",
    "3. ",
    "- ",
    "1. ",
    "## ",
    "... ",
    " ? »",
    "[1] ",
]
TRICKY = st.sampled_from([*MARKS, *PHRASES, "The ", "👩\u200d👧"])
TEXTS = st.one_of(st.text(ANY_CHARACTER), st.lists(TRICKY, max_size=120).map("".join))
FLOODS = [
    "1",
    " ",
    "a.",
    "(",
    ",",
    ", ",
    ".",
    ". ",
    "\n",
    "\r",
    "\r\n",
    "!",
    'aB!"',
    ".)",
    "- ",
    "中、",
    "👩\u200d",
]
FLOODS += [
    "e\u0301",
    "Dr. ",
    "U.S. A",
    ".[1",
    "#",
    "*",
    "1. ",
    "🇩🇪",
    "|\n",
    "-\n",
    "a" + " " * 400,
    ". »",
    "? »\n",
]


def segments(pieces: list[str], max_chars: int) -> list[TextSegment]:
    segmenter = Segmenter(max_chars=max_chars)
    fed = [segment for piece in pieces for segment in segmenter.feed(piece)]
    return [*fed, *segmenter.flush()]


def cut(text: str, places: list[int]) -> list[str]:
    cuts = sorted(place % (len(text) + 1) for place in places)
    return [text[begin:end] for begin, end in itertools.pairwise([0, *cuts, len(text)])]


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.lists(st.integers(0, 10_000), max_size=9), st.sampled_from([2, 3, 9, 30, 300]))
def test_any_text_cut_anyhow_is_kept_whole_and_gives_the_same_segments(
    text: str, places: list[int], max_chars: int
) -> None:
    whole = segments([text], max_chars)

    assert whole == segments(cut(text, places), max_chars)
    assert whole == segments(list(text), max_chars)
    assert text == "".join(segment.text for segment in whole)
    assert [segment.text for segment in whole] == [text[s.start : s.end] for s in whole]
    assert all(0 < len(segment.text) <= max_chars for segment in whole)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sets(st.integers(0, 200)))
def test_flushing_anywhere_keeps_every_character(text: str, flushes: set[int]) -> None:
    segmenter = Segmenter()
    found: list[TextSegment] = []
    for place, character in enumerate(text):
        found += segmenter.feed(character)
        if place in flushes:
            found += segmenter.flush()
            assert 0 == segmenter.pending
    found += segmenter.flush()

    assert text == "".join(segment.text for segment in found)
    assert [segment.text for segment in found] == [text[s.start : s.end] for s in found]


@pytest.mark.parametrize("unit", FLOODS, ids=ascii)
def test_a_flood_is_kept_whole_and_held_back_no_longer_than_the_look_ahead(unit: str) -> None:
    text = (unit * 3_000)[:3_000]
    segmenter = Segmenter()
    found: list[TextSegment] = []
    most = 0
    for character in text:
        found += segmenter.feed(character)
        most = max(most, segmenter.pending)
    found += segmenter.flush()

    assert most <= 300 + 64
    assert text == "".join(segment.text for segment in found)
    assert segments([text], 300) == found


def test_random_texts_of_all_lengths_are_kept_whole() -> None:
    source = random.Random(7)
    for _ in range(60):
        length = int(10 ** source.uniform(0, 4))
        text = "".join(
            chr(source.randint(0, source.choice([0x7F, 0x2FF, 0xFFFF, 0x10FFFF]))) for _ in range(length)
        )
        found = segments(cut(text, source.choices(range(length), k=5)), 300)
        assert text == "".join(segment.text for segment in found)
