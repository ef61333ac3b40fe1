"""A sound server whose speakers go nowhere, and somebody who listens there with a watch in his hand."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import numpy as np
from numpy.typing import NDArray

RATE = 24_000
RAW = ["--raw", f"--rate={RATE}", "--channels=1", "--format=s16le", "--latency-msec=10"]
PROGRAMS = ("pulseaudio", "parec", "pacat")
READ_BYTES = RATE // 100 * 2
STARTS_S = 10.0
SETTLES_S = 0.3
GAP_S = 0.002
"""Silence that is shorter is not counted."""
AROUND, PAUSE_LEVEL = RATE * 30 // 1000, 10 ** (-35 / 20)
"""Speech that is so quiet for 30 ms on both sides makes a pause."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A silence that was not in what was sent."""

    seconds: float
    in_pause: bool
    """It made a pause longer; else it broke a word."""


@dataclass(slots=True)
class Heard:
    """What came out of the speakers while somebody played."""

    arrivals: list[tuple[float, bytes]] = field(default_factory=list)
    """Seconds of the machine's clock, and the samples that could be heard by then."""

    @property
    def first_at_s(self) -> float:
        """When the first sample that is not 0 had come out.

        Raises:
            ValueError: none ever did.
        """
        for moment, data in self.arrivals:
            if np.frombuffer(data, "<i2").any():
                return moment
        raise ValueError("nothing was heard")

    @property
    def samples(self) -> NDArray[np.int16]:
        """From the first to the last that is not 0."""
        heard = np.frombuffer(b"".join(data for _, data in self.arrivals), "<i2")
        loud = np.flatnonzero(heard)
        return heard[loud[0] : loud[-1] + 1]

    def gaps(self) -> list[Gap]:
        """The silences in it: of what is played no sample is 0."""
        samples = self.samples
        quiet = np.concatenate([[0], samples == 0, [0]])
        edges = np.flatnonzero(np.diff(quiet.astype(np.int8)))
        pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        return [
            Gap((end - begin) / RATE, _is_pause(samples[max(0, begin - AROUND) : end + AROUND]))
            for begin, end in pairs
            if (end - begin) / RATE >= GAP_S
        ]


def _is_pause(around: NDArray[np.int16]) -> bool:
    voiced = around[around != 0] / 32_768
    return bool(np.sqrt(np.mean(voiced**2)) < PAUSE_LEVEL)


class Sink:
    """The speakers.

    Args:
        env: in which programs find them.
    """

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    @contextmanager
    def heard(self) -> Iterator[Heard]:
        """Listens for as long as this lasts, and a little longer."""
        found = Heard()
        command = ["parec", *RAW, "-d", "nowhere.monitor"]
        with subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, bufsize=0) as ear:
            reader = Thread(target=_listen, args=(ear, found))
            reader.start()
            _until(lambda: bool(found.arrivals))
            try:
                yield found
                time.sleep(SETTLES_S)
            finally:
                ear.terminate()
                reader.join()


def _listen(ear: subprocess.Popen[bytes], found: Heard) -> None:
    assert ear.stdout is not None
    while data := ear.stdout.read(READ_BYTES):
        found.arrivals.append((time.monotonic(), data + b"\0" * (len(data) % 2)))


@contextmanager
def sink() -> Iterator[Sink]:
    """A sound server of our own, with a player of silence: a device that sleeps begins late."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        socket = folder / "sound"
        env = {**os.environ, "PULSE_SERVER": f"unix:{socket}", "XDG_RUNTIME_DIR": str(folder)}
        env["HOME"] = str(folder)
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": env}
        for command in (
            [
                *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"),
                *("--disable-shm=yes", "--no-cpu-limit=yes"),
                *("-L", f"module-null-sink sink_name=nowhere rate={RATE} channels=1 format=s16le"),
                *("-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"),
            ],
            ["pacat", *RAW, "-d", "nowhere", "/dev/zero"],
        ):
            process = opened.enter_context(subprocess.Popen(command, **silent))
            opened.callback(process.terminate)
            _until(socket.exists)
        yield Sink(env)


def _until(there: object) -> None:
    assert callable(there)
    deadline = time.monotonic() + STARTS_S
    while not there():
        if time.monotonic() > deadline:
            raise TimeoutError("the sound server does not start")
        time.sleep(0.02)
