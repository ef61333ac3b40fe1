"""The real recognizer through the whole road: what is spoken comes out, once, in its place, and stays."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import soundfile

from firstword.core.concurrency import task_group
from firstword.core.errors import UnknownModel
from firstword.core.protocols import Engine, Files
from firstword.core.transcripts import (
    LISTENING_RATE,
    Endpointing,
    ListenEvent,
    ListenRequest,
    TranscribeRequest,
    Transcript,
)
from firstword.core.types import AudioChunk, Samples
from firstword.engines import moonshine, silero
from firstword.pipeline.listen import Listening, ListenPipeline
from firstword.pipeline.transcribe import TranscribePipeline
from firstword.runtime.metrics import PrometheusMeter
from firstword.runtime.scheduler import DeadlineScheduler

pytestmark = [pytest.mark.model, pytest.mark.anyio]

SPEECH = Path(__file__).parent.parent / "data/speech"
CLIPS = json.loads((SPEECH / "manifest.json").read_text("utf-8"))
PAUSE_S = 1.5


@dataclass
class Room:
    """The `Engines` of these tests."""

    stt: dict[str, Engine]
    vad: Engine
    meter: PrometheusMeter = field(default_factory=PrometheusMeter)

    @asynccontextmanager
    async def use_stt(self, model_id: str) -> AsyncIterator[Engine]:
        if model_id not in self.stt:
            raise UnknownModel("It is not in this test.")
        yield self.stt[model_id]

    @asynccontextmanager
    async def use_vad(self) -> AsyncIterator[Engine]:
        yield self.vad


@pytest.fixture(scope="module")
def house(model_files: Files) -> Room:
    engines = {
        info.model_id: moonshine.plugin.load(info, model_files, {}) for info in moonshine.plugin.infos()
    }
    return Room(dict(engines), silero.plugin.load(silero.INFO, model_files, {}))


@pytest.fixture
def scheduler() -> Iterator[DeadlineScheduler]:
    made = DeadlineScheduler(workers=2)
    yield made
    made.close()


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * LISTENING_RATE), np.float32)


def clip(name: str) -> Samples:
    return soundfile.read(SPEECH / name, dtype="float32")[0]


def reading() -> tuple[Samples, list[list[str]], list[float]]:
    """All clips in a row: the sound, the words of each, and where each begins, in ms."""
    parts, begins, at = [silence(0.5)], [], 0.5
    for row in CLIPS:
        samples = clip(row["file"])
        begins.append(1000 * at)
        parts.extend((samples, silence(PAUSE_S)))
        at += len(samples) / LISTENING_RATE + PAUSE_S
    return np.concatenate(parts), [plain(row["text"]) for row in CLIPS], begins


def plain(text: str) -> list[str]:
    """The words as they are compared."""
    text = text.lower().replace("mr.", "mister").replace("-", " ")
    return re.findall(r"[\w']+", text)


def errors(said: Sequence[str], written: Sequence[str]) -> int:
    """Words replaced, left out and put in."""
    row = list(range(len(written) + 1))
    for at, word in enumerate(said, 1):
        corner, row[0] = row[0], at
        for to, other in enumerate(written, 1):
            corner, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, corner + (word != other))
    return row[-1]


def finals(events: Sequence[ListenEvent]) -> list[Transcript]:
    return [event for event in events if isinstance(event, Transcript) and event.final]


async def listen(
    house: Room, scheduler: DeadlineScheduler, samples: Samples, request: ListenRequest
) -> list[ListenEvent]:
    """Everything at once, as a file is sent: partials and finals are those of a microphone."""
    pipeline = ListenPipeline(house, scheduler, house.meter)  # type: ignore[arg-type]
    data = (np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes()
    async with pipeline.open(request) as session, task_group() as tasks:
        tasks.start_soon(send, session, data)
        return [event async for event in session]


async def send(session: Listening, data: bytes) -> None:
    await session.feed(data)
    await session.end()


@pytest.mark.timeout(180)
async def test_what_is_read_aloud_is_written_while_it_is_read(
    house: Room, scheduler: DeadlineScheduler
) -> None:
    sound, said, begins = reading()
    events = await listen(house, scheduler, sound, ListenRequest("moonshine-base"))
    words = [word for final in finals(events) for word in final.words]
    assert errors(list(chain(*said)), plain(" ".join(final.text for final in finals(events)))) <= 5

    stable: list[str] = []
    told = 0
    for event in events:
        if not isinstance(event, Transcript):
            continue
        heard = ["".join(re.findall(r"\w", word.text.lower())) for word in event.words]
        assert heard[: len(stable)] == stable
        told += event.stable_words - len(stable)
        stable = [] if event.final else heard[: event.stable_words]
        assert event.text
        assert event.start_ms <= event.end_ms <= len(sound) / 16
    assert told == len(words)
    partials = [event for event in events if isinstance(event, Transcript) and not event.final]
    assert sum(partial.stable_words > 0 for partial in partials) > 10
    assert [begin for begin in begins if not any(abs(word.start_ms - begin) < 1_000 for word in words)] == []


@pytest.mark.timeout(120)
async def test_speech_that_is_cut_for_its_length_loses_and_doubles_no_words(
    house: Room, scheduler: DeadlineScheduler
) -> None:
    said = plain(CLIPS[0]["text"])
    request = ListenRequest("moonshine-base", endpointing=Endpointing(max_utterance_ms=4_000))
    sound = np.concatenate((silence(0.4), clip(CLIPS[0]["file"]), silence(0.3)))
    events = await listen(house, scheduler, sound, request)
    assert len(finals(events)) >= 2
    assert errors(said, plain(" ".join(final.text for final in finals(events)))) <= 2


async def test_silence_noise_hum_and_music_have_no_transcripts(
    house: Room, scheduler: DeadlineScheduler
) -> None:
    random, time_s = np.random.default_rng(2), np.arange(8 * LISTENING_RATE) / LISTENING_RATE
    noise = random.normal(0, 0.1, len(time_s))
    hum = 0.2 * np.sin(2 * np.pi * 50 * time_s)
    notes = 220 * 2 ** (np.array([0, 4, 7, 12, 7, 4, 2, 5])[(time_s * 2).astype(int) % 8] / 12)
    music = 0.2 * np.sin(2 * np.pi * np.cumsum(notes) / LISTENING_RATE) * np.exp(-3 * (time_s % 0.5))
    sound = np.concatenate((silence(5), noise, hum, music)).astype(np.float32)
    events = await listen(house, scheduler, sound, ListenRequest("moonshine-base"))
    assert [event.text for event in events if isinstance(event, Transcript)] == []


@pytest.mark.timeout(120)
async def test_a_recording_is_written_with_every_word_in_its_place(
    house: Room, scheduler: DeadlineScheduler
) -> None:
    sound, said, begins = reading()
    audio = (AudioChunk(sound[at : at + 40_000], LISTENING_RATE, at) for at in range(0, len(sound), 40_000))
    pipeline = TranscribePipeline(house, scheduler, house.meter)  # type: ignore[arg-type]
    async with pipeline.open(TranscribeRequest("moonshine-base"), audio) as transcription:
        events = [event async for event in transcription]
    words = [word for final in finals(events) for word in final.words]
    assert errors(list(chain(*said)), plain(" ".join(final.text for final in finals(events)))) <= 5
    assert [word.start_ms for word in words] == sorted(word.start_ms for word in words)
    for begin, spoken in zip(begins, said, strict=True):
        assert min(abs(word.start_ms - begin) for word in words if plain(word.text)[:1] == spoken[:1]) < 1_000
