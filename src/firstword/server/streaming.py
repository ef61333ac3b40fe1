"""The response that carries speech: it owns the run, and ends it when the listener leaves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from typing import Protocol

import anyio
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from firstword.core.concurrency import task_group
from firstword.core.types import AudioBytes, SpeechDone, SpeechEvent, WordsSpoken
from firstword.pipeline.speak import Speech
from firstword.server import errors
from firstword.server.request_id import REQUEST_ID
from firstword.wire import speech as wire

log = logging.getLogger("firstword.server")

EXPECTED = frozenset({"done", "left", "stalled", "refused"})
"""Ways for a response to end that are no fault of ours."""


class Rendering(Protocol):
    """Speech events as a response body."""

    def media_type(self, speech: Speech) -> str:
        """The Content-Type."""
        ...

    def body(self, events: Iterable[SpeechEvent]) -> bytes:
        """The bytes of one block's events."""
        ...

    def whole(self, speech: Speech) -> bytes | None:
        """The complete body, where all of it has been made already and it is better known as such."""
        ...

    def failure(self, error: Exception) -> bytes | None:
        """The bytes that tell of a failure, or None where only a broken body can."""
        ...


class AudioBody:
    """The bytes of the format, and nothing else."""

    def media_type(self, speech: Speech) -> str:
        """The format's."""
        return speech.media_type

    def body(self, events: Iterable[SpeechEvent]) -> bytes:
        """The audio of the block."""
        return b"".join(event.data for event in events if isinstance(event, AudioBytes))

    def whole(self, speech: Speech) -> bytes | None:
        """With true sizes in its header: then a Content-Length tells the client as much."""
        return speech.whole

    def failure(self, error: Exception) -> None:
        """Audio has no word for failure: the body is left incomplete, which every client reports."""
        return


class EventBody:
    """Server-sent events: a delta for each block of the encoder, then done with the usage.

    Args:
        timings: whether words are told before the audio in which they begin.
    """

    def __init__(self, *, timings: bool = False) -> None:
        self._timings = timings

    def media_type(self, speech: Speech) -> str:
        """Of event streams; the deltas carry the format that was asked for."""
        return "text/event-stream; charset=utf-8"

    def body(self, events: Iterable[SpeechEvent]) -> bytes:
        """The events of the block."""
        return b"".join(self._event(event) for event in events)

    def whole(self, speech: Speech) -> None:
        """Events are never sent as one."""
        return

    def failure(self, error: Exception) -> bytes:
        """An error event; nothing follows it, and the body stays incomplete."""
        return errors.body(error).sse()

    def _event(self, event: SpeechEvent) -> bytes:
        match event:
            case AudioBytes(blocks=blocks):
                return wire.audio_deltas(blocks)
            case WordsSpoken(words=words) if self._timings:
                return wire.audio_words(words)
            case SpeechDone(usage=usage):
                return wire.audio_done(usage)
            case _:
                return b""


class SpeechResponse(Response):
    """Runs a speech for as long as its listener stays.

    The status line waits for the first audio, so that everything that is wrong with the request is a
    proper error with a body. After it, a failure is told by `rendering`, and the body is not closed
    as if it were whole.

    Args:
        open_speech: starts the run.
        admitted: a place for it, held while it runs.
        rendering: events to bytes.
        stall_timeout_s: a reader that takes nothing for this long is given up.
        ignored: fields of the request that no engine here has a use for, told in a header.
    """

    def __init__(
        self,
        open_speech: Callable[[], AbstractAsyncContextManager[Speech]],
        *,
        admitted: AbstractContextManager[None],
        rendering: Rendering,
        stall_timeout_s: float,
        ignored: Sequence[str] = (),
    ) -> None:
        self._open_speech = open_speech
        self._admitted = admitted
        self._rendering = rendering
        self._stall_timeout_s = stall_timeout_s
        self._ignored = ignored
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers; returns without a last body message where the body must look broken."""
        async with task_group() as tasks:
            tasks.start_soon(leave_with, receive, tasks.cancel_scope)
            await self._answer(scope, receive, send)
            tasks.cancel_scope.cancel()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        speech: Speech | None = None
        outcome = "left"
        try:
            with self._admitted:
                async with self._open_speech() as speech:
                    await self._stream(speech, send)
            outcome = "done"
        except TimeoutError:
            outcome = "stalled"  # it takes nothing, so it cannot be told either
        except Exception as failure:
            refused = speech is None and errors.row(failure).status < 500
            outcome = "refused" if refused else type(failure).__name__
            await self._fail(failure, scope, receive, send, begun=speech is not None)
        finally:
            _report(scope, speech, outcome)

    async def _stream(self, speech: Speech, send: Send) -> None:
        """The head, then every block as it is made; or all at once, where all is made already."""
        whole = self._rendering.whole(speech)
        await send(_start(speech, self._rendering.media_type(speech), whole, self._ignored))
        if whole is None:
            async for events in speech:
                await self._send(send, self._rendering.body(events))
        await self._send(send, whole or b"", more=False)

    async def _fail(
        self, failure: Exception, scope: Scope, receive: Receive, send: Send, *, begun: bool
    ) -> None:
        """Tells of a failure: a status while there is none yet, then a broken body, events or not."""
        if not begun:
            await errors.response(failure)(scope, receive, send)
        elif (told := self._rendering.failure(failure)) is not None:
            with suppress(TimeoutError):
                await self._send(send, told)  # and no end: some readers look at no event but the audio

    async def _send(self, send: Send, body: bytes, *, more: bool = True) -> None:
        if body or not more:
            with anyio.fail_after(self._stall_timeout_s):
                await send({"type": "http.response.body", "body": body, "more_body": more})


async def leave_with(receive: Receive, running: anyio.CancelScope) -> None:
    """Cancels the run as soon as the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    running.cancel()


def _report(scope: Scope, speech: Speech | None, outcome: str) -> None:
    """One line for each response."""
    keys: dict[str, object] = {"request": scope.get(REQUEST_ID), "outcome": outcome}
    if speech is not None:
        usage = speech.usage
        keys |= {
            "model": speech.model,
            "voice": speech.voice,
            "chars": usage.input_chars,
            "audio_ms": round(usage.audio_out_ms),
        }
    log.log(logging.INFO if outcome in EXPECTED else logging.WARNING, "speech", extra=keys)


def _start(speech: Speech, media_type: str, whole: bytes | None, ignored: Sequence[str]) -> Message:
    headers = {
        "content-type": media_type,
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
        "x-model": speech.model,
        "x-voice": speech.voice,
        "x-sample-rate": str(speech.sample_rate),
        "x-audio-encoder-delay": str(speech.delay_frames),
    }
    if ignored:
        headers["x-ignored"] = ", ".join(ignored)
    if whole is not None:
        headers["content-length"] = str(len(whole))
    return {
        "type": "http.response.start",
        "status": 200,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
