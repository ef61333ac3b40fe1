"""The response that carries what was heard in a recording, and ends the work when its reader leaves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Protocol

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from firstword.core.concurrency import task_group
from firstword.core.errors import InvalidRequest
from firstword.core.transcripts import Heard, ListenDone, Transcript
from firstword.pipeline.transcribe import Transcription
from firstword.server import errors
from firstword.server.request_id import REQUEST_ID
from firstword.server.streaming import EXPECTED, leave_with
from firstword.wire import subtitles
from firstword.wire import transcriptions as wire
from firstword.wire.transcriptions import TranscriptionForm, TranslationForm
from firstword.wire.transcripts import joined, separator

log = logging.getLogger("firstword.server")

Run = AbstractAsyncContextManager[Transcription]


class Rendering(Protocol):
    """Transcripts as a response body."""

    @property
    def media_type(self) -> str:
        """The Content-Type."""
        ...

    @property
    def streams(self) -> bool:
        """Whether there is something to send before the end."""
        ...

    def part(self, transcript: Transcript) -> bytes:
        """What can be sent as soon as a final transcript is there."""
        ...

    def end(self, heard: Heard) -> bytes:
        """The rest; all of it, where nothing was sent before."""
        ...


class Whole:
    """A body that is sent when all has been heard.

    Args:
        form: what was asked for.
    """

    streams = False

    def __init__(self, form: TranslationForm) -> None:
        self._form = form
        self._transcripts: list[Transcript] = []

    @property
    def media_type(self) -> str:
        """By `response_format`."""
        return {
            "text": "text/plain; charset=utf-8",
            "srt": "application/x-subrip; charset=utf-8",
            "vtt": "text/vtt; charset=utf-8",
        }.get(self._form.response_format, "application/json")

    def part(self, transcript: Transcript) -> bytes:
        """Nothing yet."""
        self._transcripts.append(kept(transcript, self._form))
        return b""

    def end(self, heard: Heard) -> bytes:
        """All of it."""
        transcripts = self._transcripts
        match self._form.response_format:
            case "text":
                return (joined(transcripts) + "\n").encode()
            case "srt":
                return subtitles.srt(transcripts).encode()
            case "vtt":
                return subtitles.vtt(transcripts).encode()
            case "verbose_json":
                return wire.dumped(self._verbose(heard))
            case _:
                return wire.dumped(self._plain(heard))

    def _plain(self, heard: Heard) -> dict[str, object]:
        form = self._form
        if not isinstance(form, TranscriptionForm):
            return {"text": joined(self._transcripts)}
        counted = wire.usage(form.model, heard, form.asked_prompt)
        return wire.plain(self._transcripts, counted, logprobs=form.logprobs)

    def _verbose(self, heard: Heard) -> dict[str, object]:
        form = self._form
        if not isinstance(form, TranscriptionForm):
            return wire.verbose(self._transcripts, heard, form=form)
        return wire.verbose(self._transcripts, heard, form=form, segments=form.segments, words=form.words)


class EventStream:
    """Server-sent events: a delta for each final transcript, then done with all of the text.

    Args:
        form: what was asked for.
    """

    streams = True
    media_type = "text/event-stream; charset=utf-8"

    def __init__(self, form: TranscriptionForm) -> None:
        self._form = form
        self._transcripts: list[Transcript] = []

    def part(self, transcript: Transcript) -> bytes:
        """A delta; all of them, joined, are the text of the end."""
        before = self._transcripts[-1].text if self._transcripts else ""
        self._transcripts.append(kept(transcript, self._form))
        text = separator(before, transcript.text) + transcript.text
        return wire.delta(text, transcript, logprobs=self._form.logprobs)

    def end(self, heard: Heard) -> bytes:
        """The done event."""
        form = self._form
        return wire.done(self._transcripts, heard, form.asked_prompt, logprobs=form.logprobs)


def kept(transcript: Transcript, form: TranslationForm) -> Transcript:
    """What the end needs of a transcript: words and tokens of hours are many times larger than their text.

    Raises:
        InvalidRequest: log probabilities are asked for, and the model does not tell them.
    """
    verbose = form.response_format == "verbose_json"
    logprobs = isinstance(form, TranscriptionForm) and form.logprobs
    if logprobs and not transcript.tokens:
        raise InvalidRequest(
            "This model does not tell how likely its words are; leave out include.",
            param="include",
            code="logprobs_unsupported",
        )
    words = verbose or form.response_format in ("srt", "vtt")
    return replace(
        transcript,
        words=transcript.words if words else (),
        tokens=transcript.tokens if verbose or logprobs else (),
    )


class TranscriptionResponse(Response):
    """Listens to a recording for as long as its reader stays.

    The status line waits for the first thing to send, so that audio which cannot be read is a proper error
    with a body. After it, a failure is an error event, and the body is not closed as if it were whole.

    Args:
        open_run: starts the run; leaving it lets go of all that it holds.
        model: that listens, for the header.
        rendering: transcripts to bytes.
        stall_timeout_s: a reader that takes nothing for this long is given up.
        ignored: fields that are of no use here, told in a header.
    """

    def __init__(
        self,
        open_run: Callable[[], Run],
        *,
        model: str,
        rendering: Rendering,
        stall_timeout_s: float,
        ignored: Sequence[str] = (),
    ) -> None:
        self._open_run = open_run
        self._model = model
        self._rendering = rendering
        self._stall_timeout_s = stall_timeout_s
        self._ignored = ignored
        self._begun = False
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers; returns without a last body message where the body must look broken."""
        async with task_group() as tasks:
            tasks.start_soon(leave_with, receive, tasks.cancel_scope)
            await self._answer(scope, receive, send)
            tasks.cancel_scope.cancel()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        outcome, run = "left", None
        try:
            async with self._open_run() as run:
                await self._send_all(run, send)
            outcome = "done"
        except TimeoutError:
            outcome = "stalled"
        except Exception as failure:
            refused = not self._begun and errors.row(failure).status < 500
            outcome = "refused" if refused else type(failure).__name__
            await self._fail(failure, scope, receive, send)
        finally:
            _report(scope, self._model, outcome, run.heard if run else Heard())

    async def _send_all(self, run: Transcription, send: Send) -> None:
        async for event in run:
            if isinstance(event, ListenDone):
                await self._send(send, self._rendering.end(event.heard), more=False)
                return
            if part := self._rendering.part(event):
                await self._send(send, part)

    async def _send(self, send: Send, body: bytes, *, more: bool = True) -> None:
        with anyio.fail_after(self._stall_timeout_s):
            if not self._begun:
                self._begun = True
                headers = self._head(None if more or self._rendering.streams else len(body))
                await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body, "more_body": more})

    async def _fail(self, failure: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._begun:
            await errors.response(failure)(scope, receive, send)
        elif self._rendering.streams:
            with anyio.move_on_after(self._stall_timeout_s):
                await send(
                    {"type": "http.response.body", "body": errors.body(failure).sse(), "more_body": True}
                )

    def _head(self, length: int | None) -> list[tuple[bytes, bytes]]:
        headers = {
            "content-type": self._rendering.media_type,
            "cache-control": "no-cache, no-transform",
            "x-accel-buffering": "no",
            "x-model": self._model,
        }
        if self._ignored:
            headers["x-ignored"] = ", ".join(self._ignored)
        if length is not None:
            headers["content-length"] = str(length)
        return [(name.encode(), value.encode()) for name, value in headers.items()]


def _report(scope: Scope, model: str, outcome: str, heard: Heard) -> None:
    """One line for each response."""
    keys: dict[str, object] = {
        "request": scope.get(REQUEST_ID),
        "outcome": outcome,
        "model": model,
        "audio_ms": round(heard.audio_in_ms),
        "chars": heard.text_chars,
    }
    log.log(logging.INFO if outcome in EXPECTED else logging.WARNING, "transcription", extra=keys)
