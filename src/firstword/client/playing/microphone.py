"""What is said into a microphone, as it is said, at the rate that is wanted.

The device's own thread only copies into a ring; everything else is done by whoever reads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from firstword.audio.resampler import Resampler
from firstword.client.playing import devices
from firstword.client.playing.devices import LATENCY_S, Direction
from firstword.client.playing.ring import Frames, Ring
from firstword.core.errors import EngineError
from firstword.core.transcripts import LISTENING_RATE
from firstword.core.types import AudioChunk, SampleEncoding
from firstword.formats.pcm import encode

RING_S = 4.0
"""So long may the reader do something else; what comes after that is lost, and counted."""
POLL_S = 0.02
"""Between two looks at the ring: blocks are about so long."""
GONE_S, MOST_LOOK_S = 5.0, 0.2
"""A device that gives nothing for so long has been unplugged; a longer time between two looks is one in which
this program was halted, and does not count."""

Take = Callable[[Frames], None]
"""Takes the next samples, which are good for the time of the call. Called by the device's own thread."""


class Input(Protocol):
    """A device that is open."""

    @property
    def sample_rate(self) -> int:
        """Hz; perhaps not the one that was asked for."""
        ...

    @property
    def active(self) -> bool:
        """False when nothing more comes of it."""
        ...

    @property
    def overflows(self) -> int:
        """How often it lost audio, because this machine was busy."""
        ...

    def close(self) -> None:
        """Stops it, and lets it go."""
        ...


OpenInput = Callable[[int, Take], Input]
"""Opens a device at a sample rate, or at its own where it cannot; it begins to give samples at once."""


class DeviceInput:
    """An input device.

    Args:
        sample_rate: Hz, if the device can.
        take: gets the samples.
        device: its name, a part of it, or its number; None for the default one.
        latency_s: that it should hold.

    Raises:
        ConfigurationError: there is no such device, or no library to reach it.
    """

    def __init__(
        self, sample_rate: int, take: Take, *, device: str | int | None = None, latency_s: float = LATENCY_S
    ) -> None:
        library = devices.portaudio()
        rate, channels = devices.possible(device, Direction.INPUT, sample_rate)
        self._take = take
        self._mono: Frames = np.zeros(rate, np.int16)
        self.overflows = 0
        try:
            self._stream = library.InputStream(
                samplerate=rate,
                channels=channels,
                dtype="int16",
                device=device,
                latency=latency_s,
                callback=self._read if channels == 1 else self._read_both,
            )
            self._stream.start()
        except library.PortAudioError as failure:
            raise devices.not_opened(Direction.INPUT, failure) from failure
        self.sample_rate = rate

    @property
    def active(self) -> bool:
        """False when the device has gone."""
        return bool(self._stream.active)

    def close(self) -> None:
        """Stops it, and lets it go."""
        self._stream.stop()
        self._stream.close()

    def _read(self, data: Any, frames: int, time: Any, status: Any) -> None:
        self.overflows += bool(status.input_overflow)
        self._take(data[:, 0])

    def _read_both(self, data: Any, frames: int, time: Any, status: Any) -> None:
        """The mean of both sides: some microphones speak on one of them only."""
        self.overflows += bool(status.input_overflow)
        mono = self._mono[:frames]
        np.right_shift(data[:, 0], 1, out=mono)
        mono += data[:, 1] >> 1
        self._take(mono)


class Microphone:
    """A microphone that is open for as long as its context.

    Iterating, in a thread or in an event loop, gives bytes as they come: whole samples, 16 bit little endian,
    of one channel. `stop` ends the iteration.

        with Microphone() as microphone, client.transcribe_live(microphone) as session:
            for transcript in session.finals():
                print(transcript.text)

    Args:
        sample_rate: Hz of what comes, whatever the device's own is.
        device: the name of an input device, a part of it, or its number; None for the default one.
        latency: seconds that the device should hold.
        open_input: opens another kind of device.
        clock: seconds, only forward.
    """

    def __init__(
        self,
        sample_rate: int = LISTENING_RATE,
        *,
        device: str | int | None = None,
        latency: float = LATENCY_S,
        open_input: OpenInput | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sample_rate = sample_rate
        self._open = open_input or (
            lambda rate, take: DeviceInput(rate, take, device=device, latency_s=latency)
        )
        self._clock = clock
        self._ring = Ring(1)
        self._input: Input | None = None
        self._resampler = Resampler(sample_rate, sample_rate)
        self._lost = 0
        self._heeded = False
        self._stopped = False
        self._idle_s = self._looked_at = 0.0

    @property
    def overflows(self) -> int:
        """How often the device lost audio because this machine was busy; a higher latency helps."""
        return self._input.overflows if self._input else 0

    @property
    def lost_s(self) -> float:
        """Seconds of audio that came while the reader did something else for too long."""
        return self._lost / self._input.sample_rate if self._input else 0.0

    def __enter__(self) -> Self:
        """Opens the device.

        Raises:
            ConfigurationError: there is no such device, or no library to reach it.
        """
        self._input = self._open(self.sample_rate, self._take)
        self._resampler = Resampler(self._input.sample_rate, self.sample_rate)
        self._ring = Ring(round(self._input.sample_rate * RING_S))
        self._idle_s, self._looked_at = 0.0, self._clock()
        self._heeded = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._input is not None:
            self._input.close()

    def stop(self) -> None:
        """Hears no more: the iteration gives what was said until now, and ends."""
        self._heeded, self._stopped = False, True

    def __iter__(self) -> Iterator[bytes]:
        while (block := self._next()) is not None:
            if block:
                yield block
            else:
                time.sleep(POLL_S)
        yield from self._rest()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (block := self._next()) is not None:
            if block:
                yield block
            else:
                await asyncio.sleep(POLL_S)
        for block in self._rest():
            yield block

    def _take(self, samples: Frames) -> None:
        """The device's thread: copies, and waits for nobody."""
        if self._heeded:
            self._lost += len(samples) - self._ring.write(samples)

    def _next(self) -> bytes | None:
        """What has come, perhaps nothing; None when nothing will come.

        Raises:
            EngineError: the device has gone.
        """
        ended = self._stopped
        samples: Frames = np.empty(len(self._ring), np.int16)
        now_s = self._clock()
        self._idle_s += min(MOST_LOOK_S, now_s - self._looked_at)
        self._looked_at = now_s
        if self._ring.read_into(samples):
            self._idle_s = 0.0
            return self._resampled(samples)
        if ended:
            return None
        if self._input is None or not self._input.active or self._idle_s > GONE_S:
            raise EngineError("The microphone gives no more samples: has it been unplugged?")
        return b""

    def _resampled(self, samples: Frames) -> bytes:
        if self._input is None or self._input.sample_rate == self.sample_rate:
            return samples.astype("<i2").tobytes()
        chunk = AudioChunk(samples.astype(np.float32) / np.float32(32768), self._input.sample_rate)
        return b"".join(map(_encoded, self._resampler.feed(chunk)))

    def _rest(self) -> list[bytes]:
        return list(map(_encoded, self._resampler.flush()))


def _encoded(chunk: AudioChunk) -> bytes:
    return encode(chunk.samples, SampleEncoding.S16LE)
