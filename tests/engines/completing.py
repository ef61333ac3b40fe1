"""A server of completions that behaves as it is told, and notes what it was asked, and that it was left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

HEAD = "HTTP/1.1 {status} X\r\nContent-Type: {media}\r\n{more}Transfer-Encoding: chunked\r\n\r\n"


@dataclass(slots=True)
class Asked:
    """One request, and the connection that it came by."""

    headers: Mapping[str, str]
    body: Mapping[str, Any]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """The client has hung up."""

    async def begin(self, status: int = 200, media: str = "text/event-stream", more: str = "") -> None:
        """The head of an answer."""
        self.writer.write(HEAD.format(status=status, media=media, more=more).encode())
        await self.writer.drain()

    async def send(self, data: bytes) -> None:
        """A piece of the body."""
        self.writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        await self.writer.drain()

    async def say(self, **event: Any) -> None:
        """An event."""
        await self.send(b"data: " + json.dumps(event).encode() + b"\n\n")

    async def delta(self, finish_reason: str | None = None, **delta: Any) -> None:
        """A chunk of an answer."""
        await self.say(choices=[{"index": 0, "delta": delta, "finish_reason": finish_reason}])

    async def end(self) -> None:
        """The end of the body."""
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def all_well(self, text: str) -> None:
        """A whole answer, a word at a time."""
        await self.begin()
        await self.delta(role="assistant", content=None)
        for word in text.split(" "):
            await self.delta(content=f"{word} ")
        await self.delta("stop")
        await self.say(choices=[], usage={"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10})
        await self.send(b"data: [DONE]\n\n")
        await self.end()


Behaviour = Callable[[Asked], Awaitable[None]]


@dataclass(slots=True)
class Double:
    """The server."""

    url: str
    asked: list[Asked]
    connections: list[asyncio.Task[None]]


@asynccontextmanager
async def serving(behaviour: Behaviour) -> AsyncIterator[Double]:
    """Serves every request of every connection by `behaviour`, until the context ends."""
    double = Double("", [], [])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        double.connections.append(task)
        try:
            while head := await _head(reader):
                asked = Asked(
                    head, json.loads(await reader.readexactly(int(head["content-length"]))), reader, writer
                )
                double.asked.append(asked)
                await _watched(asked, behaviour)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    double.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield double
    finally:
        server.close()
        for task in double.connections:
            task.cancel()
        await asyncio.gather(*double.connections, return_exceptions=True)


async def _head(reader: asyncio.StreamReader) -> dict[str, str]:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    except asyncio.IncompleteReadError:
        return {}
    fields = (line.partition(":") for line in lines[1:] if line)
    return {"request": lines[0], **{name.lower(): value.strip() for name, _, value in fields}}


async def _watched(asked: Asked, behaviour: Behaviour) -> None:
    """Runs `behaviour` until it is done, or the client hangs up, which ends it."""
    work = asyncio.ensure_future(behaviour(asked))
    hung_up = asyncio.ensure_future(_hung_up(asked))
    try:
        await asyncio.wait({work, hung_up}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (work, hung_up):
            task.cancel()
        results = await asyncio.gather(work, hung_up, return_exceptions=True)
    if isinstance(results[0], Exception):
        raise results[0]


async def _hung_up(asked: Asked) -> None:
    while not asked.reader.at_eof() and asked.reader.exception() is None:  # noqa: ASYNC110  # a stream's end
        await asyncio.sleep(0.002)
    asked.left.set()
