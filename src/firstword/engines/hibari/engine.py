"""The engine: a segment becomes phrases, a phrase becomes blocks of samples with their words."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from typing import NamedTuple

from firstword.core.errors import EngineError, InvalidRequest, UnknownVoice, UnspeakableText
from firstword.core.types import AudioChunk, EngineInfo, SynthesisRequest, TimedWord
from firstword.engines.hibari.phonemes import Phrase, Pronouncer
from firstword.engines.hibari.rendition import Rendition, Windows
from firstword.engines.hibari.script import has_words, unspeakable_sentence
from firstword.engines.hibari.session import AcousticModel
from firstword.engines.hibari.timing import Timing, timed_words
from firstword.engines.hibari.vocoder import SAMPLE_RATE, Noise

QUOTED_CHARS = 40
"""Of a refused sentence, in the message."""


class Speaker(NamedTuple):
    """What a voice is made of."""

    pronouncer: Pronouncer
    """Text to phonemes, American or British; shared by the voices of an accent."""
    model: AcousticModel
    """Phonemes to spectra."""


class HibariEngine:
    """Speaks English. Thread-safe: runs share the models and nothing else.

    Args:
        info: what it is, with the voices it has.
        speakers: those voices, by id.
    """

    def __init__(self, info: EngineInfo, speakers: Mapping[str, Speaker]) -> None:
        self.info = info
        self._speakers: Mapping[str, Speaker] | None = speakers
        self._noise = Noise()

    def check(self, text: str, voice: str, language: str | None) -> None:
        """Refuses what the voice cannot say.

        A foreign word inside an English sentence is let pass; what the voice cannot read of it is
        left out: Korean, Japanese and Chinese are silent, other scripts silent or spelled.

        Raises:
            UnspeakableText: a sentence is mostly in other letters, or there is no letter and no digit.
            InvalidRequest: the language is not English.
            UnknownVoice: not a voice of this model.
        """
        tongue = self._language_of(voice)
        if language and re.split("[-_]", language)[0].lower() not in self.info.languages:
            raise InvalidRequest(
                f"The voice {voice} speaks English ({tongue}), not {language}.",
                param="language",
                code="unsupported_language",
            )
        sentence = unspeakable_sentence(text)
        if sentence is not None:
            raise UnspeakableText(
                f"The voice {voice} speaks English ({tongue}) and cannot say {_quoted(sentence)}.",
                param="input",
            )
        if not has_words(text):
            raise UnspeakableText(
                "There is nothing to speak in the text: it has no letters and no digits.",
                param="input",
                code="nothing_to_speak",
            )

    def steps(self, request: SynthesisRequest) -> Generator[AudioChunk]:
        """Speaks one segment, a block a step: 350 ms of audio first when it is urgent, up to 2 s later.

        Raises:
            InvalidRequest: the speed is out of range, or an option is given; there are none.
            UnknownVoice: not a voice of this model.
            EngineError: the model failed, or is closed.
        """
        self._refuse(request)
        if self._speakers is None:
            raise EngineError("The model is closed.", code="engine_closed")
        pronouncer, model = self._speakers[request.voice]
        frames, windows = 0, Windows.after(request.head_start_s)
        for phrase in pronouncer.phrases(request.spoken):
            rendition = Rendition(model, self._noise, phrase.ids, phrase.last, request.speed, request.seed)
            words = _words(request, phrase, rendition, frames)
            for samples in rendition.blocks(windows):
                until_ms = (frames + len(samples)) * 1000 / SAMPLE_RATE
                begun = [word for word in words if word.start_ms < until_ms]
                words = words[len(begun) :]
                yield AudioChunk(samples, SAMPLE_RATE, frames, tuple(begun))
                frames += len(samples)

    def health(self) -> bool:
        """True until it is closed."""
        return self._speakers is not None

    def close(self) -> None:
        """Lets go of the models; their memory goes with the last run that holds one."""
        self._speakers = None

    def _language_of(self, voice: str) -> str:
        for offered in self.info.voices:
            if offered.id == voice:
                return offered.language
        names = ", ".join(offered.id for offered in self.info.voices)
        raise UnknownVoice(f"{self.info.model_id} has no voice {voice!r}; it has {names}.", param="voice")

    def _refuse(self, request: SynthesisRequest) -> None:
        self._language_of(request.voice)
        slowest, fastest = self.info.speeds
        if not slowest <= request.speed <= fastest:
            raise InvalidRequest(f"{self.info.model_id} speaks at {slowest} to {fastest}.", param="speed")
        if request.options:
            names = ", ".join(sorted(request.options))
            raise InvalidRequest(f"{self.info.model_id} has no options, so not {names}.", param="options")


def _words(
    request: SynthesisRequest, phrase: Phrase, rendition: Rendition, frames: int
) -> Sequence[TimedWord]:
    """The words of a phrase, in the segment's time; `frames` of the segment came before."""
    timing = Timing(
        durations=rendition.durations,
        speed=request.speed,
        skipped_ms=rendition.skipped_ms,
        length_ms=rendition.length * 1000 / SAMPLE_RATE,
        start_ms=frames * 1000 / SAMPLE_RATE,
    )
    return timed_words(request.spoken, phrase.marks, timing)


def _quoted(sentence: str) -> str:
    sentence = " ".join(sentence.split())
    return f"“{sentence}”" if len(sentence) <= QUOTED_CHARS else f"“{sentence[:QUOTED_CHARS]}…”"
