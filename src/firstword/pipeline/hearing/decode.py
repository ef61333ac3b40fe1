"""One recognition under way, stepped on a worker thread, and what transcripts are made of it."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field

from firstword.core.protocols import SttEngine
from firstword.core.transcripts import LISTENING_RATE, Recognition, RecognitionRequest, Transcript
from firstword.pipeline.hearing.credible import credible, mean_logprob
from firstword.pipeline.hearing.hypothesis import NOTHING, Written


def to_ms(frames: int) -> float:
    """Milliseconds of 16 kHz audio."""
    return 1000 * frames / LISTENING_RATE


@dataclass(slots=True)
class Decode:
    """A recognition of the audio from one frame of the session to another."""

    engine: SttEngine
    request: RecognitionRequest
    begin: int
    """Frames at 16 kHz since the session began."""
    end: int
    due: float
    """When it should be finished, in seconds on the scheduler's clock."""
    final: bool
    """Whether a final transcript is made of it."""
    asked: float = 0.0
    """When its audio was there, on the same clock."""
    result: Recognition | None = None
    """What was recognized; nothing where it is not credible."""
    _steps: Generator[None, None, Recognition] | None = field(default=None)

    def step(self) -> None:
        """On a worker: one step; after the last one there is a result."""
        if self._steps is None:
            self._steps = self.engine.recognize(self.request)
        try:
            next(self._steps)
        except StopIteration as done:
            recognition: Recognition = done.value
            self.result = recognition if credible(recognition) else NOTHING
            self._steps = None

    def close(self) -> None:
        """Stops the work, if it is not finished."""
        if self._steps is not None:
            self._steps.close()
            self._steps = None


def transcript(
    written: Written,
    recognition: Recognition,
    *,
    begin: int,
    end: int,
    final: bool,
    stable_words: int = 0,
    lag_ms: float = 0.0,
) -> Transcript:
    """What is told of a recognition of the audio from one frame to another."""
    begin_ms, end_ms = to_ms(min(begin, end)), to_ms(end)
    return Transcript(
        text=written.text,
        start_ms=begin_ms,
        end_ms=end_ms,
        final=final,
        words=written.words,
        stable_words=stable_words,
        confidence=_confidence(written),
        language=recognition.language,
        tokens=written.tokens,
        no_speech=recognition.no_speech,
        lag_ms=lag_ms,
    )


def _confidence(written: Written) -> float | None:
    """The mean of the words' confidences, or of the tokens'; None where the model tells neither."""
    told = [word.confidence for word in written.words if word.confidence is not None]
    if told:
        return sum(told) / len(told)
    likelihood = mean_logprob(written.tokens)
    return None if likelihood is None else math.exp(likelihood)
