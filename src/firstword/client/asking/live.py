"""Speech written down while it is spoken, over connections that may break: nothing is lost or told twice.

A session keeps the audio that no final covers yet. Where a connection breaks, the next one hears it again.

    caller -> send -> Unheard -> _pump -> connection -> _converse -> callbacks, outbox -> caller
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from inspect import isawaitable

import anyio
from anyio.abc import TaskStatus
from anyio.lowlevel import checkpoint

from firstword.client.asking.dictation import Dictation
from firstword.client.asking.iterating import in_turn
from firstword.client.asking.resending import Unheard
from firstword.core.concurrency import task_group
from firstword.core.errors import CapacityError, EngineError, FirstwordError, InvalidRequest, ServerClosing
from firstword.core.transcripts import Transcript

RECONNECT_S = 30.0
BACKOFF_S = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Before each try; the last is repeated. Up to a half is left off by chance, so that not all come at once."""
STEADY_S = 10.0
"""A connection that lasted so long was a good one, even if nobody spoke."""
SILENT_S = 30.0
"""A server that neither says anything nor takes audio for so long is out of reach, though nothing broke."""
PIECES_BETWEEN, ASK_AFTER_S = 5, 10.0
"""Between two questions whether audio has arrived: pieces of it, a second in all, or time."""
UNREAD = 1_000
"""Transcripts that wait to be read; then the session waits, or, with `on_final`, forgets the oldest."""
BROKEN = ("incomplete", "unreachable")

