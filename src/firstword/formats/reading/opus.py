"""Opus packets, whatever container they came in.

Source: RFC 7845 (OpusHead; everything counts at 48 kHz).
"""

from __future__ import annotations

from firstword.core.errors import UndecodableAudio
from firstword.formats.libav import PacketDecoder

CLOCK = 48_000
"""Hz of what the decoder gives."""

_PRESKIP = slice(10, 12)
HEAD_BYTES = 19


def preskip(head: bytes) -> int:
    """Frames to leave out at the start, as an OpusHead tells."""
    return int.from_bytes(head[_PRESKIP], "little")


def opus_decoder(head: bytes) -> PacketDecoder:
    """A decoder that leaves nothing out: who knows the container trims.

    Args:
        head: an OpusHead.

    Raises:
        UndecodableAudio: it is none.
    """
    if len(head) < HEAD_BYTES or not head.startswith(b"OpusHead") or head[8] & 0xF0 or not head[9]:
        raise UndecodableAudio("a broken OpusHead")
    return PacketDecoder("libopus", extradata=head[:10] + bytes(2) + head[12:])
