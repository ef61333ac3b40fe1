"""Samples in a RIFF file whose length is not known yet.

While streaming, every size in the header is 0xFFFFFFFF: readers take all that comes (0 makes some of
them read nothing). `whole` puts the true sizes in once the body is complete.

Source: Multimedia Programming Interface and Data Specifications 1.0 (RIFF), RFC 2361 (format tags).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from firstword.core.types import AudioChunk, AudioSpec, SampleEncoding
from firstword.formats import pcm

RATES = pcm.RATES

_UNKNOWN = 0xFFFFFFFF
_FORMAT_TAGS = {SampleEncoding.S16LE: 1, SampleEncoding.ALAW: 6, SampleEncoding.MULAW: 7}


def header(spec: AudioSpec, frames: int | None = None) -> bytes:
    """The bytes before the first sample.

    Args:
        spec: rate and encoding.
        frames: how many will follow; None while that is unknown.
    """
    width = pcm.BYTES_PER_FRAME[spec.encoding]
    tag, rate = _FORMAT_TAGS[spec.encoding], spec.sample_rate
    fmt = struct.pack("<HHIIHH", tag, 1, rate, rate * width, width, 8 * width)
    chunks = _chunk(b"fmt ", fmt)
    if spec.encoding is not SampleEncoding.S16LE:
        # Every format but plain PCM has an extension size, here 0, and states its length in frames.
        fact = struct.pack("<I", _UNKNOWN if frames is None else frames)
        chunks = _chunk(b"fmt ", fmt + b"\0\0") + _chunk(b"fact", fact)
    if frames is None:
        riff_bytes = data_bytes = _UNKNOWN
    else:
        data_bytes = frames * width
        riff_bytes = 4 + len(chunks) + 8 + data_bytes + data_bytes % 2
    return (
        struct.pack("<4sI4s", b"RIFF", riff_bytes, b"WAVE")
        + chunks
        + struct.pack("<4sI", b"data", data_bytes)
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body


class WavEncoder:
    """A header, then bare samples."""

    delay_frames = 0
    media_type = "audio/wav"

    def __init__(self, spec: AudioSpec) -> None:
        self.sample_rate = spec.sample_rate
        self._spec = spec
        self._header: bytes | None = header(spec)

    def feed(self, item: AudioChunk, /) -> Sequence[bytes]:
        """One block for each chunk that has samples; the header is the first block of all."""
        if not len(item.samples):
            return []
        return [*self.flush(), pcm.encode(item.samples, self._spec.encoding)]

    def flush(self) -> Sequence[bytes]:
        """The header, if nothing has been fed: a file of no samples is still a file."""
        first, self._header = self._header, None
        return [] if first is None else [first]

    def whole(self, body: bytes) -> bytes:
        """The complete `body` with its true sizes, padded to an even length as RIFF asks."""
        data = body[len(header(self._spec)) :]
        frames = len(data) // pcm.BYTES_PER_FRAME[self._spec.encoding]
        return header(self._spec, frames) + data + b"\0" * (len(data) % 2)
