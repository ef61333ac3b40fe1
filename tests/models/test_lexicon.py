"""A lexicon, heard: what it changes in the audio, and what it leaves as it was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import hibari
import pytest

from firstword.assembly import Application, assemble
from firstword.core.errors import ConfigurationError, InvalidRequest
from firstword.core.types import AudioBytes, AudioFormat, AudioSpec, TimedWord, WordsSpoken
from firstword.engines.hibari import plugin
from firstword.engines.hibari.phonemes import Pronouncer
from firstword.settings import load

pytestmark = [pytest.mark.model, pytest.mark.anyio]

TEXT = "The Kokoro's voice costs $5 in New York, said Kokoro."
PHONEMES = "/kˈOkəɹO/"
(INFO,) = plugin.infos()


@pytest.fixture(scope="module")
async def speaker(
    anyio_backend: object, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Application]:
    folder = tmp_path_factory.mktemp("lexicon")
    (folder / "lexicon.toml").write_text('"river" = "rivulet"\n"mill" = "/mˈɪl/"\n', "utf-8")
    settings = {
        "engines": ("hibari", "tone"),
        "models": folder,
        "lexicon": folder / "lexicon.toml",
        "voices": {"narrator": {"voice": "heart", "lexicon": {"river": "stream", "harbour": "port"}}},
    }
    application = assemble(load(flags=settings))
    await application.host.start()
    yield application
    await application.aclose()


async def speak(
    speaker: Application,
    text: str,
    lexicon: dict[str, str] | None = None,
    *,
    model: str = "hibari",
    voice: str = "alloy",
    normalize: bool = True,
) -> tuple[bytes, list[TimedWord]]:
    request = speaker.speech_request(
        model=model,
        voice=voice,
        text=text,
        audio=AudioSpec(AudioFormat.PCM),
        normalize=normalize,
        lexicon=lexicon,
    )
    async with speaker.speak.open(request) as speech:
        events = [event async for events in speech for event in events]
    audio = b"".join(event.data for event in events if isinstance(event, AudioBytes))
    return audio, [word for event in events if isinstance(event, WordsSpoken) for word in event.words]


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("said", ["KO-ko-ro", PHONEMES, "/kat/"])
async def test_a_word_sounds_as_the_lexicon_says_and_its_timing_names_it_as_written(
    speaker: Application, said: str, normalize: bool
) -> None:
    plain, before = await speak(speaker, TEXT, normalize=normalize)
    changed, words = await speak(speaker, TEXT, {"kokoro": said, "new york": "noo yawk"}, normalize=normalize)

    assert plain != changed
    assert all(TEXT[word.start_char : word.end_char] == word.text for word in words)
    assert [word.text for word in words if "Kokoro" in word.text] == ["Kokoro's", "Kokoro."]
    assert [word.text for word in words][:2] == [word.text for word in before][:2]
    places = [(word.start_ms, word.start_char) for word in words]
    assert places == sorted(places)


async def test_a_respelling_sounds_as_if_it_had_been_written(speaker: Application) -> None:
    respelled, _ = await speak(speaker, "It is Kokoro now.", {"Kokoro": "cocoa row"})

    assert respelled == (await speak(speaker, "It is cocoa row now."))[0]


async def test_phonemes_sound_as_the_inline_pronunciation_does(speaker: Application) -> None:
    given, _ = await speak(speaker, "It is Kokoro now.", {"Kokoro": PHONEMES})

    assert given == (await speak(speaker, f"It is [Kokoro]({PHONEMES}) now."))[0]


async def test_what_the_lexicon_does_not_name_sounds_as_before(speaker: Application) -> None:
    assert await speak(speaker, TEXT, {"absent": "x"}) == await speak(speaker, TEXT)


async def test_a_request_wins_over_a_voice_and_a_voice_over_the_file(speaker: Application) -> None:
    text = "The harbour and the river."

    assert (await speak(speaker, text))[0] == (await speak(speaker, "The harbour and the rivulet."))[0]
    own, _ = await speak(speaker, text, voice="narrator")
    assert own == (await speak(speaker, "The port and the stream."))[0]
    asked, _ = await speak(speaker, text, {"river": "brook"}, voice="narrator")
    assert asked == (await speak(speaker, "The port and the brook."))[0]


async def test_a_model_without_phonemes_respells_and_refuses_phonemes(speaker: Application) -> None:
    long, words = await speak(speaker, "one two", {"two": "two and three"}, model="tone", voice="sine")
    short, _ = await speak(speaker, "one two", model="tone", voice="sine")

    assert len(long) > len(short)
    assert {"one", "two"} == {word.text for word in words}
    with pytest.raises(InvalidRequest) as refused:
        await speak(speaker, "one two", {"two": PHONEMES}, model="tone", voice="sine")
    assert "phonemes_unsupported" == refused.value.code


async def test_a_symbol_that_hibari_does_not_know_is_refused(speaker: Application) -> None:
    with pytest.raises(InvalidRequest, match="'g'") as refused:
        await speak(speaker, "Gouda.", {"Gouda": "/gˈudə/"})
    assert "unknown_phoneme" == refused.value.code


async def test_hibari_speaks_every_symbol_that_it_says_it_knows() -> None:
    pronouncer = Pronouncer(Path(hibari.__file__).parent / "assets/vocab.json")
    for symbol in INFO.phoneme_symbols:
        (phrase,) = pronouncer.phrases(f"say [word](/ba{symbol}ab/) now")
        (plain,) = pronouncer.phrases("say [word](/baab/) now")
        assert len(phrase.ids) == len(plain.ids) + 1, symbol


@pytest.mark.parametrize(
    ("word", "ends"), [("kˈOkəɹO", "z"), ("kˈæt", "s"), ("ʤˈɔɹʤ", "ᵻz"), ("kˈæn", "z"), ("bˈʌs", "ᵻz")]
)
async def test_a_possessive_behind_phonemes_is_said_as_english_does(word: str, ends: str) -> None:
    pronouncer = Pronouncer(Path(hibari.__file__).parent / "assets/vocab.json")
    (given,) = pronouncer.phrases(f"[x](/{word}/)'s")
    (spelled,) = pronouncer.phrases(f"[x](/{word}{ends}/)")

    assert spelled.ids.tolist() == given.ids.tolist()


async def test_a_file_with_an_unknown_symbol_is_told_at_start(tmp_path: Path) -> None:
    (tmp_path / "lexicon.toml").write_text('"Gouda" = "/gˈudə/"\n', "utf-8")
    settings = load(flags={"engines": ("hibari",), "models": tmp_path, "lexicon": tmp_path / "lexicon.toml"})

    with pytest.raises(ConfigurationError, match="'g'"):
        assemble(settings)
