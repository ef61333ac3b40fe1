"""What a caller gives one after the other, taken by an event loop, whichever way it comes."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TypeVar

from anyio import to_thread

T = TypeVar("T")


async def in_turn(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    """The items; plain ones are asked for in a thread, as a microphone's iterator blocks."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
        return
    iterator = iter(items)
    while found := await to_thread.run_sync(_next, iterator, abandon_on_cancel=True):
        yield found[0]


def _next(iterator: Iterator[T]) -> tuple[T] | None:
    """The next item in a box; None where there is none."""
    for item in iterator:
        return (item,)
    return None
