"""Languages told by script, and texts cut where it changes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstword.text.script import languages_of, runs, scripts_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("안녕하세요, 만나서 반갑습니다.", "ko"),
        ("こんにちは、世界。", "ja"),
        ("東京は日本の首都です。", "ja"),
        ("今天天气很好。", "zh"),
        ("Привет, мир!", "ru"),
        ("مرحبا بالعالم", "ar"),
        ("नमस्ते दुनिया", "hi"),
        ("Γειά σου Κόσμε", "el"),
        ("שלום עולם", "he"),
        ("สวัสดีชาวโลก", "th"),
    ],
)
def test_the_script_tells_the_language_that_is_meant_first(text: str, language: str) -> None:
    assert languages_of(text)[0] == language


@pytest.mark.parametrize(
    "text", ["", "Hello.", "Ça va très bien, señor Łukasz.", "12345 €", "The word 안녕 is Korean."]
)
def test_latin_text_tells_nothing_and_a_foreign_word_in_it_changes_nothing(text: str) -> None:
    assert languages_of(text) == ()


def test_a_script_that_many_languages_share_names_them_all() -> None:
    assert {"ru", "uk", "bg"} <= set(languages_of("Добър ден"))


RUNS = [
    ("", []),
    ("— 12 …", [("— 12 …", None)]),
    ("Ça va, señor?", [("Ça va, señor?", None)]),
    (
        "Hello 안녕하세요, this is Привет мир.",
        [("Hello ", None), ("안녕하세요, ", "ko"), ("this is ", None), ("Привет мир.", "ru")],
    ),
    ("무게는 180 kg", [("무게는 180 ", "ko"), ("kg", None)]),
    ("무게는 180kg 이다", [("무게는 ", "ko"), ("180kg ", None), ("이다", "ko")]),
    ("iPhone 15를 샀다", [("iPhone ", None), ("15를 샀다", "ko")]),
    ("3 안녕 4", [("3 안녕 4", "ko")]),
    ("K팝", [("K", None), ("팝", "ko")]),
    ("He said (안녕) and “мир”!", [("He said ", None), ("(안녕) ", "ko"), ("and ", None), ("“мир”!", "ru")]),
    ("東京は大きい。OK!", [("東京は大きい。", "ja"), ("OK!", None)]),
    ("你好，world。「上海」", [("你好，", "zh"), ("world。「", None), ("上海」", "zh")]),
    ("カタカナ・テスト middle・dot", [("カタカナ・テスト ", "ja"), ("middle・dot", None)]),
    ("the angle α is β + γ, 5 μm, Δx", [("the angle α is β + γ, 5 μm, Δx", None)]),
    ("of Πυθαγόρας ο μέγας", [("of ", None), ("Πυθαγόρας ο μέγας", "el")]),
    ("각도 α 와", [("각도 α 와", "ko")]),
    ("😀 안녕 😀 hi 👍🏽", [("😀 안녕 😀 ", "ko"), ("hi 👍🏽", None)]),
    ("আমি ভালো। ok", [("আমি ভালো। ", "bn"), ("ok", None)]),
    ("ไทยน้ำ and नमस्ते", [("ไทยน้ำ ", "th"), ("and ", None), ("नमस्ते", "hi")]),
    ("и\u0306 is й", [("и\u0306 ", "ru"), ("is ", None), ("й", "ru")]),
    ("ខ្មែរ, ລາວ", [("ខ្មែរ, ", "km"), ("ລາວ", "lo")]),
]


@pytest.mark.parametrize(("text", "expected"), RUNS)
def test_a_text_is_cut_where_its_script_changes(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(text[run.start : run.end], run.script) for run in runs(text)] == expected


MIXED = st.text("aé 1.,(-。、「😀안녕мирπα东は\u0301\u0e19\u0e49\n", max_size=60)


@given(MIXED)
def test_the_runs_join_to_the_text_and_each_is_in_another_script(text: str) -> None:
    found = runs(text)
    assert "".join(text[run.start : run.end] for run in found) == text
    assert all(run.start < run.end for run in found)
    assert all(one.script != other.script for one, other in itertools.pairwise(found))


@given(MIXED, st.integers(0, 60))
def test_a_letter_is_in_the_same_script_however_the_text_is_cut(text: str, cut: int) -> None:
    """But for Greek and Chinese letters, which are judged by what stands around them."""
    pieces = [*letters(text[:cut]), *letters(text[cut:])]
    unlike = [
        (one, other)
        for one, other in zip(letters(text), pieces, strict=True)
        if one != other and one[0] not in "πα东"
    ]
    assert not unlike


def letters(text: str) -> list[tuple[str, str | None]]:
    """Each letter with its script."""
    return [(c, run.script) for run in runs(text) for c in text[run.start : run.end] if c.isalpha()]


@given(MIXED)
def test_the_scripts_of_a_text_are_those_of_its_runs(text: str) -> None:
    """A kana makes the runs of Chinese characters Japanese, here and wherever a part has no kana."""
    expected = {run.script for run in runs(text)} - {None}
    found = set(scripts_of(text)) - {None}
    assert found - {"zh"} == expected - {"zh"}
    assert "zh" not in expected or "zh" in found


def test_the_scripts_come_in_the_order_in_which_they_begin() -> None:
    assert list(scripts_of("мир 안녕 and 东")) == ["ru", "ko", None, "zh"]
    assert scripts_of("12 …") == {}


def test_chinese_characters_beside_kana_are_japanese_in_every_sentence() -> None:
    assert scripts_of("東京。とても。")["zh"] == ("ja",)
    assert scripts_of("东京。")["zh"] == ("zh", "cmn", "yue", "ja")
