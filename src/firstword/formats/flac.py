"""FLAC: FFmpeg's encoder in blocks of 20 ms, with the shortest header there is.

Source: RFC 9639 (8.2 STREAMINFO).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from firstword.core.types import AudioChunk, AudioSpec
from firstword.formats import pcm
from firstword.formats.blocks import Blocks
from firstword.formats.libav import PacketCodec

RATES = pcm.RATES

BLOCKS_PER_S = 50
"""20 ms: 3 % more bytes than FFmpeg's default block, which would keep the first word for 96 ms."""

_STREAMINFO_BYTES = 34
_LAST_METADATA_BLOCK = 0x80
_TOTAL_AT = 4 + 4 + 13
"""Where the byte begins whose lower half is the top of the 36-bit sample count."""


class FlacEncoder:
    """A header whose total is unknown (0), then a block for each 20 ms."""

    media_type = "audio/flac"
    delay_frames = 0

    def __init__(self, spec: AudioSpec) -> None:
        self.sample_rate = spec.sample_rate
        self._codec = PacketCodec(
            "flac",
            sample_rate=spec.sample_rate,
            sample_format="s16",
            options={"frame_size": str(spec.sample_rate // BLOCKS_PER_S)},
        )
        self._blocks = Blocks(self._codec.block_frames, np.int16)
        self._fed_frames = 0
        self._header = [_header(self._codec.extradata)]

    def feed(self, item: AudioChunk, /) -> Sequence[bytes]:
        """The frames that are complete now; the header goes with the first."""
        self._fed_frames += len(item.samples)
        blocks = self._blocks.feed(pcm.to_int16(item.samples))
        return self._with_header([packet for block in blocks for packet in self._codec.encode(block)])

    def flush(self) -> Sequence[bytes]:
        """The last, shorter frame; the header alone, if nothing has been fed."""
        rest = self._blocks.rest()
        packets = self._codec.encode(rest) if len(rest) else []
        packets += self._codec.finish()
        return self._with_header(packets) if packets else self._header

    def _with_header(self, packets: list[bytes]) -> list[bytes]:
        if not packets:
            return []
        header, self._header = self._header, []
        return [*header, *packets]

    def whole(self, body: bytes) -> bytes:
        """The complete `body` with the true number of samples (36 bits); its MD5 stays unstated."""
        total = self._fed_frames.to_bytes(5, "big")
        first = body[_TOTAL_AT] & 0xF0 | total[0] & 0x0F
        return body[:_TOTAL_AT] + bytes([first]) + total[1:] + body[_TOTAL_AT + 5 :]


def _header(streaminfo: bytes) -> bytes:
    return b"fLaC" + bytes([_LAST_METADATA_BLOCK, 0, 0, _STREAMINFO_BYTES]) + streaminfo[:_STREAMINFO_BYTES]
