"""What the index of an MP4 file says: where the samples of the audio track are, and how to decode them.

A "sample" of this format is a packet. Nothing is expanded: a table that claims billions of them costs what
its own bytes cost.

Source: ISO 14496-12 (boxes), 14496-14 (mp4a, esds), the mappings of Opus, FLAC and ALAC to MP4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.formats.libav import PacketDecoder
from firstword.formats.reading.flac import stream_info
from firstword.formats.reading.opus import CLOCK, opus_decoder, preskip

Place = tuple[int, int]
"""The byte where a packet begins, and its length."""

_CHILDREN_AT = {0: 28, 1: 44, 2: 64}
"""Where the boxes of a sample entry for sound begin, by its version."""

_DESCRIPTOR_SIZE_BYTES = 4
_AAC_OBJECTS = (0x40, 0x66, 0x67, 0x68)
_MP3_OBJECTS = (0x69, 0x6B)
_READ = "AAC, Opus, FLAC, ALAC and MP3 can"


@dataclass(frozen=True, slots=True)
class Sound:
    """The audio track."""

    number: int
    decoder: PacketDecoder
    timescale: int
    """Units of its times in a second."""
    skip: int
    """Units to leave out at the start."""
    keep: int | None
    """Units to let through after them; None where that is not known."""
    duration_s: float
    """0 where it is not known."""
    places: Iterator[Place]
    default_size: int
    """Bytes of a packet in a fragment that tells no size."""


def boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in the body of one.

    Raises:
        UndecodableAudio: one is larger than its parent.
    """
    at = 0
    while at + 8 <= len(body):
        size, name = struct.unpack_from(">I4s", body, at)
        begin = at + 8
        if size == 1 and at + 16 <= len(body):
            (size,), begin = struct.unpack_from(">Q", body, begin), at + 16
        end = at + size if size else len(body)
        if end < begin or end > len(body):
            raise UndecodableAudio(f"the box {name!r} is larger than the one it is in")
        yield name, body[begin:end]
        at = end


def find(body: bytes, *path: bytes) -> bytes:
    """The body of the first box at a path; nothing where there is none."""
    for name in path:
        body = next((inner for found, inner in boxes(body) if found == name), b"")
    return body


def sound(moov: bytes) -> Sound:
    """The first track of audio.

    Raises:
        UndecodableAudio: a table is broken.
        UnsupportedAudio: there is none, or none that can be read.
    """
    tracks = [body for name, body in boxes(moov) if name == b"trak"]
    sounds = [track for track in tracks if find(track, b"mdia", b"hdlr")[8:12] == b"soun"]
    if not sounds:
        raise UnsupportedAudio("There is no audio track in this MP4.")
    return _sound(moov, sounds[0])


def _sound(moov: bytes, track: bytes) -> Sound:
    table = find(track, b"mdia", b"minf", b"stbl")
    timescale, length = _times(find(track, b"mdia", b"mdhd"))
    movie_timescale, _ = _times(find(moov, b"mvhd"))
    if not timescale or not movie_timescale:
        raise UndecodableAudio("a timescale of 0")
    number = _track_number(find(track, b"tkhd"))
    decoder, preskip_s = _decoder(find(table, b"stsd"))
    begin, edited = _edit(find(track, b"edts", b"elst"))
    skip = begin if begin is not None else round(preskip_s * timescale)
    total = _total(find(table, b"stts"))
    extends = find(moov, b"mvex")
    keep = total - skip if total > skip and not extends else None
    shown = edited * timescale // movie_timescale
    if keep is not None and 0 < shown < keep - timescale // movie_timescale - 1:
        keep = shown
    return Sound(
        number=number,
        decoder=decoder,
        timescale=timescale,
        skip=skip,
        keep=keep,
        duration_s=_fragments_s(extends, movie_timescale) if extends else (keep or length) / timescale,
        places=_places(table),
        default_size=_default_size(extends, number),
    )


def _times(header: bytes) -> tuple[int, int]:
    """Timescale and duration of an mdhd or mvhd box."""
    if header[:1] == b"\x01":
        return struct.unpack_from(">IQ", header, 20)
    return struct.unpack_from(">II", header, 12)


def _track_number(header: bytes) -> int:
    return int(struct.unpack_from(">I", header, 20 if header[:1] == b"\x01" else 12)[0])


def _edit(edits: bytes) -> tuple[int | None, int]:
    """Where the first edit that shows something begins (media units), and its length (movie units)."""
    long, count = edits[:1] == b"\x01", int.from_bytes(edits[4:8], "big")
    form = ">QqI" if long else ">IiI"
    for at in range(8, min(len(edits), 8 + count * struct.calcsize(form)), struct.calcsize(form)):
        length, begin, _ = struct.unpack_from(form, edits, at)
        if begin >= 0:
            return begin, length
    return None, 0


