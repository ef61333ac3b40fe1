"""Streams of typed events with audio among them: what speech and chats are answered with."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Mapping
from inspect import isawaitable
from typing import Any, Generic, TypeVar

from firstword.client.asking.events import (
    ChatAudio,
    ChatEvent,
    ChatEvents,
    SpeechAudio,
    SpeechDone,
    SpeechEvent,
    broke_off,
    speech_event,
)
from firstword.client.asking.sse import events_async

RATE = 24_000
"""Hz of pcm, where nothing else is asked for."""

E = TypeVar("E")
OnEvent = Callable[[Any], object]
"""Called in the event loop, in order; what it gives is awaited, if it can be."""


class Audio:
    """The audio alone of a stream of events: bytes, to be played or saved.

    Args:
        events: read as far as the audio is.
        media_type: what the bytes are; empty where they tell it themselves.
        on_event: gets all events but those with audio.
    """

    def __init__(self, events: Spoken[Any], media_type: str, on_event: OnEvent | None) -> None:
        self._events = events
        self._on_event = on_event
        self.headers: Mapping[str, str] = {"content-type": media_type}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for event in self._events:
            if isinstance(event, SpeechAudio | ChatAudio):
                yield event.data
            elif self._on_event and isawaitable(answer := self._on_event(event)):
                await answer

    async def aclose(self) -> None:
        """Ends it, on the server as well; for the task that has read it."""
        await self._events.aclose()


class Spoken(Generic[E]):
    """An answer as it is made: iterating over it gives its events, once.

    Args:
        events: of the answer.
        media_type: of its audio; empty where the audio tells it itself.
    """

    def __init__(self, events: AsyncIterator[E], media_type: str) -> None:
        self._events = events
        self.media_type = media_type

    @property
    def headers(self) -> Mapping[str, str]:
        """What a player looks at."""
        return {"content-type": self.media_type}

    def __aiter__(self) -> AsyncIterator[E]:
        return self._events

    async def aclose(self) -> None:
        """Ends it, on the server as well; for the task that has read it."""
        if isinstance(self._events, AsyncGenerator):
            await self._events.aclose()

    def audio(self, on_event: OnEvent | None = None) -> Audio:
        """The audio alone, for `play` and `save_async`.

        Args:
            on_event: gets all other events, when they come.
        """
        return Audio(self, self.media_type, on_event)


def pcm_type(response_format: str, extensions: Mapping[str, Any]) -> str:
    """The media type of a format that does not tell itself what it is; empty for the others."""
    if response_format not in ("pcm", "pcm16"):
        return ""
    rate = extensions.get("sr") or extensions.get("sample_rate") or RATE
    kind = {"mulaw": "PCMU", "alaw": "PCMA"}.get(extensions.get("encoding") or "", "pcm")
    return f"audio/{kind}; rate={rate}; channels=1"


async def speech_events(body: AsyncIterable[bytes]) -> AsyncIterator[SpeechEvent]:
    """Speech that comes as server-sent events.

    Raises:
        FirstwordError: it failed, or broke off.
    """
    async for message in events_async(body):
        event = speech_event(message) if message else None
        if event is not None:
            yield event
        if isinstance(event, SpeechDone):
            return
    raise broke_off()


async def audio_events(body: AsyncIterable[bytes]) -> AsyncIterator[SpeechEvent]:
    """Speech that comes as it is."""
    async for data in body:
        yield SpeechAudio(data)


async def chat_events(body: AsyncIterable[bytes]) -> AsyncIterator[ChatEvent]:
    """A chat's answer.

    Raises:
        FirstwordError: it failed, or broke off.
    """
    answer = ChatEvents()
    async for chunk in events_async(body):
        if chunk is None:
            yield answer.done()
            return
        for event in answer.of(chunk):
            yield event
    raise broke_off()
