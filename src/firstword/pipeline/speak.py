"""Text in, encoded speech out, streamed from the first word.

One task owns a run: it takes units from the inbox, steps the line by the scheduler, and hands one
tuple of events for each block to its reader. Only that handover and the inbox cross tasks. Leaving
the context stops the model within one step.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TypeVar

from anyio.lowlevel import checkpoint

from firstword.audio.gain import Gain
from firstword.audio.resampler import Resampler
from firstword.audio.stretch import Stretch
from firstword.core.concurrency import task_group
from firstword.core.errors import EngineError, UnspeakableText
from firstword.core.protocols import Encoder, Engines, Meter, Scheduler, Stage, TtsEngine
from firstword.core.types import (
    AudioBytes,
    AudioChunk,
    AudioSpec,
    Cancelled,
    EngineInfo,
    Flushed,
    SliceBegins,
    SpeechDone,
    SpeechEvent,
    SpeechRequest,
    Usage,
)
from firstword.formats import registry
from firstword.pipeline.speaking.handover import Handover
from firstword.pipeline.speaking.inbox import Cancel, End, Flush, Inbox, Unit
from firstword.pipeline.speaking.line import Block, SpeechLine
from firstword.pipeline.speaking.playhead import Playhead
from firstword.pipeline.speaking.polyglot import Polyglot
from firstword.pipeline.speaking.units import GrowingUnits, UnitPolicy, WholeSentences
from firstword.pipeline.turns import Turns
from firstword.text.normalizer import Normalizer
from firstword.text.segmenter import Segmenter

Clock = Callable[[], float]
Events = tuple[SpeechEvent, ...]
Made = TypeVar("Made", Block, Block | None)

NOTHING_TO_SPEAK = "nothing_to_speak"
"""The code of a text without letters and digits."""


@dataclass(slots=True)
class Speech:
    """A run as its reader sees it: what is being sent, and the events, a tuple for each block."""

    model: str
    voice: str
    media_type: str
    sample_rate: int
    """Hz of the encoded audio."""
    delay_frames: int
    """Frames of silence that decoding adds in front."""
    _events: Handover[Events]
    _run: _Run
    _first: Events | None = None
    _done: bool = False

    def __aiter__(self) -> Speech:
        """The events in order, ending with `SpeechDone`."""
        return self

    async def __anext__(self) -> Events:
        """The next block's events; raises what ended the run, where it was not its own end."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        if self._done:
            raise StopAsyncIteration
        events = await self._events.take()
        if events is None:
            await checkpoint()  # a run that was cancelled is cancelled together with its reader
            raise self._run.failure or EngineError("The speech was ended from outside.")
        for event in events:
            if isinstance(event, SliceBegins):
                self._run.handed_chars = event.end
        self._done = isinstance(events[-1], SpeechDone)
        return events

    @property
    def whole(self) -> bytes | None:
        """The complete body with its true sizes, where all of it was made with the first audio."""
        if self._first is None or not self._done:
            return None
        return self.completed(b"".join(event.data for event in self._first if isinstance(event, AudioBytes)))

    def completed(self, body: bytes) -> bytes:
        """A body that has been read to its end, with the true sizes in its header."""
        finished = self._run.encoder.whole
        return finished(body) if finished else body

    @property
    def usage(self) -> Usage:
        """What has been spoken so far."""
        return self._run.usage

    async def wait_for_audio(self) -> None:
        """Holds until the first audio exists.

        Raises:
            FirstwordError: whatever ended the run before that.
        """
        first: list[SpeechEvent] = []
        async for events in self:
            first.extend(events)
            if any(isinstance(event, AudioBytes) for event in events) and not self._run.complete:
                break
        if self._run.usage.audio_out_ms == 0:
            raise UnspeakableText(
                "There is nothing to say in this text: it has no letters and no digits.",
                param="input",
                code=NOTHING_TO_SPEAK,
            )
        self._first = tuple(first)


