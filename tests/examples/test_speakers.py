"""The threads' programs for sound cards: what they play, and when, on a sound card that writes to a file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests import sound
from tests.conformance.conftest import BREAKS, HELD_AFTER_MS, LONG, House
from tests.conformance.listening import samples_of
from tests.examples.conftest import EXAMPLES, environment
from tests.sockets.conftest import WAIT_S, until

pytestmark = [pytest.mark.conformance, pytest.mark.program("curl")]

SHORT = "one two three"
CARD = Path(__file__).parent / "soundcard"
FASTER = "10"
SILENT = 24_000 // 5
"""Samples that are put before and behind a whole answer."""
TRIES = 5
"""A machine that is busy loses samples in its sound server; then it is tried again."""
TAIL_MS = 100
"""What a sound card may still hold when the engine is held."""


def heard(file: Path) -> np.ndarray:
    """The samples that came out, without silence."""
    samples = np.fromfile(file, "<i2") if file.exists() else np.zeros(0, np.int16)
    return samples[samples != 0]


def sounding(pcm: bytes) -> np.ndarray:
    """The samples that can be heard."""
    samples = np.frombuffer(pcm, "<i2")
    return samples[samples != 0]


@pytest.fixture
def speakers(tmp_path: Path) -> Path:
    """Where what is heard is written."""
    return tmp_path / "heard.raw"


@contextmanager
def running(house: House, *arguments: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """The example, with an environment that has firstword's own client as well."""
    process = subprocess.Popen(
        [EXAMPLES / "run", "to-the-speakers", *arguments],
        env=environment(Path(sys.executable), house.running.url, **env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def played(house: House, speakers: Path, *arguments: str, speed: str = "1") -> str:
    """What the example prints, when all has been heard."""
    card = {"PYTHONPATH": str(CARD), "HEARD": str(speakers), "SPEED": speed}
    with running(house, *arguments, **card) as process:
        printed, told = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, told
    return printed


@pytest.mark.parametrize("way", ["pcm", "pyaudio"])
def test_it_is_heard_to_its_last_sample_and_begins_before_the_rest_is_made(
    house: House, speakers: Path, way: str
) -> None:
    card = {"PYTHONPATH": str(CARD), "HEARD": str(speakers), "SPEED": FASTER}
    whole = house.body("pcm")
    made = sounding(whole[: (HELD_AFTER_MS - TAIL_MS) * 48])
    with house.tone.held() as let_go, running(house, way, LONG, **card) as process:
        until(lambda: len(heard(speakers)) >= len(made), "what has been made to be heard")
        let_go()
        printed, told = process.communicate(timeout=WAIT_S)

    assert process.returncode == 0, told
    assert np.array_equal(sounding(whole), heard(speakers))
    assert re.search(r"after \d+ ms", printed)


@pytest.mark.parametrize("way", ["pcm", "pyaudio"])
def test_what_breaks_off_is_heard_as_far_as_it_came_and_then_told(
    house: House, speakers: Path, way: str
) -> None:
    card = {"PYTHONPATH": str(CARD), "HEARD": str(speakers), "SPEED": FASTER}
    with running(house, way, BREAKS, **card) as process:
        _, told = process.communicate(timeout=WAIT_S)

    assert process.returncode == 1
    assert "RemoteProtocolError" in told
    assert len(heard(speakers)) > 24_000


@pytest.mark.parametrize("response_format", ["flac", "mp3", "opus"])
def test_soundfile_plays_a_whole_answer(house: House, speakers: Path, response_format: str) -> None:
    printed = played(house, speakers, "whole", response_format, SHORT)

    told = np.fromfile(speakers, "<i2")[SILENT:-SILENT]
    assert printed.startswith(f"{response_format}: {len(told)} samples, 24000 Hz")
    if response_format == "flac":
        assert house.body("pcm", SHORT) == told.tobytes()
    else:
        expected = samples_of(house.body(response_format, SHORT), response_format, 24_000)
        assert len(told) == pytest.approx(len(expected), abs=1_200)


@pytest.mark.parametrize("response_format", ["flac", "opus"])
def test_any_format_is_played_by_the_client(house: House, speakers: Path, response_format: str) -> None:
    printed = played(house, speakers, "any", response_format, SHORT)

    assert "0 underruns" in printed
    expected = sounding(house.body("pcm", SHORT))
    if response_format == "flac":
        assert np.array_equal(expected, heard(speakers))
    else:
        assert len(heard(speakers)) > 0.9 * len(expected)


@pytest.fixture
def sound_server(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A sound server, for programs that play on the default device."""
    folder = tmp_path / "s"
    folder.mkdir()
    with sound.sound_server(folder, 24_000) as env:
        (folder / "home/.asoundrc").write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
        yield {name: value for name, value in env.items() if os.environ.get(name) != value}


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.program(*sound.PROGRAMS)
@pytest.mark.parametrize("way", [("pcm",), ("whole", "flac"), ("any", "wav")], ids=" ".join)
def test_a_sound_server_gets_every_sample(
    house: House, sound_server: dict[str, str], speakers: Path, way: tuple[str, ...]
) -> None:
    expected = sounding(house.body("pcm", SHORT))
    listening = ("parec", *sound.raw(24_000), "-d", f"{sound.SPEAKERS}.monitor")
    for _ in range(TRIES):
        env = {**os.environ, **sound_server}
        with sound.running(*listening, env=env, output=speakers):
            sound.until_bytes(speakers)
            with running(house, *way, SHORT, **sound_server) as process:
                _, told = process.communicate(timeout=WAIT_S)
            assert process.returncode == 0, told
            time.sleep(0.3)
        if np.array_equal(expected, heard(speakers)):
            return
    pytest.fail(f"{len(expected)} samples were to be heard, and {len(heard(speakers))} were")
