"""The segmenter against a golden corpus, and what it promises about offsets, waiting, length and flushing."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from firstword.core.types import Boundary, TextSegment
from firstword.text.segmenter import Segmenter

pytestmark = pytest.mark.unit

CORPUS = Path(__file__).parent.parent / "golden" / "segments"
MARKS = {
    "¦": Boundary.CLAUSE,
    "‖": Boundary.SENTENCE,
    "§": Boundary.PARAGRAPH,
    "✂": Boundary.LIMIT,
    "": Boundary.END,
}
WHITE_SPACE = str.maketrans({"↵": "\n", "␍": "\r", "⇥": "\t", "␣": " "})


@dataclass(frozen=True)
class Case:
    """One line of the corpus: `written` with its marks, and the segments it asks for."""

    name: str
    written: str

    @property
    def segments(self) -> list[TextSegment]:
        pieces = re.findall(r"([^¦‖§✂]+)([¦‖§✂]?)", self.written.translate(WHITE_SPACE))
        starts = itertools.accumulate((len(text) for text, _ in pieces), initial=0)
        return [
            TextSegment(text, start, MARKS[mark]) for (text, mark), start in zip(pieces, starts, strict=False)
        ]

    @property
    def text(self) -> str:
        return "".join(segment.text for segment in self.segments)


def cases() -> list[Case]:
    """Every line of the corpus that is no comment."""
    found = []
    for path in sorted(CORPUS.glob("*.txt")):
        lines = path.read_text(encoding="utf-8").split("\n")
        found += [
            Case(f"{path.stem}:{number}", line)
            for number, line in enumerate(lines, 1)
            if line and not line.startswith("//")
        ]
    return found


CASES = cases()
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def segments(pieces: Iterable[str], max_chars: int = 300, language: str | None = None) -> list[TextSegment]:
    """What comes of the pieces, fed in order and flushed."""
    segmenter = Segmenter(max_chars=max_chars, language=language)
    fed = [segment for piece in pieces for segment in segmenter.feed(piece)]
    return [*fed, *segmenter.flush()]


def texts(found: Sequence[TextSegment]) -> list[str]:
    return [segment.text for segment in found]


def marked(found: Sequence[TextSegment]) -> str:
    """The segments as the corpus writes them: easier to compare with the eye."""
    marks = {boundary: mark for mark, boundary in MARKS.items()}
    return "".join(segment.text + marks[segment.boundary] for segment in found)


def cut(text: str, seed: int) -> list[str]:
    """The text in random pieces, some of them empty."""
    places = random.Random(seed)
    cuts = sorted(places.randint(0, len(text)) for _ in range(places.randint(1, 8)))
    return [text[begin:end] for begin, end in itertools.pairwise([0, *cuts, len(text)])]


def emitted_by(text: str, max_chars: int = 300) -> list[tuple[str, str]]:
    """For each segment that needs no flush: its text, and all the text that had to be fed for it."""
    segmenter = Segmenter(max_chars=max_chars)
    return [
        (segment.text, text[: place + 1])
        for place, character in enumerate(text)
        for segment in segmenter.feed(character)
    ]


def test_the_corpus_is_large_and_in_many_languages() -> None:
    assert len(CASES) >= 300
    assert len({case.name.split(":")[0] for case in CASES}) >= 15


@each_case
def test_text_fed_whole_is_cut_as_the_corpus_says(case: Case) -> None:
    assert marked(case.segments) == marked(segments([case.text]))
    assert case.segments == segments([case.text])


@each_case
def test_text_fed_one_character_at_a_time_is_cut_as_the_corpus_says(case: Case) -> None:
    assert case.segments == segments(case.text)


@each_case
def test_text_cut_at_random_is_cut_as_the_corpus_says(case: Case) -> None:
    for seed in range(4):
        assert case.segments == segments(cut(case.text, seed))


@pytest.mark.parametrize("max_chars", [2, 7, 20, 60])
def test_the_whole_corpus_in_one_text_survives_any_cutting(max_chars: int) -> None:
    text = " ".join(case.text for case in CASES)
    whole = segments([text], max_chars)

    assert whole == segments(text, max_chars)
    assert text == "".join(texts(whole))
    assert max_chars >= max(map(len, texts(whole)))


@pytest.mark.parametrize(
    ("text", "first", "seen"),
    [
        # A clause: with the white space after its mark, nothing more.
        ("When it rained, we left.", "When it rained, ", "When it rained, "),
        ("There are three things: a, b.", "There are three things: ", "There are three things: "),
        ("We waited for hours; nobody.", "We waited for hours; ", "We waited for hours; "),
        ("The door opened — slowly.", "The door opened — ", "The door opened — "),
        ("“I know it,” she said.", "“I know it,” ", "“I know it,” "),
        # In scripts without spaces: with the mark itself.
        ("今天天气很好，我们", "今天天气很好，", "今天天气很好，"),
        # A clause that ends its line: a list may follow, so the next line's beginning is looked at.
        ("When it rained,\nwe left.", "When it rained,\n", "When it rained,\nwe"),
        # A sentence: with the first visible character after it.
        ("Hello. World", "Hello. ", "Hello. W"),
        ("Hello.  World", "Hello.  ", "Hello.  W"),
        ("Really?! Yes", "Really?! ", "Really?! Y"),
        ("Well... So", "Well... ", "Well... S"),
        ('"Stop." Then', '"Stop." ', '"Stop." T'),
        ("It is fine! you see", "It is fine! ", "It is fine! y"),
        ("I paid $3.50. Then", "I paid $3.50. ", "I paid $3.50. T"),
        # An opening quote tells nothing: the letter after it does.
        ('He left. "Why?"', "He left. ", 'He left. "W'),
        # In scripts without spaces: with the next character, which might have been a closing quote.
        ("你好。世界", "你好。", "你好。世"),
        ("「はい。」そう", "「はい。」", "「はい。」そ"),
        ("नमस्ते। आप", "नमस्ते। ", "नमस्ते। आ"),
        # An abbreviation that may end a sentence: with the word after it.
        ("It is 5 p.m. Bring it", "It is 5 p.m. ", "It is 5 p.m. Bring "),
        ("In the U.S. They vote", "In the U.S. ", "In the U.S. They "),
        ("Pears, etc. Then", "Pears, etc. ", "Pears, etc. T"),
        # A paragraph: with the second line break, whatever follows.
        ("Hello.\n\nWorld", "Hello.\n\n", "Hello.\n\n"),
        ("Hello\n\nWorld", "Hello\n\n", "Hello\n\n"),
        ("Hello.\r\n\r\nWorld", "Hello.\r\n\r\n", "Hello.\r\n\r\n"),
        # A list item: with what shows that the next line begins.
        ("- one\n- two", "- one\n", "- one\n- "),
        ("- one\nand", "- one\n", "- one\nan"),
        ("# Title\nText", "# Title\n", "# Title\nTe"),
    ],
)
def test_a_segment_leaves_after_exactly_the_character_that_makes_it_certain(
    text: str, first: str, seen: str
) -> None:
    assert (first, seen) == emitted_by(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "Hello. ",
        "Dr. Smith, come",
        "approx. 5 dollars e.g. NASA",
        "It is 5 p.m. on",
        "He sees Mr. ",
        "Yes, no, ",
        "word " * 50,
    ],
)
def test_nothing_leaves_while_it_is_uncertain(text: str) -> None:
    assert [] == emitted_by(text)


def test_a_clause_needs_three_words_since_the_last_cut() -> None:
    assert ["One, two, three, ", "four, five, six, ", "seven."] == texts(
        segments(["One, two, three, four, five, six, seven."])
    )


def test_pending_counts_the_characters_held_back() -> None:
    segmenter = Segmenter()
    held = [segmenter.pending]
    for piece in ("Hello", ". ", "World. ", "A"):
        segmenter.feed(piece)
        held.append(segmenter.pending)
    segmenter.flush()

    assert [0, 5, 7, 7, 1, 0] == [*held, segmenter.pending]


def test_flush_gives_the_rest_and_offsets_go_on_after_it() -> None:
    segmenter = Segmenter()
    assert [] == segmenter.feed("Hello wor")
    assert [TextSegment("Hello wor", 0, Boundary.END)] == segmenter.flush()
    assert [] == segmenter.feed("ld. ")
    assert [TextSegment("ld. ", 9, Boundary.SENTENCE)] == segmenter.feed("Yes")
    assert [TextSegment("Yes", 13, Boundary.END)] == segmenter.flush()
    assert [] == segmenter.flush()


def test_a_line_begun_before_a_flush_is_still_that_line_after_it() -> None:
    segmenter = Segmenter()
    segmenter.feed("- one")
    segmenter.flush()

    assert [TextSegment(" more\n", 5, Boundary.SENTENCE)] == segmenter.feed(" more\nThen")


def test_no_text_gives_no_segments() -> None:
    assert [] == segments([])
    assert [] == segments(["", "", ""])


def test_white_space_alone_is_kept() -> None:
    assert [TextSegment(" \n\n\t ", 0, Boundary.END)] == segments([" \n\n\t "])


def test_text_without_punctuation_is_cut_at_its_last_space_within_the_limit() -> None:
    found = segments(["seven words " * 20], max_chars=30)

    assert ["seven words seven words seven "] * 2 == texts(found)[0:3:2]
    assert {Boundary.LIMIT, Boundary.END} == {segment.boundary for segment in found}


def test_text_without_spaces_is_cut_after_its_last_mark_within_the_limit() -> None:
    assert ["aaa/bbb/", "ccc/ddd/", "eee"] == texts(segments(["aaa/bbb/ccc/ddd/eee"], max_chars=10))


def test_text_without_anything_is_cut_at_the_limit() -> None:
    assert ["x" * 10, "x" * 10, "x" * 5] == texts(segments(["x" * 25], max_chars=10))


def test_a_sentence_of_exactly_the_longest_length_stays_whole() -> None:
    found = segments(["x" * 299 + ".  Then."])

    assert [("x" * 299 + ".", Boundary.SENTENCE), ("  Then.", Boundary.END)] == [
        (segment.text, segment.boundary) for segment in found
    ]


@pytest.mark.parametrize(
    "cluster",
    [
        "e\u0301",
        "👩\u200d👩\u200d👧",
        "👍\U0001f3fd",
        "❤\ufe0f",
        "\u1112\u1161\u11ab",
        "क्षि",
        "🏴\U000e0067\U000e007f",
        "🇩🇪",
    ],
    ids=ascii,
)
def test_the_limit_does_not_cut_what_is_seen_as_one_character(cluster: str) -> None:
    for lead in range(12):
        text = "x" * lead + cluster * 8
        ends = [segment.end for segment in segments([text], max_chars=12) if segment.end > lead]
        assert {0} == {(end - lead) % len(cluster) for end in ends}


def test_thai_is_cut_at_its_spaces_when_it_is_long() -> None:
    found = segments(["สวัสดีครับ วันนี้อากาศดีมาก ไปเที่ยวกันไหม"], max_chars=30)
    assert ["สวัสดีครับ วันนี้อากาศดีมาก ", "ไปเที่ยวกันไหม"] == texts(found)


def test_a_language_that_writes_ordinals_with_a_full_stop_may_be_named() -> None:
    text = "Tavataan 3. Kerroksessa on tilaa."

    assert ["Tavataan 3. ", "Kerroksessa on tilaa."] == texts(segments([text]))
    assert [text] == texts(segments([text], language="fi-FI"))
