"""Speech over a socket: audio goes out while it is spoken, text comes back meanwhile.

The socket of `WS /v1/audio/transcriptions-realtime`, on firstword and on any server that speaks the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from firstword.client.asking.connection import Connection
from firstword.client.asking.sockets import Socket, open_socket
from firstword.core.errors import EngineError
from firstword.core.transcripts import Transcript, Word

PATH = "/v1/audio/transcriptions-realtime"
KINDS = {"PartialTranscript": False, "FinalTranscript": True}
"""Messages that carry text -> whether it is final."""


class Dictation:
    """A session: audio goes in, transcripts come out, in the same or in different tasks.

    Iterating over it gives every transcript, the open ones and the final ones, until the session has ended.
    """

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._ended = False

    async def send(self, audio: bytes) -> None:
        """Sends the next audio, cut anywhere; waits while the server wants none.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        await self._socket.send(audio)

    async def flush(self) -> None:
        """Asks for a final of what was said so far; the session goes on. Only firstword knows this.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        await self._socket.send({"flush": True})

    async def end(self) -> None:
        """Says that there is no more audio: the last final comes, then the session ends.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        self._ended = True
        await self._socket.send({"done": True})

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        """The transcripts in order.

        Raises:
            FirstwordError: the server refused the session, or ended it before it was told to.
        """
        while (message := await self._socket.receive(may_end=self._ended)) is not None:
            if isinstance(message, bytes):
                raise EngineError("The server sent audio where text was expected.")
            kind = message.get("message_type")
            if kind == "Error":
                raise await self._socket.failure(message.get("error"))
            if kind in KINDS:
                yield _transcript(message, final=KINDS[kind])

    async def finals(self) -> AsyncIterator[Transcript]:
        """Only those that will not change any more."""
        async for transcript in self:
            if transcript.final:
                yield transcript

    def abort(self) -> None:
        """Breaks the session off, without a goodbye."""
        self._socket.abort()

    async def passed(self) -> None:
        """Returns when the server has received all audio that was sent before.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        await self._socket.passed()


@asynccontextmanager
async def dictation(
    base_url: str,
    *,
    model: str,
    sample_rate: int,
    encoding: str | None = None,
    language: str | None = None,
    options: Mapping[str, Any] | None = None,
    api_key: str | None = None,
) -> AsyncIterator[Dictation]:
    """Opens a session; leaving ends it, whatever is still to come.

    Args:
        base_url: the server's address, with or without `/v1`.
        model: a recognizer of the server.
        sample_rate: Hz, of the audio that will be sent.
        encoding: how it is written; None for the server's default, 16-bit samples of one channel.
        language: BCP 47; None: the model finds out.
        options: further fields of the first message, which only firstword knows.
        api_key: sent as a Bearer.

    Raises:
        InvalidRequest: the URL is not one of a server.
        RequestError: the server refused the connection.
        EngineError: nobody answers.
    """
    fields = {"sample_rate": sample_rate, "encoding": encoding, "language": language, **(options or {})}
    path = f"{PATH}?model={quote(model, safe='')}"
    async with open_socket(Connection(base_url, api_key), path, fields, purpose="live speech") as socket:
        yield Dictation(socket)


def _transcript(message: Mapping[str, Any], *, final: bool) -> Transcript:
    """As a server tells it; what it leaves out is not known."""
    words = tuple(
        Word(
            text=str(word.get("text", "")),
            start_ms=float(word.get("start") or 0),
            end_ms=float(word.get("end") or 0),
            confidence=word.get("confidence"),
        )
        for word in message.get("words") or ()
    )
    return Transcript(
        text=str(message.get("text") or ""),
        start_ms=float(message.get("audio_start") or 0),
        end_ms=float(message.get("audio_end") or 0),
        final=final,
        words=words,
        stable_words=message.get("stable_words") or (len(words) if final else 0),
        confidence=message.get("confidence"),
        language=message.get("language"),
        lag_ms=float(message.get("lag_ms") or 0),
        interrupted=message.get("interrupted") is True,
    )
