"""Streamed audio on disk: whole or not there, and with sizes that are true."""

from __future__ import annotations

import io
import os
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from firstword.client.saving.part import saving
from firstword.client.saving.sizes import state_true_sizes
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, SampleEncoding
from firstword.formats import registry

pytestmark = pytest.mark.unit

RATE = 24_000


def streamed(spec: AudioSpec, frames: int) -> bytes:
    """A body as the server streams it: its header knows no length."""
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, frames).astype(np.float32)
    encoder = registry.encoder(spec)
    return b"".join([*encoder.feed(AudioChunk(noise, spec.sample_rate)), *encoder.flush()])


def stated(body: bytes) -> bytes:
    """The body with its true sizes."""
    file = io.BytesIO(body)
    state_true_sizes(file)
    return file.getvalue()


def save(target: Path, data: bytes, ended_by: BaseException) -> None:
    """Writes `data` to `target`, and is ended by something else."""
    with saving(target) as file:
        file.write(data)
        raise ended_by


@pytest.mark.parametrize("frames", [1, 480, 481, 50_001])
@pytest.mark.parametrize("audio_format", [AudioFormat.WAV, AudioFormat.FLAC])
def test_a_saved_stream_tells_its_length(audio_format: AudioFormat, frames: int) -> None:
    body = stated(streamed(AudioSpec(audio_format, RATE), frames))

    assert frames == soundfile.info(io.BytesIO(body)).frames


@pytest.mark.parametrize("audio_format", [AudioFormat.WAV, AudioFormat.FLAC])
def test_only_the_header_changes(audio_format: AudioFormat) -> None:
    before = streamed(AudioSpec(audio_format, RATE), 10_000)

    assert before[44:] == stated(before)[44:]
    assert before != stated(before)


def test_sizes_are_the_ones_a_complete_body_has() -> None:
    for encoding in SampleEncoding:
        spec = AudioSpec(AudioFormat.WAV, RATE, encoding=encoding)
        body = streamed(spec, 1001)
        whole = registry.encoder(spec).whole
        assert whole is not None

        assert whole(body) == stated(body)


def test_flac_from_another_encoder_keeps_the_length_it_states() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(5000, np.float32), RATE, format="FLAC")

    assert file.getvalue() == stated(file.getvalue())


def test_flac_that_breaks_off_inside_a_frame_keeps_its_unknown_length() -> None:
    body = streamed(AudioSpec(AudioFormat.FLAC, RATE), 10_000)[:-5]

    assert body == stated(body)


def test_wav_with_tags_before_its_samples_is_understood() -> None:
    body = streamed(AudioSpec(AudioFormat.WAV, RATE), 100)
    tags = struct.pack("<4sI5sx", b"LIST", 5, b"hello")
    body = body[:36] + tags + body[36:]

    with wave.open(io.BytesIO(stated(body))) as file:
        assert 100 == file.getnframes()


def test_wav_with_tags_behind_its_samples_keeps_its_length() -> None:
    tags = struct.pack("<4sI4s", b"LIST", 4, b"INFO")
    body = stated(streamed(AudioSpec(AudioFormat.WAV, RATE), 100)) + tags

    with wave.open(io.BytesIO(stated(body))) as file:
        assert 100 == file.getnframes()


@pytest.mark.parametrize("body", [b"", b"RIFF", b"RIFF....WAVE", b"RIFF....WAVE" + bytes(60), b"fLaC"])
def test_what_is_not_a_whole_header_is_left_alone(body: bytes) -> None:
    assert body == stated(body)


def test_the_name_appears_only_when_all_is_written(tmp_path: Path) -> None:
    target = tmp_path / "hello.mp3"

    with saving(target) as file:
        file.write(b"audio")
        assert not target.exists()

    assert [target] == list(tmp_path.iterdir())
    assert b"audio" == target.read_bytes()


def test_a_failure_leaves_what_was_there_before(tmp_path: Path) -> None:
    target = tmp_path / "hello.mp3"
    target.write_bytes(b"old")

    with pytest.raises(ValueError, match="no"):
        save(target, b"new", ValueError("no"))

    assert [target] == list(tmp_path.iterdir())
    assert b"old" == target.read_bytes()


def test_an_interrupt_keeps_what_came_with_true_sizes(tmp_path: Path) -> None:
    target = tmp_path / "hello.wav"

    with pytest.raises(KeyboardInterrupt):
        save(target, streamed(AudioSpec(AudioFormat.WAV, RATE), 100), KeyboardInterrupt())

    with wave.open(str(target)) as saved:
        assert 100 == saved.getnframes()


def test_an_interrupt_before_any_audio_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "hello.wav", b"", KeyboardInterrupt())

    assert [] == list(tmp_path.iterdir())


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "hello.mp3", tmp_path / "link.mp3"
    target.write_bytes(b"old")
    link.symlink_to(target)

    with saving(link) as file:
        file.write(b"new")

    assert link.is_symlink()
    assert b"new" == target.read_bytes()


def test_a_device_is_written_to_as_it_is() -> None:
    with saving(Path(os.devnull)) as file:
        assert 5 == file.write(b"audio")

    assert Path(os.devnull).is_char_device()
