"""Which encoder makes which format, and what each of them can carry.

One row for each format; `check` refuses everything that no row allows, with a message that says what is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from firstword.core.errors import InvalidRequest
from firstword.core.protocols import Encoder
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, Container, SampleEncoding
from firstword.formats import aac, flac, mp3, opus, pcm, wav
from firstword.formats.aac import AacEncoder
from firstword.formats.flac import FlacEncoder
from firstword.formats.mp3 import Mp3Encoder
from firstword.formats.ogg import OggOpusEncoder
from firstword.formats.pcm import PcmEncoder
from firstword.formats.wav import WavEncoder
from firstword.formats.webm import WebmOpusEncoder

_OPUS: dict[Container, type[OggOpusEncoder] | type[WebmOpusEncoder]] = {
    Container.OGG: OggOpusEncoder,
    Container.WEBM: WebmOpusEncoder,
}


@dataclass(frozen=True, slots=True)
class _Row:
    """What a format can carry."""

    build: Callable[[AudioSpec], Encoder]
    rates: Sequence[int]
    """Hz."""
    default_rate: int = 24_000
    """Hz, where a caller names none."""
    bitrates: Callable[[int], Sequence[int]] | None = None
    """Bits per second, by sample rate; None for formats that have no bitrate."""
    encodings: tuple[SampleEncoding, ...] = (SampleEncoding.S16LE,)
    containers: tuple[Container, ...] = (Container.OGG,)
    delay_frames: int = 0
    """As its encoder has it."""


_ROWS = {
    AudioFormat.PCM: _Row(
        build=PcmEncoder,
        rates=pcm.RATES,
        encodings=tuple(SampleEncoding),
    ),
    AudioFormat.WAV: _Row(
        build=WavEncoder,
        rates=wav.RATES,
        encodings=tuple(SampleEncoding),
    ),
    AudioFormat.FLAC: _Row(
        build=FlacEncoder,
        rates=flac.RATES,
    ),
    AudioFormat.MP3: _Row(
        build=Mp3Encoder,
        rates=mp3.RATES,
        bitrates=mp3.bitrates,
        delay_frames=Mp3Encoder.delay_frames,
    ),
    AudioFormat.AAC: _Row(
        build=AacEncoder,
        rates=aac.RATES,
        default_rate=aac.DEFAULT_RATE,
        bitrates=aac.bitrates,
        delay_frames=AacEncoder.delay_frames,
    ),
    AudioFormat.OPUS: _Row(
        build=lambda spec: _OPUS[spec.container](spec),
        rates=opus.RATES,
        bitrates=lambda sample_rate: opus.BITRATES,
        containers=tuple(Container),
    ),
}


def rates(audio_format: AudioFormat) -> Sequence[int]:
    """The sample rates a format can carry, in Hz, rising: a range where any will do."""
    return _ROWS[audio_format].rates


def default_rate(audio_format: AudioFormat) -> int:
    """Hz for a caller who names no rate: 24000, and 48000 for aac, whose first frame then leaves sooner."""
    return _ROWS[audio_format].default_rate


def delay_frames(audio_format: str) -> int:
    """Frames of silence that a decoder puts before what our encoder of a format was fed with."""
    return _ROWS[AudioFormat(audio_format)].delay_frames


def check(spec: AudioSpec) -> None:
    """Refuses what the format cannot carry.

    Raises:
        InvalidRequest: `param` is `sample_rate`, `bitrate`, `container` or `encoding`, `code` is
            `unsupported_` and the same word; the message lists what is allowed.
    """
    row = _ROWS[spec.format]
    if spec.sample_rate not in row.rates:
        raise _refusal("sample_rate", f"{spec.format} at {spec.sample_rate} Hz", _listed(row.rates, "Hz"))
    if spec.container not in row.containers:
        raise _refusal("container", f"{spec.format} in {spec.container}", "only opus takes a container")
    if spec.encoding not in row.encodings:
        raise _refusal("encoding", f"{spec.format} as {spec.encoding}", "only pcm and wav take an encoding")
    if spec.bitrate is None:
        return
    if row.bitrates is None:
        raise _refusal("bitrate", f"{spec.format} with a bitrate", "only mp3, opus and aac take one")
    allowed = row.bitrates(spec.sample_rate)
    if spec.bitrate not in allowed:
        asked = f"{spec.format} with {spec.bitrate} bits per second at {spec.sample_rate} Hz"
        raise _refusal("bitrate", asked, _listed(allowed, "bits per second"))


def encoder(spec: AudioSpec) -> Encoder:
    """A new encoder, for one response.

    Raises:
        InvalidRequest: see `check`.
        EngineError: the codec library cannot be used.
    """
    check(spec)
    return _ROWS[spec.format].build(spec)


def warm() -> None:
    """Builds and runs every encoder once, so that no request pays for loading FFmpeg."""
    variants = [AudioSpec(format=name, sample_rate=default_rate(name)) for name in AudioFormat]
    variants += [AudioSpec(format=AudioFormat.OPUS, container=Container.WEBM)]
    for name in (AudioFormat.PCM, AudioFormat.WAV):
        variants += [AudioSpec(format=name, encoding=encoding) for encoding in SampleEncoding]
    for spec in variants:
        warmed = encoder(spec)
        silence = np.zeros(spec.sample_rate // 10, np.float32)
        warmed.feed(AudioChunk(silence, spec.sample_rate))
        warmed.flush()


def _refusal(field: str, asked: str, allowed: str) -> InvalidRequest:
    return InvalidRequest(f"{asked} is not possible: {allowed}.", param=field, code=f"unsupported_{field}")


def _listed(values: Sequence[int], unit: str) -> str:
    if isinstance(values, range):
        return f"anything from {values[0]} to {values[-1]} {unit} is"
    return f"{', '.join(map(str, values))} {unit} are"
