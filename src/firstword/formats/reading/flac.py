"""FLAC: its frames tell no length, so each is found by its end.

That is where the header of the next frame is, with the next number and its own checksum right (a chance of
about 2**-40 elsewhere); and where no more has come yet, where the checksum of all of it is right and it
decodes whole. So nothing is held back: FFmpeg's parser waits for ten headers and loses the tail.

Source: RFC 9639 (8 metadata, 9.1 frame header).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from firstword.core.errors import UndecodableAudio
from firstword.core.types import AudioChunk
from firstword.formats.libav import PacketDecoder
from firstword.formats.reading.frames import skip_id3
from firstword.formats.reading.stream import MAX_PACKET_BYTES, ByteQueue, Header, Reading, Waiting

STREAMINFO_BYTES = 34
_LAST_METADATA_BLOCK = 0x80
_FIXED_BLOCKS = 0xF8
_MAX_BLOCK_FRAMES = 65_535
_ID3V1_BYTES = 128
_HEADER_BYTES = 16
"""The longest header: 4, up to 7 of the number, 2 of the block size, 2 of the rate, 1 of the checksum."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What STREAMINFO tells."""

    raw: bytes
    sample_rate: int
    """Hz; 0 where it is not stated."""
    total: int
    """Frames; 0 where nobody knows."""

    @property
    def header(self) -> Header:
        """The same, for the stage."""
        return Header(self.sample_rate, self.total / self.sample_rate if self.total else None)

    def decoder(self) -> PacketDecoder:
        """One for this stream, which looks at every checksum."""
        return PacketDecoder("flac", extradata=self.raw, options={"err_detect": "crccheck+explode"})


def stream_info(raw: bytes) -> StreamInfo:
    """Reads a STREAMINFO block.

    Raises:
        UndecodableAudio: it states no rate.
    """
    packed = int.from_bytes(raw[10:18], "big")
    sample_rate = packed >> 44
    if len(raw) < STREAMINFO_BYTES or not sample_rate:
        raise UndecodableAudio("a STREAMINFO block without a sample rate")
    return StreamInfo(raw[:STREAMINFO_BYTES], sample_rate, packed & (1 << 36) - 1)


def read_flac(queue: ByteQueue) -> Reading:
    """The audio of every frame, exactly; as many as the header promises, where it does."""
    info = yield from _metadata(queue)
    yield info.header
    decoder, made = info.decoder(), 0
    for data in _frames(queue, info):
        if data is None:
            yield None
            continue
        chunk = _decoded(decoder, data, queue)
        made += len(chunk.samples)
        yield chunk
    if made < info.total:
        raise queue.cut_off(f"its samples, of which there are {made} instead of {info.total}")


def _decoded(decoder: PacketDecoder, data: bytes, queue: ByteQueue) -> AudioChunk:
    try:
        chunk = decoder.decode(data)
    except UndecodableAudio:
        chunk = None
    if chunk is None:
        raise UndecodableAudio(f"a broken frame of FLAC from byte {queue.offset - len(data)} on")
    return chunk


def _metadata(queue: ByteQueue) -> Waiting[StreamInfo]:
    """What is before the first frame."""
    if (yield from queue.await_bytes(3)) and queue.peek(3) == b"ID3":
        yield from skip_id3(queue)
    if (yield from queue.exactly(4, "the FLAC signature")) != b"fLaC":
        raise UndecodableAudio("it does not begin with fLaC at byte 0")
    info: StreamInfo | None = None
    last = False
    while not last:
        head = yield from queue.exactly(4, "a metadata block")
        last, size = bool(head[0] & _LAST_METADATA_BLOCK), int.from_bytes(head[1:], "big")
        if info is None:
            if head[0] & 0x7F or size != STREAMINFO_BYTES:
                raise queue.broken("something else than STREAMINFO before everything else")
            info = stream_info((yield from queue.exactly(size, "STREAMINFO")))
        else:
            yield from queue.skip(size, "a metadata block")
    assert info is not None
    return info


