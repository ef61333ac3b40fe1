"""What had left a device when somebody broke in: as the player tells it, and as a sound server recorded."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from firstword.client.playing.ring import Frames
from tests import sound
from tests.sound import PATIENCE_S, running, until_bytes

pytestmark = [pytest.mark.unit, pytest.mark.slow, pytest.mark.program(*sound.PROGRAMS)]

RATE = 24_000
TRIES = 6
"""A machine that is busy loses samples in its sound server, or looks late at what was played."""
NEAR_S = 0.03
PLAYING = """
import sys, time
from pathlib import Path
from firstword.client.playing.player import Player

with Player(device="pulse", latency=float(sys.argv[2])) as player:
    playback = player.play(Path(sys.argv[1]), encoding="pcm", sample_rate=24_000)
    while playback.position_s < 0.7:
        time.sleep(0.003)
    print(playback.interrupt().position_s)
"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("latency_s", [0.06, 0.4])
def test_what_is_told_to_have_left_the_device_has_left_it_and_no_more(
    latency_s: float, tmp_path: Path
) -> None:
    said, recorded = tmp_path / "said.raw", tmp_path / "recorded.raw"
    noise = np.random.default_rng(1).integers(1_000, 20_000, 4 * RATE).astype("<i2")
    noise.tofile(said)
    apart = []
    with sound.sound_server(tmp_path, RATE) as env:
        for _ in range(TRIES):
            with running("parec", *sound.raw(RATE), "-d", "nowhere.monitor", env=env, output=recorded):
                until_bytes(recorded)
                played = subprocess.run(
                    [sys.executable, "-c", PLAYING, said, str(latency_s)],
                    env=env, capture_output=True, text=True, check=False, timeout=PATIENCE_S * 2,
                )  # fmt: skip
                time.sleep(0.3)
            assert 0 == played.returncode, played.stderr
            apart.append(float(played.stdout) - left(noise, np.fromfile(recorded, "<i2")))
            if abs(apart[-1]) < NEAR_S:
                return
    pytest.fail(f"seconds between what was told and what was recorded: {apart}")


def left(said: Frames, heard: Frames) -> float:
    """Up to where in a noise a recording of it goes, in seconds."""
    last = int(np.flatnonzero(heard)[-1])
    end = np.lib.stride_tricks.sliding_window_view(said, 50)
    found = np.flatnonzero((end == heard[last - 49 : last + 1]).all(axis=1))
    return (int(found[0]) + 50) / RATE if len(found) else -1.0
