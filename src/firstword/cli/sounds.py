"""What a command hears, in small pieces: a recording as if it were being spoken, or a microphone."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

import click

from firstword.core.errors import FirstwordError

if TYPE_CHECKING:
    from firstword.client.playing.microphone import Microphone
    from firstword.formats.files import Recording

BLOCK_S = 0.1
"""Audio that is sent at once, as a microphone's programs do."""
DEAF_S = 3.0
"""A microphone that gave nothing but zeros for so long is muted, or kept from us."""


class Sound(Protocol):
    """Audio on its way to whoever hears it."""

    @property
    def sample_rate(self) -> int:
        """Hz."""
        ...

    @property
    def failure(self) -> FirstwordError | None:
        """Why it ended before its end."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Pieces of 16-bit samples of one channel, each when it has been spoken. Raises nothing."""
        ...

    def stop(self) -> None:
        """There is to be no more."""
        ...


class Recorded:
    """A recording.

    Args:
        recording: its samples.
        paced: as it was spoken; else as fast as it is taken.
    """

    def __init__(self, recording: Recording, *, paced: bool) -> None:
        self.sample_rate = recording.sample_rate or 16_000
        self.failure: FirstwordError | None = None
        self._recording = recording
        self._paced = paced
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """There is to be no more."""
        self._stopped.set()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Its pieces."""
        loop = asyncio.get_running_loop()
        began, sent_s = loop.time(), 0.0
        blocks = _blocks(self._recording)
        while not self._stopped.is_set():
            block = await asyncio.to_thread(self._next, blocks)
            if block is None:
                break
            audio, duration_s = block
            sent_s += duration_s
            await self._wait(began + sent_s - loop.time())
            yield audio

    def _next(self, blocks: Iterator[tuple[bytes, float]]) -> tuple[bytes, float] | None:
        try:
            return next(blocks, None)
        except FirstwordError as failure:
            self.failure = failure
            return None

    async def _wait(self, seconds: float) -> None:
        """Until the block has been spoken, as a microphone gives it only then."""
        if self._paced and seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), seconds)


class Spoken:
    """What is said into a microphone that is open.

    Args:
        microphone: the device.
        deaf: while it says so, silence is heard in place of what comes.
    """

    def __init__(self, microphone: Microphone, deaf: Callable[[], bool] = lambda: False) -> None:
        self.sample_rate = microphone.sample_rate
        self.failure: FirstwordError | None = None
        self._microphone = microphone
        self._deaf = deaf
        self._zeros = 0
        self.stopped = False

    def stop(self) -> None:
        """There is to be no more."""
        self.stopped = True
        self._microphone.stop()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Its pieces."""
        try:
            async for block in self._microphone:
                self._notice(any(block), len(block) // 2)
                yield bytes(len(block)) if self._deaf() else block
        except FirstwordError as failure:
            self.failure = failure

    def _notice(self, sounds: bool, samples: int) -> None:
        """Tells, once, of a microphone that is open and gives nothing at all."""
        before, self._zeros = self._zeros, -sys.maxsize if sounds else self._zeros + samples
        if before <= DEAF_S * self.sample_rate < self._zeros:
            click.echo("The microphone gives nothing: is it muted, or may this program not use it?", err=True)


@contextmanager
def spoken(
    *, device: str | int | None, latency: float, deaf: Callable[[], bool] = lambda: False
) -> Generator[Spoken]:
    """A microphone, open as long as this lasts; what was lost of it is told at the end.

    Args:
        device: an input device; None for the default one.
        latency: seconds that it should hold.
        deaf: as `Spoken` has it.

    Raises:
        ConfigurationError: there is no such device, or no library to reach it.
    """
    from firstword.client.playing.microphone import Microphone

    with Microphone(device=device, latency=latency) as microphone:
        try:
            yield Spoken(microphone, deaf)
        finally:
            if microphone.overflows or microphone.lost_s:
                click.echo(
                    "This machine was too busy for its microphone, and something that was said was lost; a "
                    "higher --latency helps.",
                    err=True,
                )


def _blocks(recording: Recording) -> Iterator[tuple[bytes, float]]:
    """16-bit samples in small pieces, each with its seconds."""
    from firstword.core.types import SampleEncoding
    from firstword.formats.pcm import encode

    for chunk in recording:
        size = max(1, round(BLOCK_S * chunk.sample_rate))
        for at in range(0, len(chunk.samples), size):
            part = chunk.samples[at : at + size]
            yield encode(part, SampleEncoding.S16LE), len(part) / chunk.sample_rate
