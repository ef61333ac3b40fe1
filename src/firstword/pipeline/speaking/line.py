"""From a unit of text to encoded blocks: one synchronous generator, stepped on a worker thread.

    unit -> engine -> stretch -> resample -> encode -> SpeechEvents of one block

A line belongs to one response. Its stretch, its resampler and its encoder live as long as it does.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from firstword.core.protocols import Encoder, Stage, TtsEngine
from firstword.core.types import (
    AudioBytes,
    AudioChunk,
    SliceBegins,
    SpeechEvent,
    SpeechRequest,
    SynthesisRequest,
    TextSegment,
    TimedWord,
    WordsSpoken,
)
from firstword.text.spelling import Spelling

FLUSH_SILENCE_MS = 100
"""Silence, as heard, that pushes out what a stretch (60 ms) and a resampler (40 ms) hold back."""


@dataclass(frozen=True, slots=True)
class Block:
    """What one step made."""

    events: tuple[SpeechEvent, ...]
    audio_s: float
    """Seconds of speech in it, as the listener will hear them."""


class SpeechLine:
    """The machinery of one response.

    Args:
        engine: speaks.
        request: what was asked for.
        stages: chunk to chunk (stretch, resampler), in order.
        encoder: chunk to bytes.
        engine_speed: the part of the speed the engine makes itself.
        tempo: the part the stretch makes: output is `1 / tempo` as long.
    """

    def __init__(
        self,
        engine: TtsEngine,
        request: SpeechRequest,
        *,
        stages: Sequence[Stage[AudioChunk, AudioChunk]],
        encoder: Encoder,
        engine_speed: float,
        tempo: float,
    ) -> None:
        self._engine = engine
        self._request = request
        self._stages = stages
        self._encoder = encoder
        self._engine_speed = engine_speed
        self._tempo = tempo
        self._frames = 0
        """Frames made so far, at the engine's rate, before stretching."""
        self._pushed_to = 0
        """The frame up to which the stages hold nothing back any more."""

    @property
    def at_ms(self) -> float:
        """Where the next sample will sound: milliseconds of output since the stream began."""
        return 1000 * self._frames / self._engine.info.sample_rate / self._tempo

    def speak(self, unit: TextSegment, *, head_start_s: float = 0.0) -> Generator[Block]:
        """Speaks one unit, a block a step; the pause after it is a block of its own.

        Args:
            unit: what to speak.
            head_start_s: see `SynthesisRequest`.
        """
        slice_begins: tuple[SpeechEvent, ...] = (SliceBegins(unit.start, unit.end, self.at_ms),)
        origin, words = self._frames, _Words(unit)
        steps = self._engine.steps(
            SynthesisRequest(
                spoken=unit.text if unit.spoken is None else unit.spoken,
                voice=self._request.voice,
                language=self._request.language,
                speed=self._engine_speed,
                head_start_s=head_start_s,
                options=self._request.options,
            )
        )
        try:
            for chunk in steps:
                yield self._block(slice_begins, _placed(chunk, origin, words))
                slice_begins = ()
        finally:
            steps.close()
        pauses = self._request.pauses or self._engine.info.pauses
        pause_ms = pauses.after(unit.boundary)
        if pause_ms and not slice_begins:
            yield self._block((), self._silence(pause_ms / self._engine_speed))

    def push(self) -> Block:
        """What the stages hold back, pushed out by a little silence; the stream may go on."""
        if not self._stages or self._pushed_to == self._frames:
            return Block((), 0.0)
        block = self._block((), self._silence(FLUSH_SILENCE_MS * max(1.0, self._tempo)))
        self._pushed_to = self._frames
        return block

    def finish(self) -> Block:
        """The last bytes: every stage flushed, in order."""
        chunks: list[AudioChunk] = []
        for stage in self._stages:
            chunks = [out for chunk in chunks for out in stage.feed(chunk)]
            chunks.extend(stage.flush())
        blocks = [block for chunk in chunks for block in self._encoder.feed(chunk)]
        blocks.extend(self._encoder.flush())
        return Block(tuple(_events((), chunks, blocks)), 0.0)

    def _block(self, first: tuple[SpeechEvent, ...], chunk: AudioChunk) -> Block:
        """One chunk through the stages and the encoder."""
        self._frames += len(chunk.samples)
        chunks: list[AudioChunk] = [chunk]
        for stage in self._stages:
            chunks = [out for piece in chunks for out in stage.feed(piece)]
        blocks = [block for piece in chunks for block in self._encoder.feed(piece)]
        return Block(tuple(_events(first, chunks, blocks)), chunk.duration_s / self._tempo)

    def _silence(self, duration_ms: float) -> AudioChunk:
        rate = self._engine.info.sample_rate
        return AudioChunk(np.zeros(round(rate * duration_ms / 1000), np.float32), rate, start=self._frames)


def _events(
    first: tuple[SpeechEvent, ...], chunks: Sequence[AudioChunk], blocks: Sequence[bytes]
) -> Iterator[SpeechEvent]:
    """The events of a block, in their order: slice, words, bytes."""
    yield from first
    words = tuple(word for chunk in chunks for word in chunk.words)
    if words:
        yield WordsSpoken(words)
    if blocks:
        yield AudioBytes(tuple(blocks))


def _placed(chunk: AudioChunk, origin: int, words: _Words) -> AudioChunk:
    """A chunk of a segment, its times and offsets counted from the stream's beginning."""
    shift_ms = 1000 * origin / chunk.sample_rate
    return replace(chunk, start=origin + chunk.start, words=tuple(words.of(chunk.words, shift_ms)))


class _Words:
    """The words of a unit as they were written, from those that are spoken.

    `$5` is spoken as two words, and is one: from the first one's start to the end of the last that
    begins in the same chunk.
    """

    def __init__(self, unit: TextSegment) -> None:
        self._unit = unit
        self._spelling = Spelling(unit.text if unit.spoken is None else unit.spoken, unit.spans)
        self._told_to = 0

    def of(self, spoken: Sequence[TimedWord], shift_ms: float) -> list[TimedWord]:
        """Words in their place in the whole text, and in the whole audio."""
        words: list[TimedWord] = []
        for word in spoken:
            begin, end = self._spelling.to_text(word.start_char, word.end_char)
            if begin >= self._told_to:
                place = (self._unit.start + begin, self._unit.start + end)
                times = (word.start_ms + shift_ms, word.end_ms + shift_ms)
                words.append(TimedWord(self._unit.text[begin:end], *times, *place))
                self._told_to = end
            elif words:
                words[-1] = replace(words[-1], end_ms=word.end_ms + shift_ms)
        return words
