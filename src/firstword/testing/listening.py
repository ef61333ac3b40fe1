"""What an engine that listens must do, and one that tells speech from silence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import partial
from typing import Any

import numpy as np

from firstword.core.protocols import SttEngine, VadEngine
from firstword.core.transcripts import LISTENING_RATE, Recognition, RecognitionRequest
from firstword.core.types import AudioChunk, Samples, Task
from firstword.testing.expectations import THREADS, listed, refused


def check_recognizer(engine: SttEngine, *, samples: Samples, text: str) -> None:
    """Runs every check of a recognizer.

    Args:
        engine: loaded.
        samples: 16 kHz, 3 to 15 s of clear speech in a language of the engine.
        text: what is said, with no figures in it.
    """
    case = Hearing(engine, samples, text)
    for check in RECOGNIZER_CHECKS:
        check(case)


def check_vad(engine: VadEngine, *, samples: Samples) -> None:
    """Runs every check of a model that tells speech from silence.

    Args:
        engine: loaded.
        samples: 16 kHz, some seconds of clear speech.
    """
    case = Watching(engine, samples)
    for check in VAD_CHECKS:
        check(case)


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is asked of a recognizer."""

    engine: SttEngine
    samples: Samples
    text: str

    def hear(self, samples: Samples | None = None, **asked: Any) -> Recognition:
        """The answer for the recording, or for other samples."""
        heard = self.samples if samples is None else samples
        steps = self.engine.recognize(RecognitionRequest(heard, **asked))
        while True:
            try:
                next(steps)
            except StopIteration as end:
                answer: Recognition = end.value
                return answer

    @property
    def length_ms(self) -> float:
        """Of the recording."""
        return 1000 * len(self.samples) / LISTENING_RATE


@dataclass(frozen=True, slots=True)
class Watching:
    """What is asked of a model that tells speech from silence."""

    engine: VadEngine
    samples: Samples

    def probabilities(self, samples: Samples, step: int) -> list[float]:
        """Those of one stream, fed `step` frames at a time."""
        session = self.engine.session()
        pieces = (
            AudioChunk(samples[at : at + step], LISTENING_RATE, at) for at in range(0, len(samples), step)
        )
        return [*(found for piece in pieces for found in session.feed(piece)), *session.flush()]


def recognizer_info_is_complete(case: Hearing) -> None:
    """Everything that listings tell is there."""
    info = case.engine.info
    listed(info, Task.TRANSCRIPTION)
    assert info.languages, "languages is empty"
    assert info.longest_s >= len(case.samples) / LISTENING_RATE, "longest_s is shorter than the recording"


def hears_what_is_said(case: Hearing) -> None:
    """Two words of three, at least, are those that are spoken."""
    heard, said = _plain(case.hear().text), _plain(case.text)
    right = sum(match.size for match in SequenceMatcher(None, heard, said, False).get_matching_blocks())
    assert 3 * right >= 2 * max(len(said), len(heard)), f"it heard {' '.join(heard)!r}"


def words_make_the_text(case: Hearing) -> None:
    """Words in order, inside the audio; together they are the text, and their tokens all of the tokens."""
    for ongoing in (False, True):
        answer = case.hear(ongoing=ongoing)
        assert all(0 <= (word.confidence or 0) <= 1 for word in answer.words), "a confidence is not 0 to 1"
        assert all(token.logprob <= 0 for token in answer.tokens), "a probability is over 1"
        if not case.engine.info.word_timings:
            assert not answer.words, "it says that it has no word timings, and gave some"
            continue
        assert _plain(" ".join(word.text for word in answer.words)) == _plain(answer.text), (
            "the words are not the text"
        )
        starts = [word.start_ms for word in answer.words]
        assert starts == sorted(starts), "words are not in order"
        for word in answer.words:
            assert 0 <= word.start_ms <= word.end_ms <= case.length_ms + 1, (
                f"{word.text!r} is outside the audio"
            )
        counted = sum(word.tokens for word in answer.words)
        assert not answer.tokens or counted == len(answer.tokens), "the words' tokens are not the tokens"


def hears_the_same_beside_others(case: Hearing) -> None:
    """The same request gives the same answer, alone and beside others."""
    alone = case.hear()
    with ThreadPoolExecutor(THREADS) as threads:
        for together in threads.map(lambda _: case.hear(), range(THREADS)):
            assert together == alone, "the same request gave another answer beside others"