class SpeakPipeline:
    """Makes runs.

    Args:
        engines: hands out loaded engines.
        scheduler: runs their steps.
        meter: counts.
        stall_s: text that arrives and stops without punctuation is spoken after this long.
        max_waiting_chars: text that may wait in an inbox before its writer waits.
        clock: seconds, monotonic; the one that deadlines are on.
    """

    def __init__(
        self,
        engines: Engines,
        scheduler: Scheduler,
        meter: Meter,
        *,
        stall_s: float = 0.6,
        max_waiting_chars: int = 20_000,
        clock: Clock = monotonic,
    ) -> None:
        self._engines = engines
        self._scheduler = scheduler
        self._meter = meter
        self._stall_s = stall_s
        self._max_waiting_chars = max_waiting_chars
        self._clock = clock

    def inbox(self, request: SpeechRequest) -> Inbox:
        """An inbox for `request`: with its whole text, or empty where text is still to come."""
        segmenter = Segmenter(language=request.language)
        normalizer = None
        if request.leave is not None or request.lexicon is not None:
            normalizer = Normalizer(
                language=request.language,
                leave=request.leave,
                lexicon=request.lexicon,
                scripts=_numbers(request),
            )
        if request.text is not None:
            return Inbox.of(request.text, segmenter, normalizer)
        return Inbox(segmenter, normalizer, max_chars=self._max_waiting_chars, stall_s=self._stall_s)

    @asynccontextmanager
    async def open(self, request: SpeechRequest, inbox: Inbox | None = None) -> AsyncIterator[Speech]:
        """Starts a run; leaving ends it.

        With the whole text in the request, entering takes until the first audio exists, so that
        whatever is wrong with the request is raised here. With an inbox it takes no time.

        Raises:
            RequestError: the text cannot be spoken, the format cannot be made.
            CapacityError: the model is not ready.
            EngineError: the model failed before its first audio.

        Cancellation: reaches the model within one step.
        """
        registry.check(request.audio)
        async with self._engine(request) as engine, task_group() as tasks:
            text = inbox or self.inbox(request)
            run = _Run(engine, self._scheduler, self._meter, request, text, self._clock)
            events = Handover[Events]()
            tasks.start_soon(run.work, events)
            speech = Speech(
                request.model,
                request.voice,
                run.encoder.media_type,
                run.encoder.sample_rate,
                run.encoder.delay_frames,
                events,
                run,
            )
            if inbox is None:
                await speech.wait_for_audio()
            yield speech
            tasks.cancel_scope.cancel()

    @asynccontextmanager
    async def _engine(self, request: SpeechRequest) -> AsyncIterator[TtsEngine]:
        """What speaks a request: its model, or that and others as one."""
        async with AsyncExitStack() as held:
            engines: dict[str, TtsEngine] = {}
            for model in dict.fromkeys([request.model, *(one.model for one in request.scripts or ())]):
                engines[model] = await held.enter_async_context(self._engines.use_tts(model))
            main = engines[request.model]
            if request.scripts is None:
                yield main
            else:
                yield Polyglot(main, request.voice, request.scripts, engines)


