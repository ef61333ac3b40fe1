"""A socket to a speech server: JSON and bytes both ways, and whatever goes wrong, in our own words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedError,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
)

from firstword.client.asking.connection import CONNECT_S, Connection, reason, refuse_failure, told
from firstword.core.errors import EngineError, FirstwordError, InvalidRequest

CLOSING_S = 5.0
"""How long the close may take that follows an error."""
STATUSES = {1009: 413, 1012: 503, 1013: 503}
"""Close codes -> the status that means the same; 4400 and so on are 400 and so on. Source: docs/errors.md."""


class Socket:
    """A connection that has been made.

    Args:
        socket: it.
        url: the server's address, for messages.
    """

    def __init__(self, socket: ClientConnection, url: str) -> None:
        self._socket = socket
        self._url = url

    async def send(self, message: bytes | Mapping[str, Any]) -> None:
        """Sends bytes, or an object as JSON; waits while the server wants none.

        Raises:
            EngineError: the connection is over; `receive` says why.
        """
        try:
            await self._socket.send(message if isinstance(message, bytes) else json.dumps(message))
        except ConnectionClosed as closed:
            raise self._broken() from closed

    async def receive(self, *, may_end: bool) -> bytes | dict[str, Any] | None:
        """The next message; None where there will be none, as it may be.

        Args:
            may_end: whether the server has reason to close.

        Raises:
            EngineError: the connection broke off, or brought something else.
        """
        try:
            raw = await self._socket.recv()
        except ConnectionClosedError as closed:
            raise self._broken() from closed
        except ConnectionClosed as closed:
            if not may_end:
                raise self._broken() from closed
            return None
        if isinstance(raw, bytes):
            return raw
        try:
            message = json.loads(raw)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise EngineError(f"{self._url} sent something that is no JSON object.")
        return message

    async def passed(self) -> None:
        """Returns when the server has received everything that was sent before.

        Raises:
            EngineError: the connection is over.
        """
        try:
            await (await self._socket.ping())
        except ConnectionClosed as closed:
            raise self._broken() from closed

    def abort(self) -> None:
        """Breaks the connection off, without a goodbye."""
        self._socket.transport.abort()

    async def failure(self, error: object) -> FirstwordError:
        """What the server says is wrong; what kind of wrong is in the close code that follows."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._socket.wait_closed(), CLOSING_S)
        return told(error, _status(self._socket.close_code)) or EngineError(f"{self._url}: {error}")

    def _broken(self) -> EngineError:
        reason = f" ({self._socket.close_reason})" if self._socket.close_reason else ""
        return EngineError(f"The server at {self._url} broke off{reason}.", code="incomplete")


@asynccontextmanager
async def open_socket(
    server: Connection, path: str, start: Mapping[str, Any], *, purpose: str
) -> AsyncIterator[Socket]:
    """Connects, and sends the first message; leaving closes.

    Args:
        server: where, and with which key.
        path: as in `Connection.get`, with a query where there is one.
        start: the first message; fields that are None are left out.
        purpose: what the socket is for, for messages.

    Raises:
        InvalidRequest: the URL is not one of a server.
        RequestError: the server refused the connection.
        EngineError: nobody answers.
    """
    headers = {"Authorization": f"Bearer {server.api_key}"} if server.api_key else {}
    with _translated(server, path, purpose):
        socket = await connect(
            f"ws{server.root.removeprefix('http')}{path}",
            additional_headers=headers,
            compression=None,  # audio does not get smaller
            proxy=None if server.on_this_machine else True,
            open_timeout=CONNECT_S,
            ping_timeout=None,  # a server that makes us wait does not read our pings either
        )
    async with socket:
        opened = Socket(socket, server.root)
        try:
            with suppress(EngineError):  # a refusal, which `receive` raises
                await opened.send({name: value for name, value in start.items() if value is not None})
            yield opened
        except BaseException:  # whoever is cancelled cannot wait for the other side to say goodbye
            opened.abort()
            raise


def _status(close_code: int | None) -> int:
    code = close_code or 1011
    return code - 4000 if 4400 <= code < 4500 else STATUSES.get(code, 500)


@contextmanager
def _translated(server: Connection, path: str, purpose: str) -> Generator[None]:
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
                request=httpx2.Request("GET", server.root + path),
            )
        )
        raise EngineError(f"{server.root} has no socket for {purpose}.") from failure
    except (InvalidURI, ValueError) as failure:
        raise InvalidRequest(
            f"{server.url!r} is no server's address; it should look like http://127.0.0.1:8000."
        ) from failure
    except InvalidHandshake as failure:
        raise EngineError(f"{server.root} has no socket for {purpose} ({failure}).") from failure
    except TimeoutError as failure:
        raise EngineError(f"The server at {server.root} took too long to answer.", code="unreachable") from (
            failure
        )
    except (OSError, EOFError) as failure:
        raise EngineError(
            f"Nothing answers at {server.root} ({reason(failure)}). Is the server running?",
            code="unreachable",
        ) from failure
