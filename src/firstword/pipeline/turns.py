"""Turns on a worker, and the time they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from firstword.core.protocols import Scheduler

T = TypeVar("T")


class Turns:
    """The turns of one task.

    Args:
        scheduler: gives them.
        clock: seconds, monotonic.
    """

    def __init__(self, scheduler: Scheduler, clock: Callable[[], float]) -> None:
        self._scheduler = scheduler
        self._clock = clock
        self.busy_s = 0.0
        """Seconds of worker time so far."""

    async def take(self, due: float, call: Callable[[], T]) -> T:
        """One turn (see `core.protocols.Scheduler.step`)."""
        took_s = 0.0

        def timed() -> T:
            nonlocal took_s
            began = self._clock()
            try:
                return call()
            finally:
                took_s = self._clock() - began

        try:
            return await self._scheduler.step(due, timed)
        finally:
            self.busy_s += took_s
