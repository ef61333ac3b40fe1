"""The recordings of a conversation become its words, each heard once.

A client sends the whole conversation with every turn, its recordings included. What was heard is kept for a
while under the digest of the recording, so that a turn late in it costs no more than its own words.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

import anyio

from firstword.core.concurrency import task_group
from firstword.core.errors import RequestError
from firstword.core.transcripts import ListenEvent, TranscribeRequest, Transcript
from firstword.core.types import AudioChunk

AT_ONCE = 2
"""Recordings of one request that are heard at the same time."""
MOST_KEPT = 512
"""Recordings whose words are kept; beyond that those go that were asked for longest ago."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A part of a message that was spoken."""

    open: Callable[[], Iterator[AudioChunk]]
    """Begins to decode it; blocking."""
    digest: bytes
    """The same for the same recording, and for no other."""
    field: str
    """Where it stands in the request."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said in a recording."""

    text: str
    audio_ms: float


class Hearing(Protocol):
    """A transcription under way."""

    def __aiter__(self) -> AsyncIterator[ListenEvent]:
        """Final transcripts in order, then the end."""
        ...


Listen = Callable[[TranscribeRequest, Iterator[AudioChunk]], AbstractAsyncContextManager[Hearing]]


class Recordings:
    """Hears the recordings of conversations.

    Args:
        listen: starts a transcription.
        most_kept: recordings whose words are kept.
    """

    def __init__(self, listen: Listen, *, most_kept: int = MOST_KEPT) -> None:
        self._listen = listen
        self._most_kept = most_kept
        self._kept: OrderedDict[tuple[bytes, str, str | None], Heard] = OrderedDict()

    async def hear(self, recordings: Sequence[Recording], request: TranscribeRequest) -> list[Heard]:
        """What was said in each, in their order.

        Raises:
            RequestError: one cannot be read; `param` names it.
            CapacityError: a model is not ready.
            EngineError: a model failed.

        Cancellation: reaches the models within one step.
        """
        heard: list[Heard] = [Heard("", 0.0)] * len(recordings)
        places = anyio.Semaphore(AT_ONCE)

        async def hear(number: int) -> None:
            async with places:
                heard[number] = await self._hear(recordings[number], request)

        async with task_group() as tasks:
            for number in range(len(recordings)):
                tasks.start_soon(hear, number)
        return heard

    async def _hear(self, recording: Recording, request: TranscribeRequest) -> Heard:
        key = (recording.digest, request.model, request.language)
        if (kept := self._kept.get(key)) is None:
            kept = self._kept[key] = await self._transcribe(recording, request)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most_kept:
            self._kept.popitem(last=False)
        return kept

    async def _transcribe(self, recording: Recording, request: TranscribeRequest) -> Heard:
        texts: list[str] = []
        audio_ms = 0.0
        try:
            async with self._listen(request, _chunks(recording)) as transcription:
                async for event in transcription:
                    if isinstance(event, Transcript):
                        texts.append(event.text.strip())
                    else:
                        audio_ms = event.heard.audio_in_ms
        except RequestError as failure:
            failure.param = recording.field
            raise
        return Heard(" ".join(texts), audio_ms)


def _chunks(recording: Recording) -> Iterator[AudioChunk]:
    """Opens it where it is read: on a worker."""
    yield from recording.open()
