"""RIFF and RF64 files of samples, with their sizes, without them, or with wrong ones.

Source: Multimedia Programming Interface and Data Specifications 1.0 (RIFF), RFC 2361 (format tags),
ITU-R BS.2088 (RF64).
"""

from __future__ import annotations

import struct

from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.formats.reading.samples import MAX_CHANNELS, WIDTHS, Layout, Writing, read_samples
from firstword.formats.reading.stream import ByteQueue, Header, Reading, Waiting

_UNKNOWN = 0x7FFF_0000
"""From here on nobody has counted: who streams states 0x7FFFFFFF or 0xFFFFFFFF, or a little less."""

_EXTENSIBLE = 0xFFFE
_WRITINGS = {
    (1, 8): Writing.U8, (1, 16): Writing.S16, (1, 24): Writing.S24, (1, 32): Writing.S32,
    (3, 32): Writing.F32, (3, 64): Writing.F64, (6, 8): Writing.ALAW, (7, 8): Writing.MULAW,
}  # fmt: skip
"""By format tag and bits of a sample."""


def read_wav(queue: ByteQueue) -> Reading:
    """The samples of the `data` chunk; what comes behind it is passed over."""
    riff, riff_size, kind = struct.unpack("<4sI4s", (yield from queue.exactly(12, "the RIFF header")))
    if riff not in (b"RIFF", b"RF64") or kind != b"WAVE":
        raise UndecodableAudio("it does not begin with RIFF....WAVE at byte 0")
    layout: Layout | None = None
    counted: int | None = None
    while True:
        name, size = struct.unpack("<4sI", (yield from queue.exactly(8, "a chunk header")))
        if name == b"data":
            break
        if name == b"fmt ":
            layout = _layout((yield from _body(queue, size, "the fmt chunk")))
        elif name == b"ds64" and size >= 16:
            body = yield from _body(queue, size, "the ds64 chunk")
            counted = int.from_bytes(body[8:16], "little")
        else:
            yield from queue.skip(size + size % 2, f"the chunk {name!r}")
    if layout is None:
        raise queue.broken("samples without a fmt chunk before them,")
    if size == 0 and riff_size + 8 == queue.offset:
        return
    if counted is not None and size == 0xFFFF_FFFF:
        size = counted
    yield from _data(queue, layout, size, known=size > 0 and (size < _UNKNOWN or size == counted))


def _data(queue: ByteQueue, layout: Layout, size: int, *, known: bool) -> Reading:
    """Samples to the stated size, which must be reached, or to the end."""
    yield Header(layout.sample_rate, size / layout.frame_bytes / layout.sample_rate if known else None)
    begin = queue.offset
    yield from read_samples(queue, layout, size or None)
    missing = size - (queue.offset - begin)
    if known and missing >= layout.frame_bytes:
        raise queue.cut_off(f"its samples, of which {missing - len(queue)} bytes are missing")


def _body(queue: ByteQueue, size: int, what: str) -> Waiting[bytes]:
    if size > 65_536:
        raise queue.broken(f"{what} of {size} bytes")
    body = yield from queue.exactly(size + size % 2, what)
    return body[:size]


def _layout(fmt: bytes) -> Layout:
    if len(fmt) < 16:
        raise UndecodableAudio(f"the fmt chunk has {len(fmt)} bytes, and needs 16")
    tag, channels, sample_rate, _, frame_bytes = struct.unpack_from("<HHIIH", fmt)
    if not channels or not frame_bytes or frame_bytes % channels or not sample_rate:
        raise UndecodableAudio(
            f"{channels} channels at {sample_rate} Hz in {frame_bytes} bytes a frame, says the fmt chunk"
        )
    if tag == _EXTENSIBLE and len(fmt) >= 26:
        (tag,) = struct.unpack_from("<H", fmt, 24)
    writing = _WRITINGS.get((tag, 8 * frame_bytes // channels))
    if writing is None or channels > MAX_CHANNELS:
        raise UnsupportedAudio(
            f"A wav of format {tag:#06x} with {channels} channels and {frame_bytes} bytes a frame cannot be "
            f"read: up to {MAX_CHANNELS} channels of {', '.join(WIDTHS)} can."
        )
    return Layout(writing, sample_rate, channels)
