"""Names and what they mean."""

from dataclasses import replace

import pytest

from firstword.catalog.catalog import Catalog
from firstword.catalog.entries import entry
from firstword.catalog.names import OPENAI_SPEECH_MODELS, OPENAI_TRANSCRIPTION_MODELS, OPENAI_VOICES
from firstword.core.errors import ConfigurationError, InvalidRequest, UnknownModel, UnknownVoice
from firstword.core.types import EngineInfo, Task, Voice

pytestmark = pytest.mark.unit


def info(model_id: str, *voices: tuple[str, str]) -> EngineInfo:
    return EngineInfo(
        model_id=model_id,
        task=Task.SPEECH,
        sample_rate=24_000,
        voices=tuple(Voice(name, name.title(), "en", gender) for name, gender in voices),
        languages=("en",),
        license="MIT",
        source="here",
    )


TWO = info("two", ("anna", "female"), ("bert", "male"))
OTHER = info("maker/other", ("carl", "male"))


@pytest.fixture
def catalog() -> Catalog:
    return Catalog([TWO, OTHER], default_model="two", model_aliases={"house": "maker/other"})


@pytest.mark.parametrize("name", OPENAI_SPEECH_MODELS)
def test_openais_speech_models_mean_the_default(catalog: Catalog, name: str) -> None:
    assert catalog.model(name) is TWO


@pytest.mark.parametrize(("name", "gender"), OPENAI_VOICES.items())
def test_an_openai_voice_is_answered_by_one_of_its_gender(catalog: Catalog, name: str, gender: str) -> None:
    assert catalog.resolve("tts-1", name)[1].gender == gender


def test_openai_voices_are_spread_over_those_installed() -> None:
    many = info("many", *[(f"f{n}", "female") for n in range(3)], *[(f"m{n}", "male") for n in range(3)])
    catalog = Catalog([many], default_model="many")
    assert {catalog.resolve("many", name)[1].id for name in OPENAI_VOICES} == {v.id for v in many.voices}


def test_with_one_voice_it_answers_for_all() -> None:
    catalog = Catalog([info("one", ("solo", "female"))], default_model="one")
    assert {catalog.resolve("one", name)[1].id for name in OPENAI_VOICES} == {"solo"}


def test_openai_voices_are_answered_by_the_model_that_was_asked_for(catalog: Catalog) -> None:
    assert catalog.resolve("maker/other", "alloy") == (OTHER, OTHER.voices[0])


def test_a_name_from_the_settings_wins_over_openais() -> None:
    catalog = Catalog([TWO], default_model="two", voice_aliases={"alloy": "bert"})
    assert catalog.resolve("two", "alloy")[1].id == "bert"


def test_an_unknown_model_lists_those_there_are(catalog: Catalog) -> None:
    with pytest.raises(UnknownModel, match="maker/other"):
        catalog.model("nope")


def test_an_unknown_voice_lists_those_there_are(catalog: Catalog) -> None:
    with pytest.raises(UnknownVoice, match="anna"):
        catalog.resolve("two", "nope")


def test_another_models_voice_is_a_bad_request_that_says_whose_it_is(catalog: Catalog) -> None:
    with pytest.raises(InvalidRequest, match="maker/other"):
        catalog.resolve("two", "carl")


def test_an_alias_of_nothing_is_refused_at_start() -> None:
    with pytest.raises(ConfigurationError, match="ghost"):
        Catalog([TWO], default_model="two", model_aliases={"house": "ghost"})
    with pytest.raises(ConfigurationError, match="ghost"):
        Catalog([TWO], default_model="ghost")
    with pytest.raises(ConfigurationError, match="ghost"):
        Catalog([TWO], default_model="two", voice_aliases={"alloy": "ghost"})


def test_listings_name_every_alias_and_its_target(catalog: Catalog) -> None:
    models = {listed.id: listed.alias_of for listed in catalog.models()}
    assert models["two"] is None
    assert models["tts-1"] == "two"
    assert models["house"] == "maker/other"
    voices = {listed.id: listed.alias_of for listed in catalog.voices()}
    assert voices["anna"] is None
    assert voices["onyx"] == "bert"


def test_a_model_that_others_registered_has_no_entry() -> None:
    assert entry("somebody/elses") is None


KOREAN = EngineInfo(
    model_id="polyglot",
    task=Task.SPEECH,
    sample_rate=22_050,
    voices=(Voice("minji", "Minji", "ko-KR", "female"), Voice("olga", "Olga", "ru", "female")),
    languages=("ko", "ru"),
    license="MIT",
    source="here",
)


@pytest.fixture
def several() -> Catalog:
    return Catalog([TWO, KOREAN], default_model="two", voice_aliases={"house": "anna"})


