"""A stream of audio as a file, written while it arrives: as it comes, or in another format."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from firstword.client.incoming.source import RATE, Incoming, Prepared, Stream, opened, prepared
from firstword.client.saving.filing import File
from firstword.client.saving.part import Pipe, saving
from firstword.core.errors import EngineError, InvalidRequest
from firstword.core.protocols import Encoder
from firstword.core.transcripts import InputEncoding
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, Container


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a file is whose name ends in something."""

    format: AudioFormat
    read_as: InputEncoding
    """What its bytes are to whoever reads them."""
    container: Container = Container.OGG
    also: InputEncoding | None = None
    """What else may be in such a file."""


_OGG = _Kind(AudioFormat.OPUS, InputEncoding.OGG)
_PCM = _Kind(AudioFormat.PCM, InputEncoding.S16LE)
_KINDS = {
    ".wav": _Kind(AudioFormat.WAV, InputEncoding.WAV),
    ".mp3": _Kind(AudioFormat.MP3, InputEncoding.MP3),
    ".flac": _Kind(AudioFormat.FLAC, InputEncoding.FLAC),
    ".aac": _Kind(AudioFormat.AAC, InputEncoding.AAC),
    ".m4a": _Kind(AudioFormat.AAC, InputEncoding.AAC, also=InputEncoding.MP4),
    ".opus": _OGG,
    ".ogg": _OGG,
    ".webm": _Kind(AudioFormat.OPUS, InputEncoding.WEBM, Container.WEBM),
    ".pcm": _PCM,
    ".raw": _PCM,
}


def save(
    stream: Stream,
    path: str | Path,
    *,
    encoding: str | None = None,
    sample_rate: int = RATE,
    bitrate: int | None = None,
) -> None:
    """Saves a stream in the format that the file's name ends in. Blocking, until all has come.

    What is in that format already is not encoded again: AAC goes into an .m4a packet by packet. The file has
    its name, and a header that tells its true length, once it is whole; where the stream breaks off there is
    none.

    Args:
        stream: a response, a file, bytes, or an iterable of bytes or events; see `source.incoming`.
        path: ends in .wav, .mp3, .flac, .m4a, .aac, .opus, .ogg, .webm, .pcm or .raw; what has no header,
            and was not pcm before, is 24 kHz mono with 16 bits.
        encoding: how the stream is written: `pcm`, or another name; None: as it says itself.
        sample_rate: Hz, for pcm that does not tell.
        bitrate: bits per second, for mp3, opus and aac; None for the format's default.

    Raises:
        InvalidRequest: no format is named so, or an event loop runs here that is to read the stream.
        FirstwordError: the stream is no audio, or breaks off.
        OSError: the file cannot be written.
    """
    kind, ready = _kind(Path(path)), prepared(stream)
    if ready.on_loop:
        ready.close()
        raise InvalidRequest("save() would keep the event loop from reading: await save_async(...).")
    _save(ready, Path(path), kind, encoding=encoding, sample_rate=sample_rate, bitrate=bitrate)


async def save_async(
    stream: Stream,
    path: str | Path,
    *,
    encoding: str | None = None,
    sample_rate: int = RATE,
    bitrate: int | None = None,
) -> None:
    """The same beside an event loop, which goes on; where this is cancelled there is no file."""
    kind, ready, given_up = _kind(Path(path)), prepared(stream), Event()
    ready = replace(ready, items=_until(given_up, ready.items))
    try:
        await asyncio.to_thread(
            _save, ready, Path(path), kind, encoding=encoding, sample_rate=sample_rate, bitrate=bitrate
        )
    except asyncio.CancelledError:
        given_up.set()
        raise
    finally:
        ready.close()


def _until(given_up: Event, items: Iterator[object]) -> Iterator[object]:
    """The items.

    Raises:
        EngineError: nobody waits for them any more, and so they may not be all.
    """
    for item in items:
        if given_up.is_set():
            break
        yield item
    if given_up.is_set():
        raise EngineError("The saving was cancelled before all had come.", code="incomplete")


def _kind(path: Path) -> _Kind:
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise InvalidRequest(f"{path} ends in none of {' '.join(_KINDS)}.", param="path")
    return kind


def _save(
    ready: Prepared, path: Path, kind: _Kind, *, encoding: str | None, sample_rate: int, bitrate: int | None
) -> None:
    found = opened(ready, encoding=encoding, sample_rate=sample_rate)
    same = found.source.encoding in (kind.read_as, kind.also)
    as_it_is = same and found.source.channels == 1 and bitrate is None
    with saving(path) as file:
        if not as_it_is:
            _encode(found, kind, bitrate, file)
            return
        if found.delay_frames is not None:
            file.state(found.delay_frames)
        for piece in found.pieces:
            file.write(piece)


def _encode(found: Incoming, kind: _Kind, bitrate: int | None, file: File | Pipe) -> None:
    """Writes another format; one encoder, and one resampler, for all."""
    from firstword.audio.resampler import Resampler
    from firstword.formats import registry

    resampler = encoder = None
    fed_frames = 0
    chunk: AudioChunk
    for chunk in found.chunks():
        if resampler is None or encoder is None:
            keeps = kind is not _PCM and chunk.sample_rate in registry.rates(kind.format)
            rate = chunk.sample_rate if keeps else registry.default_rate(kind.format)
            encoder = registry.encoder(AudioSpec(kind.format, rate, bitrate, kind.container))
            resampler = Resampler(chunk.sample_rate, rate)
            file.state(encoder.delay_frames)
        for resampled in resampler.feed(chunk):
            fed_frames += _written(encoder, resampled, file)
    if resampler is not None and encoder is not None:
        for resampled in resampler.flush():
            fed_frames += _written(encoder, resampled, file)
        for block in encoder.flush():
            file.write(block)
        file.state(encoder.delay_frames, fed_frames)


def _written(encoder: Encoder, chunk: AudioChunk, file: File | Pipe) -> int:
    """Writes a chunk; gives its length in frames."""
    for block in encoder.feed(chunk):
        file.write(block)
    return len(chunk.samples)
