"""Who speaks what in a text of several scripts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firstword.catalog.cast import Cast, cast
from firstword.catalog.catalog import Catalog
from firstword.core.errors import InvalidRequest, UnknownVoice
from firstword.core.types import EngineInfo, Task, Voice
from firstword.text.script import SCRIPTS, scripts_of

pytestmark = pytest.mark.unit

ENGLISH = EngineInfo(
    "english",
    Task.SPEECH,
    24_000,
    (Voice("ann", "Ann", "en-US", "female", 2.0),),
    ("en",),
    license="Apache-2.0",
    source="a test",
)
MANY = replace(
    ENGLISH,
    model_id="many",
    voices=(
        Voice("ru-m", "R", "ru", "male", -5.0),
        Voice("uk-f", "U", "uk", "female"),
        Voice("ko-m", "K", "ko", "male", -5.0),
        Voice("ko-f", "K", "ko", "female", -4.0),
    ),
    reads=frozenset({"cardinal"}),
)
TONES = replace(ENGLISH, model_id="tones", voices=(Voice("sine", "S", "mul", "neutral"),))


def voices(text: str, voice: str = "alloy", model: str = "tts-1", *infos: EngineInfo) -> Cast:
    catalog = Catalog(infos or (ENGLISH, MANY), default_model=(infos or (ENGLISH,))[0].model_id)
    return cast(catalog, model, voice, scripts_of(text), complete=True)


def spoken_by(found: Cast) -> dict[str, str]:
    return {one.script: one.voice for one in found[2] or ()}


@pytest.mark.parametrize("voice", ["alloy", "ann"])
@pytest.mark.parametrize("model", ["tts-1", "english"])
def test_the_asked_voice_speaks_what_it_can_and_others_the_rest(voice: str, model: str) -> None:
    found = voices("Hello 안녕하세요, Привет", voice, model)
    assert found[1].id == "ann"
    assert spoken_by(found) == {"ko": "ko-f", "ru": "ru-m"}


def test_of_several_voices_the_one_most_like_it_speaks_and_the_commonest_language_first() -> None:
    """Gender tells where the language is the same; Russian is spoken before Ukrainian."""
    assert spoken_by(voices("안녕 Привет", "ru-m", "many")) == {"ko": "ko-m", "ru": "ru-m"}


def test_a_text_without_a_word_for_the_asked_voice_is_another_voices() -> None:
    info, voice, scripts = voices("안녕하세요 12", "ann")
    assert (info.model_id, voice.id, scripts) == ("many", "ko-f", None)
    found = voices("안녕, мир", "ann")
    assert found[1].id == "ko-f"
    assert spoken_by(found) == {"ko": "ko-f", "ru": "ru-m"}


@pytest.mark.parametrize("text", ["Hello.", "12 …", "α + β"])
def test_latin_text_is_the_voices_alone(text: str) -> None:
    info, voice, scripts = voices(text)
    assert (info.model_id, voice.id, scripts) == ("english", "ann", None)


def test_a_voice_that_speaks_everything_speaks_everything() -> None:
    assert voices("Hello 안녕 мир", "sine", "tones", TONES)[2] is None
    catalog = Catalog((TONES, MANY), default_model="tones")
    assert cast(catalog, "tones", "sine", SCRIPTS, complete=False)[2] is None


def test_it_is_told_how_loud_the_other_is_beside_it_and_what_its_engine_reads() -> None:
    scripts = voices("Hello 안녕")[2]
    assert scripts is not None
    korean = scripts[0]
    assert (korean.model, korean.language, korean.gain_db) == ("many", "ko", -6.0)
    assert korean.leave == {"cardinal"}


def test_a_script_that_no_installed_voice_speaks_says_what_to_install() -> None:
    with pytest.raises(InvalidRequest, match="apt-get install espeak-ng") as refused:
        voices("Hello こんにちは")
    assert (refused.value.param, refused.value.code) == ("input", "unsupported_language")


def test_before_the_text_is_known_every_script_that_is_spoken_is_at_hand() -> None:
    catalog = Catalog((ENGLISH, MANY), default_model="english")
    found = cast(catalog, "tts-1", "alloy", SCRIPTS, complete=False)
    assert found[1].id == "ann"
    assert spoken_by(found) == {"ko": "ko-f", "ru": "ru-m"}


def test_names_are_checked_as_ever() -> None:
    with pytest.raises(UnknownVoice):
        voices("Hello 안녕", "nobody")
