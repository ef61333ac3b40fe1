"""What an engine that speaks must do."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from firstword.core.protocols import TtsEngine
from firstword.core.types import AudioChunk, Samples, SynthesisRequest, Task
from firstword.testing.expectations import THREADS, listed, refused

STEP_S = 4.0
"""Audio a chunk may hold: a step that makes more keeps everybody else waiting."""


def check_engine(engine: TtsEngine, *, text: str, voice: str | None = None) -> None:
    """Runs every check.

    Args:
        engine: loaded.
        text: a sentence of at least five words that `voice` speaks.
        voice: one of the engine's; its first by default.
    """
    case = Case(engine, text, voice or engine.info.voices[0].id)
    for check in CHECKS:
        check(case)


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked of an engine."""

    engine: TtsEngine
    text: str
    voice: str

    def speak(self, text: str | None = None, *, speed: float = 1.0) -> list[AudioChunk]:
        """All chunks of a segment."""
        spoken = self.text if text is None else text
        return list(self.engine.steps(SynthesisRequest(spoken, self.voice, speed=speed)))


def info_is_complete(case: Case) -> None:
    """Everything that listings tell is there."""
    info = case.engine.info
    listed(info, Task.SPEECH)
    assert info.languages, "languages is empty"
    assert len({voice.id for voice in info.voices}) == len(info.voices) > 0, "voices: none, or twice the same"
    slowest, fastest = info.speeds
    assert slowest <= 1 <= fastest, "speeds must hold 1"


def chunks_are_sound(case: Case) -> None:
    """Mono float32 at the stated rate, finite, in range, each where the one before it ended."""
    chunks = case.speak()
    assert chunks, "nothing was spoken"
    at = 0
    for chunk in chunks:
        samples = chunk.samples
        assert samples.dtype == np.float32, f"samples are {samples.dtype}, not float32"
        assert samples.ndim == 1, "samples are not of shape (frames,)"
        assert len(samples), "a chunk is empty"
        assert np.isfinite(samples).all(), "samples hold NaN or infinity"
        assert np.abs(samples).max() <= 1.0, "samples pass full scale"
        assert chunk.sample_rate == case.engine.info.sample_rate, "another sample rate than stated"
        assert chunk.start == at, f"a chunk starts at {chunk.start}, {at} frames came before it"
        assert chunk.duration_s <= STEP_S or not case.engine.info.streams_inside_segments, (
            "a step is too long"
        )
        at += len(samples)
    assert np.abs(np.concatenate([c.samples for c in chunks])).max() > 0.01, "it is silence"


def streams_as_it_says(case: Case) -> None:
    """Several chunks for a sentence, or one, as `streams_inside_segments` says."""
    count = len(case.speak())
    if case.engine.info.streams_inside_segments:
        assert count > 1, "it says that it streams, and gave one chunk"
    else:
        assert count == 1, "it says that a segment comes at once, and gave several chunks"


def is_deterministic(case: Case) -> None:
    """The same request gives the same samples, alone and beside others."""
    alone = _samples(case.speak())
    with ThreadPoolExecutor(THREADS) as threads:
        for together in threads.map(lambda _: _samples(case.speak()), range(THREADS)):
            assert np.array_equal(alone, together), "the same request gave other samples beside others"


def can_be_left(case: Case) -> None:
    """Closing the generator after its first chunk leaves an engine that still speaks."""
    whole = _samples(case.speak())
    steps = case.engine.steps(SynthesisRequest(case.text, case.voice))
    next(steps)
    steps.close()
    assert np.array_equal(whole, _samples(case.speak())), "after a listener left it speaks differently"
    assert case.engine.health(), "after a listener left it is not healthy"


def says_nothing_for_nothing(case: Case) -> None:
    """A segment without letters and digits is no chunk at all, and a whole text of them is refused."""
    assert case.speak(" ... !? ") == [], "it made audio of punctuation"
    refused(lambda: case.engine.check(" ... !? ", case.voice, None), "check() let a text of punctuation pass")


def keeps_its_speeds(case: Case) -> None:
    """Within `speeds` the length follows the speed, roughly."""
    usual = len(_samples(case.speak()))
    for speed in {min(case.engine.info.speeds[1], 2.0), max(case.engine.info.speeds[0], 0.5)} - {1.0}:
        length = len(_samples(case.speak(speed=speed)))
        assert 0.7 < length * speed / usual < 1.4, (
            f"at speed {speed} it is {length / usual:.2f} times as long"
        )


def words_are_in_the_text_and_in_the_audio(case: Case) -> None:
    """Word timings: in order, inside the audio, spelt as the text; none where it says that it has none."""
    chunks = case.speak()
    words = [word for chunk in chunks for word in chunk.words]
    if not case.engine.info.word_timings:
        assert not words, "it says that it has no word timings, and gave some"
        return
    assert words, "it says that it has word timings, and gave none"
    end_ms = 1000 * len(_samples(chunks)) / case.engine.info.sample_rate
    for word in words:
        assert case.text[word.start_char : word.end_char] == word.text, f"{word.text!r} is not at its offsets"
        assert 0 <= word.start_ms <= word.end_ms <= end_ms + 1, f"{word.text!r} is outside the audio"
    starts = [word.start_ms for word in words]
    assert starts == sorted(starts), "words are not in order"
    for chunk in chunks:
        first_ms = 1000 * chunk.start / chunk.sample_rate
        last_ms = first_ms + 1000 * chunk.duration_s
        for word in chunk.words:
            assert first_ms - 1 <= word.start_ms <= last_ms + 1, f"{word.text!r} begins in another chunk"


def refuses_what_it_cannot_do(case: Case) -> None:
    """An unknown voice and an unknown option are errors, not guesses."""
    voice = SynthesisRequest(case.text, "nobody-of-that-name")
    refused(lambda: next(case.engine.steps(voice)), "it spoke in a voice it does not have")
    option = SynthesisRequest(case.text, case.voice, options={"no-such-option": 1})
    refused(lambda: next(case.engine.steps(option)), "it took an option it does not have")


CHECKS = (
    info_is_complete,
    chunks_are_sound,
    streams_as_it_says,
    is_deterministic,
    can_be_left,
    says_nothing_for_nothing,
    keeps_its_speeds,
    words_are_in_the_text_and_in_the_audio,
    refuses_what_it_cannot_do,
)
"""All of them, in the order in which they are run."""


def _samples(chunks: Sequence[AudioChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks]) if chunks else np.zeros(0, np.float32)
