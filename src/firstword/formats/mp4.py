"""AAC in MP4: a file of one track, its index before its audio.

The index has to know every packet, so it can be made only when all have come; what has to be kept until then
are their lengths.

Source: ISO 14496-12 (boxes; 10.1.1.1 for the roll distance), 14496-14 (mp4a, esds), 14496-3 (1.6.2.1
AudioSpecificConfig, 1.A.2.2.1 adts_frame).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstword.core.errors import UnsupportedAudio

PACKET_FRAMES = 1024
"""Of the rate that is stated: the decoder of HE-AAC makes twice as many, twice as fast."""

MEDIA_HEAD_BYTES = 16

_PACKETS_PER_CHUNK = 48
"""About a second, which players read in one go."""
_UINT32 = 1 << 32
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4
"""The language `und`, five bits a letter."""
_UNSTATED_CHANNELS = 0


@dataclass(frozen=True, slots=True)
class AacConfig:
    """What a decoder must be told about packets without headers."""

    object_type: int
    rate_index: int
    channels: int
    """As ISO 14496-3 counts them: 7 are eight channels."""

    @classmethod
    def of(cls, header: bytes) -> AacConfig:
        """As the header of an ADTS frame has it.

        Raises:
            UnsupportedAudio: it cannot be said outside of ADTS.
        """
        found = cls((header[2] >> 6) + 1, header[2] >> 2 & 0x0F, (header[2] & 1) << 2 | header[3] >> 6)
        if found.channels == _UNSTATED_CHANNELS or header[6] & 3:
            raise UnsupportedAudio(
                "This AAC has its channels in its audio, or several packets in a frame, which MP4 cannot "
                "carry as they are: save it as .aac."
            )
        return found

    @property
    def packed(self) -> bytes:
        """The AudioSpecificConfig."""
        return (self.object_type << 11 | self.rate_index << 7 | self.channels << 3).to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class AacTrack:
    """All packets of a file."""

    config: AacConfig
    sample_rate: int
    """Hz."""
    sizes: NDArray[np.uint16]
    """Bytes of each packet; one of ADTS has less than 8192."""
    delay_frames: int = 0
    """Silence that the encoder put before the audio; decoders leave it out."""
    frames: int | None = None
    """Of audio, without delay and padding; None where nobody has counted."""

    @property
    def media_frames(self) -> int:
        """Of all that the packets hold, up to the end of the audio where that is known."""
        held = len(self.sizes) * PACKET_FRAMES
        return held if self.frames is None else min(held, self.delay_frames + self.frames)


def file_type() -> bytes:
    """The box that begins a file."""
    return _box(b"ftyp", b"M4A ", struct.pack(">I", 0x200), b"M4A isommp42")


def media_head(media_bytes: int) -> bytes:
    """What stands before the packets: `MEDIA_HEAD_BYTES`, whatever their length."""
    return struct.pack(">I4sQ", 1, b"mdat", MEDIA_HEAD_BYTES + media_bytes)


def index(track: AacTrack, begin: int) -> bytes:
    """The box that says where everything is.

    Args:
        track: what is in the file.
        begin: the first byte of the file after `file_type()` that is not the index: `mdat` begins where the
            index ends, `begin` bytes into the file without it.
    """
    size = len(_moov(track, 0))
    return _moov(track, begin + size + MEDIA_HEAD_BYTES)


def _moov(track: AacTrack, first_byte: int) -> bytes:
    rate, media = track.sample_rate, track.media_frames
    shown = media - min(media, track.delay_frames)
    long = media >= _UINT32
    version, when = (1 << 24, "Q") if long else (0, "I")
    mvhd = struct.pack(f">I2{when}I{when}IH10x", version, 0, 0, rate, shown, 0x10000, 0x100)
    tkhd = struct.pack(f">I2{when}II{when}8xhhHH", version | 7, 0, 0, 1, 0, shown, 0, 0, 0x100, 0)
    elst = struct.pack(f">II{when}{when.lower()}I", version, 1, shown, track.delay_frames, 0x10000)
    mdhd = struct.pack(f">I2{when}I{when}HH", version, 0, 0, rate, media, _UNDETERMINED, 0)
    hdlr = struct.pack(">II4s12x", 0, 0, b"soun") + b"firstword\0"
    return _box(
        b"moov",
        _box(b"mvhd", mvhd, _MATRIX, bytes(24), struct.pack(">I", 2)),
        _box(
            b"trak",
            _box(b"tkhd", tkhd, _MATRIX, bytes(8)),
            _box(b"edts", _box(b"elst", elst)),
            _box(
                b"mdia",
                _box(b"mdhd", mdhd),
                _box(b"hdlr", hdlr),
                _box(
                    b"minf",
                    _box(b"smhd", bytes(8)),
                    _box(b"dinf", _box(b"dref", struct.pack(">II", 0, 1), _box(b"url ", b"\0\0\0\1"))),
                    _box(b"stbl", _description(track), *_tables(track, first_byte)),
                ),
            ),
        ),
    )


def _description(track: AacTrack) -> bytes:
    """`stsd` with one `mp4a`."""
    total, seconds = int(track.sizes.sum(dtype=np.int64)), track.media_frames / track.sample_rate
    mean = min(_UINT32 - 1, round(8 * total / max(seconds, 0.001)))
    decoder = struct.pack(">BBBHII", 0x40, 0x15, 0, int(track.sizes.max(initial=0)), 0, mean)
    decoder += _descriptor(5, track.config.packed)
    body = struct.pack(">HB", 1, 0) + _descriptor(4, decoder) + _descriptor(6, b"\2")
    esds = _box(b"esds", bytes(4), _descriptor(3, body))
    rate = track.sample_rate << 16 if track.sample_rate < 1 << 16 else 0
    channels = 8 if track.config.channels == 7 else track.config.channels
    sound = struct.pack(">6xH8xHHHHI", 1, channels, 16, 0, 0, rate)
    return _box(b"stsd", struct.pack(">II", 0, 1), _box(b"mp4a", sound, esds))


def _tables(track: AacTrack, first_byte: int) -> list[bytes]:
    """Times, sizes and places of the packets."""
    count = len(track.sizes)
    last = track.media_frames - (count - 1) * PACKET_FRAMES
    times = [(count - 1, PACKET_FRAMES), (1, last)] if 0 < last < PACKET_FRAMES else [(count, PACKET_FRAMES)]
    starts = np.arange(0, count, _PACKETS_PER_CHUNK)
    lengths = np.add.reduceat(track.sizes, starts, dtype=np.int64) if count else np.zeros(0, np.int64)
    places = first_byte + np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])[: len(lengths)]
    far = len(places) > 0 and int(places[-1]) >= _UINT32
    rest = count % _PACKETS_PER_CHUNK
    runs = [(1, _PACKETS_PER_CHUNK)] if count >= _PACKETS_PER_CHUNK else []
    runs += [(len(places), rest)] if rest else []
    return [
        _table(b"stts", [struct.pack(">II", *pair) for pair in times if pair[0]]),
        _table(b"stsc", [struct.pack(">III", first, packets, 1) for first, packets in runs]),
        _box(b"stsz", struct.pack(">III", 0, 0, count), track.sizes.astype(">u4").tobytes()),
        _box(
            b"co64" if far else b"stco",
            struct.pack(">II", 0, len(places)),
            places.astype(">u8" if far else ">u4").tobytes(),
        ),
        # A decoder that begins in the middle must decode one packet more, before.
        _box(b"sgpd", struct.pack(">I4sIIh", 1 << 24, b"roll", 2, 1, -1)),
        _box(b"sbgp", struct.pack(">I4sIII", 0, b"roll", 1, count, 1)),
    ]


def _table(name: bytes, rows: list[bytes]) -> bytes:
    return _box(name, struct.pack(">II", 0, len(rows)), *rows)


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def _descriptor(tag: int, body: bytes) -> bytes:
    return bytes([tag, len(body)]) + body
