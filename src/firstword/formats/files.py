"""Recordings that are files: read from front to back where that is possible, by FFmpeg's demuxer where not.

Either way one block after another, so that hours cost no more memory than minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.core.transcripts import AudioSource, InputEncoding
from firstword.core.types import AudioChunk
from firstword.formats.decoding import RAW, decoder
from firstword.formats.libav import Demuxed
from firstword.formats.reading.stream import StreamDecoder
from firstword.formats.sniff import SNIFF_BYTES, sniff

READS = "wav, mp3, flac, ogg, webm, aac, mp4 and m4a"

_BLOCK_BYTES = 65_536

_DEMUXERS = {InputEncoding.MP4: "mov", InputEncoding.WEBM: "matroska", InputEncoding.WAV: "wav"}
"""FFmpeg's names, for what a reader gives up on."""

_PROGRAM_STREAM = b"\x00\x00\x01\xba"
_TRANSPORT_SYNC, _TRANSPORT_BYTES = 0x47, 188


class _Source(Protocol):
    @property
    def duration_s(self) -> float | None: ...

    @property
    def sample_rate(self) -> int | None: ...


class Recording:
    """A file of audio, or a film with sound. Iterating over it gives the audio, once.

    Args:
        file: open for reading, seekable, at its beginning. It stays open.
        source: as `sniff` found; None where it found nothing: then an MPEG program or transport stream is
            all that it may be.

    Raises:
        UndecodableAudio: it is not what it should be, or has no header.
        UnsupportedAudio: nobody here can read it.
    """

    def __init__(self, file: BinaryIO, source: AudioSource | None) -> None:
        self._chunks: Iterator[AudioChunk]
        self._source: _Source
        self._open(file, source)
        # The first chunk is decoded at once, so that the header has been read and errors come early.
        self._first = next(self._chunks, None)

    @property
    def duration_s(self) -> float | None:
        """Seconds, where the header tells."""
        return self._source.duration_s

    @property
    def sample_rate(self) -> int | None:
        """Hz; None for a file of no samples."""
        return self._source.sample_rate

    def __iter__(self) -> Iterator[AudioChunk]:
        """The audio from the first sample on.

        Raises:
            UndecodableAudio: it is broken or cut off; everything that was whole has come before.
        """
        if self._first is not None:
            first, self._first = self._first, None
            yield first
            yield from self._chunks

    def _open(self, file: BinaryIO, source: AudioSource | None) -> None:
        if source is None:
            self._demux(file, _mpeg_demuxer(file))
            return
        stream = decoder(source)
        chunks = _streamed(file, stream)
        try:
            first = next(chunks, None)
        except UnsupportedAudio:
            if source.encoding not in _DEMUXERS:
                raise
            file.seek(0)
            self._demux(file, _DEMUXERS[source.encoding])
            return
        self._source = stream
        self._chunks = _behind(first, chunks)

    def _demux(self, file: BinaryIO, demuxer: str) -> None:
        demuxed = Demuxed(file, demuxer)
        self._source = demuxed
        self._chunks = demuxed.chunks()


def open_recording(file: BinaryIO, *, name: str | None, media_type: str | None = None) -> Recording:
    """A file that is what its first bytes say, or else its name. Blocking: its header is read already.

    Args:
        file: open for reading, seekable, at its beginning. It stays open.
        name: of the file.
        media_type: as a Content-Type header has it.

    Raises:
        UndecodableAudio: there is nothing in it, or it is broken.
        UnsupportedAudio: nobody here can read it.
    """
    head = file.read(SNIFF_BYTES)
    file.seek(0)
    encoding = sniff(head, name=name, media_type=media_type) if head else None
    if encoding in RAW:
        raise UnsupportedAudio("Raw samples do not tell their rate; a wav file does.")
    return Recording(file, None if encoding is None else AudioSource(encoding))


def _streamed(file: BinaryIO, stream: StreamDecoder) -> Iterator[AudioChunk]:
    while block := file.read(_BLOCK_BYTES):
        yield from stream.read(block)
    yield from stream.flush()


def _behind(first: AudioChunk | None, chunks: Iterator[AudioChunk]) -> Iterator[AudioChunk]:
    if first is not None:
        yield first
        yield from chunks


def _mpeg_demuxer(file: BinaryIO) -> str:
    """FFmpeg's name for a file of MPEG that mixes streams.

    Raises:
        UnsupportedAudio: it is none.
    """
    head = file.read(_TRANSPORT_BYTES + 1)
    file.seek(0)
    if not head:
        raise UndecodableAudio("There is no audio: the file is empty.", code="empty_file")
    if head.startswith(_PROGRAM_STREAM):
        return "mpeg"
    if len(head) > _TRANSPORT_BYTES and head[0] == head[_TRANSPORT_BYTES] == _TRANSPORT_SYNC:
        return "mpegts"
    raise UnsupportedAudio(
        f"This is no audio that can be read here (it begins with {head[:SNIFF_BYTES]!r}). "
        f"What can be: {READS}, and the sound of MPEG films."
    )
