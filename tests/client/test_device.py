"""What a sound server got, of streams that were played through PortAudio: every sample, and no other."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from firstword.client.playing.ring import Frames
from tests import sound
from tests.sound import PATIENCE_S, running, until_bytes

pytestmark = [pytest.mark.unit, pytest.mark.slow, pytest.mark.program(*sound.PROGRAMS)]

RATE = 24_000
RAW = sound.raw(RATE)
TRIES = 6
"""A machine that is busy loses samples in its sound server, and says so; then it is tried again."""
PLAYING = """
import sys, time
import numpy as np
from firstword.client.playing.player import Player

def arriving(path):
    said = open(path, "rb").read()
    for at in range(0, len(said), 960):
        time.sleep(0.01)
        yield said[at : at + 959]
        yield said[at + 959 : at + 960]

with Player(device="pulse", latency=0.2) as player:
    first, second = (player.play(arriving(path)) for path in sys.argv[1:])
    assert first.wait(30) and second.wait(30)
assert (0, 0) == (first.underruns, second.underruns)
assert 0 < first.first_audio_s < 5
print(player.underflows)
"""


@pytest.fixture
def sound_server(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A sound server with a device that goes nowhere; gives the environment in which it is found."""
    with sound.sound_server(tmp_path, RATE) as env:
        yield env


def voice(seed: int) -> Frames:
    """Of which no sample is 0."""
    return np.random.default_rng(seed).integers(1_000, 20_000, RATE + 77).astype("<i2")


@pytest.mark.timeout(120)
def test_the_device_gets_every_sample_of_two_streams_and_nothing_between(
    sound_server: dict[str, str], tmp_path: Path
) -> None:
    said, recorded = [tmp_path / "1.raw", tmp_path / "2.raw"], tmp_path / "recorded.raw"
    for seed, path in enumerate(said):
        voice(seed).tofile(path)
    for _ in range(TRIES):
        with running("parec", *RAW, "-d", "nowhere.monitor", env=sound_server, output=recorded):
            until_bytes(recorded)
            played = subprocess.run(
                [sys.executable, "-c", PLAYING, *map(str, said)],
                env=sound_server, capture_output=True, text=True, check=False, timeout=PATIENCE_S * 2,
            )  # fmt: skip
            time.sleep(0.3)
        assert 0 == played.returncode, played.stderr
        if played.stdout.strip() == "0":
            break
    heard = np.fromfile(recorded, "<i2")
    loud = np.flatnonzero(heard)

    assert np.array_equal(np.concatenate([voice(0), voice(1)]), heard[loud[0] : loud[-1] + 1])


@pytest.mark.timeout(120)
def test_what_is_said_on_the_command_line_is_heard(sound_server: dict[str, str], tmp_path: Path) -> None:
    written, recorded = tmp_path / "said.pcm", tmp_path / "recorded.raw"
    settings = tmp_path / "firstword.toml"
    settings.write_text('engines = ["tone"]\ndefault_model = "tone"\n', encoding="utf-8")
    say = [
        sys.executable,
        "-m",
        "firstword.cli.entry",
        "say",
        "The first word is here.",
        "--config",
        settings,
    ]
    subprocess.run([*say, "-o", written], env=sound_server, check=True, timeout=PATIENCE_S)
    with running("parec", *RAW, "-d", "nowhere.monitor", env=sound_server, output=recorded):
        until_bytes(recorded)
        subprocess.run(
            [*say, "--device", "pulse", "--latency", "0.3"], env=sound_server, check=True, timeout=PATIENCE_S
        )
        time.sleep(0.3)

    def voiced(path: Path) -> Frames:
        samples = np.fromfile(path, "<i2")
        loud = np.flatnonzero(samples)
        return samples[loud[0] : loud[-1] + 1]

    # A sound server on a busy machine may lose a block; that none is lost otherwise is shown above.
    assert len(voiced(recorded)) > len(voiced(written)) / 2


@pytest.mark.timeout(60)
def test_ctrl_c_ends_what_is_being_played(sound_server: dict[str, str], tmp_path: Path) -> None:
    recorded, settings = tmp_path / "recorded.raw", tmp_path / "firstword.toml"
    settings.write_text('engines = ["tone"]\ndefault_model = "tone"\n', encoding="utf-8")
    hours = ["say", "word " * 20_000, "--device", "pulse", "--config", settings]
    with running("parec", *RAW, "-d", "nowhere.monitor", env=sound_server, output=recorded):
        process = subprocess.Popen(
            [sys.executable, "-m", "firstword.cli.entry", *hours],
            env=sound_server, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not np.fromfile(recorded, "<i2").any():
                assert time.monotonic() < deadline, "nothing was heard"
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)

            assert 130 == process.wait(PATIENCE_S)
        finally:
            process.kill()
            process.wait()
