"""Opus packets of 20 ms, whatever container they go into.

The encoder looks ahead (`preskip`), so the end of the speech needs that many zeros pushed after it.
Hence a packet is always left for `flush`, the last one, in which the container states the exact length.

Source: RFC 6716 (codec), RFC 7845 (OpusHead, pre-skip; all positions count at 48 kHz).
"""

from __future__ import annotations

import numpy as np

from firstword.core.types import AudioChunk, AudioSpec
from firstword.formats import pcm
from firstword.formats.blocks import Blocks
from firstword.formats.libav import PacketCodec

RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
"""Hz. The five the codec has."""

BITRATES = range(6_000, 256_001)
"""Bits per second for one channel. Source: RFC 6716 2.1.1, and FFmpeg's upper bound."""

DEFAULT_BITRATE = 32_000

CLOCK = 48_000
"""Hz in which Opus counts, whatever it was fed with."""

PACKET_MS = 20
PACKET_TICKS = CLOCK * PACKET_MS // 1000


class OpusPackets:
    """AudioChunks in, packets out.

    Args:
        spec: its rate is one of `RATES`.
    """

    def __init__(self, spec: AudioSpec) -> None:
        self._ticks_per_frame = CLOCK // spec.sample_rate
        self._codec = PacketCodec(
            "libopus",
            sample_rate=spec.sample_rate,
            sample_format="s16",
            bit_rate=spec.bitrate or DEFAULT_BITRATE,
            # Complexity 5 costs 40 % of what 10 does.
            options={"frame_duration": str(PACKET_MS), "application": "audio", "compression_level": "5"},
        )
        self.head = self._codec.extradata
        """The OpusHead structure."""
        self.preskip = int.from_bytes(self.head[10:12], "little")
        """Ticks that a decoder throws away at the start."""
        self._blocks = Blocks(self._codec.block_frames, np.int16)
        self._fed_frames = 0

    @property
    def end(self) -> int:
        """Ticks, pre-skip included, until the end of what has been fed."""
        return self.preskip + self._fed_frames * self._ticks_per_frame

    def feed(self, item: AudioChunk) -> list[bytes]:
        """The packets that are complete now."""
        self._fed_frames += len(item.samples)
        blocks = self._blocks.feed(pcm.to_int16(item.samples))
        return [packet for block in blocks for packet in self._codec.encode(block)]

    def flush(self) -> list[bytes]:
        """The packets, one at least, in which the end of what has been fed comes out."""
        rest = self._blocks.rest()
        missing = len(rest) + self.preskip // self._ticks_per_frame
        size = self._codec.block_frames
        padded = np.zeros(-(-missing // size) * size, np.int16)
        padded[: len(rest)] = rest
        return [packet for block in padded.reshape(-1, size) for packet in self._codec.encode(block)]
