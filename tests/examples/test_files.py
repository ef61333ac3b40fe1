"""Speech in files: that can be played while they grow, that tell their length, and AAC in an m4a."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest
import soundfile

from tests.conformance.conftest import BREAKS, HELD_AFTER_MS, LONG, House
from tests.conformance.listening import comparable, samples_of
from tests.examples.conftest import EXAMPLES, environment
from tests.sockets.conftest import WAIT_S, until

pytestmark = [pytest.mark.conformance, pytest.mark.program("curl")]

LOOK_AHEAD_MS = 100
"""No encoder keeps more than this to itself."""
AAC_FRAMES = 1024
"""Of a packet, and of the silence that the encoder puts in front."""


@contextmanager
def running(house: House, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """The example, with an environment that has firstword's own client as well."""
    process = subprocess.Popen(
        [EXAMPLES / "run", "to-a-file", *arguments],
        env=environment(Path(sys.executable), house.running.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def done(house: House, *arguments: str | Path) -> str:
    """What it prints."""
    with running(house, *arguments) as process:
        printed, told = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, told
    return printed


def decoded_ms(file: Path, response_format: str) -> float:
    """How much of a file can be played now."""
    data = file.read_bytes() if file.exists() else b""
    try:
        return len(samples_of(data, response_format, 24_000)) / 24
    except (av.FFmpegError, EOFError, IndexError):  # not even a header yet
        return 0


@pytest.mark.parametrize("suffix", ["mp3", "opus", "wav"])
def test_a_file_can_be_played_while_it_grows(house: House, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"speech.{suffix}"
    with house.tone.held() as let_go, running(house, "growing", file, LONG) as process:
        until(
            lambda: decoded_ms(file, suffix) >= HELD_AFTER_MS - LOOK_AHEAD_MS,
            "what has been made in the file",
        )
        let_go()
        printed, told = process.communicate(timeout=WAIT_S)

    assert process.returncode == 0, told
    assert comparable(house.body(suffix)) == comparable(file.read_bytes())
    assert [line.split(" after ")[0] for line in printed.splitlines()] == [
        f"{file} can be played",
        f"{file} is whole",
    ]


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_the_header_of_a_saved_file_tells_its_true_length(house: House, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"speech.{suffix}"
    printed = done(house, "saved", file, LONG)

    with soundfile.SoundFile(file) as saved:
        assert saved.frames == len(house.body("pcm")) // 2
        assert saved.read(dtype="int16").tobytes() == house.body("pcm")
    assert printed.strip() == f"{file}: {file.stat().st_size} bytes"


def test_a_saved_m4a_begins_with_the_first_sample(house: House, tmp_path: Path) -> None:
    file = tmp_path / "speech.m4a"
    done(house, "saved", file, LONG)

    made = len(house.body("pcm")) // 2 * 2  # at 48 kHz
    read = decoded(file)
    assert made <= read < made + AAC_FRAMES
    with av.open(file) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        assert "mp4" in container.format.name


def test_what_breaks_off_leaves_no_saved_file(house: House, tmp_path: Path) -> None:
    with running(house, "saved", tmp_path / "speech.mp3", BREAKS) as process:
        _, told = process.communicate(timeout=WAIT_S)

    assert process.returncode == 1
    assert "incomplete" in told.lower() or "broke" in told.lower()
    assert list(tmp_path.iterdir()) == []


def test_pyav_alone_puts_the_packets_into_an_m4a_as_they_are(house: House, tmp_path: Path) -> None:
    file = tmp_path / "speech.m4a"
    printed = done(house, "remux", file, LONG)

    raw = file.with_suffix(".aac")
    assert raw.read_bytes() == house.body("aac")
    packets = packets_of(raw)
    assert packets == packets_of(file)
    assert decoded(raw) == decoded(file) == AAC_FRAMES * len(packets)
    assert printed.strip() == f"{raw} into {file}: {len(packets)} packets"


def decoded(file: Path) -> int:
    """How many samples a decoder gives."""
    with av.open(io.BytesIO(file.read_bytes())) as container:
        return sum(frame.samples for frame in container.decode(audio=0))


def packets_of(file: Path) -> list[bytes]:
    """What is inside, without ADTS headers of 7 bytes."""
    with av.open(io.BytesIO(file.read_bytes())) as container:
        found = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    return [packet[7:] if packet.startswith(b"\xff\xf1") else packet for packet in found]
