"""Languages told by script."""

import pytest

from firstword.text.script import languages_of

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
