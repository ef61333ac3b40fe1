"""One engine made of several: each script of a text is spoken by a voice that can read it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby

from firstword.audio.gain import Gain
from firstword.audio.resampler import Resampler
from firstword.core.errors import InvalidRequest
from firstword.core.protocols import Stage, TtsEngine
from firstword.core.types import AudioChunk, EngineInfo, ScriptVoice, SynthesisRequest, TimedWord
from firstword.text.script import runs, scripts_of

QUOTED_CHARS = 40
"""Of a refused part, in the message."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one voice speaks of a segment without a change."""

    start: int
    end: int
    speaker: ScriptVoice | None
    """None: the main voice."""


class Polyglot:
    """Speaks a segment part by part, gapless, at the main engine's rate. Thread-safe as its engines are.

    Args:
        main: speaks Latin text.
        voice: the main engine's voice that requests name.
        scripts: who speaks what is not Latin; may name the main voice.
        engines: model -> a loaded engine, for each model in `scripts`; held by the caller, who closes them.
    """

    def __init__(
        self,
        main: TtsEngine,
        voice: str,
        scripts: Sequence[ScriptVoice],
        engines: Mapping[str, TtsEngine],
    ) -> None:
        self._main = main
        self._engines = engines
        self._speakers: dict[str | None, ScriptVoice | None] = {None: None}
        for one in scripts:
            is_main = (one.model, one.voice) == (main.info.model_id, voice)
            self._speakers[one.script] = None if is_main else one
        self.info = _shared([main.info, *(engines[one.model].info for one in scripts)])

    def check(self, text: str, voice: str, language: str | None) -> None:
        """Asks each voice for its own parts.

        Raises:
            UnspeakableText: a voice cannot say its part, or there is nothing to say.
            InvalidRequest: a part is in a script that no installed voice speaks.
        """
        if not self._speakers.keys() >= scripts_of(text).keys():
            self._refuse_unspoken(text)
        parts = list(self._parts(text)) or [_Part(0, 0, None)]
        for speaker in dict.fromkeys(part.speaker for part in parts):
            own = "\n".join(text[part.start : part.end] for part in parts if part.speaker == speaker)
            if speaker is None:
                self._main.check(own, voice, language)
            else:
                self._engines[speaker.model].check(own, speaker.voice, speaker.language)

    def steps(self, request: SynthesisRequest) -> Generator[AudioChunk]:
        """Speaks one segment; its chunks are those of the engines, in order."""
        rate, origin = self.info.sample_rate, 0
        for part in self._parts(request.spoken):
            said = replace(
                request,
                spoken=request.spoken[part.start : part.end],
                head_start_s=request.head_start_s + origin / rate,
            )
            frames = 0
            with closing(self._say(said, part.speaker)) as chunks:
                for chunk in chunks:
                    frames += len(chunk.samples)
                    yield _placed(chunk, origin, part.start)
            origin += frames

    def health(self) -> bool:
        """Whether all of them can work."""
        return all(engine.health() for engine in (self._main, *self._engines.values()))

    def close(self) -> None:
        """Nothing: whoever holds the engines lets them go."""

    def _parts(self, text: str) -> Iterator[_Part]:
        """Neighbours that one voice speaks are one part."""
        for speaker, group in groupby(runs(text), key=lambda run: self._speakers.get(run.script)):
            stretch = list(group)
            yield _Part(stretch[0].start, stretch[-1].end, speaker)

    def _refuse_unspoken(self, text: str) -> None:
        for start, end, script in runs(text):
            if script not in self._speakers:
                raise _nobody(text[start:end], script)

    def _say(self, request: SynthesisRequest, speaker: ScriptVoice | None) -> Generator[AudioChunk]:
        """One part, at the main engine's rate; times and offsets count from its beginning."""
        if speaker is None:
            yield from self._main.steps(request)
            return
        engine = self._engines[speaker.model]
        stages: list[Stage[AudioChunk, AudioChunk]] = [Gain(speaker.gain_db)] if speaker.gain_db else []
        stages.append(Resampler(engine.info.sample_rate, self.info.sample_rate))
        own = replace(request, voice=speaker.voice, language=speaker.language, options={})
        with closing(engine.steps(own)) as chunks:
            for chunk in chunks:
                made: list[AudioChunk] = [chunk]
                for stage in stages:
                    made = [out for piece in made for out in stage.feed(piece)]
                yield from made
        yield from stages[-1].flush()


def _shared(infos: Sequence[EngineInfo]) -> EngineInfo:
    """The first one's, at speeds that all of them speak; parts come one after the other, so it streams."""
    return replace(
        infos[0],
        streams_inside_segments=True,
        speeds=(max(info.speeds[0] for info in infos), min(info.speeds[1] for info in infos)),
    )


def _placed(chunk: AudioChunk, origin: int, start_char: int) -> AudioChunk:
    """A chunk of a part, its times and offsets counted from the segment's beginning."""
    shift_ms = 1000 * origin / chunk.sample_rate
    words = tuple(
        TimedWord(
            word.text,
            word.start_ms + shift_ms,
            word.end_ms + shift_ms,
            word.start_char + start_char,
            word.end_char + start_char,
        )
        for word in chunk.words
    )
    return replace(chunk, start=origin + chunk.start, words=words)


def _nobody(text: str, script: str | None) -> InvalidRequest:
    quoted = text if len(text) <= QUOTED_CHARS else text[:QUOTED_CHARS] + "…"
    return InvalidRequest(
        f"No voice that is installed speaks “{quoted}” ({script}): install one that does, and start the "
        "server again.",
        param="input",
        code="unsupported_language",
    )
