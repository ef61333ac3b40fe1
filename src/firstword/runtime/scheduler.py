"""Blocking steps in, results out: one heap, a few workers, the earliest deadline first.

A step is one block of samples, through resampling and encoding, in one go. Nothing is awaited
while a worker is held, so a slow reader never costs anybody else a slot.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import os
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


class _Job:
    """A queued call; its state changes under the scheduler's lock only."""

    __slots__ = ("call", "future", "loop", "since", "taken")

    def __init__(self, call: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.call = call
        self.loop = loop
        self.since = monotonic()
        self.future: asyncio.Future[Any] = loop.create_future()
        self.taken = False
        """Running, finished or withdrawn: no longer in the queue's account."""

    def run(self) -> None:
        """On a worker: calls, then hands the outcome to the event loop."""
        try:
            outcome, failure = self.call(), None
        except BaseException as error:  # the awaiting task must see whatever happened here
            outcome, failure = None, error
        try:
            self.loop.call_soon_threadsafe(self._settle, outcome, failure)
        except RuntimeError:
            return  # the loop is gone: nobody waits for this any more

    def _settle(self, outcome: object, failure: BaseException | None) -> None:
        if self.future.done():
            return
        if failure is None:
            self.future.set_result(outcome)
        else:
            self.future.set_exception(failure)


class DeadlineScheduler:
    """The `Scheduler` of one process.

    Args:
        workers: threads; by default one for each core this process may use. Models run with one
            inference thread each, so more would only make them wait for one another.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or usable_cores()
        self._queue: list[tuple[float, int, _Job]] = []
        self._order = itertools.count()
        self._waiting = 0
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"firstword-step-{n}", daemon=True)
            for n in range(self.workers)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Steps that are queued and not yet running."""
        return self._waiting

    def late_s(self) -> float:
        """For how long the worst-served step has been due, and queued, in seconds.

        A step of a stream that is far ahead may well wait: only what waits past its deadline is late.
        """
        now = monotonic()
        with self._changed:
            return max(
                (now - max(job.since, due) for due, _, job in self._queue if not job.taken), default=0.0
            )

    async def step(self, due: float, call: Callable[[], T]) -> T:
        """Runs `call` on a worker when its turn comes (see `core.protocols.Scheduler`).

        Cancellation: while queued the call is withdrawn; while running it is waited for.
        """
        job = _Job(call, asyncio.get_running_loop())
        with self._changed:
            if self._closed:
                raise RuntimeError("the scheduler is closed")
            heapq.heappush(self._queue, (due, next(self._order), job))
            self._waiting += 1
            self._changed.notify()
        try:
            result: T = await asyncio.shield(job.future)
        except asyncio.CancelledError:
            if not self._withdraw(job):
                await _wait_out(job.future)
            raise
        return result

    def close(self) -> None:
        """Ends the workers after the steps that are running; withdraws the rest."""
        with self._changed:
            self._closed = True
            for _, _, job in self._queue:
                job.taken = True
            self._queue.clear()
            self._waiting = 0
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _withdraw(self, job: _Job) -> bool:
        with self._changed:
            if job.taken:
                return False
            job.taken = True
            self._waiting -= 1
            return True

    def _work(self) -> None:
        while (job := self._next()) is not None:
            job.run()
            del job  # an idle worker must not keep the last stream's samples alive

    def _next(self) -> _Job | None:
        with self._changed:
            while True:
                while self._queue:
                    job = heapq.heappop(self._queue)[2]
                    if not job.taken:
                        job.taken = True
                        self._waiting -= 1
                        return job
                if self._closed:
                    return None
                self._changed.wait()


async def _wait_out(future: asyncio.Future[Any]) -> None:
    """Waits for a running step although the task is cancelled; its outcome is of no interest."""
    with anyio.CancelScope(shield=True):
        await asyncio.wait([future])
    if not future.cancelled():
        future.exception()


def usable_cores() -> int:
    """Cores this process may run on, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
