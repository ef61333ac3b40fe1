"""English by hibari and the rest by espeak-ng, as one stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise

import numpy as np
import pytest

from firstword.assembly import Application, assemble
from firstword.core.types import (
    AudioBytes,
    AudioFormat,
    AudioSpec,
    Samples,
    SpeechEvent,
    SpeechRequest,
    SynthesisRequest,
    WordsSpoken,
)
from firstword.settings import load

pytestmark = [pytest.mark.model, pytest.mark.anyio, pytest.mark.program("espeak-ng")]

TEXT = "Hello my friend, 안녕하세요 반갑습니다, and this is Привет мир."
PARTS = ("Hello my friend, ", "안녕하세요 반갑습니다, ", "and this is ", "Привет мир.")


@pytest.fixture(scope="module")
async def speaker(anyio_backend: object) -> AsyncIterator[Application]:
    application = assemble(load(flags={"engines": ("hibari", "espeak")}))
    await application.host.start()
    yield application
    await application.aclose()


def asked(speaker: Application, text: str | None) -> SpeechRequest:
    return speaker.speech_request(
        model="hibari", voice="heart", text=text, audio=AudioSpec(AudioFormat.PCM), language="auto"
    )


def samples(events: list[SpeechEvent]) -> Samples:
    data = b"".join(event.data for event in events if isinstance(event, AudioBytes))
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768


def loudness_db(audio: Samples) -> float:
    """Of the 20 ms windows in which somebody speaks."""
    windows = audio[: len(audio) // 480 * 480].reshape(-1, 480)
    power = np.mean(windows**2, axis=1)
    return float(10 * np.log10(np.mean(power[power > 1e-5])))


async def test_the_voices_follow_one_another_in_one_stream(speaker: Application) -> None:
    """Its length is the sum of its parts, each within a frame of the resampler."""
    request = asked(speaker, TEXT)
    assert (request.model, request.voice) == ("hibari", "heart")
    by_script = {one.script: one for one in request.scripts or ()}
    assert {script: one.voice for script, one in by_script.items()} == {"ko": "espeak-ko", "ru": "espeak-ru"}
    async with speaker.speak.open(request) as speech:
        audio = samples([event async for events in speech for event in events])
    async with speaker.host.use_tts("hibari") as hibari, speaker.host.use_tts("espeak") as espeak:
        at_s, lengths = 0.0, []
        for text, script in zip(PARTS, (None, "ko", None, "ru"), strict=True):
            engine, one = (espeak, by_script[script]) if script else (hibari, None)
            said = SynthesisRequest(
                text,
                one.voice if one else "heart",
                one.language if one else request.language,
                head_start_s=at_s,
            )
            frames = sum(len(chunk.samples) for chunk in engine.steps(said))
            lengths.append(round(frames * 24_000 / engine.info.sample_rate))
            at_s = sum(lengths) / 24_000
    assert abs(len(audio) - sum(lengths)) <= 2
    ends = np.cumsum([0, *lengths])
    levels = [loudness_db(audio[begin:end]) for begin, end in pairwise(ends)]
    assert max(levels) - min(levels) < 8, levels
    assert np.abs(audio).max() < 1


async def test_the_first_block_is_the_english_voices_own(speaker: Application) -> None:
    """Nobody waits for the second voice before the first word."""
    alone = speaker.speech_request(
        model="hibari", voice="heart", text=PARTS[0], audio=AudioSpec(AudioFormat.PCM)
    )
    first = []
    for request in (asked(speaker, TEXT), alone):
        async with speaker.speak.open(request) as speech:
            events = await anext(aiter(speech))
            first.append(next(event.data for event in events if isinstance(event, AudioBytes)))
    assert first[0] == first[1]


async def test_words_are_told_where_the_voice_knows_them(speaker: Application) -> None:
    async with speaker.speak.open(asked(speaker, TEXT)) as speech:
        events = [event async for events in speech for event in events]
    words = [word for event in events if isinstance(event, WordsSpoken) for word in event.words]
    assert [word.text for word in words] == [*PARTS[0].split(), *PARTS[2].split()]
    assert [TEXT[word.start_char : word.end_char] for word in words] == [word.text for word in words]
    audio = samples(events)
    for word in words:
        span = audio[int(word.start_ms * 24) : int(word.end_ms * 24)]
        assert np.sqrt(np.mean(span**2)) > 0.005, word
