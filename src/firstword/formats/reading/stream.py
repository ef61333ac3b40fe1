"""What every reader stands on: the bytes that came, and the stage that runs a reader on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from firstword.core.errors import RequestError, UndecodableAudio, UnsupportedAudio
from firstword.core.types import AudioChunk

T = TypeVar("T")

RATES = range(1_000, 768_001)
"""Hz. Whatever states another rate is broken, or no sound that speech is in."""

MAX_PACKET_BYTES = 4 << 20
"""No packet of a codec is larger. More is not collected, whatever a header claims."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a stream says about itself before its first sample."""

    sample_rate: int
    """Hz."""
    duration_s: float | None = None
    """Seconds, where it tells."""


Found = Header | AudioChunk | None
"""What a reader yields: its header, audio (whose `start` says nothing yet), or None to wait for bytes."""

Reading = Generator[Found, None, None]
Waiting = Generator[None, None, T]
"""Waits for bytes and returns what was asked for."""


class ByteQueue:
    """The bytes of one stream that have come and have not been read. It holds what was fed, no more."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._at = 0
        self.offset = 0
        """Bytes of the stream before the next one to be read."""
        self.ended = False
        """True when no more will come."""

    def __len__(self) -> int:
        return len(self._bytes) - self._at

    def feed(self, data: bytes) -> None:
        """More bytes."""
        del self._bytes[: self._at]
        self._at = 0
        self._bytes += data

    def peek(self, size: int, skip: int = 0) -> bytes:
        """Up to `size` of the bytes that are here, `skip` bytes further on."""
        return bytes(self._bytes[self._at + skip : self._at + skip + size])

    def find(self, pattern: bytes, begin: int = 0) -> int:
        """Where `pattern` is among the bytes that are here, from the `begin`th on; -1 where it is not."""
        found = self._bytes.find(pattern, self._at + begin)
        return found if found < 0 else found - self._at

    def take(self, size: int) -> bytes:
        """Reads up to `size` of the bytes that are here."""
        taken = self.peek(size)
        self._at += len(taken)
        self.offset += len(taken)
        return taken

    def await_bytes(self, size: int) -> Waiting[bool]:
        """Waits until `size` bytes are here; False where the stream ends before."""
        while len(self) < size and not self.ended:
            yield
        return len(self) >= size

    def exactly(self, size: int, what: str, limit: int = MAX_PACKET_BYTES) -> Waiting[bytes]:
        """Reads `size` bytes, of which at most `limit` may be.

        Raises:
            UndecodableAudio: the stream ends before, or no `what` is that large.
        """
        if size > limit:
            raise self.broken(f"{what} of {size} bytes")
        if not (yield from self.await_bytes(size)):
            raise self.cut_off(what)
        return self.take(size)

    def skip(self, size: int, what: str) -> Waiting[None]:
        """Passes over `size` bytes without keeping them.

        Raises:
            UndecodableAudio: the stream ends before.
        """
        while size:
            if not (yield from self.await_bytes(1)):
                raise self.cut_off(what)
            size -= len(self.take(size))

    def skip_all(self) -> Waiting[None]:
        """Passes over everything that will ever come."""
        while (yield from self.await_bytes(1)):
            self.take(len(self))

    def broken(self, what: str) -> UndecodableAudio:
        """The error for something at the next byte that cannot be."""
        return UndecodableAudio(f"{what} at byte {self.offset}")

    def cut_off(self, what: str) -> UndecodableAudio:
        """The error for a stream that ends within something."""
        end = self.offset + len(self)
        return UndecodableAudio(f"the audio is cut off at byte {end}, in the middle of {what}")


class StreamDecoder:
    """Runs a reader. One for each stream.

    An error comes after everything that was whole: `feed` gives the audio before it, and raises when it is
    called again, as `flush` does. Once raised, it is raised every time.

    Args:
        read: makes the reader of a queue of bytes.
        may_be_empty: a stream of no audio is none the worse for it.
    """

    def __init__(self, read: Callable[[ByteQueue], Reading], *, may_be_empty: bool = False) -> None:
        self._queue = ByteQueue()
        self._reading = read(self._queue)
        self._may_be_empty = may_be_empty
        self._frames = 0
        self._error: RequestError | None = None
        self.sample_rate: int | None = None
        """Hz; None until the header has been read."""
        self.duration_s: float | None = None
        """Seconds, where the header tells; for a progress bar."""

    def feed(self, item: bytes, /) -> Sequence[AudioChunk]:
        """The audio that is complete now."""
        return list(self.read(item))

    def flush(self) -> Sequence[AudioChunk]:
        """The rest of the audio, which no error may follow.

        Raises:
            UndecodableAudio: the stream is broken or cut off, or has no audio in it.
            UnsupportedAudio: nobody here can read it.
        """
        self._queue.ended = True
        rest = list(self.read(b""))
        if self._error is None and not self._frames and not self._may_be_empty:
            self._error = UndecodableAudio(self._nothing())
        if self._error is not None:
            raise self._error
        return rest

    def read(self, item: bytes) -> Iterator[AudioChunk]:
        """What `feed` gives, chunk by chunk: of a few bytes that stand for hours, no more than asked for."""
        if self._error is not None:
            raise self._error
        self._queue.feed(item)
        while True:
            try:
                found = next(self._reading)
                chunk = self._placed(found) if found is not None else None
            except StopIteration:
                self._queue.take(len(self._queue))
                return
            except RequestError as error:
                self._error = self._described(error)
                return
            if found is None:
                return
            if chunk is not None:
                yield chunk
            if self._error is not None:
                return

    def _placed(self, found: Header | AudioChunk) -> AudioChunk | None:
        """The chunk at its place in the stream."""
        if found.sample_rate not in RATES:
            raise UndecodableAudio(f"a sample rate of {found.sample_rate} Hz")
        if self.sample_rate not in (None, found.sample_rate):
            raise UndecodableAudio(
                f"the sample rate changes from {self.sample_rate} to {found.sample_rate} Hz"
            )
        self.sample_rate = found.sample_rate
        if isinstance(found, Header):
            known = found.duration_s is not None and math.isfinite(found.duration_s) and found.duration_s > 0
            self.duration_s = found.duration_s if known else None
            return None
        samples, finite = found.samples, np.isfinite(found.samples)
        wrong = not finite.all()
        if wrong:
            samples = samples[: int(np.argmin(finite))]
        start, self._frames = self._frames, self._frames + len(samples)
        if wrong:
            self._error = self._described(UndecodableAudio("a sample that is not a number"))
        return AudioChunk(samples, found.sample_rate, start) if len(samples) else None

    def _described(self, error: RequestError) -> RequestError:
        """The error with the moment it happened at."""
        if isinstance(error, UnsupportedAudio):
            return error
        seconds = self._frames / self.sample_rate if self.sample_rate else 0
        after = f" (after {seconds:.2f} s)" if seconds else ""
        return UndecodableAudio(f"This audio cannot be decoded: {error.message}{after}.")

    def _nothing(self) -> str:
        if not self._queue.offset:
            return "There is no audio: the stream is empty."
        return f"There is no audio in these {self._queue.offset} bytes."
