"""Words and recordings in, words and speech out: a chat model between the two other pipelines.

    turns -> recordings (heard) -> chat engine -> deltas -+-> reader
                                                          +-> inbox -> speech -> reader

Each delta goes to the reader at once, and then to the speech that is made of it; the reader is given words
before audio. So text never waits for audio, audio never comes before its text, and the first clause is
heard while the second is being written. Leaving the context stops both models within one step.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from anyio.lowlevel import checkpoint

from firstword.core.concurrency import task_group
from firstword.core.conversation import (
    ChatDelta,
    ChatEnd,
    ChatRequest,
    ChatUsage,
    FinishReason,
    Message,
    Role,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)
from firstword.core.errors import EngineError, InvalidRequest
from firstword.core.protocols import Engines
from firstword.core.transcripts import TranscribeRequest
from firstword.core.types import AudioBytes, SpeechRequest, WordsSpoken
from firstword.pipeline.conversing.lanes import Lanes
from firstword.pipeline.conversing.recordings import Recording, Recordings
from firstword.pipeline.speak import SpeakPipeline, Speech
from firstword.pipeline.speaking.inbox import Inbox


@dataclass(frozen=True, slots=True)
class Turn:
    """One message, as it was sent."""

    role: Role
    parts: tuple[str | Recording, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class ConverseRequest:
    """What a caller asked for: real models, every field valid."""

    chat: ChatRequest
    """Its messages are made of the turns."""
    turns: tuple[Turn, ...]
    listening: TranscribeRequest
    """How recordings are heard, where there are any."""
    speech: SpeechRequest | None = None
    """How the answer is spoken; None where it is only written."""
    prompt: str = ""
    """What the model is told besides, by the system."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What an answer cost, counted as it happens, also when the client leaves."""

    text_in_chars: int = 0
    text_out_chars: int = 0
    audio_in_ms: float = 0.0
    audio_out_ms: float = 0.0
    chat: ChatUsage | None = None
    """By the model's own tokenizer, once it has told."""


@dataclass(frozen=True, slots=True)
class ConverseDone:
    """The last event of an answer."""

    reason: FinishReason
    spent: Spent


@dataclass(frozen=True, slots=True)
class SaidInRecording:
    """The words of one recording of the request."""

    field: str
    """Where it stands in the request."""
    text: str


@dataclass(frozen=True, slots=True)
class RecordingsHeard:
    """What was said in the recordings, in their order: the first event, where there are any."""

    said: tuple[SaidInRecording, ...]


Words = TextDelta | ToolCallDelta | ConverseDone | RecordingsHeard
Sound = WordsSpoken | AudioBytes
ConverseEvent = Words | Sound
"""What the pipeline gives a server, whatever the transport."""


class Conversation:
    """An answer as its reader sees it."""

    def __init__(self, run: _Run, heard: RecordingsHeard) -> None:
        self._run = run
        self._heard = heard
        self._first: tuple[ConverseEvent, ...] = ()
        self._done = False

    @property
    def speech(self) -> Speech | None:
        """How it is spoken: the voice that really speaks, and the format."""
        return self._run.speech

    @property
    def spent(self) -> Spent:
        """What it has cost so far."""
        return self._run.spent

    def __aiter__(self) -> Conversation:
        """The events in order, ending with `ConverseDone`."""
        return self

    async def __anext__(self) -> tuple[ConverseEvent, ...]:
        """All words there are, or else a piece of audio; raises the failure that ended the answer."""
        if self._first:
            events, self._first = self._first, ()
            return events
        if self._done:
            raise StopAsyncIteration
        events = await self._run.lanes.take()
        if not events:
            await checkpoint()  # a run that was cancelled is cancelled together with its reader
            raise self._run.failure or EngineError("The answer was ended from outside.")
        self._done = isinstance(events[-1], ConverseDone)
        return events

    async def wait_for_words(self) -> None:
        """Holds until something of the answer exists.

        Raises:
            FirstwordError: whatever ended it before that.
        """
        words = await anext(self)
        self._first = (self._heard, *words) if self._heard.said else words


