"""Plays streams of audio while they arrive, one after the other without a gap between them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Event, RLock, Thread
from types import TracebackType

from firstword.client.incoming.source import RATE, Stream, prepared
from firstword.client.playing.devices import LATENCY_S, portaudio
from firstword.client.playing.ledger import Ledger
from firstword.client.playing.output import DeviceOutput, OpenOutput, Output
from firstword.client.playing.playback import Playback
from firstword.client.playing.ring import Frames, Ring
from firstword.core.errors import ConfigurationError, EngineError, FirstwordError, InvalidRequest

TICK_S = 0.005
RING_S = 0.1
"""Given to the device ahead, beyond what it may ask for at once: so long may this process be busy."""
PLENTY_S, PATIENCE_S = 0.15, 0.01
"""With so much in hand beyond what a device holds, it is started with it; after so long, without."""
TAIL_S = 0.1
"""More than its latency before a device is closed: some hold more than they say, and lose it."""
GONE_S, MOST_STEP_S = 5.0, 0.05
"""A device that asks for nothing so long has been unplugged; a longer step is one in which we were halted."""


class Player:
    """A device and what is to be heard on it. Leaving it waits until everything has been heard.

    Args:
        device: the name of an output device, a part of it, or its number; None for the default one.
        latency: seconds that the device should hold.
        open_output: opens another kind of device.
        clock: seconds, only forward.
        threaded: False: `step` is called by somebody else.

    Raises:
        ConfigurationError: the library that reaches devices is not here.
    """

    def __init__(
        self,
        *,
        device: str | int | None = None,
        latency: float = LATENCY_S,
        open_output: OpenOutput | None = None,
        clock: Callable[[], float] = time.monotonic,
        threaded: bool = True,
    ) -> None:
        if open_output is None:
            portaudio()
            open_output = partial(DeviceOutput, device=device, latency_s=latency)
        self._open_output = open_output
        self._clock = clock
        self._lock = RLock()
        self._output: Output | None = None
        self._ring = Ring(1)
        self._ledger = Ledger()
        self._queue: deque[Playback] = deque()
        self._ending: deque[Playback] = deque()
        self._heard_at: float | None = None
        self._paused = False
        self._dropped: tuple[tuple[int, int], ...] = ()
        """The ring's samples that nobody is to hear: from, to."""
        self._opened_at: float | None = None
        """When a device was opened that has not been started."""
        self._gap = 0
        self._asked = False
        self._idle_s = 0.0
        """So long a device that was started has asked for nothing."""
        self._stepped_at = 0.0
        self._underflows = 0
        self._silences: deque[tuple[int, int]] = deque()
        self._closing = False
        self._closed = Event()
        if threaded:
            Thread(target=self._run, name="firstword-player", daemon=True).start()

    def play(
        self,
        stream: Stream,
        *,
        encoding: str | None = None,
        sample_rate: int = RATE,
        text: str | None = None,
    ) -> Playback:
        """Plays a stream after those that are playing.

        Args:
            stream: a response, a file, bytes, or an iterable of bytes or events; see `source.incoming`.
            encoding: `pcm`, or another name of how it is written; None: as it says itself.
            sample_rate: Hz, for pcm that does not tell.
            text: what is spoken, where the stream does not bring it; see `Playback.heard`.

        Raises:
            InvalidRequest: nothing can be read from such an object, or the player has been closed.
        """
        if self._closing:
            raise InvalidRequest("This player is closed: make another one.")
        playback = Playback(
            self, prepared(stream), encoding=encoding, sample_rate=sample_rate, clock=self._clock, text=text
        )
        with self._lock:
            self._queue.append(playback)
        return playback

    @property
    def underflows(self) -> int:
        """How often the device was late because this machine was busy; a higher latency helps."""
        output = self._output
        return output.underflows if output else self._underflows

    def pause(self) -> None:
        """Is silent at once, until `resume`, or until everything has been stopped."""
        self._paused = True

    def resume(self) -> None:
        """Goes on with the next sample."""
        self._paused = False

    def stop(self) -> None:
        """Is silent at once, and forgets everything that was to be heard."""
        with self._lock:
            for playback in [*self._ending, *self._queue]:
                playback.stop()

    def close(self) -> None:
        """Waits until everything has been heard, what was paused too, and lets the device go."""
        self.close_when_heard()
        self._closed.wait()

    def __enter__(self) -> Player:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.stop()
        self.close()

    def close_when_heard(self) -> None:
        """Lets the device go when everything has been heard, without waiting for that; ends a pause."""
        self._paused = False  # nobody may be left to end it
        self._closing = True

    def rate_for(self, sample_rate: int) -> int:
        """The device's rate; it is opened at this one, if it can, by the first stream of all.

        Raises:
            ConfigurationError: it cannot be opened.
        """
        with self._lock:
            if self._output is None:
                self._ring, self._dropped, self._gap = Ring(1), (), 0
                self._output = self._open_output(sample_rate, self._fill)
                self._opened_at = self._clock()
                held_s = self._output.latency_s + RING_S
                self._ring, self._ledger = Ring(round(self._output.sample_rate * held_s)), Ledger()
            return self._output.sample_rate

    def heard_to(self) -> int:
        """The ring's sample before which all has been heard."""
        output = self._output
        if output is None:
            return 0
        return self._ledger.heard(self._clock(), output.latency_s, output.sample_rate)

    def drop(self, playback: Playback) -> None:
        """Plays no more of a stream, and freezes it; the others go on."""
        with self._lock:
            if playback not in (*self._queue, *self._ending):  # all of it has been heard
                return
            if self._ending and self._ending[0] is playback:
                self._heard_at = None
            for waiting in (self._queue, self._ending):
                if playback in waiting:
                    waiting.remove(playback)
            alone = not self._queue and not self._ending
            playback.freeze(self.heard_to() if alone else self._ring.read)  # what a device holds, it plays
            if alone:
                self._paused = False
                self._let_go(at_once=True)
            elif playback.fed:
                ahead = [span for span in self._dropped if span[1] > self._ring.read]
                self._dropped = tuple(sorted([*ahead, (playback.begin, playback.end)]))

    def step(self) -> None:
        """Hands the device what is due, and sees what has been heard. Every few milliseconds."""
        with self._lock:
            now_s = self._clock()
            ring = self._ring
            while self._output and self._queue:
                if not self._queue[0].feed(ring, ring.room, now_s):
                    break
                self._ending.append(self._queue.popleft())
            if self._output is None and self._queue and self._queue[0].feed(ring, 0, now_s):
                self._ending.append(self._queue.popleft())
            self._start(now_s)
            self._miss_device(now_s)
            self._note_silences()
            self._see_ends(now_s)

    def _start(self, now_s: float) -> None:
        """Starts a device: with the first samples, where it takes all it can hold and enough is left.

        Else it is started empty, so that it holds silence by the time there is something to be heard.
        """
        output = self._output
        if output is None or self._opened_at is None:
            return
        waiting = (*self._ending, *self._queue)
        plenty = any(one.may_play_s >= output.latency_s + PLENTY_S for one in waiting[:1])
        if not plenty and now_s < self._opened_at + PATIENCE_S:
            return
        self._opened_at, self._idle_s = None, 0.0
        try:
            output.start()
        except ConfigurationError as failure:
            self._fail(failure)

    def _miss_device(self, now_s: float) -> None:
        """Where a device that was started asks for nothing any more, nothing that waits will be heard."""
        asked, self._asked = self._asked, False
        self._idle_s = 0.0 if asked else self._idle_s + min(MOST_STEP_S, now_s - self._stepped_at)
        self._stepped_at = now_s
        if self._output and self._opened_at is None and self._idle_s > GONE_S:
            self._fail(EngineError("The output device takes no more samples: has it been unplugged?"))

    def _fail(self, failure: FirstwordError) -> None:
        """Lets the device go, and all that waited for it."""
        waiting = (*self._ending, *self._queue)
        for one in waiting:
            one.freeze(self.heard_to())
        self._ending.clear()
        self._queue.clear()
        self._let_go(at_once=True)
        for one in waiting:
            one.fail(failure)

    def _see_ends(self, now_s: float) -> None:
        """Streams whose last sample has left the device are done."""
        latency_s = self._output.latency_s if self._output else 0.0
        if not self._ending:
            if self._queue:
                self._queue[0].taken(now_s, latency_s)
            return
        if not self._ending[0].taken(now_s, latency_s):
            return
        if self._heard_at is None:
            self._heard_at = now_s
        last = self._closing and not self._queue and len(self._ending) == 1
        if now_s >= self._heard_at + latency_s + (TAIL_S if last else 0):
            self._heard_at = None
            ended = self._ending.popleft()
            ended.freeze(ended.end)
            if last:
                self._let_go()
            ended.finish()

    def _note_silences(self) -> None:
        while self._silences:
            position, frames = self._silences.popleft()
            for playback in (*self._ending, *list(self._queue)[:1]):
                playback.silence_at(position, frames)

    def _fill(self, out: Frames) -> None:
        """The device's thread: copies, and waits for nobody."""
        ring, ledger = self._ring, self._ledger
        self._asked = True
        if self._paused:
            ledger.note(self._clock(), ring.read, 0)
            out.fill(0)
            return
        wanted = self._wanted(ring, len(out))
        position = ring.read
        count = ring.read_into(out[:wanted])
        ledger.note(self._clock(), position, count)
        if count < len(out):
            out[count:] = 0
        if count and self._gap:
            self._silences.append((position, self._gap))
            self._gap = 0
        self._gap += len(out) - count

    def _wanted(self, ring: Ring, most: int) -> int:
        """Passes over streams that were dropped; tells how many samples come before the next of them."""
        for begin, end in self._dropped:
            if begin > ring.read:
                return min(most, begin - ring.read)
            ring.read = max(ring.read, end)
        return most

    def _let_go(self, *, at_once: bool = False) -> None:
        output, self._output, self._heard_at = self._output, None, None
        if output is None:
            return
        if at_once:
            output.abort()
        else:
            output.finish()
        self._underflows = output.underflows

    def _run(self) -> None:
        try:
            while not (self._closing and not self._queue and not self._ending):
                self.step()
                time.sleep(TICK_S)
            if self._output is not None:
                time.sleep(TAIL_S)
                self._let_go()
        finally:
            self.stop()
            self._let_go(at_once=True)
            self._closed.set()


def play(
    stream: Stream,
    *,
    device: str | int | None = None,
    latency: float = LATENCY_S,
    encoding: str | None = None,
    sample_rate: int = RATE,
    text: str | None = None,
    open_output: OpenOutput | None = None,
) -> Playback:
    """Plays a stream from its first bytes on, and returns at once.

        play(response).wait()

    Args:
        stream: a response, a file, bytes, or an iterable of bytes or events; see `source.incoming`.
        device: the name of an output device, a part of it, or its number; None for the default one.
        latency: seconds that the device should hold.
        encoding: `pcm`, or another name of how it is written; None: as it says itself.
        sample_rate: Hz, for pcm that does not tell.
        text: what is spoken, where the stream does not bring it; see `Playback.heard`.
        open_output: opens another kind of device.

    Raises:
        ConfigurationError: the library that reaches devices is not here.
        InvalidRequest: nothing can be read from such an object.
    """
    player = Player(device=device, latency=latency, open_output=open_output)
    try:
        return player.play(stream, encoding=encoding, sample_rate=sample_rate, text=text)
    finally:
        player.close_when_heard()
