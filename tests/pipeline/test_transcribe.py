"""Whole recordings: every word once, in its place, in constant memory."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

import anyio
import numpy as np
import pytest

from firstword.core.errors import EngineError, InvalidRequest, UndecodableAudio
from firstword.core.transcripts import ListenDone, ListenEvent, TranscribeRequest
from firstword.core.types import AudioChunk, Samples
from firstword.pipeline.hearing.outbox import UNREAD
from tests.pipeline.sessions import chunks, finals, room, transcribing, until
from tests.pipeline.whistling import (
    LISTENING_RATE,
    WORDS,
    Room,
    WhistleEngine,
    WhistleVad,
    info,
    silence,
    whistle,
)

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


def spoken(count: int, *, pause_every: int = 0, seed: int = 1) -> list[str]:
    """Words by chance; `...` is a second of silence."""
    words = random.Random(seed).choices(WORDS, k=count)
    return [word if not pause_every or (at + 1) % pause_every else "..." for at, word in enumerate(words)]


def asked(**fields: object) -> TranscribeRequest:
    return TranscribeRequest(**{"model": "whistle", **fields})  # type: ignore[arg-type]


async def events_of(house: Room, audio: Iterator[AudioChunk], **fields: object) -> list[ListenEvent]:
    async with transcribing(house) as pipeline, pipeline.open(asked(**fields), audio) as transcription:
        return [event async for event in transcription]


def words_of(events: list[ListenEvent]) -> list[str]:
    return " ".join(final.text for final in finals(events)).split()


@pytest.mark.parametrize(("pause_every", "window"), [(0, 512), (0, 2048), (9, 512), (40, 512)])
@pytest.mark.parametrize("longest_s", [6.0, 30.0])
async def test_every_word_is_written_once_and_stands_where_it_is_said(
    pause_every: int, window: int, longest_s: float
) -> None:
    said = spoken(200, pause_every=pause_every)
    audio = whistle(" ".join(said), gap_ms=60)
    house = Room(WhistleEngine(info("whistle", longest_s=longest_s)), vad=WhistleVad(window))
    events = await events_of(house, chunks(audio))
    assert words_of(events) == [word for word in said if word != "..."]
    starts = [word.start_ms for final in finals(events) for word in final.words]
    expected, at_ms = [], 0
    for word in said:
        if word != "...":
            expected.append(at_ms)
        at_ms += 1000 if word == "..." else 300
    assert starts == pytest.approx(expected, abs=40)


async def test_a_piece_is_no_longer_than_the_model_takes() -> None:
    house = Room(WhistleEngine(info("whistle", longest_s=10.0)))
    await events_of(house, chunks(whistle(" ".join(spoken(150, pause_every=7)))))
    lengths = [len(request.samples) / LISTENING_RATE for request in house.engine.requests]
    assert max(lengths) <= 10
    assert max(lengths) > 5


async def test_the_last_event_is_done_and_tells_what_was_heard() -> None:
    audio = whistle("alder ... birch")
    events = await events_of(room(), chunks(audio))
    assert isinstance(events[-1], ListenDone)
    assert events[-1].heard.audio_in_ms == pytest.approx(len(audio) / 16)
    assert events[-1].heard.text_chars == sum(len(final.text) for final in finals(events))


@pytest.mark.parametrize("frames", [37, 8_000, 10_000_000])
async def test_chunks_of_any_length_give_the_same(frames: int) -> None:
    audio = whistle(" ".join(spoken(20, pause_every=6)))
    assert finals(await events_of(room(), chunks(audio, frames))) == finals(
        await events_of(room(), chunks(audio))
    )


async def test_another_rate_is_heard_at_the_same_times() -> None:
    audio = np.repeat(whistle("alder birch ... cedar"), 3)
    fast = (AudioChunk(audio[at : at + 24_000], 48_000, at) for at in range(0, len(audio), 24_000))
    [final] = finals(await events_of(room(), fast))
    assert final.text == "alder birch cedar"
    assert [word.start_ms for word in final.words] == pytest.approx([0, 320, 1640], abs=40)


async def test_a_recording_without_speech_has_no_transcripts() -> None:
    assert len(await events_of(room(), chunks(silence(60)))) == 1
    assert len(await events_of(room(), iter(()))) == 1


async def test_memory_is_constant() -> None:
    held: list[int] = []

    def hours() -> Iterator[AudioChunk]:
        minute, at = whistle(" ".join(spoken(180, pause_every=30)), gap_ms=60), 0
        for _ in range(5):
            for chunk in chunks(minute):
                yield AudioChunk(chunk.samples, LISTENING_RATE, at)
                at += len(chunk.samples)
                held.append(transcription._run.memory.held)

    async with transcribing(room()) as pipeline, pipeline.open(asked(), hours()) as transcription:
        count = len(finals([event async for event in transcription]))
    assert count > 10
    assert len(held) > 500
    assert max(held) < 45 * LISTENING_RATE


async def test_the_audio_is_pulled_no_further_than_the_reader_reads() -> None:
    pulled = 0

    def audio() -> Iterator[AudioChunk]:
        nonlocal pulled
        for chunk in chunks(np.concatenate([whistle("alder ... ...")] * 100)):
            pulled += 1
            yield chunk

    async with transcribing(room()) as pipeline, pipeline.open(asked(), audio()) as transcription:
        await until(lambda: len(transcription._run.outbox._events) == UNREAD)
        await anyio.sleep(0.2)
        assert pulled < 80
        assert 10 < transcription.position_s < 40
        assert len(finals([event async for event in transcription])) == 100
        assert transcription.position_s == pytest.approx(pulled / 2, abs=0.5)


def broken(samples: Samples) -> Iterator[AudioChunk]:
    yield from chunks(samples)
    raise UndecodableAudio("It is broken here.")


async def test_broken_audio_is_an_error_after_what_was_heard_before() -> None:
    audio = broken(whistle("alder ... ... ... birch"))
    async with transcribing(room()) as pipeline, pipeline.open(asked(), audio) as transcription:
        reader = aiter(transcription)
        heard = [await anext(reader), await anext(reader)]
        with pytest.raises(UndecodableAudio):
            await anext(reader)
    assert words_of(heard) == ["alder", "birch"]


async def test_a_failing_model_is_an_error() -> None:
    with pytest.raises(EngineError):
        await events_of(room(fail_at="birch"), chunks(whistle("alder birch")))


async def test_what_the_model_cannot_do_is_refused_on_entering() -> None:
    async with transcribing(room()) as pipeline:
        with pytest.raises(InvalidRequest):
            async with pipeline.open(asked(language="ko"), iter(())):
                pass


async def test_leaving_reaches_the_model_within_a_step() -> None:
    gate, house = threading.Event(), room()
    house.engine.gate = gate
    async with transcribing(house) as pipeline:
        async with pipeline.open(asked(), chunks(whistle("alder birch cedar elm ... ... elm"))):
            assert await anyio.to_thread.run_sync(house.engine.begun.wait, 10)
            threading.Timer(0.05, gate.set).start()
        assert house.engine.steps == 1
