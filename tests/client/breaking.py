"""A way to a server that breaks off when a test says so."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

RESET = struct.pack("ii", 1, 0)
"""Makes a close into a reset: whoever is at the other end gets nothing more, and no goodbye."""


@dataclass
class Cut:
    """When a connection breaks: after so many bytes in one direction."""

    up: int | None = None
    """Of the client."""
    down: int | None = None
    """Of the server."""
    silently: bool = False
    """Nobody is told: what comes later is swallowed."""


@dataclass
class Way:
    """Passes bytes on between clients and a server.

    Args:
        port: where the server listens.
        cuts: for one connection after the other; those after the last are left whole.
    """

    port: int
    cuts: Sequence[Cut] = ()
    connections: int = 0
    closed: bool = False
    """Nobody is let in any more."""
    turned_away: int = 0
    url: str = ""
    _open: int = 0
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def cut(self) -> None:
        """Breaks all connections, now."""
        for writer in self._writers:
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        self._writers.clear()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._open += 1
        self._ended.clear()
        ends = [writer]
        try:
            if self.closed:
                self.turned_away += 1
                return
            cut = self.cuts[self.connections] if self.connections < len(self.cuts) else Cut()
            self.connections += 1
            there, onward = await asyncio.open_connection("127.0.0.1", self.port)
            ends.append(onward)
            self._writers += ends
            await asyncio.gather(
                self._copy(reader, onward, cut.up, cut.silently),
                self._copy(there, writer, cut.down, cut.silently),
            )
        finally:
            await _gone(ends)
            self._open -= 1
            if not self._open:
                self._ended.set()

    async def ended(self) -> None:
        """Returns when no connection is open."""
        await self._ended.wait()

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        left: int | None,
        silently: bool,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(1_024):
                if left is not None:
                    data, left = data[: max(0, left)], left - len(data)
                writer.write(data)
                await writer.drain()
                if left is not None and left <= 0 and not silently:
                    self.cut()
                    return
        writer.close()


async def _gone(writers: Sequence[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def way_to(port: int, *cuts: Cut) -> AsyncIterator[Way]:
    """Opens one."""
    way = Way(port, cuts)
    server = await asyncio.start_server(way.pass_on, "127.0.0.1", 0)
    way.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield way
    finally:
        server.close()
        way.cut()
        if way.connections or way.turned_away:
            await way.ended()