Callback = Callable[[Transcript], object]
"""Called in the event loop, in order; what it gives is awaited, if it can be."""
Sound = Iterable[bytes] | AsyncIterable[bytes]
Connect = Callable[[], AbstractAsyncContextManager[Dictation]]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a caller wants of a session beyond its first message."""

    on_partial: Callback | None = None
    on_final: Callback | None = None
    reconnect_s: float = RECONNECT_S
    """How long it is tried to reach the server again; 0: a break is an error."""


@asynccontextmanager
async def live_transcription(
    connect: Connect, unheard: Unheard, wishes: Wishes, *, audio: Sound | None = None
) -> AsyncIterator[LiveTranscription]:
    """Opens a session; leaving it says that there is no more audio, and waits for the last finals.

    Args:
        connect: makes a connection.
        unheard: where the session keeps audio; empty.
        wishes: of the caller.
        audio: is sent by the session itself, which then ends; None: the caller sends.

    Raises:
        FirstwordError: as `LiveTranscription` says; and what comes of the audio, or of a callback.
    """
    async with task_group() as tasks:
        session = LiveTranscription(connect, unheard, wishes)
        await tasks.start(session._run)
        async with task_group() as feeding:
            if audio is not None:
                feeding.start_soon(session._feed, audio)
            yield session
            feeding.cancel_scope.cancel()
        await session._leave()


class LiveTranscription:
    """A session: audio goes in, transcripts come out, in the same or in different tasks.

    Iterating over it gives every transcript, the open ones and the final ones, until the session has ended.
    Times count from the session's first sample, whatever connection it was heard on. An open transcript that
    nobody has read gives way to the next one.
    """

    def __init__(self, connect: Connect, unheard: Unheard, wishes: Wishes) -> None:
        self._connect = connect
        self._unheard = unheard
        self._wishes = wishes
        self._sent = 0
        """Where the connection's audio ends."""
        self._flushes: deque[int] = deque()
        """Where finals were asked for, and have not come."""
        self._unsent: deque[int] = deque()
        """Those that this connection has not been asked for."""
        self._interrupted: list[Transcript] = []
        """Finals that a server wrote when it went down; they are heard again, and told where that fails."""
        self._outbox: deque[Transcript] = deque()
        self._changed = anyio.Event()
        self._scope = anyio.CancelScope()
        self._no_more = False
        self._leaving = False
        self._over = False
        self._failure: Exception | None = None
        self._told = False
        """Whether the caller has seen the failure."""
        self._heard_ms = 0.0
        self._heard_at = 0.0
        """When the server said something."""
        self._broken_since: float | None = None
        self._tries = 0
        self.reconnects = 0
        """How often a new connection went on."""

    async def send(self, audio: bytes) -> None:
        """Takes the next audio, cut anywhere; waits while a minute and a half has not been heard.

        Raises:
            InvalidRequest: `end` was said before.
            FirstwordError: the session failed, which this is.
        """
        size = self._unheard.piece_bytes
        for at in range(0, len(audio), size):
            await checkpoint()
            await self._until(lambda: self._over or not self._unheard.full)
            self._refuse_if_over()
            self._unheard.add(audio[at : at + size])
            self._notify()

    async def flush(self) -> None:
        """Asks for a final of what was said so far; the session goes on. Only firstword knows this.

        Raises:
            InvalidRequest: `end` was said before.
            FirstwordError: the session failed, which this is.
        """
        self._refuse_if_over()
        at = self._unheard.given
        if not self._flushes or self._flushes[-1] != at:
            self._flushes.append(at)
            self._unsent.append(at)
            self._notify()

    async def end(self) -> None:
        """Says that there is no more audio: the last final comes, then the session ends."""
        self._no_more = True
        self._notify()

    async def wait(self) -> None:
        """Returns when all has been said.

        Raises:
            FirstwordError: the session failed, which this is.
        """
        await self._until(lambda: self._over)
        self._raise_failure()

    async def stop(self) -> None:
        """Ends the session at once; what has not been written down never is."""
        self._scope.cancel()
        self._finish(None)

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        """The transcripts in order.

        Raises:
            FirstwordError: the server refused the session, or cannot be reached any more.
        """
        while True:
            await self._until(lambda: bool(self._outbox) or self._over)
            if not self._outbox:
                self._raise_failure()
                return
            transcript = self._outbox.popleft()
            self._notify()
            yield transcript

    async def finals(self) -> AsyncIterator[Transcript]:
        """Only those that will not change any more."""
        async for transcript in self:
            if transcript.final:
                yield transcript

    async def _feed(self, audio: Sound) -> None:
        """Sends all of it. A session that has failed says so to whoever reads, waits or leaves."""
        async for piece in in_turn(audio):
            with suppress(FirstwordError):
                await self.send(piece)
            if self._over:
                return
        await self.end()

    async def _leave(self) -> None:
        self._leaving = True
        await self.end()
        await self._until(lambda: self._over)
        if not self._told:
            self._raise_failure()

    async def _run(self, *, task_status: TaskStatus[None]) -> None:
        """One connection after the other, until all has been said."""
        with self._scope:
            async with self._connect() as connection:
                task_status.started()
                failure = await self._converse(connection)
            while failure is not None and not self._over:
                failure = await self._go_on(failure)
            self._finish(None)

    async def _go_on(self, failure: Exception) -> Exception | None:
        """What comes of another try after a failure; None: all has been said, or no other try makes sense."""
        try:
            await self._pause(failure)
        except Exception as final:  # raised by whoever reads, sends, waits or leaves
            for transcript in self._interrupted:
                await self._take(transcript)
            self._finish(final)
            return None
        try:
            async with self._connect() as connection:
                self.reconnects += 1
                return await self._converse(connection)
        except EngineError as unreached:  # a proxy's 502 as well: the server may be starting again
            unreached.code = "unreachable"
            return unreached
        except Exception as refused:
            return refused

    async def _converse(self, connection: Dictation) -> Exception | None:
        """Sends what is kept and what comes, and reads; what ended the connection, if it did."""
        began = self._heard_at = anyio.current_time()
        offset_ms = self._unheard.begin_ms
        self._sent = self._unheard.begin
        self._unsent = deque(self._flushes)
        try:
            async with task_group() as tasks:
                tasks.start_soon(self._pump, connection)
                tasks.start_soon(self._ask, connection)
                async for transcript in connection:
                    self._heard_at = anyio.current_time()
                    if transcript.interrupted and self._unheard.resumable and self._wishes.reconnect_s > 0:
                        self._interrupted.append(_later(transcript, offset_ms))
                    else:
                        await self._take(_later(transcript, offset_ms))
                    if self._over:
                        break
                tasks.cancel_scope.cancel()
        except Exception as failure:
            connection.abort()  # nobody may be there to say goodbye to
            if anyio.current_time() - began > STEADY_S:
                self._broken_since = None
            return failure
        return None

    async def _pump(self, connection: Dictation) -> None:
        """Sends, in order. Where the connection is over, its reader says why."""
        unheard, unsent = self._unheard, self._unsent
        with suppress(FirstwordError):
            while True:
                until = unsent[0] if unsent else unheard.given
                if piece := unheard.after(self._sent, until):
                    await connection.send(piece)
                    self._sent += len(piece)
                    self._notify()
                elif unsent:
                    unsent.popleft()
                    await connection.flush()
                elif self._no_more:
                    await connection.end()
                    return
                else:
                    await self._until(lambda: bool(unsent) or self._no_more or unheard.given > self._sent)

    async def _ask(self, connection: Dictation) -> None:
        """Learns, now and then, how much has arrived.

        Raises:
            EngineError: the server is silent.
        """
        asked = self._sent
        while True:
            due = asked + PIECES_BETWEEN * self._unheard.piece_bytes
            with anyio.move_on_after(ASK_AFTER_S):
                await self._until(partial(self._has_sent, due))
            asked = self._sent
            if not await self._arrived(connection):
                return
            self._unheard.received(asked)
            self._notify()

    async def _arrived(self, connection: Dictation) -> bool:
        """Holds until all that was sent has arrived; False where the connection is over, as its reader says.

        Raises:
            EngineError: the server is silent.
        """
        while True:
            with anyio.move_on_after(SILENT_S):
                try:
                    await connection.passed()
                except FirstwordError:
                    return False
                return True
            if anyio.current_time() - self._heard_at > SILENT_S:
                raise EngineError("The server says nothing any more.", code="incomplete")

    def _has_sent(self, position: int) -> bool:
        return self._sent >= position

    async def _take(self, transcript: Transcript) -> None:
        if transcript.end_ms > self._heard_ms:
            self._heard_ms, self._broken_since = transcript.end_ms, None
        callback = self._wishes.on_partial
        if transcript.final:
            callback = self._wishes.on_final
            if not transcript.interrupted:
                self._interrupted.clear()
            self._unheard.cover(transcript.end_ms, self._sent)
            while self._flushes and self._flushes[0] <= self._unheard.begin:
                self._flushes.popleft()
        try:
            if callback and isawaitable(answer := callback(transcript)):
                await answer
        except Exception as failure:  # the caller's own
            self._finish(failure)
            return
        await self._put(transcript)

    async def _put(self, transcript: Transcript) -> None:
        if self._outbox and not self._outbox[-1].final:
            self._outbox.pop()
        if self._wishes.on_final is None:
            await self._until(lambda: len(self._outbox) < UNREAD or self._leaving)
        if len(self._outbox) >= UNREAD:
            self._outbox.popleft()
        self._outbox.append(transcript)
        self._notify()

    async def _pause(self, failure: Exception) -> None:
        """Holds before the next try.

        Raises:
            Exception: the failure, where no other try makes sense.
        """
        now = anyio.current_time()
        if not self._may_pass(failure):
            raise failure
        if not self._unheard.resumable:
            raise EngineError(
                f"{failure} Only raw samples, whose finals have times, can be gone on with: "
                "open another session.",
                code="incomplete",
            ) from failure
        if self._broken_since is None:
            self._broken_since, self._tries = now, 0
        pause_s = BACKOFF_S[min(self._tries, len(BACKOFF_S) - 1)] * random.uniform(0.5, 1.0)
        if isinstance(failure, CapacityError) and not isinstance(failure, ServerClosing):
            pause_s = max(pause_s, float(failure.retry_after_s))
        if now + pause_s - self._broken_since > self._wishes.reconnect_s:
            raise failure
        self._tries += 1
        await anyio.sleep(pause_s)

    def _may_pass(self, failure: Exception) -> bool:
        """Whether the same may go well a little later."""
        if self._wishes.reconnect_s <= 0:
            return False
        if isinstance(failure, CapacityError):  # a limit may still count the connection that broke
            return isinstance(failure, ServerClosing) or self._broken_since is not None
        return isinstance(failure, EngineError) and failure.code in BROKEN

    def _finish(self, failure: Exception | None) -> None:
        if not self._over:
            self._over, self._failure = True, failure
            self._notify()

    def _raise_failure(self) -> None:
        self._told = True
        if self._failure is not None:
            raise self._failure

    def _refuse_if_over(self) -> None:
        if self._over:
            self._raise_failure()
        if self._over or self._no_more:
            raise InvalidRequest("There is no more audio after end(): open another session.")

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._changed.wait()


def _later(transcript: Transcript, offset_ms: float) -> Transcript:
    """The same, of a connection that began so long after the session."""
    words = tuple(
        replace(word, start_ms=word.start_ms + offset_ms, end_ms=word.end_ms + offset_ms)
        for word in transcript.words
    )
    start_ms, end_ms = transcript.start_ms + offset_ms, transcript.end_ms
    return replace(transcript, words=words, start_ms=start_ms, end_ms=end_ms + offset_ms if end_ms else 0.0)
