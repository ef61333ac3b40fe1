"""A microphone: every sample of its device comes out, at the rate that is wanted.

The device is one in memory; `test_device` records through the real library.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Timer
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from firstword.client.playing import devices
from firstword.client.playing.devices import Direction, find_device
from firstword.client.playing.microphone import GONE_S, MOST_LOOK_S, RING_S, DeviceInput, Microphone, Take
from firstword.client.playing.ring import Frames
from firstword.core.errors import ConfigurationError, EngineError

pytestmark = pytest.mark.unit

RATE = 16_000


class Device:
    """A device in memory: what is said into it comes at once."""

    def __init__(self, own_rate: int = RATE) -> None:
        self.sample_rate, self.overflows = own_rate, 0
        self.active, self.closed = True, False
        self.now_s, self.step_s = 10.0, 0.0
        self.take: Take = lambda samples: None

    def open(self, sample_rate: int, take: Take) -> Device:
        self.take = take
        return self

    def close(self) -> None:
        self.closed = True

    def clock(self) -> float:
        """Goes on with each look."""
        self.now_s += self.step_s
        return self.now_s

    def hear(self, samples: Frames, block: int = 160) -> None:
        """In blocks, each in the same memory, as devices have it."""
        memory = np.zeros(block, np.int16)
        for at in range(0, len(samples), block):
            part = samples[at : at + block]
            memory[: len(part)] = part
            self.take(memory[: len(part)])

    def microphone(self, sample_rate: int = RATE) -> Microphone:
        return Microphone(sample_rate, open_input=self.open, clock=self.clock)


def noise(seconds: float, rate: int = RATE) -> Frames:
    return np.random.default_rng(3).integers(-9_000, 9_000, round(seconds * rate)).astype(np.int16)


def everything(microphone: Microphone) -> Frames:
    """What comes until it is stopped."""
    microphone.stop()
    return samples(*microphone)


def samples(*blocks: bytes) -> Frames:
    return np.frombuffer(b"".join(blocks), "<i2")


def test_every_sample_comes_in_order() -> None:
    device, said = Device(), noise(1.003)
    with device.microphone() as microphone:
        device.hear(said)

        assert np.array_equal(said, everything(microphone))
    assert device.closed


def test_blocks_come_while_it_goes_on() -> None:
    device, said = Device(), noise(0.2)
    with device.microphone() as microphone:
        blocks = iter(microphone)
        device.hear(said[:1_000])
        first = next(blocks)
        device.hear(said[1_000:])

        assert np.array_equal(said, samples(first, next(blocks)))


def test_an_event_loop_gets_the_same_and_goes_on_meanwhile() -> None:
    device, said = Device(), noise(0.5)

    async def listen() -> Frames:
        heard = []
        with device.microphone() as microphone:
            speaking = asyncio.get_running_loop().call_later(0.03, device.hear, said)
            async for block in microphone:
                heard.append(block)
                microphone.stop()
        assert speaking.when()
        return samples(*heard)

    assert np.array_equal(said, asyncio.run(listen()))


def test_a_device_with_its_own_rate_is_resampled_as_one_stream() -> None:
    device = Device(own_rate=48_000)
    time_s = np.arange(48_000) / 48_000
    said = np.rint(10_000 * np.sin(2 * np.pi * 440 * time_s)).astype(np.int16)
    with device.microphone() as microphone:
        device.hear(said, block=777)
        heard = everything(microphone)

    truth = 10_000 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert len(heard) == pytest.approx(RATE, abs=1)
    assert np.abs(heard[200:15_800] - truth[200:15_800]).max() < 3


def test_what_comes_after_a_stop_is_not_heard() -> None:
    device = Device()
    with device.microphone() as microphone:
        device.hear(noise(0.1))
        microphone.stop()
        device.hear(noise(0.1))

        assert 3_200 == sum(map(len, microphone))


def test_what_finds_no_room_is_counted() -> None:
    device = Device()
    with device.microphone() as microphone:
        device.hear(noise(RING_S + 0.5))

        assert RING_S * RATE == len(everything(microphone))
        assert 0.5 == microphone.lost_s


@pytest.mark.parametrize("gone", ["closed", "silent"])
def test_a_device_that_has_gone_is_told_after_all_that_it_gave(gone: str) -> None:
    device = Device()
    with device.microphone() as microphone:
        blocks = iter(microphone)
        device.hear(noise(0.1))
        assert 3_200 == len(next(blocks))
        if gone == "closed":
            device.active = False
        else:
            device.step_s = MOST_LOOK_S

        with pytest.raises(EngineError, match="has it been unplugged"):
            next(blocks)


def test_a_program_that_was_halted_has_its_device_still() -> None:
    device = Device()
    with device.microphone() as microphone:
        blocks = iter(microphone)
        device.hear(noise(0.1))
        next(blocks)
        device.now_s += 100 * GONE_S
        later = Timer(0.1, device.hear, [noise(0.01)])
        later.start()

        assert 320 == len(next(blocks))
        later.join()


class Refused(Exception):
    """What the library raises."""


@dataclass
class Library:
    """A machine with microphones, and what they can."""

    takes: set[tuple[int, int]]
    names: tuple[str, ...] = ("headset", "webcam")
    opened: list[dict[str, Any]] = field(default_factory=list)
    PortAudioError: type[Exception] = Refused
    default: Any = field(default_factory=lambda: SimpleNamespace(device=(1, 0)))

    def query_devices(self, device: str | int | None = None, kind: str | None = None) -> Any:
        found = [
            {"name": name, "index": at, "max_input_channels": 2, "default_samplerate": 44_100.0}
            for at, name in enumerate(self.names)
        ]
        if kind is None:
            return found
        assert kind == "input"
        if not found or device not in (None, *self.names):
            raise ValueError(f"No input device matching {device!r}")
        return found[0]

    def check_input_settings(self, device: object, channels: int, dtype: str, samplerate: int) -> None:
        if (samplerate, channels) not in self.takes:
            raise Refused("Invalid sample rate")

    def InputStream(self, **asked: Any) -> Any:  # noqa: N802  # the library's name
        self.opened.append(asked)
        return SimpleNamespace(start=lambda: None, stop=lambda: None, close=lambda: None, active=True)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Library]:
    def with_microphones(*takes: tuple[int, int], **has: Any) -> Library:
        library = Library(set(takes), **has)
        monkeypatch.setattr(devices, "portaudio", lambda: library)
        return library

    return with_microphones


def test_it_is_opened_at_the_rate_that_is_wanted_where_it_can(machine: Callable[..., Library]) -> None:
    library = machine((RATE, 1), (44_100, 2))

    assert RATE == DeviceInput(RATE, lambda samples: None, latency_s=0.1).sample_rate
    assert (1, "int16", 0.1) == tuple(library.opened[0][name] for name in ("channels", "dtype", "latency"))


def test_the_mean_of_both_sides_is_heard_where_there_is_no_mono(machine: Callable[..., Library]) -> None:
    library, heard = machine((44_100, 2)), list[int]()
    device = DeviceInput(RATE, lambda samples: heard.extend(samples.tolist()))
    for lost in (False, True):
        library.opened[0]["callback"](
            np.array([[100, 200], [-32_768, -32_768], [32_767, 32_767]], np.int16),
            3, None, SimpleNamespace(input_overflow=lost),
        )  # fmt: skip

    assert (44_100, 1) == (device.sample_rate, device.overflows)
    assert [150, -32_768, 32_766] * 2 == heard


def test_one_that_is_not_there_is_told_with_those_that_are(machine: Callable[..., Library]) -> None:
    machine((RATE, 1))

    with pytest.raises(ConfigurationError, match=r"no input device 'attic' .* webcam, headset"):
        find_device("attic", Direction.INPUT)


def test_one_that_gives_nothing_of_ours_is_told(machine: Callable[..., Library]) -> None:
    machine()

    with pytest.raises(ConfigurationError, match="headset gives no 16-bit samples"):
        DeviceInput(RATE, lambda samples: None)
