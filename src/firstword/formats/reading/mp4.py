"""MP4 and M4A from front to back: with the index first, or in fragments as browsers record it.

With the index at the end there is nothing to go by until all of it is there; `files` reads such files.

Source: ISO 14496-12 (8.8 movie fragments).
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.formats.reading.mp4_tables import Place, Sound, boxes, find, sound
from firstword.formats.reading.stream import ByteQueue, Header, Reading, Waiting
from firstword.formats.reading.trim import Trim

_MAX_INDEX_BYTES = 64 << 20
"""An index of this size is that of a film of many hours."""

_MAX_FRAGMENT_PACKETS = 100_000
"""Half an hour of AAC. A run whose packets have no sizes of their own could claim any number."""

_TOP = (b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"sidx", b"pdin", b"uuid")
_BASE, _DESCRIPTION, _DURATION, _SIZE = 0x1, 0x2, 0x8, 0x10
_DATA_OFFSET, _FIRST_FLAGS, _DURATIONS, _SIZES, _FLAGS, _OFFSETS = 0x1, 0x4, 0x100, 0x200, 0x400, 0x800


@dataclass(slots=True)
class _Film:
    """What has been read of it."""

    sound: Sound | None = None
    places: Iterator[Place] = field(default_factory=lambda: iter(()))
    next: Place | None = None
    fragments: deque[Place] = field(default_factory=deque)
    trim: Trim | None = None

    def advance(self) -> None:
        """On to the next packet, of the index and then of the fragments."""
        self.next = next(self.places, None) or (self.fragments.popleft() if self.fragments else None)


def read_mp4(queue: ByteQueue) -> Reading:
    """The audio of every packet of the first track of sound."""
    film = _Film()
    while (yield from queue.await_bytes(1)):
        begin = queue.offset
        name, size = yield from _box_head(queue)
        if begin == 0 and name not in _TOP:
            raise UndecodableAudio("it does not begin with a box of MP4 at byte 0")
        if name == b"mdat":
            yield from _read_media(queue, film, None if size is None else queue.offset + size)
        elif size is None:
            yield from queue.skip_all()
        elif name == b"moov" and film.sound is None:
            body = yield from queue.exactly(size, "the index", _MAX_INDEX_BYTES)
            _begin(film, body)
        elif name == b"moof":
            body = yield from queue.exactly(size, "a fragment")
            _add_fragment(film, body, begin)
        else:
            yield from queue.skip(size, f"the box {name!r}")
    if film.next is not None:
        raise queue.cut_off(f"its audio, which goes on at byte {film.next[0]}")


def _box_head(queue: ByteQueue) -> Waiting[tuple[bytes, int | None]]:
    """The name of the next box, and the bytes of its body: None where it reaches to the end."""
    size, name = struct.unpack(">I4s", (yield from queue.exactly(8, "a box")))
    head = 8
    if size == 1:
        (size,), head = struct.unpack(">Q", (yield from queue.exactly(8, "a box"))), 16
    if size == 0:
        return name, None
    if size < head:
        raise queue.broken(f"a box {name!r} of {size} bytes")
    return name, size - head


def _begin(film: _Film, index: bytes) -> None:
    try:
        film.sound = sound(index)
    except struct.error as error:
        raise UndecodableAudio("a box of the index is too short") from error
    film.places = film.sound.places
    film.advance()


def _read_media(queue: ByteQueue, film: _Film, end: int | None) -> Reading:
    """The packets in a box of media."""
    if film.sound is None:
        raise UnsupportedAudio(
            "This MP4 has its index behind its audio, so it cannot be read while it arrives. Send it as a "
            "file, or write it with the index first (ffmpeg: -movflags +faststart)."
        )
    while film.next is not None and (end is None or film.next[0] < end):
        at, size = film.next
        if at < queue.offset:
            raise queue.broken(f"a packet that begins before others, at byte {at}, was expected")
        yield from queue.skip(at - queue.offset, "the media")
        chunk = film.sound.decoder.decode((yield from queue.exactly(size, "a packet")))
        film.advance()
        if chunk is not None:
            if film.trim is None:
                film.trim = _trim(film.sound, chunk.sample_rate)
                yield Header(chunk.sample_rate, film.sound.duration_s)
            yield film.trim.chunk(chunk)
    if end is None:
        yield from queue.skip_all()
    elif queue.offset > end:
        raise queue.broken("a packet that is longer than the media it is in")
    else:
        yield from queue.skip(end - queue.offset, "the media")


def _trim(of: Sound, rate: int) -> Trim:
    """Its units in frames of what the decoder gives, which for HE-AAC is twice as fast."""
    keep = None if of.keep is None else round(of.keep * rate / of.timescale)
    return Trim(round(of.skip * rate / of.timescale), keep)


def _add_fragment(film: _Film, body: bytes, begin: int) -> None:
    """The packets of our track in a fragment whose `moof` box is at byte `begin`."""
    if film.sound is None:
        raise UndecodableAudio(f"a fragment before the index at byte {begin}")
    try:
        for name, traf in boxes(body):
            for place in _fragment(traf, film.sound, begin) if name == b"traf" else ():
                film.fragments.append(place)
                if len(film.fragments) > _MAX_FRAGMENT_PACKETS:
                    raise UndecodableAudio(f"a fragment of too many packets at byte {begin}")
    except struct.error as error:
        raise UndecodableAudio(f"a broken fragment at byte {begin}") from error
    if film.next is None:
        film.advance()


def _fragment(traf: bytes, of: Sound, begin: int) -> Iterator[Place]:
    header = find(traf, b"tfhd")
    flags, number = struct.unpack_from(">II", header)
    if number != of.number:
        return
    at, base, size = 8, begin, of.default_size
    if flags & _BASE:
        (base,), at = struct.unpack_from(">Q", header, at), at + 8
    at += (4 if flags & _DESCRIPTION else 0) + (4 if flags & _DURATION else 0)
    if flags & _SIZE:
        (size,) = struct.unpack_from(">I", header, at)
    place = base
    for name, run in boxes(traf):
        if name == b"trun":
            places = _run(run, base, place, size)
            yield from places
            place = sum(places[-1]) if places else place


def _run(run: bytes, base: int, place: int, default_size: int) -> list[Place]:
    """The packets of a `trun` box; `place` is where the run before it ended."""
    flags, count = struct.unpack_from(">II", run)
    at = 8
    if flags & _DATA_OFFSET:
        (offset,), at = struct.unpack_from(">i", run, at), at + 4
        place = base + offset
    at += 4 if flags & _FIRST_FLAGS else 0
    width = 4 * sum(bool(flags & flag) for flag in (_DURATIONS, _SIZES, _FLAGS, _OFFSETS))
    if count > _MAX_FRAGMENT_PACKETS or count * width > len(run) - at:
        raise UndecodableAudio(f"a run of {count} packets")
    places = []
    for _ in range(count):
        size = default_size
        if flags & _SIZES:
            (size,) = struct.unpack_from(">I", run, at + (4 if flags & _DURATIONS else 0))
        places.append((place, size))
        place, at = place + size, at + width
    return places
