"""Audio in, as it was sent: the one ordered stream that crosses from a sender to a run.

    sender: put(bytes) ... flush() ... end()
    run:    take() -> Piece | Flush | End

A sender may be faster than real time: it waits while too much is in hand. Bytes are cut into pieces
small enough for one step of work; where they are cut means nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import anyio

from firstword.core.transcripts import AudioSource, InputEncoding

IN_HAND_S = 4.0
"""Seconds of audio that may wait before their sender does."""
PIECE_S = 0.25
"""Seconds of audio in a piece."""
PIECE_BYTES = 4_096
"""And no less than this many bytes: a piece is a step of work."""
CODED_BYTES_PER_S = 4_000
"""What a second of coded speech is taken for: 32 kbit/s, what browsers record at."""

_SAMPLE_BYTES = {
    InputEncoding.S16LE: 2,
    InputEncoding.F32LE: 4,
    InputEncoding.MULAW: 1,
    InputEncoding.ALAW: 1,
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes."""

    data: bytes
    arrived: float
    """Seconds, on the clock the intake was given."""


@dataclass(frozen=True, slots=True)
class Flush:
    """A final is wanted of what came before."""


@dataclass(frozen=True, slots=True)
class End:
    """There is no more."""


def bytes_per_s(source: AudioSource) -> int:
    """How many bytes hold a second; an estimate for what is coded."""
    if sample_bytes := _SAMPLE_BYTES.get(source.encoding):
        return sample_bytes * source.channels * source.sample_rate
    return CODED_BYTES_PER_S


class Intake:
    """One writer, one reader, both on the event loop.

    Args:
        source: what the bytes are.
        clock: seconds, monotonic.
    """

    def __init__(self, source: AudioSource, clock: Callable[[], float]) -> None:
        self._rate: float = bytes_per_s(source)
        self._size = max(PIECE_BYTES, round(self._rate * PIECE_S))
        self._known_bytes, self._known_s = 0, 0.0
        """What has been taken, and how much audio it was."""
        self._clock = clock
        self._items: deque[Piece | Flush | End] = deque()
        self._bytes = 0
        self._closed = False
        self._changed = anyio.Event()

    @property
    def ready(self) -> bool:
        """Whether there is something to take."""
        return bool(self._items)

    @property
    def in_hand_s(self) -> float:
        """Seconds of audio that wait; an estimate for what is coded."""
        return self._bytes / self._rate

    async def put(self, data: bytes) -> None:
        """Adds bytes; waits while `IN_HAND_S` and more are in hand, or until nobody will take them.

        Cancellation: what was not added yet is not added.
        """
        for at in range(0, len(data), self._size):
            while self.in_hand_s >= IN_HAND_S and not self._closed:
                await self._changed.wait()
            piece = Piece(data[at : at + self._size], self._clock())
            self._bytes += len(piece.data)
            self._add(piece)

    def learn(self, piece: Piece, audio_s: float) -> None:
        """Notes how much audio a piece was: what is coded tells its own rate."""
        self._known_bytes += len(piece.data)
        self._known_s += audio_s
        if self._known_s >= 1:
            self._rate = self._known_bytes / self._known_s

    def flush(self) -> None:
        """Asks for a final."""
        self._add(Flush())

    def end(self) -> None:
        """Says that the audio is complete."""
        self._add(End())

    def close(self) -> None:
        """Says that nothing will be taken any more: what waits is dropped, and so is what comes."""
        self._closed = True
        self._items.clear()
        self._notify()

    async def take(self) -> Piece | Flush | End:
        """The next item; waits while there is none.

        Cancellation: nothing is lost.
        """
        while not self._items:
            await self._changed.wait()
        item = self._items.popleft()
        if isinstance(item, Piece):
            self._bytes -= len(item.data)
        self._notify()
        return item

    def _add(self, item: Piece | Flush | End) -> None:
        if not self._closed:
            self._items.append(item)
            self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
