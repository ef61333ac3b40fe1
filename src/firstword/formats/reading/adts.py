"""AAC in ADTS.

Source: ISO 14496-3 (1.A.2.2.1 adts_frame).
"""

from __future__ import annotations

from firstword.formats.libav import PacketDecoder
from firstword.formats.reading.frames import FrameHeader, frames
from firstword.formats.reading.mpeg import decode_frame
from firstword.formats.reading.stream import ByteQueue, Reading

_RATES = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
)  # fmt: skip
"""Hz, by index."""


def frame_header(data: bytes) -> FrameHeader | None:
    """What the seven bytes of a header tell; None for no header."""
    index = data[2] >> 2 & 0x0F
    size = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    header_bytes = 7 if data[1] & 1 else 9
    if data[0] != 0xFF or data[1] & 0xF6 != 0xF0 or index >= len(_RATES) or size <= header_bytes:
        return None
    kind = data[1] << 8 | data[2] & 0xFC  # version, CRC or none, profile, rate
    return FrameHeader(size, _RATES[index], 1024 * (1 + (data[6] & 3)), kind)


def packet(frame: bytes) -> bytes:
    """What is in a frame, without its header."""
    return frame[7 if frame[1] & 1 else 9 :]


def read_adts(queue: ByteQueue) -> Reading:
    """The audio of every frame, at the rate the decoder finds: twice the header's for HE-AAC.

    The encoder's delay is part of it; ADTS cannot tell how long that is.
    """
    decoder = PacketDecoder("aac")
    for frame in frames(queue, frame_header, "AAC"):
        chunk = decode_frame(decoder, frame, queue) if frame is not None else None
        if frame is None or chunk is not None:
            yield chunk
