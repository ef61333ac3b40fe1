"""A sound server of a test's own, for machines without a sound card: what is played on it goes nowhere."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PATIENCE_S = 20.0
"""A bound on every wait; nothing is measured with it."""
PROGRAMS = ("pulseaudio", "pacat", "parec")
"""For the mark `program` of a test that needs all this."""
SPEAKERS = "nowhere"
"""The sink that programs play on; `nowhere.monitor` is what can be heard there."""
MOUTH = "mouth"
"""The sink whose sound programs get from the default microphone."""


@contextmanager
def running(*command: str | Path, env: dict[str, str], output: Path | None = None) -> Iterator[None]:
    """A program, for as long as this lasts; what it prints goes to `output`."""
    with ExitStack() as opened:
        into = subprocess.DEVNULL if output is None else opened.enter_context(output.open("wb"))
        process = subprocess.Popen(command, env=env, stdout=into, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def until_bytes(path: Path) -> None:
    """Waits until a file, or a socket, is there and a recording has begun."""
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists() or (path.is_file() and not path.stat().st_size):
        assert time.monotonic() < deadline, f"{path.name} never came"
        time.sleep(0.02)


def raw(rate: int) -> list[str]:
    """What `pacat` and `parec` are told about mono s16le samples."""
    return ["--raw", f"--rate={rate}", "--channels=1", "--format=s16le", "--latency-msec=20"]


@contextmanager
def sound_server(folder: Path, rate: int) -> Iterator[dict[str, str]]:
    """Speakers and a microphone at so many Hz; gives the environment in which programs find them.

    Args:
        folder: an empty one; its path is short enough for the address of a socket.
        rate: Hz.
    """
    socket, home, devices = folder / "sound", folder / "home", folder / "devices.pa"
    home.mkdir(mode=0o700)
    env = {**os.environ, "PULSE_SERVER": f"unix:{socket}", "XDG_RUNTIME_DIR": str(home), "HOME": str(home)}
    shape = f"rate={rate} channels=1 format=s16le"
    devices.write_text(
        f"load-module module-null-sink sink_name={MOUTH} {shape}\n"
        f"load-module module-null-sink sink_name={SPEAKERS} {shape}\n"
        f"set-default-sink {SPEAKERS}\n"
        f"load-module module-remap-source source_name=microphone master={MOUTH}.monitor {shape}\n"
        "set-default-source microphone\n"
        f"load-module module-native-protocol-unix socket={socket} auth-anonymous=1\n",  # when all is there
        encoding="utf-8",
    )
    options = ["--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"]
    with running("pulseaudio", "-n", *options, "--no-cpu-limit=yes", "-F", devices, env=env):
        until_bytes(socket)
        with ExitStack() as opened:
            for sink in (SPEAKERS, MOUTH):  # a device that sleeps is late
                opened.enter_context(running("pacat", *raw(rate), "-d", sink, "/dev/zero", env=env))
            yield env
