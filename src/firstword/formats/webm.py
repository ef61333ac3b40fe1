"""Opus in a live WebM: segment and clusters of unknown size, a block for each packet.

For players that take Opus through Media Source Extensions. The last packet's DiscardPadding makes the
length exact.

Source: RFC 8794 (EBML), RFC 9559 (Matroska), the WebM guidelines.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from firstword.core.types import AudioChunk, AudioSpec
from firstword.formats.opus import CLOCK, PACKET_MS, PACKET_TICKS, OpusPackets

_CLUSTER_MS = 5_000
"""A cluster costs 13 bytes; its blocks' 16-bit times would allow 32 s."""

_SEEK_PREROLL_NS = 80_000_000
"""Source: RFC 7845 4.6: an Opus decoder has converged after 80 ms."""

_KEYFRAME = 0x80
_TRACK = b"\x81"


def element(identifier: int, body: bytes) -> bytes:
    """An EBML element with its size in as few bytes as it needs."""
    width = 1
    while len(body) >= (1 << 7 * width) - 1:
        width += 1
    return _identifier(identifier) + (1 << 7 * width | len(body)).to_bytes(width, "big") + body


def _unknown_size(identifier: int) -> bytes:
    """The start of an element that ends where the next of its level begins, or the stream does."""
    return _identifier(identifier) + b"\x01" + b"\xff" * 7


def _identifier(identifier: int) -> bytes:
    return identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")


def _unsigned(identifier: int, value: int) -> bytes:
    return element(identifier, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _signed(identifier: int, value: int) -> bytes:
    return element(identifier, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def _nanoseconds(ticks: int) -> int:
    return (ticks * 1_000_000_000 + CLOCK // 2) // CLOCK


def _header(opus_head: bytes, preskip: int) -> bytes:
    ebml = element(
        0x1A45DFA3,
        _unsigned(0x4286, 1)  # EBMLVersion
        + _unsigned(0x42F7, 1)  # EBMLReadVersion
        + _unsigned(0x42F2, 4)  # EBMLMaxIDLength
        + _unsigned(0x42F3, 8)  # EBMLMaxSizeLength
        + element(0x4282, b"webm")  # DocType
        + _unsigned(0x4287, 4)  # DocTypeVersion
        + _unsigned(0x4285, 2),  # DocTypeReadVersion
    )
    info = element(
        0x1549A966,
        _unsigned(0x2AD7B1, 1_000_000)  # TimestampScale: milliseconds
        + element(0x4D80, b"firstword")  # MuxingApp
        + element(0x5741, b"firstword"),  # WritingApp
    )
    audio = element(0xB5, struct.pack(">f", CLOCK)) + _unsigned(0x9F, 1)  # SamplingFrequency, Channels
    track = element(
        0xAE,
        _unsigned(0xD7, 1)  # TrackNumber
        + _unsigned(0x73C5, 1)  # TrackUID
        + _unsigned(0x83, 2)  # TrackType: audio
        + _unsigned(0x9C, 0)  # FlagLacing
        + element(0x86, b"A_OPUS")  # CodecID
        + element(0x63A2, opus_head)  # CodecPrivate
        + _unsigned(0x56AA, _nanoseconds(preskip))  # CodecDelay
        + _unsigned(0x56BB, _SEEK_PREROLL_NS)  # SeekPreRoll
        + element(0xE1, audio),
    )
    return ebml + _unknown_size(0x18538067) + info + element(0x1654AE6B, track)  # Segment, Tracks


class WebmOpusEncoder:
    """A header, then a block for each packet, with its cluster's beginning every five seconds."""

    media_type = "audio/webm; codecs=opus"
    delay_frames = 0
    """Decoders leave the pre-skip out by themselves."""
    whole = None

    def __init__(self, spec: AudioSpec) -> None:
        self.sample_rate = spec.sample_rate
        self._packets = OpusPackets(spec)
        self._written = 0

    def feed(self, item: AudioChunk, /) -> Sequence[bytes]:
        """The packets that are complete now; the header goes with the first."""
        packets = self._packets.feed(item)
        return [*self._header(), *map(self._simple_block, packets)] if packets else []

    def flush(self) -> Sequence[bytes]:
        """The last packets; the very last says how much of it is padding."""
        *earlier, last = self._packets.flush()
        return [*self._header(), *map(self._simple_block, earlier), self._last_block(last)]

    def _header(self) -> list[bytes]:
        return [] if self._written else [_header(self._packets.head, self._packets.preskip)]

    def _simple_block(self, packet: bytes) -> bytes:
        cluster, place = self._place()
        return cluster + element(0xA3, place + bytes([_KEYFRAME]) + packet)

    def _last_block(self, packet: bytes) -> bytes:
        cluster, place = self._place()
        padding = self._written * PACKET_TICKS - self._packets.end
        group = element(0xA1, place + b"\0" + packet) + _signed(0x75A2, _nanoseconds(padding))
        return cluster + element(0xA0, group)

    def _place(self) -> tuple[bytes, bytes]:
        """The cluster's beginning, where one is due, and a block's track and time within it."""
        at_ms = self._written * PACKET_MS
        self._written += 1
        within_ms = at_ms % _CLUSTER_MS
        cluster = b"" if within_ms else _unknown_size(0x1F43B675) + _unsigned(0xE7, at_ms)
        return cluster, _TRACK + struct.pack(">h", within_ms)
