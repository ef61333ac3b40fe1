"""Numbers and signs in a text of several scripts."""

from __future__ import annotations

import pytest

from firstword.text.normalizer import Normalizer

pytestmark = pytest.mark.unit


def spoken(text: str, scripts: dict[str, str | None], language: str = "en-US") -> str:
    return Normalizer(language=language, scripts=scripts).spell(text).spoken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wait 3 minutes, 무게는 15 입니다.", "Wait three minutes, 무게는 십오 입니다."),
        ("Цена 25 and $5, 15를", "Цена двадцать пять and five dollars, 십오 를"),
        ("안녕 180cm", "안녕 one hundred eighty centimeters"),
        ("12 안녕", "십이 안녕"),
        ("The sum is 12.", "The sum is twelve."),
        ("무게는 $5, cost $5", "무게는 $오, cost five dollars"),
        ("met 안녕 at 5 pm", "met 안녕 at five P M"),
    ],
)
def test_each_is_read_in_the_language_of_what_it_stands_in(text: str, expected: str) -> None:
    assert spoken(text, {"ko": "ko", "ru": "ru"}) == expected


def test_a_voice_that_reads_numbers_itself_gets_them_as_they_are() -> None:
    assert spoken("Wait 3, 무게는 15 입니다.", {"ko": None}) == "Wait three, 무게는 15 입니다."


def test_the_main_voices_other_script_is_read_in_its_language() -> None:
    """A Korean voice: its numbers are Korean, in Latin text too; those in Russian are Russian."""
    assert (
        spoken("무게는 15, about 15, мир 15", {"ru": "ru"}, "ko") == "무게는 십오, about 십오, мир пятнадцать"
    )


def test_the_places_in_the_text_are_kept() -> None:
    text = "Wait 3 min, 무게는 15 입니다, or $5."
    spelling = Normalizer(language="en", scripts={"ko": "ko"}).spell(text)
    at = spelling.spoken.index("십오")
    assert text[slice(*spelling.to_text(at, at + 2))] == "15"
    at = spelling.spoken.index("dollars")
    assert text[slice(*spelling.to_text(at, at + 7))] == "$5"
