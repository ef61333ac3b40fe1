"""The response that carries a chat answer, written and spoken, and ends the work when its reader leaves."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from typing import Protocol

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from firstword.core.concurrency import task_group
from firstword.core.conversation import TextDelta, ToolCall, ToolCallDelta
from firstword.core.errors import ConfigurationError, InvalidRequest, RequestError
from firstword.core.types import AudioBytes
from firstword.pipeline.converse import Conversation, ConverseDone, ConverseEvent, Spent
from firstword.server import errors
from firstword.server.request_id import REQUEST_ID
from firstword.server.streaming import EXPECTED, leave_with
from firstword.store.answers import SpokenAnswers
from firstword.wire import chat_answers as wire
from firstword.wire.chat_answers import AnswerHead

log = logging.getLogger("firstword.server")

MOST_WHOLE_BYTES = 200_000_000
"""Audio of an answer that is not streamed: over an hour of wav."""


_EXTENSIONS = ("sample_rate", "bitrate", "container", "encoding", "language", "lexicon")
_PLACES = {
    "input": "audio.voice",
    "voice": "audio.voice",
    **{name: f"model_extensions.{name}" for name in _EXTENSIONS},
}
"""Where the fields of a speech request stand in a chat's; its text is nobody's fault but the voice's."""


def placed(failure: Exception) -> Exception:
    """The same, where it is the speech that was refused, with the name of the field that can mend it."""
    if isinstance(failure, RequestError) and failure.param in _PLACES:
        failure.param = _PLACES[failure.param]
    return failure


class SpokenAnswer:
    """What is kept of a spoken answer: its words, under the id of its audio.

    Args:
        answers: where they are kept.
    """

    def __init__(self, answers: SpokenAnswers) -> None:
        self._answers = answers
        self._said: list[str] = []
        self._kept = False
        self.id = answers.new_id()

    @property
    def transcript(self) -> str:
        """What has been said so far."""
        return "".join(self._said)

    def add(self, text: str) -> bool:
        """Adds words; True for the first."""
        self._said.append(text)
        return len(self._said) == 1

    async def keep(self) -> int:
        """Keeps the answer; gives the Unix second at which it is forgotten."""
        self._kept = True
        return await self._answers.keep(self.id, self.transcript)

    async def rescue(self) -> None:
        """Keeps what was said until the reader left: it may well go on from there."""
        if self._said and not self._kept:
            with anyio.CancelScope(shield=True):
                try:
                    await self.keep()
                except ConfigurationError as failure:  # nobody is left to be told
                    log.warning("answer not kept", extra={"reason": failure.message})


class Rendering(Protocol):
    """An answer's events as a response body."""

    @property
    def media_type(self) -> str:
        """The Content-Type."""
        ...

    async def part(self, events: Iterable[ConverseEvent]) -> bytes:
        """What can be sent now."""
        ...

    async def end(self, conversation: Conversation, done: ConverseDone) -> bytes:
        """The rest; all of it, where nothing was sent before."""
        ...

    def failure(self, error: Exception) -> bytes | None:
        """The bytes that tell of a failure, or None where nothing has been sent."""
        ...


