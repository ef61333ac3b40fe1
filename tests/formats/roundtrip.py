"""Speech-like signals, every variant of every format, and the decoders of other people."""

from __future__ import annotations

import io
import subprocess
from dataclasses import dataclass

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from firstword.core.protocols import Encoder
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, Container, SampleEncoding, Samples
from firstword.formats import registry

VARIANTS = {
    "pcm": AudioSpec(format=AudioFormat.PCM),
    "pcm-mulaw": AudioSpec(format=AudioFormat.PCM, encoding=SampleEncoding.MULAW),
    "pcm-alaw": AudioSpec(format=AudioFormat.PCM, encoding=SampleEncoding.ALAW),
    "wav": AudioSpec(format=AudioFormat.WAV),
    "wav-mulaw": AudioSpec(format=AudioFormat.WAV, encoding=SampleEncoding.MULAW),
    "wav-alaw": AudioSpec(format=AudioFormat.WAV, encoding=SampleEncoding.ALAW),
    "flac": AudioSpec(format=AudioFormat.FLAC),
    "mp3": AudioSpec(format=AudioFormat.MP3),
    "aac": AudioSpec(format=AudioFormat.AAC, sample_rate=48_000),
    "opus": AudioSpec(format=AudioFormat.OPUS),
    "opus-webm": AudioSpec(format=AudioFormat.OPUS, container=Container.WEBM),
}

FRAMED = ("mp3", "aac")
"""Formats of whole frames only: their end is padded with silence."""

_RAW = {SampleEncoding.S16LE: "s16le", SampleEncoding.MULAW: "mulaw", SampleEncoding.ALAW: "alaw"}
_DEMUXERS = {AudioFormat.OPUS: "ogg"}


@dataclass(frozen=True)
class Decoded:
    """What a decoder found: mono samples in [-1, 1]."""

    samples: Samples
    sample_rate: int

    def at(self, sample_rate: int) -> Samples:
        """The samples at a rate that divides the decoder's (Opus decodes at 48 kHz whatever it was fed)."""
        assert self.sample_rate % sample_rate == 0
        return self.samples[:: self.sample_rate // sample_rate]


def tone(sample_rate: int, seconds: float, hz: float = 440.0) -> Samples:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(int(seconds * sample_rate)) / sample_rate)).astype(
        np.float32
    )


def marked(sample_rate: int, seconds: float = 0.61) -> Samples:
    """Silence between a burst of 700 Hz in the first 50 ms and one of 1100 Hz in the last."""
    samples = np.zeros(int(seconds * sample_rate), np.float32)
    burst = np.hanning(sample_rate // 20).astype(np.float32)
    samples[: len(burst)] = tone(sample_rate, 0.05, 700) * burst
    samples[-len(burst) :] = tone(sample_rate, 0.05, 1100) * burst
    return samples


def blocks(encoder: Encoder, samples: Samples, frames: int = 2_400) -> list[bytes]:
    """Everything an encoder makes of `samples`, fed in pieces of `frames`."""
    made: list[bytes] = []
    for at in range(0, len(samples), frames):
        made.extend(encoder.feed(AudioChunk(samples[at : at + frames], encoder.sample_rate, at)))
    return [*made, *encoder.flush()]


def encode(spec: AudioSpec, samples: Samples) -> bytes:
    return b"".join(blocks(registry.encoder(spec), samples))


def by_av(body: bytes, spec: AudioSpec) -> Decoded:
    """Decoded by PyAV."""
    bare = spec.format is AudioFormat.PCM
    demuxer = _RAW[spec.encoding] if bare else _demuxer(spec)
    options = {"sample_rate": str(spec.sample_rate)} if bare else {}
    with av.open(io.BytesIO(body), format=demuxer, options=options) as container:
        frames = [_floats(frame.to_ndarray()) for frame in container.decode(audio=0)]
        sample_rate = container.streams.audio[0].rate
    return Decoded(np.concatenate([np.empty(0, np.float32), *frames]), sample_rate)


def by_libsndfile(body: bytes, spec: AudioSpec) -> Decoded:
    """Decoded by libsndfile."""
    samples, sample_rate = soundfile.read(io.BytesIO(body), dtype="float32")
    return Decoded(samples, sample_rate)


def by_ffmpeg(body: bytes, spec: AudioSpec) -> tuple[Decoded, list[str]]:
    """Decoded by the ffmpeg program from a pipe, with what it had to say about it."""
    bare = spec.format is AudioFormat.PCM
    source = ["-f", _RAW[spec.encoding], "-ar", str(spec.sample_rate)] if bare else ["-f", _demuxer(spec)]
    run = subprocess.run(
        ["ffmpeg", "-hide_banner", "-nostats", "-v", "warning", *source, "-i", "-", "-f", "s16le", "-"],
        input=body,
        capture_output=True,
        check=True,
    )
    # That one channel is mono is no warning about the file.
    remarks = [line for line in run.stderr.decode().splitlines() if "Guessed Channel Layout" not in line]
    sample_rate = 48_000 if spec.format is AudioFormat.OPUS else spec.sample_rate
    return Decoded(_floats(np.frombuffer(run.stdout, np.int16)), sample_rate), remarks


def _demuxer(spec: AudioSpec) -> str:
    if spec.container is Container.WEBM:
        return "webm"
    return _DEMUXERS.get(spec.format, spec.format.value)


def _floats(samples: NDArray[np.generic]) -> Samples:
    flat = samples.reshape(-1)
    return flat.astype(np.float32) / (32768 if flat.dtype == np.int16 else 1)


def frequency(samples: Samples, sample_rate: int) -> float:
    """The strongest frequency, in Hz, to a small part of one."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18))
    return float(np.argmax(spectrum)) * sample_rate / (1 << 18)


def likeness(left: Samples, right: Samples) -> float:
    """The correlation of two signals, 1 for equal ones."""
    return float(np.corrcoef(left, right)[0, 1])
