"""MPEG audio, layers I to III (mp3), trimmed to the sample where the encoder tells.

Source: ISO 11172-3 and ISO 13818-3 (frame header), the LAME tag specification (Xing, Info, delay, padding).
"""

from __future__ import annotations

from dataclasses import dataclass

from firstword.core.errors import UndecodableAudio
from firstword.core.types import AudioChunk
from firstword.formats.libav import PacketDecoder
from firstword.formats.reading.frames import Frame, FrameHeader, frames
from firstword.formats.reading.stream import ByteQueue, Header, Reading
from firstword.formats.reading.trim import Trim

DECODER_DELAY = 529
"""Frames that every decoder of layer III is late."""

_MPEG1 = 3
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Hz, by version: MPEG-1, MPEG-2, MPEG-2.5."""

_KBPS = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By whether it is MPEG-1, and layer."""

_DECODERS = {1: "mp1float", 2: "mp2float", 3: "mp3float"}


def frame_header(data: bytes) -> FrameHeader | None:
    """What the four bytes of a header tell; None for no header, and for the free format."""
    version, layer = data[1] >> 3 & 3, 4 - (data[1] >> 1 & 3)
    bitrate, rate = data[2] >> 4, data[2] >> 2 & 3
    if data[0] != 0xFF or data[1] < 0xE0 or version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:
        return None
    sample_rate, padding = _RATES[version][rate], data[2] >> 1 & 1
    bits = _KBPS[version == _MPEG1, layer][bitrate - 1] * 1000
    if layer == 1:
        length, size = 384, (12 * bits // sample_rate + padding) * 4
    else:
        length = 576 if layer == 3 and version != _MPEG1 else 1152
        size = length // 8 * bits // sample_rate + padding
    return FrameHeader(size, sample_rate, length, version << 4 | layer << 2 | rate)


@dataclass(frozen=True, slots=True)
class _Tag:
    """What the first frame of a file says about all of it, instead of sound."""

    frames: int | None
    """How many follow, of MPEG."""
    delay: int = 0
    """Frames of silence that the encoder put before the audio."""
    padding: int = 0
    """And behind it."""
    gapless: bool = False

    def duration_s(self, header: FrameHeader) -> float | None:
        """Seconds, where it tells."""
        if self.frames is None:
            return None
        return (self.frames * header.frames - self.delay - self.padding) / header.sample_rate

    def trim(self, header: FrameHeader) -> Trim:
        """What is left of the decoded audio."""
        if not self.gapless:
            return Trim()
        if self.frames is None:
            return Trim(self.delay + DECODER_DELAY)
        return Trim(
            self.delay + DECODER_DELAY, max(0, self.frames * header.frames - self.delay - self.padding)
        )


def tag_at(data: bytes) -> int:
    """Where in a frame of layer III a Xing or Info tag begins, if there is one."""
    mono, mpeg1 = data[3] >> 6 == 3, data[1] >> 3 & 3 == _MPEG1
    return 4 + ((17 if mono else 32) if mpeg1 else (9 if mono else 17))


def is_tag(data: bytes) -> bool:
    """True for a frame that has a Xing or Info tag instead of sound."""
    return data[tag_at(data) :][:4] in (b"Xing", b"Info")


def is_vbri(data: bytes) -> bool:
    """True for a frame that has Fraunhofer's tag instead of sound."""
    return data[36:40] == b"VBRI"


def is_layer_iii(data: bytes) -> bool:
    """True for a frame of mp3, and not of its forerunners."""
    return data[1] >> 1 & 3 == 1


def _tag(frame: Frame) -> _Tag | None:
    """The Xing, Info or VBRI tag of a file's first frame, if that is what it is."""
    data, at = frame.data, tag_at(frame.data)
    if is_vbri(data):
        return _Tag(int.from_bytes(data[50:54], "big") or None)
    if not is_tag(data):
        return None
    flags, count, at = data[at + 7], None, at + 8
    if flags & 1:
        count, at = int.from_bytes(data[at : at + 4], "big") or None, at + 4
    at += (4 if flags & 2 else 0) + (100 if flags & 4 else 0) + (4 if flags & 8 else 0)
    lame = data[at : at + 24]
    if len(lame) < 24 or not lame[:4].isalnum():
        return _Tag(count)
    gaps = int.from_bytes(lame[21:24], "big")
    return _Tag(count, gaps >> 12, gaps & 0xFFF, gapless=True)


def read_mpeg(queue: ByteQueue) -> Reading:
    """The audio of every frame. Layer III begins with silence unless a LAME tag says how much of it.

    A file whose tag promises more frames than there are is cut off.
    """
    decoder: PacketDecoder | None = None
    tag: _Tag | None = None
    trim, count = Trim(), 0
    for frame in frames(queue, frame_header, "MPEG audio"):
        if frame is None:
            yield None
            continue
        if decoder is None:
            decoder = PacketDecoder(_DECODERS[4 - (frame.data[1] >> 1 & 3)])
            tag = _tag(frame)
            yield Header(frame.header.sample_rate, tag.duration_s(frame.header) if tag else None)
            if tag is not None:
                trim = tag.trim(frame.header)
                continue
        count += 1
        chunk = decode_frame(decoder, frame, queue)
        if chunk is not None:
            yield trim.chunk(chunk)
    # Some encoders count the tag's own frame, and some one more.
    if tag is not None and tag.frames is not None and count < tag.frames - 2 - tag.frames // 100:
        raise queue.cut_off(f"its frames, of which there are {count} instead of {tag.frames}")


def decode_frame(decoder: PacketDecoder, frame: Frame, queue: ByteQueue) -> AudioChunk | None:
    """The audio of a frame; None for one that needs another that is not there.

    Raises:
        UndecodableAudio: it is broken.
    """
    try:
        return decoder.decode(frame.data)
    except UndecodableAudio as error:
        if frame.joined:
            return None
        raise UndecodableAudio(f"{error.message} before byte {queue.offset}") from error
