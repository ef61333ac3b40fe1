"""One stream that is being played: what has come of it, and how much of it has been heard."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Condition, Event, Thread
from typing import Protocol

from firstword.client.incoming.source import Incoming, Prepared, opened
from firstword.client.playing.heard import Heard, SpokenText
from firstword.client.playing.jitter import JitterBuffer
from firstword.client.playing.ring import Ring
from firstword.core.errors import InvalidRequest
from firstword.core.types import AudioChunk
from firstword.formats.pcm import to_int16

AHEAD_S = 30.0
"""More audio than this is not taken from the stream before it is needed."""


class Deck(Protocol):
    """What plays."""

    def rate_for(self, sample_rate: int) -> int:
        """The device's rate, for a stream of this one."""
        ...

    def pause(self) -> None:
        """Is silent until `resume`."""
        ...

    def resume(self) -> None:
        """Goes on with the next sample."""
        ...

    def drop(self, playback: Playback) -> None:
        """Plays no more of a stream, and freezes it."""
        ...

    def heard_to(self) -> int:
        """The ring's sample before which all has been heard."""
        ...


class Playback:
    """A stream on its way to the ear. Made by a player.

    Args:
        deck: what plays it.
        ready: the stream.
        encoding: how it is written, if that has been told.
        sample_rate: Hz, of pcm that does not tell.
        clock: seconds, only forward.
        text: what is spoken, where that is known.
    """

    def __init__(
        self,
        deck: Deck,
        ready: Prepared,
        *,
        encoding: str | None,
        sample_rate: int,
        clock: Callable[[], float],
        text: str | None = None,
    ) -> None:
        self._deck, self._ready, self._clock = deck, ready, clock
        self._told = (encoding, sample_rate)
        self._asked_at = clock()
        self._changed = Condition()
        self._buffer: JitterBuffer | None = None
        self._done = Event()
        self._tellers: set[Callable[[], object]] = set()
        """Called when all has been heard."""
        self._failure: BaseException | None = None
        self._stopped = False
        self._ended = False
        self._complete = False
        """Whether all of the stream came."""
        self._spoken = SpokenText(text)
        self._delay_s = 0.0
        """Silence that decoding put in front."""
        self._frozen: int | None = None
        """Samples that were heard of it, once there will be no more."""
        self._rate = sample_rate
        self._begin: int | None = None
        self._ring: Ring | None = None
        self.fed = 0
        """Samples that have been given to the ring."""
        self.silence_frames = 0
        self.first_audio_s: float | None = None
        """Seconds from the call of `play` to the first sample at the ear; None: not yet."""
        self._reader = Thread(target=self._read, name="firstword-player-reader", daemon=True)
        self._reader.start()

    @property
    def underruns(self) -> int:
        """How often audio came too late, and words broke."""
        return self._buffer.stalls if self._buffer else 0

    @property
    def silence_ms(self) -> float:
        """Silence that was put in, in pauses and in breaks."""
        return 1000 * self.silence_frames / self._rate

    @property
    def buffered_ms(self) -> float:
        """Audio that has come and has not been heard."""
        waiting = self._buffer.frames if self._buffer else 0
        return 1000 * (waiting + self.fed - self._heard_frames) / self._rate

    @property
    def position_s(self) -> float:
        """Where in the stream the listener is: what has left the device, without any silence between."""
        return self._heard_frames / self._rate

    @property
    def heard(self) -> Heard:
        """How far the listener has come, and with which words."""
        frames = self._heard_frames
        unheard = self.fed - frames or (self._buffer and self._buffer.frames)
        return self._spoken.heard(
            frames / self._rate, delay_s=self._delay_s, whole=self._complete and not unheard
        )

    @property
    def arrived(self) -> bool:
        """True when the stream has come to its end."""
        return self._ended

    @property
    def done(self) -> bool:
        """True when all of it has been heard, or it was stopped."""
        return self._done.is_set()

    def pause(self) -> None:
        """Is silent at once, until `resume`."""
        self._deck.pause()

    def resume(self) -> None:
        """Goes on with the sample after the last one that was heard."""
        self._deck.resume()

    def stop(self) -> None:
        """Is silent at once, for good, and closes the stream, so that its server stops as well."""
        self._stopped = True
        self._deck.drop(self)
        self.finish()
        self._ready.close()

    def add_text(self, text: str) -> None:
        """More of what is spoken, where the stream does not bring it: `heard` then has its spelling."""
        self._spoken.write(text)

    def interrupt(self) -> Heard:
        """Stops, and tells what was heard. Safe in any thread; asked once more, it tells the same."""
        self.stop()
        return self.heard

    def wait(self, timeout_s: float | None = None) -> bool:
        """Holds until all has been heard; False where that took longer.

        Raises:
            FirstwordError: the stream was no audio, or broke off; what was whole has been heard.
            InvalidRequest: the stream is read by this very event loop; see `wait_async`.
        """
        if self._ready.on_loop and _in_a_loop():
            raise InvalidRequest("wait() would keep the event loop from reading: await wait_async().")
        heard = self._done.wait(timeout_s)
        if heard:
            self._raise_failure()
        return heard

    async def wait_async(self) -> None:
        """Returns when all has been heard.

        Raises:
            FirstwordError: as `wait` does.
        """
        loop, heard = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            with suppress(RuntimeError):  # that loop has ended
                loop.call_soon_threadsafe(heard.set)

        with self._changed:  # no thread: an event loop could not end before it did
            self._tellers.add(tell)
        try:
            if not self._done.is_set():
                await heard.wait()
        finally:
            with self._changed:
                self._tellers.discard(tell)
        self._raise_failure()

    def feed(self, ring: Ring, room: int, now_s: float) -> bool:
        """Gives the device up to `room` samples; True when there will be no more. For the player."""
        with self._changed:
            if self._buffer is None:
                return self._ended
            if room > 0 and not self._stopped:
                samples = self._buffer.take(room, now_s, ahead=len(ring))
                if self._begin is None and len(samples):
                    self._begin, self._ring = ring.written, ring
                self.fed += ring.write(to_int16(samples))
                self._changed.notify_all()
            return self._buffer.exhausted or self._stopped

    @property
    def may_play_s(self) -> float:
        """Seconds that could be played without a break, as far as is known. For the player."""
        if self.arrived:
            return math.inf
        return (self.fed + self._buffer.frames) / self._rate if self.fed and self._buffer else 0.0

    def taken(self, now_s: float, latency_s: float) -> bool:
        """True when the last sample has been taken by the device. For the player."""
        if self.first_audio_s is None and self._played:
            self.first_audio_s = now_s + latency_s - self._asked_at
        return self._played >= self.fed

    def silence_at(self, position: int, frames: int) -> None:
        """The device was silent before the ring's sample at `position`. For the player."""
        if self._begin is not None and self._begin < position < self._begin + self.fed:
            self.silence_frames += frames

    @property
    def begin(self) -> int:
        """The ring's first sample that it was given."""
        return self._begin or 0

    @property
    def end(self) -> int:
        """The ring's sample after the last one that it was given."""
        return self.begin + self.fed

    def freeze(self, position: int) -> None:
        """The ring's samples from `position` on will not be heard. For the player."""
        if self._frozen is None and not self._done.is_set():
            self._frozen = self._within(position)

    def fail(self, failure: Exception) -> None:
        """It cannot be heard; `wait` raises why. For the player."""
        self._failure = failure
        self.finish()
        self._ready.close()

    def finish(self) -> None:
        """Nothing more will be heard. For the player."""
        if self._frozen is None:
            self._frozen = self.fed
        self._done.set()
        with self._changed:
            self._changed.notify_all()
            for tell in self._tellers:
                tell()

    def _raise_failure(self) -> None:
        if self._failure is not None and not self._stopped:
            raise self._failure

    @property
    def _played(self) -> int:
        return self._within(self._ring.read) if self._ring is not None else 0

    @property
    def _heard_frames(self) -> int:
        return self._within(self._deck.heard_to()) if self._frozen is None else self._frozen

    def _within(self, position: int) -> int:
        """How many of this stream's samples come before a place in the ring."""
        return 0 if self._begin is None else min(self.fed, max(0, position - self._begin))

    def _read(self) -> None:
        try:
            encoding, sample_rate = self._told
            incoming = opened(self._ready, encoding=encoding, sample_rate=sample_rate, spoken=self._spoken)
            for chunk in self._at_device_rate(incoming):
                if not self._keep(chunk):
                    break
            self._complete = not self._done.is_set()
        except BaseException as failure:  # raised by `wait`, in the thread of whoever asked
            self._failure = self._failure or failure
        if not self._complete:
            for let_go in (self._ready.close, self._ready.release):
                with suppress(Exception):  # nobody is left to be told
                    let_go()
        with self._changed:
            self._ended = True
            if self._buffer is not None:
                self._buffer.end()

    def _at_device_rate(self, incoming: Incoming) -> Iterator[AudioChunk]:
        resampler = None
        for chunk in incoming.chunks():
            if self._done.is_set():  # a device is not opened any more
                return
            if resampler is None:
                from firstword.audio.resampler import Resampler

                self._delay_s = (incoming.delay_frames or 0) / chunk.sample_rate
                self._rate = self._deck.rate_for(chunk.sample_rate)
                resampler = Resampler(chunk.sample_rate, self._rate)
            yield from resampler.feed(chunk)
        if resampler is not None:
            yield from resampler.flush()

    def _keep(self, chunk: AudioChunk) -> bool:
        """Waits until there is room; False when nobody wants any more."""
        with self._changed:
            if self._buffer is None:
                self._buffer = JitterBuffer(self._rate)
            buffer, most = self._buffer, AHEAD_S * self._rate
            self._changed.wait_for(lambda: self._done.is_set() or buffer.frames < most)
            if self._done.is_set():
                return False
            buffer.arrive(chunk.samples, self._clock())
            return True


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
