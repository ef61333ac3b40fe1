"""A pipeline with the tone engine and the real scheduler."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest

from firstword.core.types import AudioBytes, AudioFormat, AudioSpec, SpeechEvent, SpeechRequest
from firstword.engines import tone
from firstword.pipeline.speak import SpeakPipeline, Speech
from firstword.runtime.host import EngineHost
from firstword.runtime.metrics import PrometheusMeter
from firstword.runtime.scheduler import DeadlineScheduler
from firstword.testing import no_files

PCM = AudioSpec(AudioFormat.PCM, 24_000)


@dataclass(slots=True)
class Speaker:
    """A pipeline, and the engine it steps."""

    pipeline: SpeakPipeline
    engine: tone.ToneEngine
    meter: PrometheusMeter


@asynccontextmanager
async def speaking(model: str = "tone", **options: object) -> AsyncIterator[Speaker]:
    """A pipeline with one tone model; `options` are the engine's."""
    info = next(info for info in tone.plugin.infos() if info.model_id == model)
    engine = tone.plugin.load(info, no_files, options)
    host = EngineHost({model: (engine.info, lambda: engine)})
    scheduler, meter = DeadlineScheduler(workers=2), PrometheusMeter()
    await host.start()
    try:
        yield Speaker(SpeakPipeline(host, scheduler, meter, stall_s=0.05), engine, meter)
    finally:
        await host.aclose()
        scheduler.close()


MakeSpeaker = Callable[..., AbstractAsyncContextManager[Speaker]]


@pytest.fixture
def speaker() -> MakeSpeaker:
    """Makes pipelines."""
    return speaking


def request(text: str | None, *, model: str = "tone", **fields: object) -> SpeechRequest:
    """A request to the tone engine, in pcm unless `fields` say otherwise."""
    return SpeechRequest(**{"model": model, "voice": "sine", "text": text, "audio": PCM, **fields})  # type: ignore[arg-type]  # fields are the test's


async def all_events(speech: Speech) -> list[SpeechEvent]:
    """Everything a run gives, in order."""
    return [event async for events in speech for event in events]


def audio(events: list[SpeechEvent]) -> bytes:
    """The bytes among the events."""
    return b"".join(event.data for event in events if isinstance(event, AudioBytes))