def _frames(queue: ByteQueue, info: StreamInfo) -> Generator[bytes | None, None, None]:
    """Whole frames, in order; None to wait for bytes."""
    probe = info.decoder()
    while (yield from queue.await_bytes(_HEADER_BYTES)) or len(queue):
        first = _frame_header(queue.peek(_HEADER_BYTES))
        if first is None:
            if queue.peek(3) == b"TAG" and not (yield from queue.await_bytes(_ID3V1_BYTES + 1)):
                return
            raise queue.broken("no frame of FLAC begins where one should,")
        size = yield from _frame_size(queue, probe, first)
        yield queue.take(size)


@dataclass(frozen=True, slots=True)
class _FrameHeader:
    fixed: bytes
    """The sync code with the blocking strategy."""
    number: int
    """Of the frame, or of its first sample."""

    def precedes(self, other: _FrameHeader) -> bool:
        """Whether `other` may be the next frame."""
        if self.fixed != other.fixed:
            return False
        step = other.number - self.number
        return step == 1 if self.fixed[1] == _FIXED_BLOCKS else 0 < step <= _MAX_BLOCK_FRAMES


def _frame_size(queue: ByteQueue, probe: PacketDecoder, first: _FrameHeader) -> Waiting[int]:
    """The bytes of the frame that begins here. `probe` tries whether it is whole."""
    at, checked, checksum = 1, 0, 0
    while True:
        here = len(queue)
        while (found := queue.find(first.fixed, at)) >= 0 and (found + _HEADER_BYTES <= here or queue.ended):
            following = _frame_header(queue.peek(_HEADER_BYTES, found))
            if following is not None and first.precedes(following):
                return found
            at = found + 1
        if queue.ended:
            tagged = here > _ID3V1_BYTES and queue.peek(3, here - _ID3V1_BYTES) == b"TAG"
            return here - _ID3V1_BYTES if tagged else here
        if here > MAX_PACKET_BYTES:
            raise queue.broken(f"a frame of FLAC of more than {MAX_PACKET_BYTES} bytes")
        checksum, checked = crc16(queue.peek(here - checked, checked), checksum), here
        if checksum == 0 and _decodes(probe, queue.peek(here)):
            return here
        at = max(1, here - 1) if found < 0 else found
        yield


def _decodes(decoder: PacketDecoder, data: bytes) -> bool:
    try:
        return decoder.decode(data) is not None
    except UndecodableAudio:
        return False


def _frame_header(data: bytes) -> _FrameHeader | None:
    """The header at the beginning of `data`, if there is one and its checksum is right."""
    if len(data) < 6 or data[0] != 0xFF or data[1] & 0xFE != 0xF8:
        return None
    size_code, rate_code = data[2] >> 4, data[2] & 0x0F
    if not size_code or rate_code == 15 or data[3] >> 4 > 10 or data[3] & 1:
        return None
    lead = data[4]
    more = 0 if lead < 0x80 else 7 - (lead ^ 0xFF).bit_length()
    if lead == 0xFF or (more < 1 and lead >= 0x80):
        return None
    number = lead & (0x7F if not more else 0x3F >> more)
    for byte in data[5 : 5 + more]:
        number = number << 6 | byte & 0x3F
    extra = {6: 1, 7: 2}.get(size_code, 0) + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    end = 5 + more + extra
    if len(data) <= end or _crc8(data[:end]) != data[end]:
        return None
    return _FrameHeader(data[:2], number)


def _table(polynomial: int, bits: int) -> list[int]:
    """What a register of `bits` becomes after each byte."""
    top, mask, table = 1 << bits - 1, (1 << bits) - 1, []
    for byte in range(256):
        register = byte << bits - 8
        for _ in range(8):
            register = (register << 1 ^ (polynomial if register & top else 0)) & mask
        table.append(register)
    return table


_CRC8 = _table(0x07, 8)
_CRC16 = _table(0x8005, 16)


def _crc8(data: bytes) -> int:
    register = 0
    for byte in data:
        register = _CRC8[register ^ byte]
    return register


def crc16(data: bytes, register: int = 0) -> int:
    """FLAC's checksum of a frame: 0 over a whole one."""
    table = _CRC16
    for byte in data:
        register = (register << 8 & 0xFF00) ^ table[register >> 8 ^ byte]
    return register
