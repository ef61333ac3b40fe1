"""The parts of the page that need no browser, under Node: demuxers, resampler, playout, texts."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

import firstword.server
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, Container
from firstword.formats import registry

pytestmark = [pytest.mark.unit, pytest.mark.program("node")]

STATIC = Path(firstword.server.__file__).parent / "static"
PARTS = sorted((Path(__file__).parent / "parts").glob("*.test.mjs"))
FRAMES = 24_000 * 3 + 17
"""Some three seconds, and no whole number of any codec's frames."""
STREAMS = {
    "pcm": AudioSpec(AudioFormat.PCM, 24_000),
    "wav": AudioSpec(AudioFormat.WAV, 24_000),
    "flac": AudioSpec(AudioFormat.FLAC, 24_000),
    "mp3": AudioSpec(AudioFormat.MP3, 24_000),
    "aac": AudioSpec(AudioFormat.AAC, 48_000),
    "ogg": AudioSpec(AudioFormat.OPUS, 24_000),
    "webm": AudioSpec(AudioFormat.OPUS, 24_000, container=Container.WEBM),
    "mp3-padded": AudioSpec(AudioFormat.MP3, 44_100),
    "ogg-large": AudioSpec(AudioFormat.OPUS, 48_000, bitrate=256_000),
}
"""The last two have frames of unequal length, and packets of more than one lacing value."""


def encoded(spec: AudioSpec) -> tuple[bytes, bytes]:
    """A stream as our encoder makes it, and its samples as s16le."""
    frames = FRAMES * spec.sample_rate // 24_000
    samples = np.random.default_rng(7).normal(0, 0.1, frames).astype(np.float32)
    samples[-frames // 50 :] = 0  # as speech ends: its last frame may be a few bytes
    encoder = registry.encoder(spec)
    parts = [*encoder.feed(AudioChunk(samples, spec.sample_rate, 0)), *encoder.flush()]
    raw = np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    return b"".join(parts), raw


def packets(stream: bytes, name: str) -> list[str]:
    """The packets in it, as FFmpeg's demuxers find them."""
    name = name.partition("-")[0]
    with av.open(io.BytesIO(stream), "r", format={"webm": "matroska"}.get(name, name)) as container:
        return [base64.b64encode(bytes(found)).decode() for found in container.demux(audio=0) if found.size]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's modules, and streams with what must be found in them."""
    folder = tmp_path_factory.mktemp("parts")
    shutil.copytree(STATIC, folder / "static")
    (folder / "package.json").write_text('{"type": "module"}')
    told: dict[str, object] = {"frames": FRAMES}
    for name, spec in STREAMS.items():
        stream, _ = encoded(spec)
        (folder / f"{name}.bin").write_bytes(stream)
        if name not in {"pcm", "wav"}:
            told[name] = packets(stream, name)
    (folder / "packets.json").write_text(json.dumps(told))
    return folder


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name.removesuffix(".test.mjs"))
def test_a_part_of_the_page_keeps_its_promises(workplace: Path, part: Path) -> None:
    copied = shutil.copy(part, workplace)
    environment = {"PATH": os.environ["PATH"]}
    ran = subprocess.run(
        ["node", "--test", "--test-reporter=tap", copied],
        capture_output=True,
        text=True,
        cwd=workplace,
        env=environment,
        check=False,
        timeout=50,
    )

    assert 0 == ran.returncode, ran.stdout + ran.stderr
    assert "\n# pass 0\n" not in ran.stdout


def test_no_module_of_the_page_is_longer_than_300_lines() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in STATIC.rglob("*.*")}

    assert {} == {name: length for name, length in lengths.items() if length > 300}
