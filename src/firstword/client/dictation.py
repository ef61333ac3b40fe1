"""Speech over a socket: audio goes out while it is spoken, text comes back meanwhile.

The socket of `WS /v1/audio/transcriptions-realtime`, on firstword and on any server that speaks the same.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any
from urllib.parse import quote

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedError,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
)

from firstword.client.connection import CONNECT_S, Connection, refuse_failure, told
from firstword.core.errors import EngineError, FirstwordError, InvalidRequest
from firstword.core.transcripts import Transcript, Word

CLOSING_S = 5.0
"""How long the close may take that follows an error."""
PATH = "/v1/audio/transcriptions-realtime"
KINDS = {"PartialTranscript": False, "FinalTranscript": True}
"""Messages that carry text -> whether it is final."""
STATUSES = {1009: 413, 1012: 503, 1013: 503}
"""Close codes -> the status that means the same; 4400 and so on are 400 and so on. Source: docs/errors.md."""


class Dictation:
    """A session: audio goes in, transcripts come out, in the same or in different tasks.

    Iterating over it gives every transcript, the open ones and the final ones, until the session has ended.
    """

    def __init__(self, socket: ClientConnection, url: str) -> None:
        self._socket = socket
        self._url = url
        self._ended = False

    async def send(self, audio: bytes) -> None:
        """Sends the next audio, cut anywhere; waits while the server wants none.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        await self._send(audio)

    async def flush(self) -> None:
        """Asks for a final of what was said so far; the session goes on. Only firstword knows this.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        await self._send('{"flush": true}')

    async def end(self) -> None:
        """Says that there is no more audio: the last final comes, then the session ends.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        self._ended = True
        await self._send('{"done": true}')

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        """The transcripts in order.

        Raises:
            FirstwordError: the server refused the session, or ended it before it was told to.
        """
        while (message := await self._next()) is not None:
            kind = message.get("message_type")
            if kind == "Error":
                raise await self._failure(message)
            if kind in KINDS:
                yield _transcript(message, final=KINDS[kind])

    async def finals(self) -> AsyncIterator[Transcript]:
        """Only those that will not change any more."""
        async for transcript in self:
            if transcript.final:
                yield transcript

    async def _send(self, message: bytes | str) -> None:
        try:
            await self._socket.send(message)
        except ConnectionClosed as closed:
            raise self._broken() from closed

    async def _next(self) -> dict[str, Any] | None:
        """The next message; None where there will be none, as it should be."""
        try:
            raw = await self._socket.recv()
        except ConnectionClosedError as closed:
            raise self._broken() from closed
        except ConnectionClosed as closed:
            if not self._ended:
                raise self._broken() from closed
            return None
        try:
            message = json.loads(raw)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise EngineError(f"{self._url} sent something that is no JSON object.")
        return message

    async def _failure(self, message: Mapping[str, Any]) -> FirstwordError:
        """What the server says is wrong; what kind of wrong is in the close code that follows."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._socket.wait_closed(), CLOSING_S)
        error = message.get("error")
        return told(error, _status(self._socket.close_code)) or EngineError(f"{self._url}: {error}")

    def _broken(self) -> EngineError:
        reason = f" ({self._socket.close_reason})" if self._socket.close_reason else ""
        return EngineError(f"The server at {self._url} broke off{reason}.", code="incomplete")


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
    server = Connection(base_url, api_key)
    url = server.root + PATH
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    with _translated(server):
        socket = await connect(
            f"ws{url.removeprefix('http')}?model={quote(model, safe='')}",
            additional_headers=headers,
            compression=None,  # audio does not get smaller
            proxy=None if server.on_this_machine else True,
            open_timeout=CONNECT_S,
            ping_timeout=None,  # a server that makes us wait does not read our pings either
        )
    async with socket:
        session = Dictation(socket, server.root)
        start = json.dumps({name: value for name, value in fields.items() if value is not None})
        with suppress(ConnectionClosed):  # a refusal, which the iteration raises
            await socket.send(start)
        yield session


def _status(close_code: int | None) -> int:
    code = close_code or 1011
    return code - 4000 if 4400 <= code < 4500 else STATUSES.get(code, 500)


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
    )


@contextmanager
def _translated(server: Connection) -> Generator[None]:
    """Failures of the handshake, in our own words.

    Raises:
        FirstwordError: always in place of what the library raised.
    """
    try:
        yield
    except InvalidStatus as failure:
        answer = failure.response
        refuse_failure(
            httpx2.Response(
                answer.status_code,
                headers=list(answer.headers.raw_items()),
                content=bytes(answer.body),
                request=httpx2.Request("GET", server.root + PATH),
            )
        )
        raise EngineError(f"{server.root} has no socket for live speech.") from failure
    except (InvalidURI, ValueError) as failure:
        raise InvalidRequest(
            f"{server.url!r} is no server's address; it should look like http://127.0.0.1:8000."
        ) from failure
    except InvalidHandshake as failure:
        raise EngineError(f"{server.root} has no socket for live speech ({failure}).") from failure
    except TimeoutError as failure:
        raise EngineError(f"The server at {server.root} took too long to answer.", code="unreachable") from (
            failure
        )
    except OSError as failure:
        reason = (os.strerror(failure.errno) if failure.errno else str(failure)).lower()
        raise EngineError(
            f"Nothing answers at {server.root} ({reason}). Is the server running?", code="unreachable"
        ) from failure
