"""Ctrl-C as an orderly end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def ended_by_interrupt(end: Callable[[], object]) -> Generator[list[int]]:
    """While open, the first SIGINT calls `end` in the running loop, a second one ends the program.

    Gives a list, which is not empty once it came.
    """
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


@contextmanager
def each_interrupt(do: Callable[[], object]) -> Generator[None]:
    """While open, every SIGINT calls `do` in the running loop."""
    loop = asyncio.get_running_loop()
    before = signal.signal(signal.SIGINT, lambda number, frame: loop.call_soon_threadsafe(do))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def ended_in_order() -> Generator[None]:
    """While open, a terminal that is closed, and SIGTERM, do what Ctrl-C does: what was opened is closed."""
    numbers = [getattr(signal, name) for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
    before = [(number, signal.signal(number, signal.default_int_handler)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
