"""Text goes out as it is written, speech comes back as it is made: `WS /v1/audio/speech/stream`."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from firstword.client.asking.connection import Connection
from firstword.client.asking.events import SpeechAudio, SpeechDone, SpeechEvent, SpeechStarted, speech_event
from firstword.client.asking.iterating import in_turn
from firstword.client.asking.sockets import Socket, open_socket
from firstword.client.asking.spoken import Spoken
from firstword.core.concurrency import task_group
from firstword.core.errors import FirstwordError

PATH = "/v1/audio/speech/stream"
MESSAGE_CHARS = 4_096
"""A longer text is sent in several messages."""

Text = Iterable[str] | AsyncIterable[str]


class SpeechStream(Spoken[SpeechEvent]):
    """A session: text goes in, speech comes out, in the same or in different tasks.

    Iterating over it gives its events until all has been said.

    Args:
        socket: on which the first message has been sent.
        media_type: of the audio; empty where the audio tells it itself.
    """

    def __init__(self, socket: Socket, media_type: str) -> None:
        super().__init__(self._heard(), media_type)
        self._socket = socket
        self.started: SpeechStarted | None = None
        """What the audio is, once it has begun."""

    async def write(self, text: str) -> None:
        """Sends more of the text, cut anywhere; waits while too much of it is unspoken.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        for at in range(0, len(text), MESSAGE_CHARS):
            await self._socket.send({"text": text[at : at + MESSAGE_CHARS]})

    async def flush(self) -> None:
        """Has spoken what there is now, though its sentence may not be at its end.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        await self._socket.send({"flush": True})

    async def cancel(self) -> None:
        """Drops what is unspoken; the session goes on.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        await self._socket.send({"cancel": True})

    async def end(self) -> None:
        """Says that the text is at its end: the rest is spoken, then the session ends.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        await self._socket.send({"done": True})

    async def aclose(self) -> None:
        """Breaks the session off: nothing more is spoken, and whoever reads it is told so."""
        self._socket.abort()

    async def _heard(self) -> AsyncIterator[SpeechEvent]:
        while True:
            message = await self._socket.receive(may_end=False)
            if isinstance(message, bytes):
                yield SpeechAudio(message)
                continue
            if message and message.get("type") == "error":
                raise await self._socket.failure(message.get("error"))
            event = speech_event(message) if message else None
            if isinstance(event, SpeechStarted):
                self.started = event
            if event is not None:
                yield event
            if isinstance(event, SpeechDone):
                return

    async def _feed(self, text: Text) -> None:
        """Sends all of it. A session that is over says why to whoever reads."""
        with suppress(FirstwordError):
            async for piece in in_turn(text):
                await self.write(piece)
            await self.end()


@asynccontextmanager
async def speech_stream(
    server: Connection, start: Mapping[str, Any], *, media_type: str, text: Text | None = None
) -> AsyncIterator[SpeechStream]:
    """Opens a session; leaving ends it, whatever is still to come.

    Args:
        server: where, and with which key.
        start: a speech request without its text.
        media_type: of the audio; empty where the audio tells it itself.
        text: is written by the session itself, which then ends; None: the caller writes.

    Raises:
        FirstwordError: the server refused the connection, or cannot be reached.
    """
    connecting = open_socket(server, PATH, start, purpose="text as it is written")
    async with connecting as socket, task_group() as feeding:
        session = SpeechStream(socket, media_type)
        if text is not None:
            feeding.start_soon(session._feed, text)
        yield session
        feeding.cancel_scope.cancel()