@dataclass(slots=True)
class _Run:
    """One response being made: the state of the one task that owns it."""

    engine: TtsEngine
    scheduler: Scheduler
    meter: Meter
    request: SpeechRequest
    inbox: Inbox
    clock: Clock
    turns: Turns = field(init=False)
    encoder: Encoder = field(init=False)
    line: SpeechLine = field(init=False)
    policy: UnitPolicy = field(init=False)
    playhead: Playhead = field(init=False)
    usage: Usage = field(default_factory=Usage)
    handed_chars: int = 0
    """The end of the last slice whose beginning the reader was given."""
    checked: bool = False
    """Whether the whole text is known to be speakable."""
    head_start_s: float = 0.0
    """Audio made since the listener last had to wait for text."""
    failure: Exception | None = None

    @property
    def complete(self) -> bool:
        """Whether all audio has been made, so that the rest costs nothing but the encoder's last bytes."""
        return not self.engine.info.streams_inside_segments and self.inbox.exhausted

    def __post_init__(self) -> None:
        info, spec = self.engine.info, self.request.audio
        slowest, fastest = info.speeds
        itself = slowest <= self.request.speed <= fastest
        engine_speed = self.request.speed if itself else 1.0
        tempo = self.request.speed / engine_speed
        self.turns = Turns(self.scheduler, self.clock)
        self.encoder = registry.encoder(spec)
        self.line = SpeechLine(
            self.engine,
            self.request,
            stages=_stages(info, spec, tempo, self.request.gain_db),
            encoder=self.encoder,
            engine_speed=engine_speed,
            tempo=tempo,
        )
        self.policy = WholeSentences() if info.streams_inside_segments else GrowingUnits()
        self.playhead = Playhead(self.clock())

    async def work(self, out: Handover[Events]) -> None:
        """Speaks until the inbox ends; a failure is kept for the reader, who raises it."""
        self.meter.speech_started(self.request.model)
        outcome = "cancelled"
        try:
            await self._speak_inbox(out)
            outcome = "done"
        except Exception as failure:  # handed over, not handled: the reader raises it
            outcome, self.failure = "failed", failure
        finally:
            out.close()
            chars, audio_s = self.usage.input_chars, self.usage.audio_out_ms / 1000
            self.meter.speech_ended(self.request.model, chars, audio_s, self.turns.busy_s, outcome)
            if outcome != "done":
                del self.line, self.encoder  # a traceback may keep this run for a while, not its codecs

    async def _speak_inbox(self, out: Handover[Events]) -> None:
        while True:
            lead_s = self.playhead.lead_s(self.clock())
            item = await self.inbox.take(self.policy, lead_s=lead_s, crowded=self.scheduler.waiting > 0)
            match item:
                case End():
                    block = await self._step(self.line.finish)
                    await out.give((*block.events, SpeechDone(self.usage)))
                    return
                case Cancel():
                    await out.give((Cancelled(self.handed_chars),))
                case Flush():
                    block = await self._step(self.line.push)
                    await out.give((*block.events, Flushed()))
                case _:
                    await self._speak(item, out)

    async def _speak(self, unit: Unit, out: Handover[Events]) -> None:
        if self.request.text is None and not self._speakable(unit):
            return
        if self.inbox.starved:
            self.playhead.await_text(self.clock())
            self.head_start_s = 0.0
        steps = self.line.speak(unit, head_start_s=self.head_start_s)
        busy_before = self.turns.busy_s
        try:
            await out.wanted()
            self.usage = replace(self.usage, input_chars=self.usage.input_chars + len(unit.text))
            while not self.inbox.cancelling:
                block = await self._step(lambda: self._next_block(steps))
                if block is None:
                    break
                if block.events:
                    await out.give(block.events)
                await self._keep_lead()
                await out.wanted()
        finally:
            steps.close()
        self.policy.spoke(len(unit.text), self.turns.busy_s - busy_before)

    async def _keep_lead(self) -> None:
        """Where cancelling must be quick, audio is made no further ahead than the request allows."""
        if self.request.max_lead_s is not None:
            await self.inbox.rest(self.playhead.lead_s(self.clock()) - self.request.max_lead_s)

    def _next_block(self, steps: Iterator[Block]) -> Block | None:
        """On a worker: one block, and before the first one a look at the whole text."""
        if self.request.text is not None and not self.checked:
            self.engine.check(self.request.text, self.request.voice, self.request.language)
            self.checked = True
        return next(steps, None)

    def _speakable(self, unit: Unit) -> bool:
        """Whether a unit has anything to say: a row of dots is no reason to end a text being written."""
        try:
            self.engine.check(unit.text, self.request.voice, self.request.language)
        except UnspeakableText as refusal:
            if refusal.code != NOTHING_TO_SPEAK:
                raise
            return False
        return True

    async def _step(self, make: Callable[[], Made]) -> Made:
        """One turn on a worker; counts what came of it."""
        made = await self.turns.take(self.playhead.due, make)
        if made is not None and made.audio_s:
            self._count(made.audio_s)
        return made

    def _count(self, audio_s: float) -> None:
        now, model = self.clock(), self.request.model
        if not self.playhead.sounding:
            self.meter.first_audio(model, now - self.playhead.due)
        late_s = self.playhead.advance(now, audio_s)
        if late_s:
            self.meter.underrun(model, late_s)
        self.head_start_s += audio_s
        self.usage = replace(self.usage, audio_out_ms=self.usage.audio_out_ms + 1000 * audio_s)


def _numbers(request: SpeechRequest) -> dict[str, str | None] | None:
    """For each script that another voice speaks, the language of its numbers; None: its engine reads them."""
    if request.scripts is None:
        return None
    return {
        one.script: None if "cardinal" in one.leave else one.language or one.script
        for one in request.scripts
        if (one.model, one.voice) != (request.model, request.voice)
    }


def _stages(
    info: EngineInfo, spec: AudioSpec, tempo: float, gain_db: float
) -> list[Stage[AudioChunk, AudioChunk]]:
    """What stands between an engine and an encoder: only what is needed."""
    stages: list[Stage[AudioChunk, AudioChunk]] = []
    if gain_db:
        stages.append(Gain(gain_db))
    if tempo != 1:
        stages.append(Stretch(tempo))
    if spec.sample_rate != info.sample_rate:
        stages.append(Resampler(info.sample_rate, spec.sample_rate))
    return stages
