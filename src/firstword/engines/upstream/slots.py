"""Who may ask now, and who waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from firstword.core.errors import ServerBusy


class Slots:
    """A bounded number of answers at once, and a bounded queue for one more; first come, first served.

    Args:
        name: of the model, for messages.
        parallel: answers at once.
        waiting: callers that may wait.
    """

    def __init__(self, name: str, parallel: int, waiting: int) -> None:
        self._name = name
        self._waiting = waiting
        self._free = anyio.Semaphore(parallel, fast_acquire=True)

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """A slot, until the context ends.

        Raises:
            ServerBusy: all are taken, and enough callers wait already.
        """
        if not self._free.value and self._free.statistics().tasks_waiting >= self._waiting:
            raise ServerBusy(
                f"The model {self._name!r} answers as many as it can, and {self._waiting} wait; "
                "try again in a moment.",
                retry_after_s=2,
                param="model",
            )
        async with self._free:
            yield
