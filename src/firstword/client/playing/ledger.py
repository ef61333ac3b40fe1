"""Which sample is at the ear: what a device was given, when, and how long that takes."""

from __future__ import annotations

from collections import deque

ENTRIES = 1_024
"""More than a device asks for within its latency."""


class Ledger:
    """Written by the device's thread, read by any; nobody waits."""

    def __init__(self) -> None:
        self._given: deque[tuple[float, int, int]] = deque(maxlen=ENTRIES)

    def note(self, now_s: float, first: int, frames: int) -> None:
        """The device has been given samples, and perhaps silence after them.

        Args:
            now_s: when.
            first: the ring's sample that came first.
            frames: how many came; 0 where all was silence.
        """
        self._given.append((now_s, first, frames))

    def heard(self, now_s: float, latency_s: float, sample_rate: int) -> int:
        """The ring's sample before which all has been heard.

        Args:
            now_s: the time.
            latency_s: from being given to the ear.
            sample_rate: Hz.
        """
        due_s, first = now_s - latency_s, 0
        for given_s, first, frames in reversed(self._given.copy()):
            if given_s <= due_s:
                return first + min(frames, int((due_s - given_s) * sample_rate))
        return first
