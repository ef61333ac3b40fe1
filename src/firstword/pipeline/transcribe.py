"""A recording in, its transcripts out, in order and in constant memory.

    chunks (a step each) -> ear -> endpointer -> pieces up to what the model takes -> recognition -> finals

One task owns a recording. It is in no hurry: its steps are due later than those of anybody who waits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import TypeVar

import numpy as np

from firstword.audio.endpointer import Endpointer
from firstword.core.concurrency import task_group
from firstword.core.errors import UndecodableAudio
from firstword.core.protocols import Engines, Meter, Scheduler, SttEngine, VadEngine
from firstword.core.transcripts import (
    LISTENING_RATE,
    Heard,
    ListenDone,
    Recognition,
    RecognitionRequest,
    TranscribeRequest,
    Transcript,
    VadKind,
)
from firstword.core.types import AudioChunk
from firstword.pipeline.hearing.decode import Decode, to_ms, transcript
from firstword.pipeline.hearing.ear import AudioMemory, Ear, Sound
from firstword.pipeline.hearing.hypothesis import Hypothesis, Written
from firstword.pipeline.hearing.outbox import Outbox
from firstword.pipeline.hearing.pieces import Piece, Pieces
from firstword.pipeline.hearing.reader import Reader
from firstword.pipeline.hearing.tongue import Tongue
from firstword.pipeline.hearing.utterance import divide
from firstword.pipeline.turns import Turns

T = TypeVar("T")

PATIENCE_S = 2.0
"""A step may wait so long for everybody who is in a hurry."""
LONGEST_S = 28.0
BEYOND_S = 1.0
"""Where a piece had to end in the middle of speech, the model hears so much more, to find where words end;
and the next piece may begin earlier by a word."""
SLICE_S = 5.0
"""Audio of one step of hearing."""


class Transcription(Reader["_Run"]):
    """A recording as its reader sees it: the final transcripts in order, then `ListenDone`."""

    @property
    def position_s(self) -> float:
        """Up to where everything that was said has been written down, in seconds of the recording."""
        return self._run.position / LISTENING_RATE


class TranscribePipeline:
    """Makes runs.

    Args:
        engines: hands out loaded engines.
        scheduler: runs their steps.
        meter: counts.
        patience_s: how long a step may wait for those in a hurry; 0 where somebody waits for an answer.
        clock: seconds, monotonic; the one that deadlines are on.
    """

    def __init__(
        self,
        engines: Engines,
        scheduler: Scheduler,
        meter: Meter,
        *,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._engines = engines
        self._scheduler = scheduler
        self._meter = meter
        self._patience_s = patience_s
        self._clock = clock

    @asynccontextmanager
    async def open(
        self, request: TranscribeRequest, audio: Iterator[AudioChunk]
    ) -> AsyncIterator[Transcription]:
        """Starts a run; leaving ends it.

        Args:
            request: what is asked.
            audio: decoded chunks; blocking, pulled one at a time on a worker. What it raises is raised by
                the transcription, after everything that was heard before.

        Raises:
            RequestError: the model cannot do what is asked.
            CapacityError: a model is not ready.

        Cancellation: reaches the model within one step.
        """
        async with AsyncExitStack() as held:
            engine = await held.enter_async_context(self._engines.use_stt(request.model))
            engine.check(_question(request))
            vad = await held.enter_async_context(self._engines.use_vad())
            tasks = await held.enter_async_context(task_group())
            turns = Turns(self._scheduler, self._clock)
            run = _Run(engine, vad, turns, self._meter, request, audio, self._clock, self._patience_s)
            tasks.start_soon(run.work)
            yield Transcription(run)
            tasks.cancel_scope.cancel()


@dataclass(slots=True)
class _Run:
    """One recording being heard: the state of the one task that owns it."""

    engine: SttEngine
    vad: VadEngine
    turns: Turns
    meter: Meter
    request: TranscribeRequest
    audio: Iterator[AudioChunk]
    clock: Callable[[], float]
    patience_s: float = PATIENCE_S
    outbox: Outbox = field(default_factory=Outbox)
    heard: Heard = field(default_factory=Heard)
    position: int = 0
    """Frames at 16 kHz up to which all is written."""
    failure: Exception | None = None
    memory: AudioMemory = field(default_factory=AudioMemory)
    _tongue: Tongue = field(init=False)
    _ear: Ear = field(init=False)
    _endpointer: Endpointer = field(init=False)
    _pieces: Pieces = field(init=False)
    _began: int = 0
    """Where the utterance that is being heard begins."""
    _resume: int | None = None
    """Where the next piece begins, after one that ended in the middle of speech."""

    def __post_init__(self) -> None:
        longest_s = min(LONGEST_S, self.engine.info.longest_s - 2 * BEYOND_S)
        longest_ms = min(self.request.endpointing.max_utterance_ms, round(1000 * longest_s))
        options = replace(self.request.endpointing, max_utterance_ms=longest_ms)
        self._tongue = Tongue(self.request.language)
        self._ear = Ear(self.vad)
        self._endpointer = Endpointer(options, self.vad.window)
        self._pieces = Pieces(round(longest_s * LISTENING_RATE))

    async def work(self) -> None:
        """Listens until the audio ends; a failure is kept for the reader, who raises it."""
        self.meter.listening_started(self.request.model)
        outcome = "cancelled"
        try:
            await self._transcribe()
            outcome = "done"
        except Exception as failure:  # handed over, not handled: the reader raises it
            outcome, self.failure = "failed", failure
        finally:
            self.outbox.close()
            audio_s = self.heard.audio_in_ms / 1000
            self.meter.listening_ended(self.request.model, audio_s, self.turns.busy_s, outcome)
            del self.audio, self._ear, self.memory  # a traceback may keep this for a while, not its codecs

    async def _transcribe(self) -> None:
        broken: UndecodableAudio | None = None
        try:
            while (chunk := await self._turn(lambda: next(self.audio, None))) is not None:
                for part in _slices(chunk):
                    await self._hear(await self._turn(partial(self._ear.hear, (part,))))
        except UndecodableAudio as failure:
            broken = failure
        await self._hear(await self._turn(self._ear.finish))
        for event in self._endpointer.flush():
            at = self.memory.end if event.at == self._endpointer.heard else event.at
            await self._add(at, divided=False)
        for piece in self._pieces.flush():
            await self._write(piece)
        self.position = self.memory.end
        if broken is not None:
            raise broken
        await self.outbox.give(ListenDone(self.heard))

    async def _hear(self, sound: Sound) -> None:
        self.memory.add(sound.samples)
        self.heard = replace(self.heard, audio_in_ms=self.heard.audio_in_ms + 1000 * sound.received_s)
        for probability in sound.probabilities:
            for event in self._endpointer.feed((probability,)):
                if event.kind is VadKind.START:
                    self._began = event.at
                else:
                    await self._add(event.at, divided=self._endpointer.speaking)
        needed = self._endpointer.needed_from
        waiting = [at for at in (self._pieces.begin, self._resume) if at is not None]
        self.position = min((needed, *waiting))
        self.memory.forget(self.position)

    async def _add(self, at: int, *, divided: bool) -> None:
        until = min(at, self._endpointer.speech_until)
        for piece in self._pieces.feed(Piece(self._began, at, until, divided)):
            await self._write(piece)

    async def _write(self, piece: Piece) -> None:
        """The final of one piece."""
        end = piece.end
        begin = piece.begin if self._resume is None else min(self._resume, end)
        written, recognition = Written(""), None
        if piece.divided:
            beyond = min(self.memory.end, end + round(BEYOND_S * LISTENING_RATE))
            recognition = await self._recognize(begin, beyond, beyond, ongoing=True)
            written = Hypothesis().settle(recognition, origin_ms=to_ms(begin))
            division = divide(written.said, end, beyond)
            written, end = Written.of(division.said), division.at
        if recognition is None or (recognition.text and not recognition.words):
            end = piece.end
            recognition = await self._recognize(begin, end, piece.speech_until, ongoing=False)
            written = Hypothesis().settle(recognition, origin_ms=to_ms(begin))
        self._resume = end if piece.divided else None
        self._tongue.note(recognition, to_ms(end - begin))
        if written.text:
            await self._tell(transcript(written, recognition, begin=begin, end=end, final=True))

    async def _recognize(self, begin: int, end: int, speech_until: int, *, ongoing: bool) -> Recognition:
        asked = replace(
            _question(self.request),
            samples=self.memory.between(begin, end),
            language=self._tongue.language,
            ongoing=ongoing,
            speech_until_ms=to_ms(max(0, speech_until - begin)),
        )
        decode = Decode(self.engine, asked, begin, end, 0.0, final=True)
        try:
            while decode.result is None:
                await self._turn(decode.step)
        finally:
            decode.close()
        return decode.result

    async def _tell(self, final: Transcript) -> None:
        self.heard = replace(self.heard, text_chars=self.heard.text_chars + len(final.text))
        await self.outbox.give(replace(final, stable_words=len(final.words)))

    async def _turn(self, call: Callable[[], T]) -> T:
        return await self.turns.take(self.clock() + self.patience_s, call)


def _question(request: TranscribeRequest) -> RecognitionRequest:
    return RecognitionRequest(
        samples=np.zeros(0, np.float32),
        language=request.language,
        languages=request.languages,
        translate=request.translate,
        prompt=request.prompt,
        temperature=request.temperature,
        options=request.options,
    )


def _slices(chunk: AudioChunk) -> Iterator[AudioChunk]:
    size = round(SLICE_S * chunk.sample_rate)
    for at in range(0, len(chunk.samples), size):
        yield AudioChunk(chunk.samples[at : at + size], chunk.sample_rate, chunk.start + at)
