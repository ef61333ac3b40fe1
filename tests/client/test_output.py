"""How a device is chosen and opened.

The library is one of our own, because machines differ in what they have; `test_device` plays through the
real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from firstword.client.playing import devices
from firstword.client.playing.devices import Direction, find_device
from firstword.client.playing.output import DeviceOutput
from firstword.client.playing.ring import Frames
from firstword.core.errors import ConfigurationError

pytestmark = pytest.mark.unit


class Refused(Exception):
    """What the library raises."""


@dataclass
class Opened:
    """A stream of the library."""

    samplerate: int
    channels: int
    dtype: str
    device: str | int | None
    latency: float
    callback: Callable[..., None]
    did: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[[], None]:
        return lambda: self.did.append(name)


@dataclass
class Library:
    """A machine with devices, and what they can."""

    takes: set[tuple[int, int]]
    names: tuple[str, ...] = ("headphones", "hall")
    opened: list[Opened] = field(default_factory=list)
    PortAudioError: type[Exception] = Refused
    default: Any = field(default_factory=lambda: SimpleNamespace(device=(0, 1)))

    def query_devices(self, device: str | int | None = None, kind: str | None = None) -> Any:
        found = [
            {"name": name, "index": at, "max_output_channels": 2, "default_samplerate": 48_000.0}
            for at, name in enumerate(self.names)
        ]
        if kind is None:
            return found
        if not found or device not in (None, *self.names):
            raise ValueError(f"No output device matching {device!r}")
        return found[0]

    def check_output_settings(self, device: object, channels: int, dtype: str, samplerate: int) -> None:
        if (samplerate, channels) not in self.takes:
            raise Refused("Invalid sample rate")

    def OutputStream(self, **asked: Any) -> Opened:  # noqa: N802  # the library's name
        self.opened.append(Opened(**asked))
        return self.opened[-1]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Library]:
    def with_devices(*takes: tuple[int, int], **has: Any) -> Library:
        library = Library(set(takes), **has)
        monkeypatch.setattr(devices, "portaudio", lambda: library)
        return library

    return with_devices


def counting(out: Frames) -> None:
    out[:] = np.arange(1, len(out) + 1)


def test_it_is_opened_as_the_stream_is_where_it_can(machine: Callable[..., Library]) -> None:
    library = machine((24_000, 1), (48_000, 2))
    device = DeviceOutput(24_000, counting, latency_s=0.1)

    assert 24_000 == device.sample_rate
    assert (24_000, 1, "int16", 0.1) == (
        library.opened[0].samplerate, library.opened[0].channels,
        library.opened[0].dtype, library.opened[0].latency,
    )  # fmt: skip
    device.start()
    assert ["start"] == library.opened[0].did


def test_what_is_lost_in_a_device_s_first_moment_is_silence(machine: Callable[..., Library]) -> None:
    library = machine((24_000, 1))
    DeviceOutput(24_000, counting).start()
    heard = []
    for frames in (200, 100, 100):
        out = np.full((frames, 1), 99, np.int16)
        library.opened[0].callback(out, frames, None, SimpleNamespace(output_underflow=False))
        heard += out[:, 0].tolist()

    assert [0] * 240 + [*range(1, 61)] + [*range(1, 101)] == heard


def test_one_without_mono_gets_the_same_on_both_sides(machine: Callable[..., Library]) -> None:
    library = machine((24_000, 2))
    DeviceOutput(24_000, counting)
    out = np.zeros((3, 2), np.int16)
    library.opened[0].callback(out, 3, None, SimpleNamespace(output_underflow=False))

    assert [[1, 1], [2, 2], [3, 3]] == out.tolist()


def test_one_that_knows_its_own_rate_only_is_opened_at_that(machine: Callable[..., Library]) -> None:
    machine((48_000, 1), (48_000, 2))

    assert 48_000 == DeviceOutput(24_000, counting).sample_rate


def test_times_at_which_it_was_late_are_counted(machine: Callable[..., Library]) -> None:
    library = machine((24_000, 1))
    device = DeviceOutput(24_000, counting)
    for late in (True, False, True):
        library.opened[0].callback(
            np.zeros((3, 1), np.int16), 3, None, SimpleNamespace(output_underflow=late)
        )

    assert 2 == device.underflows


def test_one_that_takes_nothing_of_ours_is_told(machine: Callable[..., Library]) -> None:
    machine((96_000, 6))

    with pytest.raises(ConfigurationError, match="headphones takes no 16-bit samples"):
        DeviceOutput(24_000, counting)


def test_the_default_device_is_listed_first(machine: Callable[..., Library]) -> None:
    machine((24_000, 1))

    assert ["hall", "headphones"] == devices.devices(Direction.OUTPUT)


def test_one_that_is_not_there_is_told_with_those_that_are(machine: Callable[..., Library]) -> None:
    machine((24_000, 1))

    with pytest.raises(ConfigurationError, match=r"no output device 'attic' .* hall, headphones"):
        find_device("attic")


def test_a_machine_without_any_says_so(machine: Callable[..., Library]) -> None:
    machine(names=())

    with pytest.raises(ConfigurationError, match="There is no output device on this machine"):
        find_device(None)
