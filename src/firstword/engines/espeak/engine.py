"""The engine: a segment becomes a process, what it writes becomes chunks."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import chain, repeat

from firstword.core.errors import EngineError, InvalidRequest, UnknownVoice, UnspeakableText
from firstword.core.types import AudioChunk, EngineInfo, SynthesisRequest
from firstword.engines.espeak import program
from firstword.engines.espeak.scripts import has_words, unreadable_sentence
from firstword.engines.espeak.voices import BY_VOICE, Tongue

WORDS_PER_MINUTE = 175
"""The program's own pace. Source: espeak-ng(1), `-s`."""
BLOCKS_MS = (250, 500, 1000)
"""The first chunks; then `LONGEST_MS` each."""
LONGEST_MS = 2000
QUOTED_CHARS = 40
"""Of a refused sentence, in the message."""


class EspeakEngine:
    """Speaks a hundred languages. Thread-safe: runs share nothing.

    Args:
        info: what it is, with the voices that are installed.
        where: the program.
    """

    def __init__(self, info: EngineInfo, where: str) -> None:
        self.info = info
        self._where: str | None = where
        self._voices = frozenset(voice.id for voice in info.voices)

    def check(self, text: str, voice: str, language: str | None) -> None:
        """Refuses what the voice cannot read.

        A foreign word inside a sentence is let pass, and read as well as may be.

        Raises:
            UnspeakableText: a sentence is mostly in other letters, or there is no letter and no digit.
            InvalidRequest: the language is not the voice's.
            UnknownVoice: not a voice of this model, or not installed.
        """
        tongue = self._tongue(voice)
        if language and not tongue.is_spoken_for(language):
            raise InvalidRequest(
                f"The voice {voice} speaks {tongue.name} ({tongue.tag}), not {language}.",
                param="language",
                code="unsupported_language",
            )
        sentence = unreadable_sentence(text, tongue.scripts, strict=tongue.strict)
        if sentence is not None:
            raise UnspeakableText(
                f"The voice {voice} speaks {tongue.name} ({tongue.tag}) and cannot read {_quoted(sentence)}.",
                param="input",
            )
        if not has_words(text):
            raise UnspeakableText(
                "There is nothing to speak in the text: it has no letters and no digits.",
                param="input",
                code="nothing_to_speak",
            )

    def steps(self, request: SynthesisRequest) -> Generator[AudioChunk]:
        """Speaks one segment in a process of its own, a block a step; closing kills it.

        Raises:
            InvalidRequest: the speed is out of range, or an option is given; there are none.
            UnknownVoice: not a voice of this model, or not installed.
            EngineError: the program failed, or the engine is closed.
        """
        tongue = self._tongue(request.voice)
        self._refuse(request)
        where = self._where
        if where is None:
            raise EngineError("The engine is closed.", code="engine_closed")
        if not has_words(request.spoken):
            return
        pace = round(WORDS_PER_MINUTE * request.speed)
        frames = 0
        blocks = program.speak(where, tongue.called, pace, request.spoken, _lengths_ms())
        try:
            for samples in blocks:
                yield AudioChunk(samples, program.SAMPLE_RATE, frames)
                frames += len(samples)
        finally:
            blocks.close()

    def health(self) -> bool:
        """True until it is closed."""
        return self._where is not None

    def close(self) -> None:
        """Starts no more processes."""
        self._where = None

    def _tongue(self, voice: str) -> Tongue:
        if voice in self._voices:
            return BY_VOICE[voice]
        if voice in BY_VOICE:
            raise UnknownVoice(
                f"The {program.NAME} of this machine lacks the voice {voice!r}.", param="voice"
            )
        raise UnknownVoice(
            f"{self.info.model_id} has no voice {voice!r}; its voices are named by language, as espeak-ko.",
            param="voice",
        )

    def _refuse(self, request: SynthesisRequest) -> None:
        slowest, fastest = self.info.speeds
        if not slowest <= request.speed <= fastest:
            raise InvalidRequest(f"{self.info.model_id} speaks at {slowest} to {fastest}.", param="speed")
        if request.options:
            names = ", ".join(sorted(request.options))
            raise InvalidRequest(f"{self.info.model_id} has no options, so not {names}.", param="options")


def _lengths_ms() -> Iterator[int]:
    return chain(BLOCKS_MS, repeat(LONGEST_MS))


def _quoted(sentence: str) -> str:
    sentence = " ".join(sentence.split())
    return f"“{sentence}”" if len(sentence) <= QUOTED_CHARS else f"“{sentence[:QUOTED_CHARS]}…”"
