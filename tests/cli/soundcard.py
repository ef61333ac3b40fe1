"""A sound card in memory, in place of the library that reaches real ones: it runs as they do, in threads."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from firstword.client.playing import devices
from firstword.client.playing.ring import Frames
from tests.cli.conftest import ENVIRONMENT
from tests.conftest import ROOT

PERIOD_S = 0.01
PATIENCE_S = 30.0
"""A bound on every wait; nothing is measured with it."""


@dataclass
class SoundCard:
    """Speakers and a microphone, at any rate.

    Args:
        names: of its devices, each for both directions.
    """

    names: tuple[str, ...] = ("headset",)
    PortAudioError: type[Exception] = OSError
    default: Any = field(default_factory=lambda: SimpleNamespace(device=(0, 0)))
    unplugged: bool = False
    heard: list[Frames] = field(default_factory=list)
    """What came out of the speakers."""
    silent_s: float = 0.0
    """How long nothing has been said, while the microphone was open."""
    _said: Frames = field(default_factory=lambda: np.zeros(0, np.int16))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, samples: Frames) -> None:
        """Into the microphone, in real time, after what is being said."""
        with self._lock:
            self._said = np.concatenate([self._said, samples])

    @property
    def sound(self) -> Frames:
        """What was heard, without silence."""
        heard = np.concatenate([np.zeros(0, np.int16), *self.heard])
        return heard[heard != 0]

    def query_devices(self, device: str | int | None = None, kind: str | None = None) -> Any:
        found = [
            {"name": name, "index": at, "max_input_channels": 1, "max_output_channels": 1,
             "default_samplerate": 48_000.0}
            for at, name in enumerate(self.names)
        ]  # fmt: skip
        if kind is None:
            return found
        if not found or device not in (None, *self.names):
            raise ValueError(f"No {kind} device matching {device!r}")
        return found[0]

    def check_output_settings(self, device: object, channels: int, dtype: str, samplerate: int) -> None:
        pass

    check_input_settings = check_output_settings

    def OutputStream(self, *, samplerate: int, callback: Callable[..., None], **asked: Any) -> Stream:  # noqa: N802
        def period(frames: int) -> None:
            out = np.zeros((frames, 1), np.int16)
            callback(out, frames, None, SimpleNamespace(output_underflow=False))
            self.heard.append(out[:, 0])

        return Stream(self, samplerate, period)

    def InputStream(self, *, samplerate: int, callback: Callable[..., None], **asked: Any) -> Stream:  # noqa: N802
        def period(frames: int) -> None:
            out = np.zeros((frames, 1), np.int16)
            with self._lock:
                said, self._said = self._said[:frames], self._said[frames:]
            out[: len(said), 0] = said
            self.silent_s = 0.0 if said.any() else self.silent_s + PERIOD_S
            callback(out, frames, None, SimpleNamespace(input_overflow=False))

        return Stream(self, samplerate, period)


class Stream:
    """A stream of the library."""

    latency = 0.01

    def __init__(self, card: SoundCard, rate: int, period: Callable[[int], None]) -> None:
        self._card, self._rate, self._period = card, rate, period
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def active(self) -> bool:
        return not self._card.unplugged

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.is_alive():  # a stream that was not started may be stopped, too
            self._thread.join()

    abort = stop

    def close(self) -> None:
        self.stop()

    def _run(self) -> None:
        began, periods = time.monotonic(), 0
        while not self._ended.is_set() and self.active:
            self._period(round(self._rate * PERIOD_S))
            periods += 1
            self._ended.wait(max(0.0, began + periods * PERIOD_S - time.monotonic()))


@contextmanager
def meanwhile(happen: Callable[[], None]) -> Iterator[None]:
    """Something that a test does while a command runs; its failure is the test's."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            happen()
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    thread.join(PATIENCE_S)
    for failure in failures:
        raise failure


def until(happened: Callable[[], object]) -> None:
    """Waits for it."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> SoundCard:
    """The only sound card of this machine."""
    found = SoundCard()
    monkeypatch.setattr(devices, "portaudio", lambda: found)
    monkeypatch.setattr("firstword.client.playing.player.portaudio", lambda: found)
    return found


IN_A_FILE = """
from pathlib import Path
from tests.cli.soundcard import SoundCard

class Tape(list):
    def append(self, samples):
        with Path({path!r}).open("ab") as file:
            file.write(samples.tobytes())

card = SoundCard(heard=Tape())
PortAudioError, default = card.PortAudioError, card.default
query_devices, OutputStream, InputStream = card.query_devices, card.OutputStream, card.InputStream
check_output_settings = check_input_settings = card.check_output_settings
"""


@dataclass(frozen=True)
class Recording:
    """A sound card of another process."""

    path: Path
    env: Mapping[str, str]
    """In which the process finds it."""

    @property
    def seconds(self) -> float:
        """Of sound at 24 kHz, silence not counted."""
        return float(np.count_nonzero(np.fromfile(self.path, np.int16))) / 24_000 if self.path.exists() else 0


@pytest.fixture
def recorded(tmp_path: Path) -> Recording:
    """A sound card for programs that a test starts."""
    path, folder = tmp_path / "heard.raw", tmp_path / "library"
    folder.mkdir()
    (folder / "sounddevice.py").write_text(IN_A_FILE.format(path=str(path)), "utf-8")
    where = os.pathsep.join(map(str, (folder, ROOT)))
    return Recording(path, {**ENVIRONMENT, "PYTHONPATH": where})
