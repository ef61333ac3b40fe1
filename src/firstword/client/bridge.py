"""An asynchronous stream, read by the event loop that it belongs to, for a thread to take from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterator
from contextlib import suppress
from queue import Full, Queue
from threading import Thread

ITEMS = 64
"""At most so many wait to be taken; then the stream is read no further."""
RETRY_S = 0.005


class Bridge:
    """Iterating over it, in another thread, gives what the stream gives, and raises what it raises.

    Args:
        items: read by a task of the running event loop, or of one of its own where none runs.
    """

    def __init__(self, items: AsyncIterable[object]) -> None:
        self._items = items
        self._queue: Queue[tuple[object, BaseException | None] | None] = Queue(ITEMS)
        self._closed = False
        self.on_loop = True
        """True where the event loop of the caller reads."""
        try:
            self._task = asyncio.get_running_loop().create_task(self._read())
        except RuntimeError:
            self.on_loop = False
            Thread(target=lambda: asyncio.run(self._read()), name="firstword-stream", daemon=True).start()

    def __iter__(self) -> Iterator[object]:
        while (found := self._queue.get()) is not None:
            item, failure = found
            if failure is not None:
                raise failure
            yield item

    def close(self) -> None:
        """Reads no further, from the next item on; whoever takes gets no more."""
        self._closed = True
        with suppress(Full):
            self._queue.put_nowait(None)

    async def _read(self) -> None:
        try:
            async for item in self._items:
                if not await self._put((item, None)):
                    return
        except Exception as failure:  # it is raised where the items are taken
            await self._put((None, failure))
        finally:
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
