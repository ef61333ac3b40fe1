"""Where samples are heard: a device of this machine, through PortAudio."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from firstword.client.ring import Frames
from firstword.core.errors import ConfigurationError

LATENCY_S = 0.06
"""Held by the device. On a machine that is busy 20 ms and 40 ms had gaps, and 60 ms had none."""
BLOCK_S = 1.0
"""No device asks for more at once."""

Fill = Callable[[Frames], None]
"""Fills an array of samples with what is to be heard next. Called by the device's own thread."""


class Output(Protocol):
    """A device that is open."""

    @property
    def sample_rate(self) -> int:
        """Hz; perhaps not the one that was asked for."""
        ...

    @property
    def latency_s(self) -> float:
        """From `Fill` to the ear."""
        ...

    @property
    def underflows(self) -> int:
        """How often it asked too late, because this machine was busy: what was lost then is lost."""
        ...

    def finish(self) -> None:
        """Lets everything that was filled be heard, and closes."""
        ...

    def abort(self) -> None:
        """Is silent at once, and closes."""
        ...


OpenOutput = Callable[[int, Fill], Output]
"""Opens a device at a sample rate, or at its own where it cannot; it begins to ask for samples at once."""


class DeviceOutput:
    """An output device.

    Args:
        sample_rate: Hz, if the device can.
        fill: gives the samples.
        device: its name, a part of it, or its number; None for the default one.
        latency_s: that it should hold.

    Raises:
        ConfigurationError: there is no such device, or no library to reach it.
    """

    def __init__(
        self, sample_rate: int, fill: Fill, *, device: str | int | None = None, latency_s: float = LATENCY_S
    ) -> None:
        library = portaudio()
        rate, channels = _possible(library, device, sample_rate)
        self._fill = fill
        self.underflows = 0
        self._mono: Frames = np.zeros(round(rate * BLOCK_S), np.int16)
        try:
            self._stream = library.OutputStream(
                samplerate=rate,
                channels=channels,
                dtype="int16",
                device=device,
                latency=latency_s,
                callback=self._write if channels == 1 else self._write_both,
            )
            self._stream.start()
        except library.PortAudioError as failure:
            raise ConfigurationError(f"The output device cannot be opened: {_reason(failure)}") from failure
        self.sample_rate = rate
        self.latency_s = float(self._stream.latency)

    def finish(self) -> None:
        """Lets everything that was filled be heard, and closes."""
        self._stream.stop()
        self._stream.close()

    def abort(self) -> None:
        """Is silent at once, and closes."""
        self._stream.abort()
        self._stream.close()

    def _write(self, out: Any, frames: int, time: Any, status: Any) -> None:
        self.underflows += bool(status.output_underflow)
        self._fill(out[:, 0])

    def _write_both(self, out: Any, frames: int, time: Any, status: Any) -> None:
        self.underflows += bool(status.output_underflow)
        mono = self._mono[:frames]
        self._fill(mono)
        out[:] = mono[:, np.newaxis]


def portaudio() -> Any:
    """The library, loaded.

    Raises:
        ConfigurationError: it is not here; the message says how it comes.
    """
    try:
        import sounddevice
    except ImportError as missing:
        raise ConfigurationError(
            "Playing needs the library `sounddevice`: pip install 'firstword[play]'."
        ) from missing
    except OSError as missing:
        raise ConfigurationError(
            "Playing needs PortAudio, which is not on this machine: apt install libportaudio2, or what your "
            "system calls it."
        ) from missing
    return sounddevice


def output_devices() -> list[str]:
    """The names of the devices that can be heard; the default one first.

    Raises:
        ConfigurationError: there is no library to reach any.
    """
    library = portaudio()
    found = [one for one in library.query_devices() if one["max_output_channels"] > 0]
    default = library.default.device[1]
    return [one["name"] for one in sorted(found, key=lambda one: one["index"] != default)]


def find_device(device: str | int | None) -> str:
    """The name of an output device; None for the default one.

    Raises:
        ConfigurationError: there is no such device, or no library to reach it.
    """
    library = portaudio()
    try:
        found = library.query_devices(device, "output")
    except (library.PortAudioError, ValueError) as failure:
        named = "no output device" if device is None else f"no output device {device!r}"
        raise ConfigurationError(
            f"There is {named} on this machine. What there is: {_listed()}."
        ) from failure
    return str(found["name"])


def _possible(library: Any, device: str | int | None, sample_rate: int) -> tuple[int, int]:
    """The rate and the channels that a device can do, the best ones first."""
    name = find_device(device)
    own = round(library.query_devices(device, "output")["default_samplerate"])
    for rate, channels in ((sample_rate, 1), (sample_rate, 2), (own, 1), (own, 2)):
        try:
            library.check_output_settings(device, channels, "int16", samplerate=rate)
        except library.PortAudioError:
            continue
        return rate, channels
    raise ConfigurationError(f"{name} takes no 16-bit samples; choose another device: {_listed()}.")


def _listed() -> str:
    return ", ".join(output_devices()) or "none"


def _reason(failure: Exception) -> str:
    return str(failure.args[0]) if failure.args else str(failure)
