"""The one task that owns a session: it hears, endpoints, recognizes and writes, in this order of need.

    intake -> ear (a step) -> windows, one by one -> endpointer -> utterance
                                  a draft is due        -> recognition, a step at a time -> partial
                                  250 ms of silence     -> recognition ahead of the end of the utterance
                                  the utterance ends    -> that recognition, or a new one -> final

While a recognition is under way the session goes on hearing between its steps, so that it is given up as
soon as it is of no use. Audio that is ahead of real time waits for it instead: a file gives what a microphone
gives.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from firstword.audio.endpointer import Endpointer
from firstword.core.errors import UndecodableAudio
from firstword.core.protocols import Decoder, Meter, SttEngine, VadEngine
from firstword.core.transcripts import (
    LISTENING_RATE,
    Heard,
    ListenDone,
    ListenRequest,
    Recognition,
    RecognitionRequest,
    Transcript,
    VadKind,
)
from firstword.pipeline.hearing.decode import Decode, to_ms, transcript
from firstword.pipeline.hearing.ear import AudioMemory, CodedEar, Sound
from firstword.pipeline.hearing.hypothesis import Hypothesis, Written
from firstword.pipeline.hearing.intake import End, Flush, Intake, Piece
from firstword.pipeline.hearing.live import LiveClock
from firstword.pipeline.hearing.outbox import Outbox
from firstword.pipeline.hearing.tongue import Tongue
from firstword.pipeline.hearing.utterance import Utterance, divide
from firstword.pipeline.turns import Turns

AHEAD_MS = 250.0
"""Silence after which the final is begun, in the hope that nobody speaks again."""
SPARE_S = 2.0
"""An utterance is so much shorter than what the model takes: after a cut it may begin earlier by a word."""
BEHIND_S = 1.0
"""A session that is later than this makes no partials until it has caught up."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window of sound: its probability of speech, and when a listener at 1x has heard it."""

    probability: float
    heard_at: float


