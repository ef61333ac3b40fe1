"""What the voice can say, and how text is made ready for its front end. Nothing is loaded."""

import pytest

from firstword.engines.hibari.reading import MOST_CHARS, Reading, pieces, words
from firstword.engines.hibari.script import has_words, unspeakable_sentence

pytestmark = pytest.mark.unit

READING = Reading(frozenset("éñüßłα"), frozenset("abdehist ˈəɪæɑɹθ"))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Plain text, 3.5 km.", "Plain text, 3.5 km."),
        ("café", "café"),
        ("cafe\u0301", "café"),
        ("ế ＡＢ 𝐜𝐨𝐝𝐞 ﬁ", "e AB code fi"),
        ("٣٤ ５", "34 5"),
        ("x² ⑦", "x²  7"),
        ("in\u00advisible\u200d \ufeffmarks", "invisible marks"),
        ("null\x00and \x1b[0m", "null and   0m"),
        ("lone \ud800 surrogate", "lone   surrogate"),
        ("[hi](/hˈɪ/) there", "[hi](/hˈɪ/) there"),
        ("[hi](/hi/) there", "[hi](/hi/) there"),
        ("[docs](/guide/) [a] [see](here)", " docs (/guide/)  a   see (here)"),
        ("1" * 33, " ".join(["1" * 15, "1" * 15, "111"])),
        ("1,111,111,111,111,111,111", "1 111 111 111 111 111 111"),
        ("1,111,111", "1,111,111"),
        ("a" * 50, "a" * 24 + " " + "a" * 24 + " aa"),
        ("antidisestablishmentarianism", "antidisestablishmentarianism"),
        ("one-two-three-four-five-six-seven-eight", "one-two-three-four-five-six- seven-eight"),
        ("Привет 안녕 α", "Привет 안녕 α"),
    ],
)
def test_text_is_made_readable(text: str, read: str) -> None:
    assert read == READING.prepare(text).text


@pytest.mark.parametrize("text", ["cafe\u0301 one", "a" * 50 + " one", "\u200d⑦ [x] one", "1" * 40 + " one"])
def test_each_character_knows_where_it_came_from(text: str) -> None:
    readable = READING.prepare(text)

    assert len(readable.text) == len(readable.origin)
    assert sorted(readable.origin) == list(readable.origin)
    assert text.index("one") == readable.origin[readable.text.index("one")]


@pytest.mark.parametrize(
    "text", ["", "short", "word " * 300, "x" * 1000, "One sentence. " * 100, "y" + " " * 1000 + "z"]
)
def test_pieces_join_to_the_text_and_are_bounded(text: str) -> None:
    spans = list(pieces(text))

    assert text == "".join(text[start:end] for start, end in spans)
    assert max(end - start for start, end in spans) <= MOST_CHARS


def test_pieces_end_after_a_mark_where_there_is_one() -> None:
    text = "One two three four, and five. " * 40

    assert {"."} == {text[:end].rstrip()[-1] for _, end in list(pieces(text))}


def test_pieces_do_not_cut_an_inline_pronunciation() -> None:
    for before in range(MOST_CHARS - 60, MOST_CHARS + 5):
        text = "x" * before + " [New York](/nˈu jˈɔɹk nˈu jˈɔɹk/) and so on"
        link = text.index("["), text.index(")") + 1

        assert not any(link[0] < end < link[1] for _, end in pieces(text))


def test_words_lie_between_spaces_and_an_inline_pronunciation_is_one() -> None:
    text = " two  [words here](/hˈɪ/)! x"

    assert ["two", "[words here](/hˈɪ/)!", "x"] == [text[start:end] for start, end in words(text)]


@pytest.mark.parametrize(
    "text",
    [
        "안녕하세요.",
        "こんにちは、世界",
        "你好。",
        "Привет, как дела?",
        "مرحبا بالعالم",
        "שלום עולם",
        "नमस्ते दुनिया।",
        "สวัสดีชาวโลก",
        "Καλημέρα κόσμε",
        "저는 JavaScript를 해요",
        "Սա հայերեն է",
    ],
)
def test_a_sentence_in_another_script_is_found(text: str) -> None:
    assert text == unspeakable_sentence(text)
    assert text == str(unspeakable_sentence(f"This is fine. {text}\nSo is this.")).strip()


@pytest.mark.parametrize(
    "text",
    [
        "Plain.",
        "The word 안녕 means hello.",
        "Мир is Russian for peace and for world.",
        "It is 3.14 по there, roughly said",
        "An α-blocker costs 5 € — naïve façade 🎈🎈🎈",
        "Say [think](/θɪŋk/) now.",
        "2025年 was a year",
        "Łódź, Þingvellir, Đà Nẵng, ŞİŞLİ",
        "",
        "...",
    ],
)
def test_a_foreign_word_in_an_english_sentence_is_let_pass(text: str) -> None:
    assert unspeakable_sentence(text) is None


@pytest.mark.parametrize(
    ("text", "expected"), [("a", True), ("7", True), ("안", True), ("?!_ 🎈\n", False), ("", False)]
)
def test_words_are_letters_or_digits(text: str, expected: bool) -> None:
    assert expected == has_words(text)
