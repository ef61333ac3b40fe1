"""Listening sessions of the language of whistles, with the real scheduler."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import anyio

from firstword.core.concurrency import task_group
from firstword.core.transcripts import LISTENING_RATE, ListenEvent, ListenRequest, Transcript
from firstword.core.types import AudioChunk, Samples
from firstword.pipeline.listen import Listening, ListenPipeline
from firstword.pipeline.transcribe import TranscribePipeline
from firstword.runtime.metrics import PrometheusMeter
from firstword.runtime.scheduler import DeadlineScheduler
from tests.pipeline.whistling import Room, WhistleEngine, info, pcm


def room(**engine: object) -> Room:
    """A recognizer and its quicker one, which takes two words for others as long as they come last."""
    drafts = WhistleEngine(info("drafts"), mistakes={"birch": "perch", "cedar": "seeder"})
    return Room(WhistleEngine(info("whistle", drafts="drafts"), **engine), drafts)  # type: ignore[arg-type]


@asynccontextmanager
async def listening(house: Room, **fields: object) -> AsyncIterator[ListenPipeline]:
    """A pipeline; nothing may be left running behind it."""
    scheduler = DeadlineScheduler(workers=2)
    try:
        yield ListenPipeline(house, scheduler, PrometheusMeter(), **fields)  # type: ignore[arg-type]
    finally:
        scheduler.close()
    assert (house.users, house.engine.running) == (0, 0)


@asynccontextmanager
async def transcribing(house: Room) -> AsyncIterator[TranscribePipeline]:
    """The same for recordings."""
    scheduler = DeadlineScheduler(workers=2)
    try:
        yield TranscribePipeline(house, scheduler, PrometheusMeter())
    finally:
        scheduler.close()
    assert (house.users, house.engine.running) == (0, 0)


def asked(**fields: object) -> ListenRequest:
    """A request to the recognizer."""
    return ListenRequest(**{"model": "whistle", **fields})  # type: ignore[arg-type]


async def all_events(session: Listening, samples: Samples, sizes: Sequence[int] = ()) -> list[ListenEvent]:
    """Feeds everything, in pieces of so many bytes and the rest in one, and gives what comes of it."""
    data = pcm(samples)

    async def feed() -> None:
        at = 0
        for size in sizes:
            await session.feed(data[at : at + size])
            at += size
        await session.feed(data[at:])
        await session.end()

    events: list[ListenEvent] = []
    async with task_group() as tasks:
        tasks.start_soon(feed)
        events.extend([event async for event in session])
    return events


async def hear(
    house: Room, samples: Samples, sizes: Sequence[int] = (), **fields: object
) -> list[ListenEvent]:
    """All events of a session of its own."""
    async with listening(house) as pipeline, pipeline.open(asked(**fields)) as session:
        return await all_events(session, samples, sizes)


def finals(events: Sequence[ListenEvent]) -> list[Transcript]:
    """The final transcripts."""
    return [event for event in events if isinstance(event, Transcript) and event.final]


def partials(events: Sequence[ListenEvent]) -> list[Transcript]:
    """The others."""
    return [event for event in events if isinstance(event, Transcript) and not event.final]


def chunks(samples: Samples, frames: int = LISTENING_RATE // 2) -> Iterator[AudioChunk]:
    """A recording as it is decoded."""
    for at in range(0, len(samples), frames):
        yield AudioChunk(samples[at : at + frames], LISTENING_RATE, at)


async def until(holds: Callable[[], bool]) -> None:
    """Waits for something that threads bring about."""
    with anyio.fail_after(30):
        while not holds():  # noqa: ASYNC110  # there is no event for it
            await anyio.sleep(0.002)