def can_be_interrupted(case: Hearing) -> None:
    """It works in steps; closing the generator after the first leaves an engine that still hears."""
    whole = case.hear()
    steps = case.engine.recognize(RecognitionRequest(case.samples))
    next(steps)
    steps.close()
    assert case.hear() == whole, "after it was interrupted it hears differently"
    assert case.engine.health(), "after it was interrupted it is not healthy"


def writes_nothing_for_silence(case: Hearing) -> None:
    """Nothing is heard in silence, nor in no audio at all."""
    for seconds in (0, 0.1, 3):
        silence = np.zeros(int(seconds * LISTENING_RATE), np.float32)
        assert case.hear(silence) == replace(case.hear(silence), text="", words=(), tokens=()), (
            f"it heard something in {seconds} s of silence"
        )


def begins_with_its_prefix(case: Hearing) -> None:
    """An answer that must begin with some tokens does; asked only of models that tell tokens."""
    ids = tuple(token.id for token in case.hear().tokens)
    for kept in (1, len(ids) // 2) if ids else ():
        answer = case.hear(prefix=ids[:kept])
        assert tuple(token.id for token in answer.tokens[:kept]) == ids[:kept], "the prefix was not kept"
        ongoing = case.hear(case.samples[: LISTENING_RATE // 2], prefix=ids[:kept], ongoing=True)
        assert tuple(token.id for token in ongoing.tokens[:kept]) == ids[:kept], "the prefix was not kept"


def refuses_what_it_cannot_hear(case: Hearing) -> None:
    """An unknown option, a language that is none, and audio longer than it takes are errors."""
    nothing = np.zeros(0, np.float32)
    for otherwise, request in (
        ("an option it does not have", RecognitionRequest(nothing, options={"no-such-option": 1})),
        ("a language that does not exist", RecognitionRequest(nothing, language="zz")),
    ):
        refused(partial(case.engine.check, request), f"check() let {otherwise} pass")
    frames = int((case.engine.info.longest_s + 1) * LISTENING_RATE)
    too_long = RecognitionRequest(np.zeros(frames, np.float32))
    refused(lambda: next(case.engine.recognize(too_long)), "it took audio longer than it says")


RECOGNIZER_CHECKS = (
    recognizer_info_is_complete,
    hears_what_is_said,
    words_make_the_text,
    hears_the_same_beside_others,
    can_be_interrupted,
    writes_nothing_for_silence,
    begins_with_its_prefix,
    refuses_what_it_cannot_hear,
)
"""Those of a recognizer, in the order in which they are run."""


def vad_info_is_complete(case: Watching) -> None:
    """Everything that listings tell is there."""
    listed(case.engine.info, Task.ENDPOINTING)


def tells_every_window(case: Watching) -> None:
    """One probability for each window, and one for what is left over."""
    window = case.engine.window
    for frames in (0, 1, window - 1, window, window + 1, 5 * window):
        found = case.probabilities(case.samples[:frames], LISTENING_RATE)
        assert len(found) == -(-frames // window), f"{len(found)} probabilities for {frames} frames"
        assert all(0 <= probability <= 1 for probability in found), "a probability is not 0 to 1"


def tells_speech_from_silence(case: Watching) -> None:
    """Speech is likely in speech, and nowhere in silence."""
    silence = np.zeros(3 * LISTENING_RATE, np.float32)
    assert max(case.probabilities(silence, LISTENING_RATE)) < 0.5, "it heard speech in silence"
    found = case.probabilities(case.samples, LISTENING_RATE)
    assert np.mean(np.array(found) > 0.5) > 0.3, "it heard hardly any speech in speech"


def streams_do_not_mix(case: Watching) -> None:
    """However a stream is cut, and whatever others hear meanwhile, it is told the same."""
    alone = case.probabilities(case.samples, len(case.samples))
    with ThreadPoolExecutor(THREADS) as threads:
        for found in threads.map(lambda step: case.probabilities(case.samples, step), (160, 511, 512, 3200)):
            assert found == alone, "another cutting, or another stream, changed what it told"


VAD_CHECKS = (vad_info_is_complete, tells_every_window, tells_speech_from_silence, streams_do_not_mix)
"""Those of a model that tells speech from silence, in the order in which they are run."""


def _plain(text: str) -> list[str]:
    """Its words without case and punctuation."""
    kept = "".join(char if char.isalnum() or char.isspace() or char == "'" else " " for char in text.lower())
    return kept.split()
