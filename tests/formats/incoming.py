"""Audio that comes in: how it is called, how it is decoded, and recordings that other programs make."""

from __future__ import annotations

import io
import itertools
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from firstword.core.errors import FirstwordError
from firstword.core.transcripts import AudioSource, InputEncoding
from firstword.core.types import AudioChunk, Samples
from firstword.formats import decoding

SOURCES = {
    "pcm": AudioSource(InputEncoding.S16LE, 24_000),
    "pcm-mulaw": AudioSource(InputEncoding.MULAW, 24_000),
    "pcm-alaw": AudioSource(InputEncoding.ALAW, 24_000),
    "wav": AudioSource(InputEncoding.WAV),
    "wav-mulaw": AudioSource(InputEncoding.WAV),
    "wav-alaw": AudioSource(InputEncoding.WAV),
    "flac": AudioSource(InputEncoding.FLAC),
    "mp3": AudioSource(InputEncoding.MP3),
    "aac": AudioSource(InputEncoding.AAC),
    "opus": AudioSource(InputEncoding.OGG),
    "opus-webm": AudioSource(InputEncoding.WEBM),
}
"""What reads each of the formats that we write, by the names of `roundtrip.VARIANTS`."""


@dataclass(frozen=True)
class Heard:
    """What a decoder made of a stream."""

    chunks: tuple[AudioChunk, ...]
    sample_rate: int | None
    error: FirstwordError | None

    @property
    def samples(self) -> Samples:
        return np.concatenate([np.empty(0, np.float32), *(chunk.samples for chunk in self.chunks)])


def cut(body: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """Pieces of these sizes, over and over; all in one piece where there are none."""
    if not sizes:
        yield body
        return
    at = 0
    for size in itertools.cycle(sizes):
        if at >= len(body):
            return
        yield body[at : at + size]
        at += size


def hear(body: bytes, source: AudioSource, *sizes: int) -> Heard:
    """Everything a decoder gives, the error included."""
    stage, chunks = decoding.decoder(source), list[AudioChunk]()
    try:
        for piece in cut(body, sizes):
            chunks.extend(stage.feed(piece))
        chunks.extend(stage.flush())
    except FirstwordError as error:
        return Heard(tuple(chunks), stage.sample_rate, error)
    return Heard(tuple(chunks), stage.sample_rate, None)


def mp4(samples: Samples, sample_rate: int = 48_000, movflags: str = "frag_keyframe+empty_moov") -> bytes:
    """AAC in MP4, by FFmpeg: in fragments of a few packets unless told otherwise."""
    file = io.BytesIO()
    options = ({"movflags": movflags} if movflags else {}) | (
        {"frag_duration": "100000"} if "frag" in movflags else {}
    )
    with av.open(file, "w", format="mp4", options=options) as container:
        stream = container.add_stream("aac", rate=sample_rate, layout="mono")
        packets = []
        if len(samples):
            frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="fltp", layout="mono")
            frame.sample_rate = sample_rate
            packets = stream.encode(frame)
        for packet in [*packets, *stream.encode(None)]:
            container.mux(packet)
    return file.getvalue()


def by_ffmpeg(wav: bytes, *arguments: str, film: bool = False) -> bytes:
    """What ffmpeg makes of a wav with these arguments; with moving pictures, if it is to be a film."""
    pictures = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=0.61"] if film else []
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made"  # a file, because muxers write some things last into the beginning
        command = ["ffmpeg", "-v", "error", "-f", "wav", "-i", "-", *pictures, "-bitexact", *arguments]
        subprocess.run([*command, str(made)], input=wav, capture_output=True, check=True)
        return made.read_bytes()


def spoiled(body: bytes, random: np.random.Generator) -> bytes:
    """Bits flipped, bytes overwritten, a piece taken out or put in, the end cut off."""
    data = bytearray(body)
    at = int(random.integers(len(data)))
    match int(random.integers(6)):
        case 0:
            for place in random.integers(0, len(data), int(random.choice([1, 3, 30]))):
                data[place] ^= 1 << int(random.integers(8))
        case 1:
            for place in random.integers(0, min(len(data), 600), 3):
                data[place] = int(random.choice([0, 0x7F, 0x80, 0xFF]))
        case 2:
            del data[at : at + int(random.integers(1, 500))]
        case 3:
            data[at:at] = random.bytes(int(random.integers(1, 500)))
        case 4:
            data[at:] = random.bytes(2_000)
        case _:
            del data[at:]
    return bytes(data)
