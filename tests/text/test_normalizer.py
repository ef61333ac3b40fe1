"""The normalizer against golden texts, and what it promises about words, places, state and time."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.normalizer_fuzz import FLOODS, TRICKY, WORDS, failures, lost
from firstword.core.types import Boundary, TextSegment
from firstword.engines.reads import ENGINE_READS
from firstword.text.normalizer import KINDS, Normalizer
from firstword.text.segmenter import Segmenter
from firstword.text.spelling import Edit, Spelling, compose, rewrite

pytestmark = pytest.mark.unit

CORPUS = Path(__file__).parent.parent / "golden" / "normalizer"
WHITE_SPACE = str.maketrans({"↵": "\n", "⇥": "\t", "␣": " "})


@dataclass(frozen=True)
class Case:
    """One line of the corpus: what is written, what is spoken, and what hibari gets where that differs."""

    name: str
    language: str | None
    text: str
    spoken: str
    hibari: str


def cases() -> list[Case]:
    """Every line of the corpus that is no comment."""
    found = []
    for path in sorted(CORPUS.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if line and not line.startswith("//"):
                marked = re.match(r"\{([\w-]+)\} ", line)
                language, written = (marked[1], line[marked.end() :]) if marked else (None, line)
                text, spoken, *rest = written.translate(WHITE_SPACE).split(" ⇒ ")
                found.append(
                    Case(f"{path.stem}:{number}", language, text, spoken, rest[0] if rest else spoken)
                )
    return found


CASES = cases()
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def segments(text: str, language: str | None = None) -> list[TextSegment]:
    segmenter = Segmenter(language=language)
    return [*segmenter.feed(text), *segmenter.flush()]


def given_to_engine(pieces: Sequence[TextSegment], normalizer: Normalizer) -> list[str]:
    """What the engine gets for each segment."""
    made = [out for segment in pieces for out in normalizer.feed(segment)]
    assert [(one.text, one.start, one.boundary) for one in pieces] == [
        (one.text, one.start, one.boundary) for one in made
    ]
    return [one.text if one.spoken is None else one.spoken for one in made]


def as_segments(*texts: str) -> list[TextSegment]:
    return [TextSegment(text, 0, Boundary.CLAUSE) for text in texts]


@pytest.mark.requirement("markup-is-not-spoken", "numbers-are-spoken")
@each_case
def test_a_text_is_spoken_as_the_corpus_says(case: Case) -> None:
    normalizer = Normalizer(language=case.language)

    assert case.spoken == "".join(given_to_engine(segments(case.text, case.language), normalizer))


@each_case
def test_hibari_gets_what_the_corpus_says(case: Case) -> None:
    normalizer = Normalizer(language=case.language, leave=ENGINE_READS["hibari"])

    if case.language is None or case.language.startswith("en"):
        assert case.hibari == "".join(given_to_engine(segments(case.text, case.language), normalizer))


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 200


@each_case
def test_no_word_of_the_corpus_is_lost(case: Case) -> None:
    assert [] == list(failures(case.text, case.language))


@pytest.mark.requirement("markup-is-not-spoken")
@pytest.mark.parametrize(
    ("pieces", "spoken"),
    [
        (
            ["Look:\n", "```py\n", "a. ", "b\n", "\n", "```\n", "Done."],
            ["Look:\n", "Code block.\n", "", "", "", "", "Done."],
        ),
        (["~~~\n", "```\n", "~~~~\n", "Go."], ["Code block.\n", "", "", "Go."]),
        (["a\n  ", "```\nb\n  ", "```\n", "c"], ["a\n  ", "Code block.\n", "", "c"]),
        (["See [the ", "long guide](http://a.", "b/c) now."], ["See the ", "long guide", " now."]),
        (["[x](http://a", "b", "c) d"], ["x", "", " d"]),
        (['[x](http://a "A title. ', 'And more") d'], ["x", " d"]),
        (["**Bold and ", "still bold** ends"], ["Bold and ", "still bold ends"]),
        (["| a | b |\n", "|---|---|\n", "| c | d |\n"], ["a, b.\n", "\n", "c, d.\n"]),
    ],
)
def test_markup_may_begin_in_one_segment_and_end_in_another(pieces: list[str], spoken: list[str]) -> None:
    assert spoken == given_to_engine(as_segments(*pieces), Normalizer())


def test_a_segment_that_is_spoken_as_written_has_no_spelling_of_its_own() -> None:
    assert [None] == [segment.spoken for segment in Normalizer().feed(as_segments("As it is.")[0])]


def test_nothing_is_held_back() -> None:
    normalizer = Normalizer()

    assert 1 == len(normalizer.feed(as_segments("[a](b")[0]))
    assert [] == normalizer.flush()


def test_the_flag_for_code_is_in_the_language_or_silent() -> None:
    phrases = {
        language: Normalizer(language=language).spell("```\nx\n```\n").spoken
        for language in ("en", "de-AT", "ko")
    }

    assert {"en": "Code block.\n", "de-AT": "Codeblock.\n", "ko": ""} == phrases


def test_a_pronunciation_is_left_to_an_engine_that_takes_it() -> None:
    text = "Say [Kokoro](/kˈOkəɹO/) and [docs](/bin/)."

    assert "Say Kokoro and docs." == Normalizer().spell(text).spoken
    reads = frozenset({"pronunciation"})
    assert "Say [Kokoro](/kˈOkəɹO/) and docs." == Normalizer(leave=reads).spell(text).spoken


@pytest.mark.parametrize("kind", sorted(KINDS - {"pronunciation"}))
def test_each_kind_can_be_left_to_the_engine(kind: str) -> None:
    texts = [case.text for case in CASES if case.language is None]

    def spoken(leave: frozenset[str]) -> list[str]:
        return [Normalizer(language="en", leave=leave).spell(text).spoken for text in texts]

    assert spoken(frozenset()) != spoken(frozenset({kind}))
    assert texts != spoken(KINDS - {kind})


@each_case
def test_an_engine_that_reads_everything_gets_the_text(case: Case) -> None:
    if case.language != "en-GB":  # dates are never left there: engines read them the American way
        assert Spelling(case.text) == Normalizer(language=case.language, leave=KINDS).spell(case.text)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no such kind: colour"):
        Normalizer(leave=frozenset({"colour", "date"}))


def test_engines_name_kinds_that_exist() -> None:
    assert set() == frozenset().union(*ENGINE_READS.values()) - KINDS


@pytest.mark.requirement("spoken-words-keep-their-places")
@pytest.mark.parametrize(
    ("text", "word", "slice_"),
    [
        ("It costs $1,234.56 now.", "dollars", "$1,234.56"),
        ("It costs $1,234.56 now.", "now", "now"),
        ("It costs $1,234.56 now.", "costs", "costs"),
        ("It is **3–5 km** away.", "kilometers", "3–5 km"),
        ("It is **very** far.", "very", "very"),
        ("It is **very** far.", "far", "far"),
        ("**$5** and $6", "six", "$6"),
        ("Read [the guide](http://a.b) twice.", "guide", "guide"),
        ("Read [the guide](http://a.b) twice.", "twice", "twice"),
        ("Born on *Dec. 3*, 2024.", "twenty", "Dec. 3*, 2024"),
        ("😀 Hello", "Hello", "Hello"),
    ],
)
def test_a_spoken_word_is_told_in_places_of_the_text(text: str, word: str, slice_: str) -> None:
    spelling = Normalizer().spell(text)
    at = spelling.spoken.index(word)
    start, end = spelling.to_text(at, at + len(word))

    assert slice_ == text[start:end]


PIECES = st.sampled_from([*TRICKY, *WORDS, " ", " "])
TEXTS = st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=80)


@pytest.mark.requirement("spoken-words-keep-their-places")
@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_spans_are_in_order_and_all_else_is_as_written(text: str) -> None:
    spelling = Normalizer().spell(text)
    at = spoken_at = 0
    for spoken_start, spoken_end, start, end in spelling.spans:
        assert spelling.spoken[spoken_at:spoken_start] == text[at:start]
        assert spoken_start <= spoken_end
        assert start <= end
        at, spoken_at = end, spoken_end
    assert spelling.spoken[spoken_at:] == text[at:]
    places = [spelling.to_text(start, start + 1) for start in range(len(spelling.spoken))]
    assert places == sorted(places)
    assert all(0 <= start <= end <= len(text) for start, end in places)


@settings(max_examples=200, deadline=None)
@given(st.text("abc", max_size=20), st.data())
def test_two_rewritings_in_a_row_are_one(text: str, data: st.DataObject) -> None:
    def edits(length: int) -> list[Edit]:
        places = sorted(data.draw(st.lists(st.integers(0, length), max_size=6)))
        pairs = zip(places[::2], places[1::2], strict=False)
        return [
            Edit(start, end, data.draw(st.sampled_from(["", "x", "yz"])))
            for start, end in pairs
            if start < end
        ]

    first = rewrite(text, edits(len(text)))
    second = rewrite(first.spoken, edits(len(first.spoken)))
    both = compose(first, second)

    assert second.spoken == both.spoken
    at = spoken_at = 0
    for spoken_start, spoken_end, start, end in both.spans:
        assert both.spoken[spoken_at:spoken_start] == text[at:start]
        at, spoken_at = end, spoken_end
    assert both.spoken[spoken_at:] == text[at:]


@pytest.mark.requirement("no-word-is-lost")
@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_no_word_is_lost(text: str) -> None:
    assert [] == list(failures(text))


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.sampled_from(["de", "fr", "ko", "ja", "pl", "es-MX", "de-CH"]))
def test_no_word_is_lost_in_other_languages(text: str, language: str) -> None:
    assert [] == list(failures(text, language))


@pytest.mark.parametrize(
    ("text", "spelling", "word"),
    [
        ("keep me", Spelling("keep", ((4, 4, 4, 7),)), "me"),
        ("keep me", Spelling("keep you"), "the end differs"),
        ("keep me", Spelling("kept me", ((5, 7, 5, 7),)), "changed outside of a span: 'keep '"),
        ("five km", Spelling("five kilometers", ((5, 15, 5, 7),)), None),
    ],
)
def test_a_lost_word_would_be_noticed(text: str, spelling: Spelling, word: str | None) -> None:
    assert word == lost(text, spelling)


@pytest.mark.parametrize("unit", FLOODS, ids=ascii)
def test_a_flood_in_one_line_is_spelled_in_linear_time(unit: str) -> None:
    """The time is measured by the benchmark, on lines of a million characters; here it only must end."""
    text = (unit * 40_000)[:40_000]

    assert lost(text, Normalizer().spell(text)) is None


def test_a_long_run_of_digits_is_read_digit_by_digit() -> None:
    assert " ".join(["seven"] * 1_000) == Normalizer().spell("7" * 1_000).spoken


def test_segments_are_frozen_and_the_one_fed_is_not_changed() -> None:
    segment = as_segments("$5")[0]
    (made,) = Normalizer().feed(segment)

    assert dataclasses.replace(segment, spoken="five dollars", spans=((0, 12, 0, 2),)) == made
    assert segment.spoken is None