class Chunks:
    """Server-sent events, each delta as it comes.

    Args:
        head: what every chunk repeats.
        spoken: of a spoken answer; None where it is only written.
    """

    media_type = "text/event-stream; charset=utf-8"

    def __init__(self, head: AnswerHead, spoken: SpokenAnswer | None) -> None:
        self._head = head
        self._spoken = spoken
        self._pieces = wire.Pieces()
        self._begun = False

    async def part(self, events: Iterable[ConverseEvent]) -> bytes:
        """A chunk for each delta, and one for each piece of audio."""
        return self._start() + b"".join(self._chunk(event) for event in events)

    async def end(self, conversation: Conversation, done: ConverseDone) -> bytes:
        """The audio's last bytes, its expiry, the finish reason, the usage."""
        last = [self._start(), self._rest()]
        if self._spoken is not None and self._spoken.transcript:
            expires_at = await self._spoken.keep()
            last.append(self._head.chunk({"audio": {"expires_at": expires_at}}))
        last.append(self._head.chunk({}, done.reason))
        if self._head.tells_usage:
            last.append(self._head.usage_chunk(_usage(done.spent)))
        return b"".join((*last, wire.DONE))

    def failure(self, error: Exception) -> bytes:
        """An error event after the audio that was made; nothing follows it."""
        return self._rest() + errors.body(error).sse()

    def _start(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        content = {} if self._spoken else {"content": ""}
        return self._head.chunk({"role": "assistant", **content, "refusal": None})

    def _chunk(self, event: ConverseEvent) -> bytes:
        match event:
            case TextDelta(text):
                return self._head.chunk(self._words(text))
            case ToolCallDelta():
                return self._head.chunk(wire.call_delta(event))
            case AudioBytes(blocks=blocks):
                return b"".join(self._data(piece) for block in blocks for piece in self._pieces.feed(block))
            case _:
                return b""

    def _words(self, text: str) -> dict[str, object]:
        if self._spoken is None:
            return {"content": text}
        if self._spoken.add(text):  # the id comes once: the SDKs join what comes twice
            return {"content": None, "audio": {"id": self._spoken.id, "transcript": text}}
        return {"audio": {"transcript": text}}

    def _rest(self) -> bytes:
        return b"".join(self._data(piece) for piece in self._pieces.flush())

    def _data(self, piece: str) -> bytes:
        return self._head.chunk({"audio": {"data": piece}})


class WholeMessage:
    """One JSON object, when all of it exists.

    Args:
        head: of the answer.
        spoken: of a spoken answer; None where it is only written.
    """

    media_type = "application/json"

    def __init__(self, head: AnswerHead, spoken: SpokenAnswer | None) -> None:
        self._head = head
        self._spoken = spoken
        self._text: list[str] = []
        self._calls: dict[int, ToolCall] = {}
        self._audio = bytearray()

    async def part(self, events: Iterable[ConverseEvent]) -> bytes:
        """Nothing yet.

        Raises:
            InvalidRequest: the audio is longer than one object can hold.
        """
        for event in events:
            match event:
                case TextDelta(text):
                    self._text.append(text)
                case AudioBytes():
                    self._audio += event.data
                case ToolCallDelta():
                    self._call(event)
        if len(self._audio) > MOST_WHOLE_BYTES:
            raise InvalidRequest(
                "The answer is too long to be sent as one object; ask for it with stream.",
                param="stream",
                code="answer_too_long",
            )
        return b""

    async def end(self, conversation: Conversation, done: ConverseDone) -> bytes:
        """The message."""
        text = "".join(self._text)
        message: dict[str, object] = {"role": "assistant", "content": text or None, "refusal": None}
        if self._spoken is not None and conversation.speech is not None and text:
            self._spoken.add(text)
            expires_at = await self._spoken.keep()
            message["content"] = None
            message["audio"] = {
                "id": self._spoken.id,
                "data": base64.b64encode(conversation.speech.completed(bytes(self._audio))).decode(),
                "expires_at": expires_at,
                "transcript": text,
            }
        if self._calls:
            message["tool_calls"] = [wire.call_made(call) for _, call in sorted(self._calls.items())]
        elif not text:
            message["content"] = ""
        return self._head.message(message, done.reason, _usage(done.spent))

    def failure(self, error: Exception) -> None:
        """Nothing has been sent: it is told by the status."""
        return

    def _call(self, more: ToolCallDelta) -> None:
        call = self._calls.get(more.index, ToolCall("", "", ""))
        self._calls[more.index] = ToolCall(
            more.id or call.id, more.name or call.name, call.arguments + more.arguments
        )


class ChatResponse(Response):
    """Runs a conversation for as long as its reader stays.

    The status line waits for the first words, so that whatever is wrong before them is a proper error with a
    body. After it, a failure is an error event, and the body is not closed as if it were whole.

    Args:
        open_conversation: starts it; leaving it lets go of all that it holds.
        admitted: a place for it, held while it runs.
        rendering: events to bytes.
        spoken: kept also where the reader leaves.
        model: that answers, for the header.
        stall_timeout_s: a reader that takes nothing for this long is given up.
        ignored: fields that are of no use here, told in a header.
    """

    def __init__(
        self,
        open_conversation: Callable[[], AbstractAsyncContextManager[Conversation]],
        *,
        admitted: AbstractContextManager[None],
        rendering: Rendering,
        spoken: SpokenAnswer | None,
        model: str,
        stall_timeout_s: float,
        ignored: Sequence[str] = (),
    ) -> None:
        self._open_conversation = open_conversation
        self._admitted = admitted
        self._rendering = rendering
        self._spoken = spoken
        self._model = model
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
        outcome, conversation = "left", None
        try:
            with self._admitted:
                async with self._open_conversation() as conversation:
                    await self._send_all(conversation, send)
            outcome = "done"
        except TimeoutError:
            outcome = "stalled"
        except Exception as failure:
            refused = not self._begun and errors.row(failure).status < 500
            outcome = "refused" if refused else type(failure).__name__
            await self._fail(placed(failure), scope, receive, send)
        finally:
            _report(scope, self._model, outcome, conversation.spent if conversation else Spent())
            if self._spoken is not None:
                await self._spoken.rescue()

    async def _send_all(self, conversation: Conversation, send: Send) -> None:
        async for events in conversation:
            if body := await self._rendering.part(events):
                await self._send(send, conversation, body)
            if isinstance(done := events[-1], ConverseDone):
                last = await self._rendering.end(conversation, done)
                await self._send(send, conversation, last, more=False)

    async def _send(self, send: Send, conversation: Conversation, body: bytes, *, more: bool = True) -> None:
        with anyio.fail_after(self._stall_timeout_s):
            if not self._begun:
                self._begun = True
                headers = self._head(conversation, None if more else len(body))
                await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body, "more_body": more})

    async def _fail(self, failure: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._begun:
            await errors.response(failure)(scope, receive, send)
        elif (told := self._rendering.failure(failure)) is not None:
            with suppress(TimeoutError), anyio.fail_after(self._stall_timeout_s):
                await send({"type": "http.response.body", "body": told, "more_body": True})

    def _head(self, conversation: Conversation, length: int | None) -> list[tuple[bytes, bytes]]:
        headers = {
            "content-type": self._rendering.media_type,
            "cache-control": "no-cache, no-transform",
            "x-accel-buffering": "no",
            "x-model": self._model,
        }
        if speech := conversation.speech:
            headers |= {
                "x-voice": speech.voice,
                "x-sample-rate": str(speech.sample_rate),
                "x-audio-encoder-delay": str(speech.delay_frames),
            }
        if self._ignored:
            headers["x-ignored"] = ", ".join(self._ignored)
        if length is not None:
            headers["content-length"] = str(length)
        return [(name.encode(), value.encode()) for name, value in headers.items()]


def _usage(spent: Spent) -> dict[str, object]:
    return wire.usage(
        spent.chat,
        text_in_chars=spent.text_in_chars,
        text_out_chars=spent.text_out_chars,
        audio_in_ms=spent.audio_in_ms,
        audio_out_ms=spent.audio_out_ms,
    )


def _report(scope: Scope, model: str, outcome: str, spent: Spent) -> None:
    """One line for each response, with what it cost, also where the reader left."""
    keys: dict[str, object] = {
        "request": scope.get(REQUEST_ID),
        "outcome": outcome,
        "model": model,
        "chars": spent.text_out_chars,
        "heard_ms": round(spent.audio_in_ms),
        "audio_ms": round(spent.audio_out_ms),
    }
    log.log(logging.INFO if outcome in EXPECTED else logging.WARNING, "chat", extra=keys)
