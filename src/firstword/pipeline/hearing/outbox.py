"""What a run has written, on its way to a reader who may be slow.

A partial transcript that nobody has read yet gives way to the next one; a final never does: a run whose
reader leaves several of them unread waits.
"""

from __future__ import annotations

from collections import deque

import anyio

from firstword.core.transcripts import ListenEvent, Transcript

UNREAD = 8
"""Events that may wait."""


class Outbox:
    """One writer, one reader, both on the event loop."""

    def __init__(self) -> None:
        self._events: deque[ListenEvent] = deque()
        self._closed = False
        self._changed = anyio.Event()

    async def give(self, event: ListenEvent) -> None:
        """Adds an event, instead of an unread partial where that is the last one.

        Cancellation: the event is not added.
        """
        if self._events and _is_partial(self._events[-1]):
            self._events.pop()
        while len(self._events) >= UNREAD:
            await self._changed.wait()
        self._events.append(event)
        self._notify()

    def close(self) -> None:
        """Says that nothing more will be given."""
        self._closed = True
        self._notify()

    async def take(self) -> ListenEvent | None:
        """The next event; None when there will be none.

        Cancellation: nothing is lost.
        """
        while not self._events and not self._closed:
            await self._changed.wait()
        event = self._events.popleft() if self._events else None
        self._notify()
        return event

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


def _is_partial(event: ListenEvent) -> bool:
    return isinstance(event, Transcript) and not event.final
