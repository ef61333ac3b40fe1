"""Bare samples: 16-bit little-endian, or the two companded 8-bit encodings of telephony.

What flows out is frame aligned whatever flows in, and no sample ever wraps or turns into noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from firstword.core.types import AudioChunk, AudioSpec, SampleEncoding, Samples

RATES = range(8_000, 48_001)
"""Hz. Any rate will do."""

BYTES_PER_FRAME = {SampleEncoding.S16LE: 2, SampleEncoding.MULAW: 1, SampleEncoding.ALAW: 1}

_MEDIA_TYPES = {
    SampleEncoding.S16LE: "audio/pcm",
    SampleEncoding.MULAW: "audio/PCMU",
    SampleEncoding.ALAW: "audio/PCMA",
}
"""Source: RFC 3551 (PCMU, PCMA); `audio/pcm` is what OpenAI's clients know."""


def bounded(samples: Samples) -> Samples:
    """Samples with everything outside [-1, 1] clipped and every NaN made silence."""
    clipped: Samples = np.minimum(np.maximum(samples, -1.0), 1.0)
    missing = np.isnan(clipped)
    return np.where(missing, np.float32(0), clipped) if missing.any() else clipped


def to_int16(samples: Samples) -> NDArray[np.int16]:
    """Samples as 16-bit integers, rounded and clipped; a full-scale 1.0 becomes 32767.

    The scale is 32768, as libsndfile's and FFmpeg's: integers made into floats come back unchanged.
    """
    scaled: Samples = np.rint(bounded(samples) * np.float32(32768))
    return np.minimum(scaled, np.float32(32767)).astype(np.int16)


def encode(samples: Samples, encoding: SampleEncoding) -> bytes:
    """The bytes of `samples` in one of the sample encodings."""
    integers = to_int16(samples)
    match encoding:
        case SampleEncoding.S16LE:
            return integers.astype("<i2").tobytes()
        case SampleEncoding.MULAW:
            return _mulaw_table()[integers.view(np.uint16)].tobytes()
        case SampleEncoding.ALAW:
            return _alaw_table()[integers.view(np.uint16)].tobytes()


def media_type(spec: AudioSpec) -> str:
    """The type with its rate, which nothing in the bytes tells."""
    return f"{_MEDIA_TYPES[spec.encoding]}; rate={spec.sample_rate}; channels=1"


class PcmEncoder:
    """Samples with nothing around them."""

    delay_frames = 0
    whole = None

    def __init__(self, spec: AudioSpec) -> None:
        self.sample_rate = spec.sample_rate
        self.media_type = media_type(spec)
        self._encoding = spec.encoding

    def feed(self, item: AudioChunk, /) -> Sequence[bytes]:
        """One block for each chunk that has samples."""
        return [encode(item.samples, self._encoding)] if len(item.samples) else []

    def flush(self) -> Sequence[bytes]:
        """Nothing is ever held back."""
        return []


def _every_int16() -> NDArray[np.int32]:
    """All 16-bit values, in the order of their bit patterns."""
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)


@cache
def _mulaw_table() -> NDArray[np.uint8]:
    """Codes by the bit pattern of a 16-bit sample.

    Source: ITU-T G.711 table 2: 14-bit magnitude plus a bias of 33, three bits for the leading one's
    place, the four bits after it, everything inverted.
    """
    values = _every_int16()
    magnitude = np.minimum(np.abs(values) >> 2, 8158) + 33
    exponent = np.log2(magnitude).astype(np.int32) - 5
    mantissa = magnitude >> (exponent + 1) & 0x0F
    sign = np.where(values < 0, 0x80, 0)
    codes: NDArray[np.int32] = ~(sign | exponent << 4 | mantissa) & 0xFF
    return codes.astype(np.uint8)


@cache
def _alaw_table() -> NDArray[np.uint8]:
    """Codes by the bit pattern of a 16-bit sample.

    Source: ITU-T G.711 table 1: 12-bit magnitude, its first 32 values as they are (two segments), then
    as in mu-law; every other bit inverted.
    """
    values = _every_int16()
    magnitude = np.minimum(np.abs(values) >> 4, 2047)
    exponent = np.log2(np.maximum(magnitude, 32)).astype(np.int32) - 3
    mantissa = magnitude >> (exponent - 1) & 0x0F
    segment = np.where(magnitude < 32, magnitude, exponent << 4 | mantissa)
    codes: NDArray[np.int32] = (np.where(values < 0, 0, 0x80) | segment) ^ 0x55
    return codes.astype(np.uint8)