def _total(times: bytes) -> int:
    """Units of all packets together. `stts` has pairs of a count and a length."""
    pairs = np.frombuffer(times[8 : 8 + (len(times) - 8) // 8 * 8], ">u4").reshape(-1, 2).astype(np.float64)
    return int((pairs[:, 0] * pairs[:, 1]).sum())


def _fragments_s(extends: bytes, movie_timescale: int) -> float:
    length = find(extends, b"mehd")
    return int.from_bytes(length[4:], "big") / movie_timescale


def _default_size(extends: bytes, number: int) -> int:
    for name, body in boxes(extends):
        if name == b"trex" and struct.unpack_from(">I", body, 4)[0] == number:
            return int(struct.unpack_from(">I", body, 16)[0])
    return 0


def _places(table: bytes) -> Iterator[Place]:
    """Where the packets are, one after another."""
    sizes = find(table, b"stsz")
    if len(sizes) < 12:
        return
    same, count = struct.unpack_from(">II", sizes, 4)
    each = np.frombuffer(sizes[12 : 12 + 4 * count // 4 * 4 if not same else 12], ">u4")
    count = count if same else len(each)
    chunks, runs, index, run = _chunks(table), _runs(find(table, b"stsc")), 0, 0
    per_chunk = 0
    for number, begin in enumerate(chunks, 1):
        while run < len(runs) and runs[run][0] <= number:
            per_chunk, run = runs[run][1], run + 1
        for _ in range(min(per_chunk, count - index)):
            size = same or int(each[index])
            yield begin, size
            begin, index = begin + size, index + 1


def _chunks(table: bytes) -> Iterator[int]:
    near, far = find(table, b"stco"), find(table, b"co64")
    body, form = (near, ">u4") if near else (far, ">u8")
    width = int(form[-1])
    return map(int, np.frombuffer(body[8 : 8 + max(0, len(body) - 8) // width * width], form))


def _runs(body: bytes) -> list[tuple[int, int]]:
    """First chunk and packets in a chunk, for each run of chunks that are alike."""
    return [struct.unpack_from(">II", body, at) for at in range(8, len(body) - 11, 12)]


def _decoder(description: bytes) -> tuple[PacketDecoder, float]:
    """The decoder, and seconds that the codec itself says are to be left out."""
    name, entry = next(boxes(description[8:]), (b"", b""))
    version = int.from_bytes(entry[8:10], "big")
    inner = entry[_CHILDREN_AT.get(version, 28) :]
    match name:
        case b"mp4a":
            return _mpeg4(find(inner, b"esds") or find(inner, b"wave", b"esds")), 0.0
        case b"Opus":
            head = _opus_head(find(inner, b"dOps"))
            return opus_decoder(head), preskip(head) / CLOCK
        case b"fLaC":
            return stream_info(find(inner, b"dfLa")[8:]).decoder(), 0.0
        case b"alac":
            cookie = find(inner, b"alac")
            box = struct.pack(">I4s", 8 + len(cookie), b"alac") + cookie
            return PacketDecoder("alac", extradata=box), 0.0
        case b".mp3":
            return PacketDecoder("mp3float"), 0.0
    raise UnsupportedAudio(f"Audio of the kind {name!r} in an MP4 cannot be read: {_READ}.")


def _opus_head(dops: bytes) -> bytes:
    """`dOps` is OpusHead with its numbers the other way round. Source: Opus in ISOBMFF, 4.3.2."""
    version, channels, skip, rate, gain = struct.unpack_from(">BBHIh", dops)
    return b"OpusHead" + struct.pack("<BBHIh", version + 1, channels, skip, rate, gain) + dops[10:]


def _mpeg4(esds: bytes) -> PacketDecoder:
    """By the descriptors of an `esds` box. Source: ISO 14496-1 7.2.6."""
    found = dict(_descriptors(esds[4:]))
    config = found.get(4, b"")
    kind = config[0] if config else 0
    if kind in _MP3_OBJECTS:
        return PacketDecoder("mp3float")
    if kind not in _AAC_OBJECTS or not found.get(5):
        raise UnsupportedAudio(f"MPEG-4 audio of object type {kind:#04x} cannot be read: {_READ}.")
    return PacketDecoder("aac", extradata=found[5])


def _descriptors(body: bytes, depth: int = 3) -> Iterator[tuple[int, bytes]]:
    """Tags with their bodies, the nested ones behind those they are in, `depth` levels of them."""
    at = 0
    while depth and at + 2 <= len(body):
        tag, size, at = body[at], 0, at + 1
        for byte in body[at : at + _DESCRIPTOR_SIZE_BYTES]:
            size, at = size << 7 | byte & 0x7F, at + 1
            if byte < 0x80:
                break
        inner = body[at : at + size]
        yield tag, inner
        if tag == 3 and len(inner) > 3:
            flags = inner[2]
            # Without the optional parts: a dependency, an address, a clock.
            begin = 3 + (2 if flags & 0x80 else 0) + (2 if flags & 0x20 else 0)
            address = 1 + inner[begin] if flags & 0x40 and begin < len(inner) else 0
            yield from _descriptors(inner[begin + address :], depth - 1)
        elif tag == 4:
            yield from _descriptors(inner[13:], depth - 1)
        at += size
