"""Ctrl-C as an orderly end: the first one ends the work, a second one the program."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def ended_by_interrupt(end: Callable[[], object]) -> Generator[list[int]]:
    """While open, the first SIGINT calls `end` in the running loop; gives a list, not empty once it came."""
    loop, came = asyncio.get_running_loop(), list[int]()

    def stop(number: int, frame: object) -> None:
        came.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        loop.call_soon_threadsafe(end)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)
