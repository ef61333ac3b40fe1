"""Many listeners at once in one event loop, and what the server spends on them meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import uvloop

from firstword.bench.listener import Heard, listen
from firstword.bench.statistics import quantile
from rig.contenders import Server
from rig.processes import Process

SAMPLE_EVERY_S = 0.25
T = TypeVar("T")


def run(crowd: Coroutine[Any, Any, T]) -> T:
    """Runs it in a loop that costs little, so that the listeners are not what is measured."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(crowd)


async def ask(server: Server, body: dict[str, Any], pace: float | None = None) -> Heard:
    """One request, over a new connection, to its end."""
    return await listen(server.host, server.port, body, pace=pace)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a stretch of time cost."""

    wall_s: float
    server_cpu_s: float
    client_cpu_s: float
    rss_mb: float
    """The server's highest."""


async def watched(server: Process, crowd: Coroutine[Any, Any, T]) -> tuple[T, Spent]:
    """Runs `crowd` and says what it cost; the server's memory is looked at four times a second."""
    highest = server.rss_mb()

    async def watch() -> None:
        nonlocal highest
        while True:
            highest = max(highest, server.rss_mb())
            await asyncio.sleep(SAMPLE_EVERY_S)

    began, server_began, client_began = time.perf_counter(), server.cpu_s(), time.process_time()
    watching = asyncio.ensure_future(watch())
    try:
        result = await crowd
    finally:
        watching.cancel()
    return result, Spent(
        wall_s=time.perf_counter() - began,
        server_cpu_s=server.cpu_s() - server_began,
        client_cpu_s=time.process_time() - client_began,
        rss_mb=max(highest, server.rss_mb()),
    )


def first_audio_ms(heard: Sequence[Heard]) -> tuple[float, float]:
    """Median and p95 of the time to the first audible sample."""
    times = [1000 * one.first_audible_s for one in heard if one.first_audible_s is not None]
    return quantile(times, 0.5), quantile(times, 0.95)


def failures(heard: Sequence[Heard]) -> int:
    """Requests that were refused, broke off, or brought nothing to hear."""
    return sum(not one.complete or one.status != 200 or one.first_audible_s is None for one in heard)
