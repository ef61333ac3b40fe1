"""The sizes that a stream's header could not know, put into the file that it became.

Only the header's own bytes are touched, so it costs the same whatever the length.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

HEAD_BYTES = 65_536
"""No header of ours is longer than 100 bytes; other servers' may carry tags."""
TAIL_BYTES = 65_536
"""The last FLAC frame lies in here: at most 4,608 samples of up to 24 bits, two channels."""
CANDIDATES = 8
"""Places that may be looked at as the last frame's beginning; a sync code inside a frame is rare."""
RIFF_BYTES_MAX = 0xFFFFFFFF
SHORTEST_WAV_BYTES = 44


def state_true_sizes(file: BinaryIO) -> None:
    """Sets the sizes in the header of a complete wav or flac file; leaves every other kind as it is.

    Args:
        file: readable, writable and seekable; left at an unspecified place.
    """
    file.flush()
    total_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        _state_wav_sizes(file, head, total_bytes)
    elif head[:4] == b"fLaC":
        _state_flac_total(file, head, total_bytes)
    file.flush()


def _state_wav_sizes(file: BinaryIO, head: bytes, total_bytes: int) -> None:
    """Walks the chunks to `data`, and states how long it and the whole turned out to be.

    Source: Multimedia Programming Interface and Data Specifications 1.0, RIFF.
    """
    if len(head) < SHORTEST_WAV_BYTES:
        return
    at, width, fact_at = 12, 1, None
    while head[at : at + 4] != b"data":
        if at + 8 > len(head):
            return
        if head[at : at + 4] == b"fmt ":
            (width,) = struct.unpack_from("<H", head, at + 8 + 12)
        if head[at : at + 4] == b"fact":
            fact_at = at + 8
        (size,) = struct.unpack_from("<I", head, at + 4)
        at += 8 + size + size % 2
    data_bytes = total_bytes - at - 8
    if total_bytes > RIFF_BYTES_MAX or at + 8 > len(head) or _tags_follow(file, at, total_bytes):
        return
    if data_bytes % 2:
        file.seek(0, os.SEEK_END)
        file.write(b"\0")
    _put(file, 4, struct.pack("<I", total_bytes + data_bytes % 2 - 8))
    _put(file, at + 4, struct.pack("<I", data_bytes))
    if fact_at is not None:
        _put(file, fact_at, struct.pack("<I", data_bytes // max(1, width)))


def _tags_follow(file: BinaryIO, at: int, total_bytes: int) -> bool:
    """True where the chunk at a place has its true size: others come behind it, up to the very end."""
    chunks = 0
    while at + 8 <= total_bytes:
        file.seek(at)
        name, size = struct.unpack("<4sI", file.read(8))
        if not all(32 <= byte < 127 for byte in name):
            return False
        at += 8 + size + size % 2
        chunks += 1
    return at == total_bytes and chunks > 1


def _state_flac_total(file: BinaryIO, head: bytes, total_bytes: int) -> None:
    """Finds the last frame, which knows its place, and states the number of samples.

    Source: RFC 9639, 8.2 (STREAMINFO), 9.1 (frame header), 9.3 (frame footer).
    """
    block_frames, total_at = int.from_bytes(head[8:10], "big"), 8 + 13
    file.seek(max(0, total_bytes - TAIL_BYTES))
    frames = _flac_end(file.read(), block_frames)
    known = int.from_bytes(head[total_at : total_at + 5], "big") & 0xF_FFFF_FFFF
    if frames and not known:
        first = head[total_at] & 0xF0 | frames >> 32
        _put(file, total_at, bytes([first]) + frames.to_bytes(5, "big")[1:])


def _put(file: BinaryIO, at: int, value: bytes) -> None:
    file.seek(at)
    file.write(value)


def _flac_end(tail: bytes, block_frames: int) -> int | None:
    """Where the last frame of a fixed-block stream ends, in frames of audio; None where none is whole."""
    at = len(tail)
    for _ in range(CANDIDATES):
        at = tail.rfind(b"\xff\xf8", 0, at)
        if at < 0:
            break
        if _crc(tail[at:], bits=16, polynomial=0x8005) == 0:
            number, length = _coded_number(tail, at + 4)
            code = tail[at + 2] >> 4
            return number * block_frames + _block_frames(code, tail[at + 4 + length :])
    return None


def _coded_number(data: bytes, at: int) -> tuple[int, int]:
    """A number coded as UTF-8 codes characters, and how many bytes it takes."""
    first = data[at]
    length = max(1, 8 - (first ^ 0xFF).bit_length())
    value = first if length == 1 else first & (0x7F >> length)
    for byte in data[at + 1 : at + length]:
        value = value << 6 | byte & 0x3F
    return value, length


def _block_frames(code: int, extra: bytes) -> int:
    """Frames in a block, by the four bits that tell, or the bytes they point to."""
    match code:
        case 1:
            return 192
        case 2 | 3 | 4 | 5:
            return 144 << code
        case 6:
            return extra[0] + 1
        case 7:
            return int.from_bytes(extra[:2], "big") + 1
        case _:
            return 1 << code


def _crc(data: bytes, *, bits: int, polynomial: int) -> int:
    """A plain cyclic redundancy check; 0 for data that ends in its own check."""
    top, value = 1 << (bits - 1), 0
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & (2 * top - 1)
    return value
