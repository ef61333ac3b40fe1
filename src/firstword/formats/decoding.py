"""Which reader reads what comes in. One row for each encoding."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from firstword.core.transcripts import AudioSource, InputEncoding
from firstword.formats.reading.adts import read_adts
from firstword.formats.reading.flac import read_flac
from firstword.formats.reading.mp4 import read_mp4
from firstword.formats.reading.mpeg import read_mpeg
from firstword.formats.reading.ogg import read_ogg
from firstword.formats.reading.samples import read_raw
from firstword.formats.reading.stream import ByteQueue, Reading, StreamDecoder
from firstword.formats.reading.wav import read_wav
from firstword.formats.reading.webm import read_webm

_READERS: dict[InputEncoding, Callable[[ByteQueue], Reading]] = {
    InputEncoding.WAV: read_wav,
    InputEncoding.MP3: read_mpeg,
    InputEncoding.AAC: read_adts,
    InputEncoding.FLAC: read_flac,
    InputEncoding.OGG: read_ogg,
    InputEncoding.WEBM: read_webm,
    InputEncoding.MP4: read_mp4,
}

RAW = frozenset({InputEncoding.S16LE, InputEncoding.F32LE, InputEncoding.MULAW, InputEncoding.ALAW})
"""Encodings without a header: what they are made of must be told."""


def decoder(source: AudioSource) -> StreamDecoder:
    """A new decoder, for one stream."""
    if source.encoding in RAW:
        return StreamDecoder(partial(read_raw, source=source), may_be_empty=True)
    return StreamDecoder(_READERS[source.encoding])
