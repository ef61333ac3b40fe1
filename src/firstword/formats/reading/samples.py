"""Bare samples: every way in which they are written, with nothing around them or in a RIFF file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from firstword.core.errors import UnsupportedAudio
from firstword.core.transcripts import AudioSource, InputEncoding
from firstword.core.types import AudioChunk, Samples
from firstword.formats.reading.stream import ByteQueue, Header, Reading

MAX_CHANNELS = 64
_BLOCK_FRAMES = 32_768
"""At most so many in a chunk."""


class Writing(StrEnum):
    """How one sample is written."""

    U8 = "u8"
    S16 = "s16le"
    S24 = "s24le"
    S32 = "s32le"
    F32 = "f32le"
    F64 = "f64le"
    MULAW = "mulaw"
    ALAW = "alaw"


WIDTHS = {
    Writing.U8: 1, Writing.S16: 2, Writing.S24: 3, Writing.S32: 4,
    Writing.F32: 4, Writing.F64: 8, Writing.MULAW: 1, Writing.ALAW: 1,
}  # fmt: skip
"""Bytes of a sample."""

_RAW = {
    InputEncoding.S16LE: Writing.S16,
    InputEncoding.F32LE: Writing.F32,
    InputEncoding.MULAW: Writing.MULAW,
    InputEncoding.ALAW: Writing.ALAW,
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What a run of samples is made of."""

    writing: Writing
    sample_rate: int
    """Hz."""
    channels: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return WIDTHS[self.writing] * self.channels

    def chunk(self, data: bytes) -> AudioChunk:
        """Whole frames as mono samples."""
        samples = _FLOATS[self.writing](data)
        if self.channels > 1:
            with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused by the caller
                samples = samples.reshape(-1, self.channels).mean(axis=1, dtype=np.float64).astype(np.float32)
        return AudioChunk(samples, self.sample_rate)


def read_samples(queue: ByteQueue, layout: Layout, limit: int | None = None) -> Reading:
    """Samples until the stream ends, or `limit` bytes have been read. Less than a frame is left unread."""
    size = layout.frame_bytes
    while limit is None or limit >= size:
        if not (yield from queue.await_bytes(size)):
            return
        here = min(len(queue) // size, _BLOCK_FRAMES)
        data = queue.take(size * (here if limit is None else min(here, limit // size)))
        limit = None if limit is None else limit - len(data)
        yield layout.chunk(data)


def read_raw(queue: ByteQueue, source: AudioSource) -> Reading:
    """Samples with nothing around them. They may end anywhere, even within one."""
    if not 1 <= source.channels <= MAX_CHANNELS:
        raise UnsupportedAudio(f"{source.channels} channels cannot be read: 1 to {MAX_CHANNELS} can.")
    layout = Layout(_RAW[source.encoding], source.sample_rate, source.channels)
    yield Header(source.sample_rate)
    yield from read_samples(queue, layout)


def _u8(data: bytes) -> Samples:
    return (np.frombuffer(data, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)


def _s16(data: bytes) -> Samples:
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32_768)


def _s24(data: bytes) -> Samples:
    triples = np.frombuffer(data, np.uint8).reshape(-1, 3)
    words = np.zeros((len(triples), 4), np.uint8)
    words[:, 1:] = triples
    return _s32(words.tobytes())


def _s32(data: bytes) -> Samples:
    return (np.frombuffer(data, "<i4") / 2_147_483_648.0).astype(np.float32)


def _f32(data: bytes) -> Samples:
    return np.frombuffer(data, "<f4").astype(np.float32)


def _f64(data: bytes) -> Samples:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.frombuffer(data, "<f8").astype(np.float32)


def _mulaw(data: bytes) -> Samples:
    return _mulaw_table()[np.frombuffer(data, np.uint8)]


def _alaw(data: bytes) -> Samples:
    return _alaw_table()[np.frombuffer(data, np.uint8)]


_FLOATS: dict[Writing, Callable[[bytes], Samples]] = {
    Writing.U8: _u8, Writing.S16: _s16, Writing.S24: _s24, Writing.S32: _s32,
    Writing.F32: _f32, Writing.F64: _f64, Writing.MULAW: _mulaw, Writing.ALAW: _alaw,
}  # fmt: skip


def _codes() -> NDArray[np.int32]:
    return np.arange(256, dtype=np.int32)


@cache
def _mulaw_table() -> Samples:
    """Samples by their codes. Source: ITU-T G.711 table 2."""
    codes = ~_codes() & 0xFF
    magnitude = (((codes & 0x0F) << 3) + 0x84 << (codes >> 4 & 7)) - 0x84
    return (np.where(codes & 0x80, -magnitude, magnitude) / 32_768).astype(np.float32)


@cache
def _alaw_table() -> Samples:
    """Samples by their codes. Source: ITU-T G.711 table 1."""
    codes = _codes() ^ 0x55
    exponent, mantissa = codes >> 4 & 7, codes & 0x0F
    first = (mantissa << 4) + 8
    magnitude = np.where(exponent == 0, first, (first + 0x100) << np.maximum(exponent - 1, 0))
    return (np.where(codes & 0x80, magnitude, -magnitude) / 32_768).astype(np.float32)
