"""An asynchronous stream, read by the event loop that it belongs to, for a thread to take from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Thread

from firstword.client.asking.severing import let_go_async
from firstword.core.errors import EngineError

ITEMS = 64
"""At most so many wait to be taken; then the stream is read no further."""
RETRY_S = 0.005


class Bridge:
    """Iterating over it, in another thread, gives what the stream gives, and raises what it raises.

    Args:
        items: read by a task of the running event loop, or of one of its own where none runs.
        source: what brings them, where that is something else; it is closed with them.
    """

    def __init__(self, items: AsyncIterable[object], source: object = None) -> None:
        self._items, self._source = items, source
        self._queue: Queue[tuple[object, BaseException | None] | None] = Queue(ITEMS)
        self._closed = self._cut_off = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self.on_loop = True
        """True where the event loop of the caller reads."""
        try:
            self._loop = asyncio.get_running_loop()
            self._task = self._loop.create_task(self._read())
        except RuntimeError:
            self.on_loop = False
            Thread(target=lambda: asyncio.run(self._read()), name="firstword-stream", daemon=True).start()

    def __iter__(self) -> Iterator[object]:
        while not self._closed and (found := self._queue.get()) is not None:
            item, failure = found
            if failure is not None:
                raise failure
            yield item
        if self._cut_off:
            raise EngineError("The event loop ended before the stream that it read did.", code="incomplete")

    def close(self) -> None:
        """Reads no further: what waits for the next item is cancelled, and the stream is closed.

        Safe in any thread. Whoever takes gets no more.
        """
        self._no_more()
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # that loop has ended, and the task with it
                self._loop.call_soon_threadsafe(self._task.cancel)

    def _no_more(self) -> None:
        """Whoever takes is woken, and nobody waits for room."""
        self._closed = True
        with suppress(Empty):
            while self._queue.full():
                self._queue.get_nowait()
        with suppress(Full):
            self._queue.put_nowait(None)

    async def _read(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            await self._pass_on()
        except asyncio.CancelledError:
            self._cut_off = not self._closed  # the loop ends, and cannot wait until all has been taken
            self._no_more()
            raise
        finally:
            if self._closed:
                with suppress(Exception):  # nobody is left to be told
                    await let_go_async(self._items)
                    await let_go_async(self._source)

    async def _pass_on(self) -> None:
        try:
            async for item in self._items:
                if not await self._put((item, None)):
                    return
        except Exception as failure:  # it is raised where the items are taken
            await self._put((None, failure))
        await self._put(None)

    async def _put(self, found: tuple[object, BaseException | None] | None) -> bool:
        while not self._closed:
            try:
                self._queue.put_nowait(found)
            except Full:
                await asyncio.sleep(RETRY_S)
            else:
                return True
        return False
