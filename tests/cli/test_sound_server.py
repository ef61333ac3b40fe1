"""The program with the microphone and speakers of a sound server: what is said, written, answered, heard."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from firstword.client.playing.ring import Frames
from tests import sound
from tests.cli.conftest import WAIT_S, command_line
from tests.cli.soundcard import until
from tests.cli.terminal import PROGRAM, Seat, seat
from tests.cli.test_talking import LONG, chat, endless, running, said
from tests.pipeline.scripted import ScriptedChat
from tests.pipeline.whistling import WORD_MS, silence, whistle
from tests.sockets.conftest import Running
from tests.sound import MOUTH, SPEAKERS

__all__ = ["chat", "running", "seat"]

pytestmark = [pytest.mark.socket, pytest.mark.slow, pytest.mark.program(*sound.PROGRAMS, "pactl")]

RATE = 16_000
DEVICE = ("--device", "pulse", "--latency", "0.2")
Say = Callable[[str], None]


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Where programs find a microphone and speakers."""
    folder = tmp_path / "s"
    folder.mkdir()
    with sound.sound_server(folder, RATE) as found:
        yield {name: value for name, value in found.items() if not name.startswith("FIRSTWORD_")}


@pytest.fixture
def say(env: dict[str, str], tmp_path: Path) -> Say:
    """Whistles into the microphone; returns when all is said."""

    def say(text: str) -> None:
        path = tmp_path / "said.raw"
        spoken = np.concatenate([silence(0.2), whistle(text, word_ms=2 * WORD_MS), silence(1.0)])
        (spoken * 32_767).astype("<i2").tofile(path)
        held = "--latency-msec=1000"  # whatever this machine is busy with, no word has a gap
        command = ["pacat", *sound.raw(RATE), held, "-d", MOUTH, path]
        subprocess.run(command, env=env, check=True, timeout=WAIT_S)

    return say


@pytest.fixture
def speakers(env: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], Frames]]:
    """What has been heard until now, without silence."""
    path = tmp_path / "heard.raw"
    with sound.running("parec", *sound.raw(RATE), "-d", f"{SPEAKERS}.monitor", env=env, output=path):
        sound.until_bytes(path)

        def heard() -> Frames:
            samples = np.fromfile(path, "<i2")
            return samples[np.abs(samples) > 100]

        yield heard


def recording(env: dict[str, str]) -> bool:
    """Whether a program has opened the microphone."""
    found = subprocess.run(
        ["pactl", "list", "short", "source-outputs"], env=env, capture_output=True, check=True, timeout=WAIT_S
    )
    return b"protocol-native" in found.stdout


@pytest.mark.timeout(120)
def test_what_is_said_into_the_microphone_is_written_down_until_ctrl_c(
    env: dict[str, str], say: Say, running: Running
) -> None:
    process = subprocess.Popen(
        command_line(("listen", "--server", running.url, *DEVICE)),
        env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        until(lambda: recording(env))
        say("alder birch ... cedar")
        process.send_signal(signal.SIGINT)
        shown, told = process.communicate(timeout=WAIT_S)
    finally:
        process.kill()
        process.wait()

    assert ["alder birch", "cedar"] == [line.rpartition("  ")[2] for line in shown.splitlines()]
    assert (0, "") == (process.returncode, told)


@pytest.mark.timeout(180)
def test_a_conversation_by_voice_is_broken_in_on_by_voice_and_by_ctrl_c_which_ends_it(
    env: dict[str, str],
    say: Say,
    speakers: Callable[[], Frames],
    seat: Seat,
    running: Running,
    chat: ScriptedChat,
) -> None:
    chat.lines = endless()
    terminal = seat(PROGRAM, "chat", "--mic", "--server", running.url, *DEVICE, env=env)
    terminal.until("Speak.")
    until(lambda: recording(env))
    say("alder birch")
    terminal.until("> alder birch")
    until(lambda: len(speakers()) > RATE // 2)
    say("cedar")
    terminal.until("[heard: ")
    terminal.until("> cedar")
    until(lambda: chat.left == 1)
    before = len(speakers())
    until(lambda: len(speakers()) > before + RATE // 2)
    terminal.type("\x03")
    terminal.until("[heard: ")
    until(lambda: chat.left == 2)
    terminal.type("\x03")

    assert terminal.end() == 0
    (_, first), (_, heard), (_, second) = said(chat)
    assert ("alder birch", "cedar") == (first, second)
    assert LONG.startswith(heard)
    assert heard


@pytest.mark.timeout(120)
def test_a_key_stops_what_is_said(
    env: dict[str, str], speakers: Callable[[], Frames], seat: Seat, running: Running
) -> None:
    terminal = seat(PROGRAM, "say", LONG, "--server", running.url, *DEVICE, env=env)
    until(lambda: len(speakers()) > RATE // 2)
    terminal.type(" ")

    assert 130 == terminal.end()
    assert len(speakers()) < 10 * RATE
