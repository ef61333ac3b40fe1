"""The client: asks for a completion, and gives it as it comes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

import anyio
import httpx2

from firstword.core.conversation import ChatDelta
from firstword.core.protocols import Stage
from firstword.engines.upstream.answer import AnswerReader
from firstword.engines.upstream.endpoint import Endpoint
from firstword.engines.upstream.events import Event, EventReader
from firstword.engines.upstream.refusals import failed_midway, refusal, translated

CONNECT_S = 10.0
IDLE_S = 60.0
"""How long a connection to another machine is kept for the next answer."""
KEPT = 20
"""So many of them."""
LAST_BYTES_S = 0.2
"""How long the end of an answer that is complete is waited for, so that its connection can be kept."""
REFUSAL_BYTES = 65_536
"""Of a refusal; the rest is not read."""
WHOLE_BYTES = 4_000_000
"""Of an answer that does not stream."""


class Completions:
    """Asks servers, over connections of its own; for one event loop at a time, the one that asks.

    Args:
        silence_s: how long a server may say nothing, before its answer and in it.
        local: whether they are on this machine: then no connection is kept, and no proxy asked.
        secure: whether any of them is asked by HTTPS.
    """

    def __init__(self, *, silence_s: float, local: bool, secure: bool) -> None:
        self._silence_s = silence_s
        self._local = local
        self._secure = secure
        self._client: httpx2.AsyncClient | None = self._new()  # takes its time here, and not a request's
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def ask(
        self,
        endpoint: Endpoint,
        body: Mapping[str, Any],
        through: Stage[ChatDelta, ChatDelta] | None = None,
    ) -> AsyncIterator[AsyncIterator[ChatDelta]]:
        """An answer; entering takes until the server has accepted, leaving closes the connection.

        Args:
            endpoint: who is asked.
            body: what, as JSON.
            through: what each delta goes through.

        Raises:
            FirstwordError: as `core.protocols.ChatEngine` says, from entering or from the iterator.
        """
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if endpoint.api_key:
            headers["Authorization"] = f"Bearer {endpoint.api_key}"
        async with AsyncExitStack() as stack:
            with translated(endpoint, self._silence_s):
                response = await stack.enter_async_context(
                    self._here().stream("POST", endpoint.completions, json=body, headers=headers)
                )
                await _refuse_failure(endpoint, response)
            yield await stack.enter_async_context(aclosing(self._deltas(endpoint, response, through)))

    def close(self) -> None:
        """Lets go of the connections, in the background of the loop that they belong to."""
        client, loop, self._client, self._loop = self._client, self._loop, None, None
        if client is None or loop is None or not loop.is_running():
            return

        def begin() -> None:
            self._closing = loop.create_task(client.aclose())

        loop.call_soon_threadsafe(begin)

    def _here(self) -> httpx2.AsyncClient:
        """The client, which becomes the running loop's; another loop gets another."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop not in (None, loop):
            self._client = self._new()
        self._loop = loop
        return self._client

    def _new(self) -> httpx2.AsyncClient:
        # Who may ask is decided before, so that the pool is no second queue.
        limits = httpx2.Limits(
            max_connections=None,
            max_keepalive_connections=0 if self._local else KEPT,
            keepalive_expiry=IDLE_S,
        )
        return httpx2.AsyncClient(
            timeout=httpx2.Timeout(self._silence_s, connect=CONNECT_S),
            limits=limits,
            verify=self._secure,  # certificates take 20 ms to load
            trust_env=not self._local,
        )

    async def _deltas(
        self,
        endpoint: Endpoint,
        response: httpx2.Response,
        through: Stage[ChatDelta, ChatDelta] | None,
    ) -> AsyncGenerator[ChatDelta]:
        answer = AnswerReader()
        with translated(endpoint, self._silence_s):
            async with aclosing(_chunks(response, answer)) as chunks:
                async for chunk in chunks:
                    if error := chunk.get("error"):
                        raise failed_midway(endpoint, error)
                    for delta in answer.read(chunk):
                        for made in (delta,) if through is None else through.feed(delta):
                            yield made
            for made in (answer.end(),) if through is None else through.feed(answer.end()):
                yield made


async def _chunks(response: httpx2.Response, answer: AnswerReader) -> AsyncGenerator[Mapping[str, Any]]:
    """The objects of a body, until it says that it is done, or ends after the answer has.

    Raises:
        httpx2.HTTPError: it broke off before.
        ValueError: it ended before, or is none.
    """
    async with aclosing(response.aiter_bytes()) as pieces:
        if "json" in response.headers.get("content-type", ""):
            yield json.loads(await _bounded(pieces, WHOLE_BYTES))
            return
        try:
            async with aclosing(_events(pieces)) as events:
                async for event in events:
                    if event is None:
                        return
                    yield event
        except (httpx2.RemoteProtocolError, httpx2.ReadError):
            if not answer.finished:
                raise
    if not answer.finished:
        raise ValueError("it ended in the middle of the answer")


async def _events(pieces: AsyncIterator[bytes]) -> AsyncGenerator[Event]:
    reader = EventReader()
    async for piece in pieces:
        for event in reader.feed(piece):
            if event is None:
                await _last(pieces)
            yield event
    for event in reader.flush():
        yield event


async def _last(pieces: AsyncIterator[bytes]) -> None:
    """Reads on to the end of the body, which has nothing more to say."""
    with anyio.move_on_after(LAST_BYTES_S):
        async for _ in pieces:
            pass


async def _refuse_failure(endpoint: Endpoint, response: httpx2.Response) -> None:
    """Passes a success; raises what anything else says."""
    if response.is_success:
        return
    async with aclosing(response.aiter_bytes()) as pieces:
        body = await _bounded(pieces, REFUSAL_BYTES, cut=True)
    raise refusal(endpoint, response.status_code, body, response.headers.get("retry-after", ""))


async def _bounded(pieces: AsyncIterator[bytes], most: int, *, cut: bool = False) -> bytes:
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > most:
            if cut:
                break
            raise ValueError("it is too long")
    return bytes(body[:most])
