"""uvicorn's socket protocol, with an orderly end, and with patience for a client that is made to wait."""

from __future__ import annotations

from asyncio import BaseTransport
from socket import SO_RCVBUF, SOL_SOCKET

import anyio
from starlette.requests import HTTPConnection
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from firstword.server.auth import offered_subprotocols

RECEIVED_BYTES = 131_072
"""Four seconds of 16 kHz pcm."""
DRAIN = "firstword.drain"
"""Where in a socket's scope its `Drain` stands."""
SUBPROTOCOLS = ("firstword", "realtime")
"""The ones we select; a key that is offered as one is never repeated."""


class Drain:
    """Tells a socket's session that the server goes down, if it wants to end by itself."""

    def __init__(self) -> None:
        self._began = anyio.Event()
        self._heeded = False

    async def wait(self) -> None:
        """Until the server goes down. Whoever has ever waited closes the socket itself, soon after."""
        self._heeded = True
        await self._began.wait()

    def begin(self) -> bool:
        """Whether a session heeds it; else the socket is to be closed now."""
        self._began.set()
        return self._heeded


def drain_of(connection: HTTPConnection) -> Drain:
    """A socket's; one that never begins where somebody else's server runs us."""
    found: Drain = connection.scope.get(DRAIN) or Drain()
    return found


def subprotocol(connection: HTTPConnection) -> str | None:
    """The one to be selected."""
    offered = offered_subprotocols(connection)
    return next((name for name in SUBPROTOCOLS if name in offered), None)


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, which closes every socket at once when the server goes down."""

    _drain: Drain | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Bounds what the kernel takes in while nobody reads.

        Its own choice grows to megabytes, minutes of speech: a ping of the client would stand behind them
        for longer than the client waits for its answer.
        """
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(SOL_SOCKET, SO_RCVBUF, RECEIVED_BYTES)

    async def run_asgi(self) -> None:
        """Runs the application, which finds the drain in its scope."""
        self._drain = Drain()
        scope: dict[str, object] = self.scope  # type: ignore[assignment]  # a TypedDict, open in fact
        scope[DRAIN] = self._drain
        await super().run_asgi()

    def shutdown(self) -> None:
        """Lets a session that listens for it write down what it heard, and closes the others with 1012."""
        if self._drain is None or self.close_sent or not self._drain.begin():
            super().shutdown()

    def keepalive_timeout(self) -> None:
        """A client that we do not read, so that it waits, cannot answer a ping either."""
        if not self.read_paused:
            super().keepalive_timeout()
            return
        self.pong_timer = None
        self.pending_ping_payload = None
        self.schedule_ping()
