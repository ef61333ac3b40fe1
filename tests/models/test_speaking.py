"""The real voice through the whole road: pipeline, scheduler, formats."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest

from firstword.assembly import Application, assemble
from firstword.core.errors import UnspeakableText
from firstword.core.types import (
    AudioBytes,
    AudioFormat,
    AudioSpec,
    Samples,
    SliceBegins,
    SpeechEvent,
    SpeechRequest,
    WordsSpoken,
)
from firstword.settings import load

pytestmark = [pytest.mark.model, pytest.mark.anyio]

SENTENCE = "The morning train leaves the harbour town and follows the river past the mill."


@pytest.fixture(scope="module")
async def speaker(anyio_backend: object) -> AsyncIterator[Application]:
    application = assemble(load(flags={"engines": ("hibari",)}))
    await application.host.start()
    yield application
    await application.aclose()


def request(text: str | None, **fields: object) -> SpeechRequest:
    given = {"model": "hibari", "voice": "heart", "text": text, "audio": AudioSpec(AudioFormat.PCM), **fields}
    return SpeechRequest(**given)  # type: ignore[arg-type]  # fields are the test's


async def speak(speaker: Application, asked: SpeechRequest) -> list[SpeechEvent]:
    async with speaker.speak.open(asked) as speech:
        return [event async for events in speech for event in events]


def samples(events: list[SpeechEvent]) -> Samples:
    data = b"".join(event.data for event in events if isinstance(event, AudioBytes))
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768


def pitch_hz(audio: Samples) -> float:
    """The median pitch of the voiced 50 ms windows, by autocorrelation."""
    found = []
    for at in range(0, len(audio) - 1200, 600):
        window = audio[at : at + 1200] - audio[at : at + 1200].mean()
        if np.sqrt(np.mean(window**2)) < 0.03:
            continue
        correlation = np.correlate(window, window, "full")[1199:] / np.arange(1200, 0, -1)
        lag = 60 + int(np.argmax(correlation[60:400]))
        if correlation[lag] > 0.6 * correlation[0]:
            found.append(24_000 / lag)
    return float(np.median(found))


@pytest.mark.requirement("audio-before-text-ends", "length-does-not-delay-the-first-word")
async def test_a_long_text_begins_with_the_very_block_of_its_first_sentence(speaker: Application) -> None:
    """The first block leaves after the first sentence's first window, whatever comes behind it."""
    first: list[bytes] = []
    for text in (SENTENCE + " It rains.", SENTENCE + " " + "Then it is told again. " * 4000):
        async with speaker.speak.open(request(text)) as speech:
            events = await anext(aiter(speech))
            assert isinstance(events[0], SliceBegins)
            assert events[0].end == len(SENTENCE) + 1
            assert speech.usage.audio_out_ms < 1000
            first.append(next(event.data for event in events if isinstance(event, AudioBytes)))
    assert first[0] == first[1]


async def test_the_same_request_gives_the_same_bytes(speaker: Application) -> None:
    once, twice = [samples(await speak(speaker, request(f"{SENTENCE} {SENTENCE}"))) for _ in range(2)]
    assert np.array_equal(once, twice)


@pytest.mark.requirement("speech-speed-keeps-pitch")
@pytest.mark.parametrize("speed", [0.5, 0.8, 1.2, 1.5, 2.0, 3.0])
async def test_speed_changes_the_length_and_keeps_the_pitch(speaker: Application, speed: float) -> None:
    usual = samples(await speak(speaker, request(SENTENCE)))
    changed = samples(await speak(speaker, request(SENTENCE, speed=speed)))
    assert len(changed) == pytest.approx(len(usual) / speed, rel=0.1)
    assert pitch_hz(changed) == pytest.approx(pitch_hz(usual), rel=0.06)


@pytest.mark.requirement("unspeakable-text-is-400")
@pytest.mark.parametrize(
    "text",
    ["안녕하세요. 만나서 반갑습니다.", SENTENCE + " 그리고 이것은 한국어입니다. " + SENTENCE, "Привет, мир!"],
)
async def test_a_text_the_voice_cannot_say_is_refused_before_anything_sounds(
    speaker: Application, text: str
) -> None:
    with pytest.raises(UnspeakableText, match="heart"):
        await speak(speaker, request(text))


async def test_words_are_where_the_sound_is(speaker: Application) -> None:
    text = "Hello there. It costs $5 today, my friend."
    events = await speak(speaker, request(text))
    audio = samples(events)
    words = [word for event in events if isinstance(event, WordsSpoken) for word in event.words]
    assert [text[word.start_char : word.end_char] for word in words] == text.split()
    ends = [0.0, *(word.end_ms for word in words)]
    assert all(word.start_ms >= before - 1 for word, before in zip(words, ends, strict=False))
    assert words[-1].end_ms <= len(audio) / 24
    for word in words:
        span = audio[int(word.start_ms * 24) : int(word.end_ms * 24)]
        assert np.sqrt(np.mean(span**2)) > 0.01, word


async def test_a_book_without_a_full_stop_is_spoken_to_its_end(speaker: Application) -> None:
    text = "and so it goes on and on " * 60
    events = await speak(speaker, request(text))
    slices = [event for event in events if isinstance(event, SliceBegins)]
    assert "".join(text[s.start : s.end] for s in slices) == text
    assert len(samples(events)) / 24_000 > 60
