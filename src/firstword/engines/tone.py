"""An engine that beeps: tiny, real, deterministic, and slow, stalling or failing on demand.

Each word of the text is one tone, its pitch taken from its letters and its length from their number.
It speaks any language badly, needs no model, and its word times are exact; so it shows what the rest
does with a text, and tests can ask of it what a real model does only on its worst day.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Lock
from zlib import crc32

import numpy as np

from firstword.core.errors import (
    EngineError,
    InvalidRequest,
    UnknownVoice,
    UnspeakableText,
)
from firstword.core.protocols import Files
from firstword.core.types import (
    AudioChunk,
    EngineInfo,
    Pauses,
    Samples,
    SynthesisRequest,
    Task,
    TimedWord,
    Voice,
)
from firstword.engines.options import configured, override

SAMPLE_RATE = 24_000
"""Hz, where the settings do not say."""
MS_PER_CHAR = 60
GAP_MS = 40
FADE_MS = 4
"""Each tone rises and falls over this long, so that it does not click."""
LEVEL = 0.25
LOWEST_HZ = 200
PITCHES = 600
"""Pitches are whole Hz: 200 to 799."""

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Options:
    """The operator's, from the settings; a request may override all but `sample_rate`."""

    sample_rate: int = SAMPLE_RATE
    """Hz."""
    block_ms: int = 100
    """Audio in a chunk."""
    at_once: bool = False
    """A segment is a single chunk, as with models that cannot stream inside it."""
    realtime_factor: float = 0.0
    """Seconds of blocking work for each second of audio."""
    stall_after_ms: float | None = None
    """Blocks once for `stall_s` before the chunk that would pass this much of the segment."""
    stall_s: float = 0.0
    fail_after_ms: float | None = None
    """Raises `EngineError` instead of the chunk that would pass this much of the segment; 0: at once."""
    fail_at_word: str | None = None
    """Raises `EngineError` instead of the chunk that would reach this word (as written, with its marks)."""

    def __post_init__(self) -> None:
        if not 1_000 <= self.sample_rate <= 192_000:
            raise ValueError("option sample_rate must be 1000 to 192000")
        if self.block_ms < 1:
            raise ValueError("option block_ms must be at least 1")
        for name in ("realtime_factor", "stall_after_ms", "stall_s", "fail_after_ms"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise ValueError(f"option {name} must be 0 or more")


@dataclass(frozen=True, slots=True)
class _Tone:
    """A word's place in the audio, in frames, and its sound."""

    start: int
    end: int
    frequency: int
    word: TimedWord


def pitch(word: str) -> int:
    """The frequency in Hz at which `word` sounds; the same whatever its case."""
    return LOWEST_HZ + crc32(word.casefold().encode("utf-8", "replace")) % PITCHES


def _info(model_id: str, *, at_once: bool, sample_rate: int = SAMPLE_RATE) -> EngineInfo:
    return EngineInfo(
        model_id=model_id,
        task=Task.SPEECH,
        sample_rate=sample_rate,
        voices=(Voice("sine", "Sine", "mul", "neutral"), Voice("square", "Square", "mul", "neutral")),
        languages=("mul",),
        license="Apache-2.0",
        source="made by firstword: one tone for each word, for tests and demonstrations",
        streams_inside_segments=not at_once,
        word_timings=True,
        pauses=Pauses(clause_ms=20, sentence_ms=210, paragraph_ms=450),
        capabilities=("speech", "word_timings"),
    )


class ToneEngine:
    """Speaks in tones. Counts what it makes, so that a test can see a cancellation arrive.

    Args:
        info: what it is.
        options: how it behaves where a request does not say.
    """

    def __init__(self, info: EngineInfo, options: Options) -> None:
        self.info = info
        self._options = options
        self._closed = Event()
        self._lock = Lock()
        self._running = 0
        self._made_frames = 0

    @property
    def running(self) -> int:
        """Segments begun and neither finished nor closed."""
        return self._running

    @property
    def made_ms(self) -> float:
        """Audio made since it was loaded, in milliseconds."""
        return self._made_frames * 1000 / self.info.sample_rate

    def check(self, text: str, voice: str, language: str | None) -> None:
        """Refuses a text in which there is nothing to speak."""
        if not any(map(str.isalnum, text)):
            raise UnspeakableText(
                "There is nothing to speak in the text.", param="input", code="nothing_to_speak"
            )

    def steps(self, request: SynthesisRequest) -> Generator[AudioChunk]:
        """Speaks one segment, a block a step.

        Raises:
            InvalidRequest: an option of the request is unknown or out of range.
            UnknownVoice: neither `sine` nor `square`.
            EngineError: as the options demand, or the engine was closed.
        """
        options = self._options_of(request)
        if request.voice not in {voice.id for voice in self.info.voices}:
            raise UnknownVoice(f"There is no voice {request.voice!r}; use sine or square.", param="voice")
        self._count(running=1)
        try:
            for chunk in self._blocks(request, options):
                self._count(frames=len(chunk.samples))
                yield chunk
        finally:
            self._count(running=-1)

    def health(self) -> bool:
        """True until it is closed."""
        return not self._closed.is_set()

    def close(self) -> None:
        """Ends every wait; whoever was in one gets an `EngineError`."""
        self._closed.set()

    def _options_of(self, request: SynthesisRequest) -> Options:
        try:
            if "sample_rate" in request.options:
                raise ValueError("option sample_rate is the operator's alone")
            return override(self._options, request.options)
        except ValueError as error:
            raise InvalidRequest(f"The tone engine: {error}.", param="options") from error

    def _blocks(self, request: SynthesisRequest, options: Options) -> Generator[AudioChunk]:
        rate = self.info.sample_rate
        tones = _plan(request.spoken, request.speed, rate)
        frames = tones[-1].end if tones else 0
        block = max(1, frames if options.at_once else rate * options.block_ms // 1000)
        stall = _frames(options.stall_after_ms, rate)
        fail = min(
            _frames(options.fail_after_ms, rate),
            min((tone.start for tone in tones if tone.word.text == options.fail_at_word), default=math.inf),
        )
        for start in range(0, frames, block):
            end = min(frames, start + block)
            if end > fail:
                raise EngineError("The tone engine fails here, as it was told to.")
            stalls = start <= stall < end
            self._work((end - start) / rate * options.realtime_factor + stalls * options.stall_s)
            sounding = _between(tones, start, end)
            words = tuple(tone.word for tone in sounding if tone.start >= start)
            yield AudioChunk(_render(sounding, start, end, rate, request.voice), rate, start, words)

    def _work(self, seconds: float) -> None:
        if self._closed.wait(seconds):
            raise EngineError("The tone engine was closed.", code="engine_closed")

    def _count(self, running: int = 0, frames: int = 0) -> None:
        with self._lock:
            self._running += running
            self._made_frames += frames


def _frames(ms: float | None, rate: int) -> float:
    return math.inf if ms is None else ms * rate / 1000


def _plan(text: str, speed: float, rate: int) -> list[_Tone]:
    """The tones of a text, one for each run of letters and marks that has a letter or a digit."""
    tones: list[_Tone] = []
    at = 0
    for match in _WORD.finditer(text):
        word = match.group()
        if not any(map(str.isalnum, word)):
            continue
        end = at + max(1, round(len(word) * MS_PER_CHAR * rate / 1000 / speed))
        times = (at * 1000 / rate, end * 1000 / rate)
        tones.append(_Tone(at, end, pitch(word), TimedWord(word, *times, match.start(), match.end())))
        at = end + round(GAP_MS * rate / 1000 / speed)
    return tones


def _render(tones: Sequence[_Tone], start: int, end: int, rate: int, voice: str) -> Samples:
    """The frames `[start, end)`."""
    samples = np.zeros(end - start, np.float32)
    for tone in tones:
        a, b = max(start, tone.start), min(end, tone.end)
        at = np.arange(a, b) - tone.start
        wave = np.sin(2 * np.pi * tone.frequency / rate * at)
        if voice == "square":
            wave = np.sign(wave) * 0.5
        edge = np.minimum(at, tone.end - tone.start - 1 - at) * (1000 / rate / FADE_MS)
        samples[a - start : b - start] = LEVEL * wave * np.minimum(1, edge)
    return samples


def _between(tones: Sequence[_Tone], start: int, end: int) -> Sequence[_Tone]:
    """The tones that sound in the frames `[start, end)`."""
    first = bisect_right(tones, start, key=lambda tone: tone.end)
    return tones[first : bisect_left(tones, end, key=lambda tone: tone.start)]


class TonePlugin:
    """Offers `tone`, and `tone-at-once`, which gives a segment as one chunk."""

    def infos(self) -> Sequence[EngineInfo]:
        """The two models."""
        return (_info("tone", at_once=False), _info("tone-at-once", at_once=True))

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> ToneEngine:
        """Makes the engine; there is nothing to load.

        Raises:
            ConfigurationError: an option is unknown or out of range.
        """
        chosen = configured(info.model_id, Options(at_once=not info.streams_inside_segments), options)
        return ToneEngine(
            _info(info.model_id, at_once=chosen.at_once, sample_rate=chosen.sample_rate), chosen
        )


plugin = TonePlugin()
