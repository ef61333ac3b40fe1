"""What clients received, taken apart: samples and Ogg pages."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class OggPage:
    """One page of an Ogg file. Source: RFC 3533, section 6."""

    granule: int
    """Samples at 48 kHz until its end, for Opus."""
    packets: int
    """Packets that end in it."""
    body: bytes
    end: int
    """Where it ends in the file."""


def ogg_pages(body: bytes) -> Iterator[OggPage]:
    """The pages of an Ogg file."""
    at = 0
    while at < len(body):
        magic, granule, segments = struct.unpack_from("<4s2xq12xB", body, at)
        assert b"OggS" == magic
        lengths = body[at + 27 : at + 27 + segments]
        begin = at + 27 + segments
        at = begin + sum(lengths)
        yield OggPage(granule, sum(length < 255 for length in lengths), body[begin:at], at)


def comparable(body: bytes) -> bytes:
    """A body without what differs from one Ogg stream to the next: serials, and checksums over them."""
    if not body.startswith(b"OggS"):
        return body
    return b"".join(struct.pack("<qB", page.granule, page.packets) + page.body for page in ogg_pages(body))


def bytes_by(ms: float, body: bytes, whole_ms: float) -> int:
    """How much of a body of `whole_ms` must be there when its first `ms` are."""
    if body.startswith(b"OggS"):
        return max(page.end for page in ogg_pages(body) if page.granule <= ms * 48)
    return int(len(body) * ms / whole_ms)


def samples_of(body: bytes | Path, response_format: str, sample_rate: int) -> NDArray[np.int16]:
    """Every sample that FFmpeg's libraries find, as mono s16 at `sample_rate` Hz."""
    raw = body.read_bytes() if isinstance(body, Path) else body
    if response_format == "pcm":
        return np.frombuffer(raw, "<i2")
    name = {"opus": "ogg"}.get(response_format, response_format)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=sample_rate)
    found: list[NDArray[Any]] = [np.empty(0, np.int16)]
    with av.open(io.BytesIO(raw), "r", format=name) as container:
        for frame in container.decode(audio=0):
            found.extend(part.to_ndarray().reshape(-1) for part in resampler.resample(frame))
    found.extend(part.to_ndarray().reshape(-1) for part in resampler.resample(None))
    return np.concatenate(found).astype(np.int16)
