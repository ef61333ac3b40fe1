"""Streams that are nothing but frames, each of which tells its length: MPEG audio and ADTS.

Tags around them are passed over. Where no frame begins, the next place is sought at which two of the same
kind follow each other: such streams may be joined anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from firstword.formats.reading.stream import ByteQueue, Waiting

MAX_JUNK_BYTES = 65_536
"""So much without a frame is no audio."""

_SYNC = b"\xff"

_TAG_BYTES = 10
_ID3V1_BYTES = 128
_APE_BYTES = 32
_APE_IS_HEADER = 0x20


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """What the first bytes of a frame tell."""

    size: int
    """Bytes, the header included."""
    sample_rate: int
    """Hz."""
    frames: int
    """How many it has of each channel."""
    kind: int
    """The bits that stay the same through a stream."""


ParseHeader = Callable[[bytes], FrameHeader | None]
"""The header at the beginning of some bytes; None where there is none."""

FRAME_HEADER_BYTES = 7
"""Enough to tell, for each of them."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame."""

    header: FrameHeader
    data: bytes
    joined: bool
    """Something was passed over before it (or nothing came before it): what it refers to may be missing."""


def frames(queue: ByteQueue, parse: ParseHeader, what: str) -> Generator[Frame | None, None, None]:
    """Whole frames, in order; None to wait for bytes.

    Raises:
        UndecodableAudio: no frame comes for a long time, or the last one is cut off.
    """
    kind: int | None = None
    joined = True
    while True:
        yield from _skip_tags(queue)
        if not (yield from queue.await_bytes(FRAME_HEADER_BYTES)):
            if queue.peek(1) == _SYNC:
                raise queue.cut_off(f"a frame of {what}")
            break
        header = parse(queue.peek(FRAME_HEADER_BYTES))
        if header is not None and kind in (None, header.kind):
            data = yield from queue.exactly(header.size, f"a frame of {what}")
            yield Frame(header, data, joined)
            joined, kind = False, header.kind
        elif (yield from _seek(queue, parse, what)):
            joined, kind = True, None
        else:
            break
    if joined:
        raise queue.broken(f"the stream ends without any frame of {what}")


def _seek(queue: ByteQueue, parse: ParseHeader, what: str) -> Waiting[bool]:
    """Passes over what is no frame; False where the stream ends with it."""
    junk = 0
    while junk < MAX_JUNK_BYTES:
        following = queue.find(_SYNC, 1)
        junk += len(queue.take(min(following if following > 0 else len(queue), MAX_JUNK_BYTES - junk)))
        if not (yield from queue.await_bytes(FRAME_HEADER_BYTES)):
            return False
        if (yield from _confirmed(queue, parse)):
            return True
    raise queue.broken(f"{junk} bytes without a frame of {what}")


def _confirmed(queue: ByteQueue, parse: ParseHeader) -> Waiting[bool]:
    """Whether a frame begins here, and another one of its kind, or the end, where it ends."""
    header = parse(queue.peek(FRAME_HEADER_BYTES))
    if header is None:
        return False
    if not (yield from queue.await_bytes(header.size + FRAME_HEADER_BYTES)):
        return len(queue) == header.size
    following = parse(queue.peek(FRAME_HEADER_BYTES, header.size))
    return following is not None and following.kind == header.kind


def _skip_tags(queue: ByteQueue) -> Waiting[None]:
    """Passes over ID3 and APE tags."""
    while (yield from queue.await_bytes(3)):
        match queue.peek(3):
            case b"ID3":
                yield from skip_id3(queue)
            case b"TAG":
                yield from queue.skip(_ID3V1_BYTES, "an ID3 tag")
            case b"APE":
                head = yield from queue.exactly(_APE_BYTES, "an APE tag")
                rest = int.from_bytes(head[12:16], "little") if head[23] & _APE_IS_HEADER else 0
                yield from queue.skip(rest, "an APE tag")
            case _:
                return


def skip_id3(queue: ByteQueue) -> Waiting[None]:
    """Passes over the ID3v2 tag that begins here. Source: id3.org, ID3v2.4.0 3.1."""
    head = yield from queue.exactly(_TAG_BYTES, "an ID3 tag")
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    yield from queue.skip(size + (_TAG_BYTES if head[5] & 0x10 else 0), "an ID3 tag")


class FrameReader:
    """The frames of one stream that comes in pieces.

    Args:
        parse: finds their headers.
        what: they are, for an error.
    """

    def __init__(self, parse: ParseHeader, what: str) -> None:
        self._queue = ByteQueue()
        self._frames = frames(self._queue, parse, what)

    @property
    def offset(self) -> int:
        """Bytes of the stream that have been read: up to the end of the last frame, or of what is none."""
        return self._queue.offset

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete with more bytes.

        Raises:
            UndecodableAudio: no frame comes for a long time.
        """
        self._queue.feed(data)
        while (frame := next(self._frames, None)) is not None:
            yield frame

    def end(self) -> Iterator[Frame]:
        """The frames that are complete because there are no more bytes.

        Raises:
            UndecodableAudio: the last one is cut off, or there was none.
        """
        self._queue.ended = True
        yield from self.feed(b"")