@dataclass(slots=True)
class Listener:
    """One session."""

    engine: SttEngine
    drafts: SttEngine
    """Writes partials: the engine itself, or a quicker one of the same vocabulary."""
    vad: VadEngine
    decoder: Decoder
    turns: Turns
    meter: Meter
    request: ListenRequest
    clock: Callable[[], float]
    intake: Intake = field(init=False)
    outbox: Outbox = field(default_factory=Outbox)
    heard: Heard = field(default_factory=Heard)
    failure: Exception | None = None
    idle: bool = False
    """Whether it has done all that can be done, and waits for its sender."""
    _memory: AudioMemory = field(default_factory=AudioMemory)
    _live: LiveClock = field(default_factory=LiveClock)
    _windows: deque[Window] = field(default_factory=deque)
    """Heard, and not yet looked at."""
    _now: float = 0.0
    """When the window looked at last was heard."""
    _utterance: Utterance | None = None
    _decode: Decode | None = None
    """The recognition under way, or the finished one of what may turn out to be the end."""
    _tongue: Tongue = field(init=False)
    _ear: CodedEar = field(init=False)
    _endpointer: Endpointer = field(init=False)

    def __post_init__(self) -> None:
        self.intake = Intake(self.request.source, self.clock)
        self._tongue = Tongue(self.request.language)
        self._ear = CodedEar(self.decoder, self.vad)
        asked = self.request.endpointing
        longest_ms = round(1000 * (self.engine.info.longest_s - SPARE_S))
        options = replace(asked, max_utterance_ms=min(asked.max_utterance_ms, longest_ms))
        self._endpointer = Endpointer(options, self.vad.window)

    @property
    def held_frames(self) -> int:
        """Frames of audio in memory."""
        return self._memory.held

    async def work(self) -> None:
        """Listens until the intake ends; a failure is kept for whoever feeds and reads."""
        model = self.request.model
        self.meter.listening_started(model)
        outcome = "cancelled"
        try:
            await self._listen()
            outcome = "done"
        except Exception as failure:  # handed over, not handled: the reader raises it
            outcome, self.failure = "failed", failure
        finally:
            self._drop()
            self.intake.close()
            self.outbox.close()
            self.meter.listening_ended(model, self.heard.audio_in_ms / 1000, self.turns.busy_s, outcome)
            del self._ear, self.decoder, self._memory  # a traceback may keep this for a while, not its codecs

    async def _listen(self) -> None:
        try:
            while not await self._go_on():
                pass
        except UndecodableAudio:
            await self._end_here()  # what was heard before is told
            raise
        await self.outbox.give(ListenDone(self.heard))

    async def _go_on(self) -> bool:
        """Does what is needed most; whether that was the end."""
        working = self._decode is not None and self._decode.result is None
        if self._windows and (not working or self._windows[0].heard_at <= self.clock()):
            await self._look(self._windows.popleft())
        elif working and (self._windows or not self.intake.ready):
            await self._proceed()
        else:
            return await self._take_in()
        return False

    async def _take_in(self) -> bool:
        """The next item of the intake; whether it was the last."""
        self.idle = not self.intake.ready
        item = await self.intake.take()
        self.idle = False
        match item:
            case Piece():
                sound = await self.turns.take(item.arrived, lambda: self._ear.hear(item.data))
                self.intake.learn(item, sound.received_s)
                self._hear(sound, item.arrived)
                return False
            case Flush():
                await self._end_here()
                return False
            case End():
                self._hear(await self.turns.take(self.clock(), self._ear.finish), self.clock())
                await self._end_here()
                return True

    def _hear(self, sound: Sound, arrived: float) -> None:
        self._memory.add(sound.samples)
        self.heard = replace(self.heard, audio_in_ms=self.heard.audio_in_ms + 1000 * sound.received_s)
        heard_at = self._live.place(arrived, sound.received_s)
        window_s = self.vad.window / LISTENING_RATE
        count = len(sound.probabilities)
        for at, probability in enumerate(sound.probabilities, 1):
            self._windows.append(Window(probability, heard_at - (count - at) * window_s))

    async def _look(self, window: Window) -> None:
        """One window: what begins, what ends, and what is to be recognized because of it."""
        self._now = window.heard_at
        for event in self._endpointer.feed((window.probability,)):
            if event.kind is VadKind.END and self._endpointer.speaking:
                await self._cut(event.at)
            elif event.kind is VadKind.END:
                await self._end(event.at)
            elif self._utterance is None:
                self._utterance = Utterance(event.at, self._endpointer.heard)
        if self._utterance is not None:
            self._consider(self._utterance)
        needed = self._endpointer.needed_from
        self._memory.forget(min(needed, self._utterance.begin) if self._utterance else needed)

    def _consider(self, utterance: Utterance) -> None:
        """Begins the recognition that is due inside of an utterance, gives up one that is of no use."""
        endpointer, decode = self._endpointer, self._decode
        wait_ms = max(AHEAD_MS, self.request.endpointing.tail_ms)
        if decode is not None and decode.final and endpointer.silent_ms == 0:
            self._drop()
        if wait_ms <= endpointer.silent_ms:
            if self._decode is None or not self._decode.final:
                left_s = (self.request.endpointing.min_silence_ms - endpointer.silent_ms) / 1000
                self._begin_final(utterance, endpointer.end_if_silent, due=self._now + left_s)
        elif endpointer.heard >= utterance.next_partial:
            utterance.pace(endpointer.heard, self.request.partial_every_ms)
            late = self.clock() - self._now > BEHIND_S
            if self.request.interim_results and self._decode is None and not late:
                self._begin_draft(utterance)

    async def _end_here(self) -> None:
        """Ends what is being said, if anything is: the last samples, too few for a window, belong to it."""
        while self._windows:
            await self._look(self._windows.popleft())
        for event in self._endpointer.flush():
            at = self._memory.end if event.at == self._endpointer.heard else event.at
            await self._end(at)

    async def _end(self, at: int) -> None:
        """The utterance is over: its final."""
        utterance = self._utterance
        assert utterance is not None
        recognition = await self._finish(utterance, at)
        self._drop()
        self._utterance = None
        self._tongue.note(recognition, to_ms(at - utterance.begin))
        written = utterance.hypothesis.settle(recognition, origin_ms=to_ms(utterance.begin))
        await self._tell(
            transcript(written, recognition, begin=utterance.begin, end=at, final=True, lag_ms=self._lag_ms())
        )

    async def _finish(self, utterance: Utterance, at: int) -> Recognition:
        """The recognition of the utterance up to a frame, perhaps begun before."""
        decode = self._decode
        if decode is None or not decode.final or decode.end != at:
            decode = self._begin_final(utterance, at, due=self._now)
        while decode.result is None:
            await self._proceed()
        return decode.result

    async def _cut(self, at: int) -> None:
        """The utterance has grown too long: the words before the cut are final, the rest goes on."""
        utterance, heard = self._utterance, self._endpointer.heard
        assert utterance is not None
        self._drop()
        decode = self._begin(self.engine, utterance, heard, due=self._now, ongoing=True, final=True)
        while decode.result is None:
            await self._proceed()
        written = utterance.hypothesis.settle(decode.result, origin_ms=to_ms(utterance.begin))
        if written.text and not written.said:  # a model without times for words: it hears the part alone
            await self._end(at)
            self._utterance = Utterance(at, utterance.next_partial)
            return
        self._tongue.note(decode.result, to_ms(at - utterance.begin))
        division = divide(written.said, at, heard)
        self._drop()
        stable = utterance.hypothesis.stable
        self._utterance = Utterance(
            division.at, utterance.next_partial, Hypothesis(stable[len(division.said) :])
        )
        whole = len(division.said) == len(written.said)
        part = written if whole else Written.of(division.said)
        told = transcript(
            part, decode.result, begin=utterance.begin, end=division.at, final=True, lag_ms=self._lag_ms()
        )
        await self._tell(told)

    def _begin_draft(self, utterance: Utterance) -> None:
        due = self._now + self.request.partial_every_ms / 1000
        self._begin(self.drafts, utterance, self._endpointer.heard, due=due, ongoing=True, final=False)

    def _begin_final(self, utterance: Utterance, end: int, due: float) -> Decode:
        self._drop()
        return self._begin(self.engine, utterance, end, due=due, ongoing=False, final=True)

    def _begin(
        self, engine: SttEngine, utterance: Utterance, end: int, *, due: float, ongoing: bool, final: bool
    ) -> Decode:
        begin = min(utterance.begin, end)
        request = RecognitionRequest(
            samples=self._memory.between(begin, end),
            language=self._tongue.language,
            languages=self.request.languages,
            prompt=self.request.prompt,
            prefix=utterance.hypothesis.prefix,
            ongoing=ongoing,
            speech_until_ms=to_ms(max(0, min(self._endpointer.speech_until, end) - begin)),
            options=self.request.options,
        )
        self._decode = Decode(engine, request, begin, end, due, final, asked=self._now)
        return self._decode

    async def _proceed(self) -> None:
        """One step of the recognition under way; what a draft found is told."""
        decode = self._decode
        assert decode is not None
        await self.turns.take(decode.due, decode.step)
        if decode.result is not None and decode.request.ongoing and not decode.final:
            self._decode = None
            await self._tell_partial(decode, decode.result)

    async def _tell_partial(self, decode: Decode, recognition: Recognition) -> None:
        utterance = self._utterance
        assert utterance is not None
        hypothesis = utterance.hypothesis
        if not recognition.text:
            return
        written = hypothesis.draft(recognition, origin_ms=to_ms(decode.begin), until_ms=to_ms(decode.end))
        now_told = (written.text, len(hypothesis.stable))
        if now_told == utterance.told:
            return
        utterance.told = now_told
        lag_ms = self._lag_ms() + to_ms(self._endpointer.heard - decode.end)
        self._count(decode.asked, lag_ms, final=False)
        partial = transcript(
            written, recognition, begin=decode.begin, end=decode.end, final=False, lag_ms=lag_ms
        )
        await self.outbox.give(replace(partial, stable_words=len(hypothesis.stable)))

    async def _tell(self, final: Transcript) -> None:
        """A final, unless it is empty."""
        if not final.text:
            return
        self._count(self._now, final.lag_ms, final=True)
        self.heard = replace(self.heard, text_chars=self.heard.text_chars + len(final.text))
        await self.outbox.give(replace(final, stable_words=len(final.words)))

    def _count(self, heard_at: float, lag_ms: float, *, final: bool) -> None:
        late_s = max(0.0, self.clock() - heard_at)
        self.meter.transcript_written(self.request.model, late_s, lag_ms / 1000, final=final)

    def _drop(self) -> None:
        """Gives up the recognition under way."""
        if self._decode is not None:
            self._decode.close()
            self._decode = None

    def _lag_ms(self) -> float:
        """How much audio has been received and not been looked at."""
        waiting = len(self._windows) * self.vad.window / LISTENING_RATE
        return 1000 * (self.intake.in_hand_s + waiting)
