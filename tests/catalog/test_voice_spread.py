"""Who answers to OpenAI's thirteen names, by what is installed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firstword.catalog.catalog import Catalog
from firstword.catalog.names import OPENAI_VOICES
from firstword.engines.hibari import plugin

pytestmark = pytest.mark.unit

(INFO,) = plugin.infos()

ALL_FIVE = {
    "alloy": "heart",
    "ash": "fenrir",
    "ballad": "fable",
    "coral": "emma",
    "echo": "fenrir",
    "fable": "fable",
    "onyx": "fenrir",
    "nova": "kore",
    "sage": "heart",
    "shimmer": "emma",
    "verse": "fable",
    "marin": "kore",
    "cedar": "fenrir",
}


def answered(*installed: str) -> dict[str, str]:
    """OpenAI's names -> the voices that answer, where these are installed."""
    info = replace(INFO, voices=tuple(voice for voice in INFO.voices if voice.id in installed))
    catalog = Catalog([info], default_model="hibari")
    return {name: catalog.resolve("tts-1", name)[1].id for name in OPENAI_VOICES}


def test_with_all_five_each_name_has_the_voice_of_the_table() -> None:
    assert ALL_FIVE == answered("heart", "fenrir", "emma", "fable", "kore")


def test_with_one_it_answers_to_every_name() -> None:
    assert dict.fromkeys(OPENAI_VOICES, "heart") == answered("heart")


@pytest.mark.parametrize("man", ["fenrir", "fable"])
def test_with_one_man_he_answers_to_the_names_of_men(man: str) -> None:
    assert {name: man if gender == "male" else "heart" for name, gender in OPENAI_VOICES.items()} == answered(
        "heart", man
    )


def test_a_namesake_answers_wherever_it_stands() -> None:
    info = replace(INFO, voices=tuple(reversed(INFO.voices)))

    assert Catalog([info], default_model="hibari").resolve("hibari", "fable")[1].id == "fable"


def test_the_listing_says_who_answers_and_names_each_once() -> None:
    listed = list(Catalog([INFO], default_model="hibari").voices())

    assert {name: voice for name, voice in ALL_FIVE.items() if name != voice} == {
        one.id: one.alias_of for one in listed if one.alias_of is not None
    }
    assert len(listed) == len({one.id for one in listed}) == 5 + 13 - 1
