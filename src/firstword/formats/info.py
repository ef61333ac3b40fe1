"""The frame at the beginning of an MP3 file that tells how long it is, instead of sound.

Players skip it, show the length it states, seek by its table, and leave out the silence that it says the
encoder put before and behind the audio. A stream has none, since nobody knows yet what it should say.

Source: the Xing header (frames, bytes, 100 places), the LAME tag specification (delays, checksums).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from firstword.core.errors import UnsupportedAudio
from firstword.formats.reading.mpeg import DECODER_DELAY, frame_header, tag_at

PLACES = 100
MARKS = 400
"""More than the table needs, since they are thinned out by half."""
MAX_GAP = 0xFFF

_FRAMES, _BYTES, _TABLE, _QUALITY = 1, 2, 4, 8
"""Flags: what the tag has."""
_XING_BYTES, _LAME_BYTES = 8 + 4 + 4 + PLACES, 36
_ENCODER = b"LAME3.100"
"""Whose delays players believe."""
_CONSTANT_BITRATE = 1
_QUALITY_VALUE = struct.pack(">I", 55)
"""As LAME counts its own: 100, less 40 for a setting of no effect here, less 5."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Silence around the audio, in frames of sound."""

    delay: int
    """Before it; what every decoder adds is not counted."""
    padding: int

    @classmethod
    def around(cls, frames: int | None, *, delay_frames: int, held: int) -> Gaps | None:
        """What is around the audio; None where that cannot be said.

        Args:
            frames: of audio; None where nobody has counted: then all that can be decoded is.
            delay_frames: before the first one, as a decoder gives it.
            held: frames in the whole file.
        """
        delay = delay_frames - DECODER_DELAY
        padding = DECODER_DELAY if frames is None else held - delay - frames
        return cls(delay, padding) if 0 <= delay <= MAX_GAP and 0 <= padding <= MAX_GAP else None


class Survey:
    """What of a stream's frames the tag has to tell. It holds `MARKS` places, however long the stream is."""

    def __init__(self) -> None:
        self.frames = 0
        self.bytes = 0
        self.constant = True
        """All have the same bitrate."""
        self._bitrate: int | None = None
        self._marks: list[int] = []
        self._stride = 1

    def add(self, data: bytes) -> None:
        """The next frame."""
        bitrate = data[2] >> 4
        self.constant = self.constant and self._bitrate in (None, bitrate)
        self._bitrate = bitrate
        if self.frames % self._stride == 0:
            self._marks.append(self.bytes)
            if len(self._marks) == MARKS:
                del self._marks[1::2]
                self._stride *= 2
        self.frames += 1
        self.bytes += len(data)

    def table(self, before: int) -> bytes:
        """Where each hundredth of the time begins, in 256ths of all bytes, of which `before` come first."""
        if not self.frames:
            return bytes(PLACES)
        marks = (self._marks[at * self.frames // PLACES // self._stride] for at in range(PLACES))
        return bytes(min(255, 256 * (before + mark) // (before + self.bytes)) for mark in marks)


def blank(first: bytes) -> bytes:
    """A frame of the kind of `first`, large enough for a tag: silence, until something is written into it.

    Raises:
        UnsupportedAudio: no frame of this kind is.
    """
    at = tag_at(first)
    for index in (first[2] >> 4, *range(1, 15)):
        head = bytes([first[0], first[1] | 1, index << 4 | first[2] & 0x0C, first[3]])
        header = frame_header(head)
        if header is not None and header.size >= at + _XING_BYTES + 4 + _LAME_BYTES:
            return head + bytes(header.size - len(head))
    raise UnsupportedAudio("No frame of this mp3 is large enough for a tag.")


def written(frame: bytes, survey: Survey, gaps: Gaps | None, music: Iterable[bytes] = ()) -> bytes:
    """The blank `frame` with its tag.

    Args:
        frame: as `blank` made it.
        survey: of all frames that follow.
        gaps: around the audio; None where they are not known.
        music: the bytes of all frames that follow, which are read only where there are gaps to be told.
    """
    at, total = tag_at(frame), len(frame) + survey.bytes
    flags = _FRAMES | _BYTES | _TABLE | (_QUALITY if gaps else 0)
    name = b"Info" if survey.constant else b"Xing"
    xing = struct.pack(">4sIII", name, flags, survey.frames, total) + survey.table(len(frame))
    if gaps is None:
        return frame[:at] + xing + frame[at + len(xing) :]
    header = frame_header(frame)
    assert header is not None
    kbps = min(255, survey.bytes * 8 * header.sample_rate // (1000 * header.frames * max(1, survey.frames)))
    lame = struct.pack(
        ">9sBBfHHBB3sBBHI",
        _ENCODER,
        _CONSTANT_BITRATE,
        *(0, 0.0, 0, 0, 0),  # low-pass, peak, gains, flags: not stated
        kbps,
        (gaps.delay << 12 | gaps.padding).to_bytes(3, "big"),
        *(0, 0, 0),  # noise shaping, gain, preset: not stated
        total,
    )
    made = frame[:at] + xing + _QUALITY_VALUE + lame
    made += checksum(music).to_bytes(2, "big")
    return made + checksum([made]).to_bytes(2, "big") + frame[len(made) + 2 :]


def corrected(frame: bytes, survey: Survey) -> bytes:
    """Another encoder's tag with the counts that turned out to be true; the same where they are.

    Args:
        frame: the first one of a stream, with a tag.
        survey: of all frames that follow.
    """
    at = tag_at(frame) + 4
    (flags,) = struct.unpack_from(">I", frame, at)
    told = [
        value
        for flag, value in ((_FRAMES, survey.frames), (_BYTES, len(frame) + survey.bytes))
        if flags & flag
    ]
    at += 4
    counts = struct.pack(f">{len(told)}I", *told)
    if frame[at : at + len(counts)] == counts:
        return frame
    made = frame[:at] + counts + frame[at + len(counts) :]
    end = at + len(counts) + (PLACES if flags & _TABLE else 0) + (4 if flags & _QUALITY else 0) + _LAME_BYTES
    if len(made) < end or not made[end - _LAME_BYTES : end - _LAME_BYTES + 4].isalnum():
        return made
    return made[: end - 2] + checksum([made[: end - 2]]).to_bytes(2, "big") + made[end:]


def checksum(data: Iterable[bytes]) -> int:
    """A cyclic redundancy check: polynomial 0x8005 reflected, start 0."""
    value = 0
    for block in data:
        for byte in block:
            value = value >> 8 ^ _CRC_TABLE[(value ^ byte) & 0xFF]
    return value


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC_TABLE = [_crc_of(byte) for byte in range(256)]
