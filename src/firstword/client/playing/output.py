"""Where samples are heard: a device of this machine, through PortAudio."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from firstword.client.playing import devices
from firstword.client.playing.devices import LATENCY_S, Direction
from firstword.client.playing.ring import Frames

BLOCK_S = 1.0
"""No device asks for more at once."""

LEAD_S = 0.01
"""Silence that a device gets first: some lose what comes in their first moment."""

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

    def start(self) -> None:
        """Begins to ask for samples.

        Raises:
            ConfigurationError: it cannot.
        """
        ...

    def finish(self) -> None:
        """Lets everything that was filled be heard, and closes."""
        ...

    def abort(self) -> None:
        """Is silent at once, and closes."""
        ...


OpenOutput = Callable[[int, Fill], Output]
"""Opens a device at a sample rate, or at its own where it cannot."""


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
        library = devices.portaudio()
        rate, channels = devices.possible(device, Direction.OUTPUT, sample_rate)
        self._fill = fill
        self._lead = 0
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
        except library.PortAudioError as failure:
            raise devices.not_opened(Direction.OUTPUT, failure) from failure
        self.sample_rate = rate
        self.latency_s = float(self._stream.latency)

    def start(self) -> None:
        """Begins to ask for samples.

        Raises:
            ConfigurationError: it cannot.
        """
        self._lead = round(self.sample_rate * LEAD_S)
        try:
            self._stream.start()
        except devices.portaudio().PortAudioError as failure:
            raise devices.not_opened(Direction.OUTPUT, failure) from failure

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
        self._fill_after_lead(out[:, 0])

    def _write_both(self, out: Any, frames: int, time: Any, status: Any) -> None:
        self.underflows += bool(status.output_underflow)
        mono = self._mono[:frames]
        self._fill_after_lead(mono)
        out[:] = mono[:, np.newaxis]

    def _fill_after_lead(self, out: Frames) -> None:
        lead = min(self._lead, len(out))
        self._lead -= lead
        out[:lead] = 0
        if lead < len(out):
            self._fill(out[lead:])
