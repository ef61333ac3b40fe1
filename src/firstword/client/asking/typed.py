"""A chat of OpenAI's SDK, as typed events: its own types do not know the audio of a stream."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from firstword.client.asking.events import ChatEvent, ChatEvents


def typed_chat(chunks: Iterable[object]) -> Iterator[ChatEvent]:
    """The events of a streamed answer; `ChatDone` is the last.

    Args:
        chunks: what `client.chat.completions.create(stream=True, ...)` gives, or the same as JSON has it.

    Raises:
        FirstwordError: a chunk tells of a failure. The SDK raises its own.
    """
    answer = ChatEvents()
    for chunk in chunks:
        yield from answer.of(_plain(chunk))
    yield answer.done()


async def typed_chat_async(chunks: AsyncIterable[object]) -> AsyncIterator[ChatEvent]:
    """The same of `AsyncOpenAI`."""
    answer = ChatEvents()
    async for chunk in chunks:
        for event in answer.of(_plain(chunk)):
            yield event
    yield answer.done()


def _plain(chunk: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = chunk if isinstance(chunk, Mapping) else chunk.model_dump()
    return found
