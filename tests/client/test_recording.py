"""Streams as files: untouched where they can be, and in every other format where not."""

from __future__ import annotations

import asyncio
import base64
import os
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from firstword.client.incoming.source import incoming
from firstword.client.saving.recording import save, save_async
from firstword.core.errors import EngineError, InvalidRequest
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, Container, Samples
from firstword.formats import registry

pytestmark = pytest.mark.unit

RATE = 24_000
KINDS: dict[str, AudioSpec] = {
    "wav": AudioSpec(AudioFormat.WAV),
    "mp3": AudioSpec(AudioFormat.MP3),
    "flac": AudioSpec(AudioFormat.FLAC),
    "aac": AudioSpec(AudioFormat.AAC, 48_000),
    "m4a": AudioSpec(AudioFormat.AAC, 48_000),
    "opus": AudioSpec(AudioFormat.OPUS),
    "webm": AudioSpec(AudioFormat.OPUS, container=Container.WEBM),
    "pcm": AudioSpec(AudioFormat.PCM),
}


def tone(rate: int = RATE) -> Samples:
    wave: Samples = (0.3 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.float32)
    return wave


def body(spec: AudioSpec) -> bytes:
    encoder = registry.encoder(spec)
    chunk = AudioChunk(tone(spec.sample_rate), spec.sample_rate)
    return b"".join([*encoder.feed(chunk), *encoder.flush()])


def pieces(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), 999):
        yield data[at : at + 999]


def frequency(path: Path) -> tuple[float, float]:
    """The loudest tone in a file, in Hz, and how long the file is, in seconds."""
    chunks = list(incoming(path).chunks())
    samples, rate = np.concatenate([chunk.samples for chunk in chunks]), chunks[0].sample_rate
    peak = float(np.argmax(np.abs(np.fft.rfft(samples, 10 * rate)))) / 10
    return peak, len(samples) / rate


@pytest.mark.requirement("saved-files-tell-their-length")
@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("came_as", KINDS)
def test_any_format_becomes_any_other(came_as: str, suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"tone.{suffix}"
    save(pieces(body(KINDS[came_as])), target)

    assert (pytest.approx(440, abs=2), pytest.approx(1, abs=0.15)) == frequency(target)


@pytest.mark.parametrize("suffix", ["aac", "opus", "webm", "pcm"])
def test_what_is_of_that_format_already_is_left_as_it_is(suffix: str, tmp_path: Path) -> None:
    came = body(KINDS[suffix])
    save(pieces(came), tmp_path / f"tone.{suffix}")

    assert came == (tmp_path / f"tone.{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", ["wav", "flac"])
@pytest.mark.parametrize("came_as", ["wav", "flac", "pcm"])
def test_a_file_without_loss_has_every_sample_and_tells_its_length(
    came_as: str, suffix: str, tmp_path: Path
) -> None:
    save(pieces(body(KINDS[came_as])), tmp_path / f"tone.{suffix}")
    samples, rate = soundfile.read(tmp_path / f"tone.{suffix}", dtype="float32")

    assert RATE == rate
    assert np.array_equal(np.rint(tone() * 32768), samples * 32768)
    assert RATE == soundfile.info(tmp_path / f"tone.{suffix}").frames


def test_a_chat_s_audio_is_saved_with_one_call(tmp_path: Path) -> None:
    def chunk(data: bytes) -> dict[str, Any]:
        return {"choices": [{"delta": {"audio": {"data": base64.b64encode(data).decode()}}}]}

    save(map(chunk, pieces(body(KINDS["pcm"]))), tmp_path / "answer.wav")

    with wave.open(str(tmp_path / "answer.wav")) as file:
        assert (RATE, RATE) == (file.getnframes(), file.getframerate())


def test_another_bitrate_is_another_file(tmp_path: Path) -> None:
    save(body(KINDS["mp3"]), tmp_path / "small.mp3", bitrate=32_000)

    assert (tmp_path / "small.mp3").stat().st_size < len(body(KINDS["mp3"])) / 2


def test_a_stream_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield body(KINDS["mp3"])[:5_000]
        raise EngineError("It broke off.")

    for suffix in ("mp3", "wav"):
        with pytest.raises(EngineError, match="broke off"):
            save(broken(), tmp_path / f"tone.{suffix}")

    assert [] == list(tmp_path.iterdir())


def test_an_error_page_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="instead of audio"):
        save([b'{"error": "no such model"}'], tmp_path / "tone.mp3")

    assert [] == list(tmp_path.iterdir())


def test_a_name_that_tells_no_format_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"ends in none of \.wav"):
        save(iter([]), tmp_path / "tone.xyz")


async def test_a_saving_that_is_cancelled_leaves_no_file(tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield body(KINDS["wav"])
            begun.set()
            await asyncio.sleep(0.001)

    saving = asyncio.create_task(save_async(endless(), tmp_path / "tone.wav"))
    await begun.wait()
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    await asyncio.get_running_loop().shutdown_default_executor()

    assert [] == os.listdir(tmp_path)


async def test_an_asynchronous_stream_is_saved_beside_the_event_loop(tmp_path: Path) -> None:
    async def later() -> AsyncIterator[bytes]:
        for piece in pieces(body(KINDS["mp3"])):
            await asyncio.sleep(0)
            yield piece

    with pytest.raises(InvalidRequest, match="save_async"):
        save(later(), tmp_path / "tone.mp3")
    await save_async(later(), tmp_path / "tone.mp3")

    assert (tmp_path / "tone.mp3").read_bytes().endswith(body(KINDS["mp3"]))
