"""What is written, what is spoken, and where its words are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from firstword.assembly import Application, assemble
from firstword.core.types import AudioFormat, AudioSpec, SpeechRequest, TimedWord, WordsSpoken
from firstword.settings import load

pytestmark = [pytest.mark.model, pytest.mark.anyio]


@pytest.fixture(scope="module")
async def speaker(anyio_backend: object) -> AsyncIterator[Application]:
    application = assemble(load(flags={"engines": ("hibari", "tone")}))
    await application.host.start()
    yield application
    await application.aclose()


async def words(speaker: Application, asked: SpeechRequest) -> tuple[list[TimedWord], float]:
    """The words, and the milliseconds of audio."""
    async with speaker.speak.open(asked) as speech:
        events = [event async for events in speech for event in events]
        spoken = [word for event in events if isinstance(event, WordsSpoken) for word in event.words]
        return spoken, speech.usage.audio_out_ms


def asked(speaker: Application, text: str, *, model: str = "hibari", normalize: bool = True) -> SpeechRequest:
    audio = AudioSpec(AudioFormat.PCM)
    return speaker.speech_request(model=model, voice="alloy", text=text, audio=audio, normalize=normalize)


@pytest.mark.requirement("word-timings-match-the-audio")
async def test_words_that_are_spoken_otherwise_keep_their_spelling_and_their_place(
    speaker: Application,
) -> None:
    text = "Version v1.2.3 costs **$5** at https://example.com/shop, or call 555-0142. It is 20 km away."
    told, audio_ms = await words(speaker, asked(speaker, text))
    for word in told:
        assert text[word.start_char : word.end_char] == word.text
        assert 0 <= word.start_ms <= word.end_ms <= audio_ms + 1
    assert [word.start_char for word in told] == sorted({word.start_char for word in told})
    starts = [word.start_ms for word in told]
    assert starts == sorted(starts)
    assert {"Version", "v1.2.3", "costs", "at", "call", "away."} <= {word.text for word in told}


async def test_markup_is_not_spoken_and_code_only_named(speaker: Application) -> None:
    plain = await words(speaker, asked(speaker, "This is bold."))
    marked = await words(speaker, asked(speaker, "This is **bold**."))
    assert plain[1] == marked[1]


async def test_left_as_it_is_written_a_text_sounds_otherwise(speaker: Application) -> None:
    text = "See v1.2.3 now."
    normalized = await words(speaker, asked(speaker, text, model="tone"))
    written = await words(speaker, asked(speaker, text, model="tone", normalize=False))
    assert normalized[1] > written[1]
    assert [word.text for word in normalized[0]] == [word.text for word in written[0]] == text.split()


async def test_a_text_of_nothing_but_code_is_still_spoken_of(speaker: Application) -> None:
    told, audio_ms = await words(speaker, asked(speaker, "Look:\n\n```python\nprint(1)\n```\n\nThat is all."))
    assert audio_ms > 500
    assert told[0].text == "Look:"