class ConversePipeline:
    """Makes conversations.

    Args:
        engines: hands out loaded engines.
        recordings: hears what was said.
        speak: speaks the answers.
    """

    def __init__(self, engines: Engines, recordings: Recordings, speak: SpeakPipeline) -> None:
        self._engines = engines
        self._recordings = recordings
        self._speak = speak

    @asynccontextmanager
    async def open(self, request: ConverseRequest) -> AsyncIterator[Conversation]:
        """Starts an answer; leaving ends it. Entering takes until its first words exist.

        Raises:
            RequestError: a recording cannot be read, or the model cannot do what is asked.
            CapacityError: a model is not ready, or full.
            EngineError: a model failed before the first word.

        Cancellation: reaches every model within one step.
        """
        async with AsyncExitStack() as held:
            engine = await held.enter_async_context(self._engines.use_chat(request.chat.model))
            speech, inbox = None, None
            if request.speech is not None:  # at once: a format that cannot be made is told before all work
                inbox = self._speak.inbox(request.speech)
                speech = await held.enter_async_context(self._speak.open(request.speech, inbox))
            chat, said, audio_in_ms = await self._understood(request)
            engine.check(chat)
            deltas = await held.enter_async_context(engine.reply(chat))
            chars = sum(len(message.text) for message in chat.messages)
            run = _Run(speech, inbox, Spent(text_in_chars=chars, audio_in_ms=audio_in_ms))
            tasks = await held.enter_async_context(task_group())
            tasks.start_soon(run.work, deltas)
            conversation = Conversation(run, RecordingsHeard(said))
            await conversation.wait_for_words()
            yield conversation
            tasks.cancel_scope.cancel()

    async def _understood(
        self, request: ConverseRequest
    ) -> tuple[ChatRequest, tuple[SaidInRecording, ...], float]:
        """What the chat model is asked, what was said, and how many milliseconds were heard for it."""
        recordings = [part for turn in request.turns for part in turn.parts if isinstance(part, Recording)]
        heard = await self._recordings.hear(recordings, request.listening) if recordings else []
        said = {part.field: one.text for part, one in zip(recordings, heard, strict=True)}
        messages = [_message(turn, said) for turn in request.turns]
        chat = replace(request.chat, messages=tuple(_prompted(messages, request.prompt)))
        told = tuple(SaidInRecording(field, text) for field, text in said.items())
        return chat, told, sum(one.audio_ms for one in heard)


@dataclass(slots=True)
class _Run:
    """One answer being written and spoken: what its two tasks share."""

    speech: Speech | None
    inbox: Inbox | None
    _spent: Spent
    lanes: Lanes[Words, Sound] = field(default_factory=Lanes)
    failure: Exception | None = None
    _unspeakable: Exception | None = None
    _end: ChatEnd | None = None

    @property
    def spent(self) -> Spent:
        """What it has cost so far."""
        audio_ms = self.speech.usage.audio_out_ms if self.speech else 0.0
        return replace(self._spent, audio_out_ms=audio_ms)

    async def work(self, deltas: AsyncIterator[ChatDelta]) -> None:
        """Writes and speaks until both have ended; a failure is kept for the reader, who raises it.

        Where the model fails, the audio made so far is the last there is. Where the speech fails, the words
        go on to their end, and the failure comes after them.
        """
        try:
            async with task_group() as tasks:
                if self.speech is not None:
                    tasks.start_soon(self._sound, self.speech)
                await self._write(deltas)
            self.failure = self.failure or self._unspeakable
            if self.failure is None and self._end is not None:
                await self.lanes.say(ConverseDone(self._end.reason, self.spent))
        finally:
            self.lanes.close()

    async def _write(self, deltas: AsyncIterator[ChatDelta]) -> None:
        try:
            async for delta in deltas:
                if isinstance(delta, ChatEnd):
                    self._end = delta
                    self._spent = replace(self._spent, chat=delta.usage)
                elif isinstance(delta, ToolCallDelta):
                    await self.lanes.say(delta)
                elif delta.text:
                    await self._say(delta)
            if self._end is None:
                raise EngineError("The chat model broke off.")
        except Exception as failure:  # handed over, not handled: the reader raises it
            self.failure = failure
            if self.inbox is not None:
                self.inbox.cancel()
        finally:
            if self.inbox is not None:
                self.inbox.end()

    async def _say(self, delta: TextDelta) -> None:
        await self.lanes.say(delta)
        self._spent = replace(self._spent, text_out_chars=self._spent.text_out_chars + len(delta.text))
        if self.inbox is not None and self._unspeakable is None:
            await self.inbox.write(delta.text)

    async def _sound(self, speech: Speech) -> None:
        try:
            async for events in speech:
                if made := [event for event in events if isinstance(event, Sound)]:
                    await self.lanes.sound(*made)
        except Exception as failure:  # likewise
            self._unspeakable = failure
            if self.inbox is not None:
                self.inbox.cancel()  # whoever waits to write more is let go


def _message(turn: Turn, said: dict[str, str]) -> Message:
    """A turn, as the chat model reads it.

    Raises:
        InvalidRequest: nothing was said in its recordings, and it has nothing else.
    """
    recordings = [part for part in turn.parts if isinstance(part, Recording)]
    texts = [part if isinstance(part, str) else said[part.field] for part in turn.parts]
    text = "\n".join(text for text in texts if text)
    if recordings and not text.strip():
        raise InvalidRequest(
            "Nobody says anything in this recording; send one in which somebody speaks.",
            param=recordings[0].field,
            code="no_speech",
        )
    return Message(turn.role, text, turn.tool_calls, turn.tool_call_id)


def _prompted(messages: Sequence[Message], prompt: str) -> list[Message]:
    """The messages, with `prompt` in what the system says first."""
    if not prompt:
        return list(messages)
    if messages and messages[0].role is Role.SYSTEM:
        first = replace(messages[0], text=f"{messages[0].text}\n\n{prompt}")
        return [first, *messages[1:]]
    return [Message(Role.SYSTEM, prompt), *messages]
