"""Two writers and one reader: words go first, audio waits until the reader is back for it.

Words are small and shall never wait for audio; so they lie in a queue of their own, which is emptied before
audio is looked at. That also keeps audio behind its words: they are in the queue before they are spoken.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import anyio

Said = TypeVar("Said")
Sound = TypeVar("Sound")

MOST_WAITING = 256
"""Words that a reader has not taken; then their writer waits."""


class Lanes(Generic[Said, Sound]):
    """From the tasks of a conversation to its reader, all on the event loop."""

    def __init__(self) -> None:
        self._said: deque[Said] = deque()
        self._sound: tuple[Sound, ...] = ()
        self._visits = 0
        """How often the reader came."""
        self._taken_at = 0
        """At which visit it was last given audio."""
        self._closed = False
        self._changed = anyio.Event()

    async def say(self, item: Said) -> None:
        """Adds words; waits while too many have not been taken.

        Cancellation: they are not added.
        """
        while len(self._said) >= MOST_WAITING:
            await self._changed.wait()
        self._said.append(item)
        self._notify()

    async def sound(self, *items: Sound) -> None:
        """Hands audio to the reader, and waits until it is back for more. One writer only.

        Cancellation: it may have been taken.
        """
        self._sound = items
        self._notify()
        while self._sound or self._visits == self._taken_at:
            await self._changed.wait()

    def close(self) -> None:
        """Says that nothing more will come."""
        self._closed = True
        self._notify()

    async def take(self) -> tuple[Said | Sound, ...]:
        """All words that wait, or else a piece of audio; nothing at all when nothing more will come.

        Cancellation: nothing is lost.
        """
        self._visits += 1
        self._notify()
        while True:
            if self._said:
                words = tuple(self._said)
                self._said.clear()
                self._notify()
                return words
            if self._sound:
                sound, self._sound = self._sound, ()
                self._taken_at = self._visits
                self._notify()
                return sound
            if self._closed:
                return ()
            await self._changed.wait()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
