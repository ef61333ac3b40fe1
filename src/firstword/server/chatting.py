"""The response that carries a chat answer, written and spoken."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import anyio

from firstword.core.conversation import TextDelta, ToolCall, ToolCallDelta
from firstword.core.errors import ConfigurationError, InvalidRequest, RequestError
from firstword.core.types import AudioBytes, WordsSpoken
from firstword.pipeline.converse import Conversation, ConverseDone, ConverseEvent, RecordingsHeard, Spent
from firstword.server import errors
from firstword.server.answering import Body, RunResponse
from firstword.server.streaming import sounding
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
        timings: whether words are told before the audio in which they begin.
        transcripts: whether it is told what was heard in the request's recordings.
    """

    media_type = "text/event-stream; charset=utf-8"

    def __init__(
        self,
        head: AnswerHead,
        spoken: SpokenAnswer | None,
        *,
        timings: bool = False,
        transcripts: bool = False,
    ) -> None:
        self._head = head
        self._spoken = spoken
        self._timings = timings
        self._transcripts = transcripts
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
            case RecordingsHeard(said) if self._transcripts:
                return self._head.heard_chunk((one.field, one.text) for one in said)
            case WordsSpoken(words=words) if self._timings:
                return self._head.words_chunk(words)
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
        transcripts: whether it is told what was heard in the request's recordings.
    """

    media_type = "application/json"

    def __init__(self, head: AnswerHead, spoken: SpokenAnswer | None, *, transcripts: bool = False) -> None:
        self._head = head
        self._spoken = spoken
        self._transcripts = transcripts
        self._heard: list[tuple[str, str]] | None = None
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
                case RecordingsHeard(said) if self._transcripts:
                    self._heard = [(one.field, one.text) for one in said]
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
        return self._head.message(message, done.reason, _usage(done.spent), self._heard)

    def failure(self, error: Exception) -> None:
        """Nothing has been sent: it is told by the status."""
        return

    def _call(self, more: ToolCallDelta) -> None:
        call = self._calls.get(more.index, ToolCall("", "", ""))
        self._calls[more.index] = ToolCall(
            more.id or call.id, more.name or call.name, call.arguments + more.arguments
        )


class ChatResponse(RunResponse[Conversation]):
    """An answer, as it is written and spoken.

    Args:
        open_run: starts the conversation; leaving it lets go of all that it holds.
        rendering: events to bytes.
        model: that answers, for the header.
        stall_timeout_s: a reader that takes nothing for this long is given up.
        ignored: fields that are of no use here, told in a header.
    """

    subject = "chat"

    def __init__(
        self,
        open_run: Callable[[], AbstractAsyncContextManager[Conversation]],
        *,
        rendering: Rendering,
        model: str,
        stall_timeout_s: float,
        ignored: Sequence[str] = (),
    ) -> None:
        super().__init__(open_run, stall_timeout_s=stall_timeout_s, ignored=ignored)
        self._rendering = rendering
        self._model = model

    def head(self, run: Conversation) -> dict[str, str]:
        """The shape, who answers, and who speaks."""
        head = {"content-type": self._rendering.media_type, "x-model": self._model}
        return head | sounding(run.speech) if run.speech else head

    async def write(self, run: Conversation, body: Body) -> None:
        """What can be sent of the events as they come, then the rest."""
        async for events in run:
            await body.more(await self._rendering.part(events))
            if isinstance(done := events[-1], ConverseDone):
                await body.last(await self._rendering.end(run, done))

    def failure(self, error: Exception) -> bytes | None:
        """By the rendering."""
        return self._rendering.failure(error)

    def facts(self, run: Conversation | None) -> dict[str, object]:
        """What it cost, also where the reader left."""
        spent = run.spent if run else Spent()
        return {
            "model": self._model,
            "chars": spent.text_out_chars,
            "heard_ms": round(spent.audio_in_ms),
            "audio_ms": round(spent.audio_out_ms),
        }


def _usage(spent: Spent) -> dict[str, object]:
    return wire.usage(
        spent.chat,
        text_in_chars=spent.text_in_chars,
        text_out_chars=spent.text_out_chars,
        audio_in_ms=spent.audio_in_ms,
        audio_out_ms=spent.audio_out_ms,
    )