def test_an_openai_name_is_answered_by_whoever_speaks_the_language(several: Catalog) -> None:
    assert several.resolve("tts-1", "alloy", ("ko",)) == (KOREAN, KOREAN.voices[0])
    assert several.resolve("tts-1", "alloy", ("uk", "ru")) == (KOREAN, KOREAN.voices[1])
    assert several.resolve("tts-1", "alloy", ("en-GB",))[0] is TWO


@pytest.mark.parametrize(("model", "voice"), [("two", "alloy"), ("tts-1", "anna"), ("tts-1", "house")])
def test_whoever_names_a_model_or_a_voice_is_not_given_another(
    several: Catalog, model: str, voice: str
) -> None:
    with pytest.raises(InvalidRequest, match="minji") as refused:
        several.resolve(model, voice, ("ko",))
    assert refused.value.code == "unsupported_language"


def test_a_language_that_nobody_speaks_is_refused_with_how_to_get_it(several: Catalog) -> None:
    with pytest.raises(InvalidRequest, match="espeak-ng"):
        several.resolve("tts-1", "alloy", ("cy",))


def test_a_voice_of_many_languages_takes_any() -> None:
    beeps = info("beeps", ("sine", "neutral"))
    many = Catalog([replace(beeps, voices=(Voice("sine", "Sine", "mul", "neutral"),))], default_model="beeps")
    assert many.resolve("tts-1", "alloy", ("ko",))[1].id == "sine"


SCRIBE = replace(info("scribe"), task=Task.TRANSCRIPTION, sample_rate=16_000)


@pytest.fixture
def mixed() -> Catalog:
    return Catalog([TWO, SCRIBE], default_model="two", default_recognizer="scribe")


@pytest.mark.parametrize("name", [*OPENAI_TRANSCRIPTION_MODELS, "scribe"])
def test_openais_transcription_models_mean_the_default_recognizer(mixed: Catalog, name: str) -> None:
    assert mixed.recognizer(name) is SCRIBE


def test_a_name_from_the_settings_may_mean_another_recognizer() -> None:
    other = replace(SCRIBE, model_id="other")
    catalog = Catalog(
        [TWO, SCRIBE, other],
        default_model="two",
        default_recognizer="scribe",
        model_aliases={"whisper-1": "other"},
    )
    assert (other, SCRIBE) == (catalog.recognizer("whisper-1"), catalog.recognizer("gpt-4o-transcribe"))


def test_a_model_is_refused_for_what_it_does_not_do(mixed: Catalog) -> None:
    with pytest.raises(InvalidRequest, match=r"'tts-1' is for speech, not .*: scribe\.") as deaf:
        mixed.recognizer("tts-1")
    with pytest.raises(InvalidRequest, match=r"'whisper-1' is for transcription, not .*: two\.") as dumb:
        mixed.resolve("whisper-1", "alloy")
    assert [("wrong_task", "model")] * 2 == [(one.value.code, one.value.param) for one in (deaf, dumb)]


def test_without_a_recognizer_its_names_say_which_engine_to_use() -> None:
    catalog = Catalog([TWO], default_model="two", default_recognizer="moonshine-base")
    assert "whisper-1" not in {listed.id for listed in catalog.models()}
    with pytest.raises(UnknownModel, match="moonshine and silero"):
        catalog.recognizer("whisper-1")


def test_telling_speakers_apart_is_refused_as_such(mixed: Catalog) -> None:
    with pytest.raises(InvalidRequest, match="tells speakers apart") as refused:
        mixed.recognizer("gpt-4o-transcribe-diarize")
    assert "diarization_unsupported" == refused.value.code


@pytest.mark.parametrize(
    ("model", "recognizer", "said"),
    [("scribe", None, "default_model names 'scribe', which is for transcription, not for speech"),
     ("two", "two", "default_recognizer names 'two', which is for speech, not for transcription")],
)  # fmt: skip
def test_a_default_for_something_else_is_refused_at_start(
    model: str, recognizer: str | None, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Catalog([TWO, SCRIBE], default_model=model, default_recognizer=recognizer)


def test_a_default_without_a_voice_is_refused_at_start() -> None:
    with pytest.raises(ConfigurationError, match="none of whose voices is installed"):
        Catalog([info("dumb")], default_model="dumb")


def test_a_voice_that_is_not_installed_is_refused_with_how_to_have_it() -> None:
    absent = {"fenrir": "two-fenrir", "fable": "two-fable"}
    catalog = Catalog([TWO], default_model="two", absent_voices=absent)
    with pytest.raises(UnknownVoice, match="run `firstword models pull two-fenrir`, then start") as refused:
        catalog.resolve("two", "fenrir")
    assert ("voice_not_installed", "voice") == (refused.value.code, refused.value.param)
    assert "bert" == catalog.resolve("two", "fable")[1].id  # a name of OpenAI's is always answered
    with pytest.raises(ConfigurationError, match="firstword models pull two-fenrir"):
        Catalog([TWO], default_model="two", voice_aliases={"house": "fenrir"}, absent_voices=absent)
