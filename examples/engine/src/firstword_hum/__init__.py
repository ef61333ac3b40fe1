"""An engine in one file: it hums a note for every word. Replace `_note` with a model."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

import numpy as np

from firstword.core.errors import ConfigurationError, InvalidRequest, UnknownVoice, UnspeakableText
from firstword.core.protocols import Files
from firstword.core.types import AudioChunk, EngineInfo, Samples, SynthesisRequest, Task, Voice

RATE = 16_000
INFO = EngineInfo(
    model_id="hum",
    task=Task.SPEECH,
    sample_rate=RATE,
    voices=(Voice("low", "Low", "mul", "male"), Voice("high", "High", "mul", "female")),
    languages=("mul",),
    license="Apache-2.0",
    source="an example",
    speeds=(0.5, 2.0),
    capabilities=("speech",),
)
PITCH_HZ = {"low": 110, "high": 220}


class HumEngine:
    """Thread-safe, because it keeps nothing between calls."""

    info = INFO

    def check(self, text: str, voice: str, language: str | None) -> None:
        """Refuses a text in which there is nothing to hum."""
        if not any(map(str.isalnum, text)):
            raise UnspeakableText("There is nothing to hum.", param="input", code="nothing_to_speak")

    def steps(self, request: SynthesisRequest) -> Generator[AudioChunk]:
        """A note a word, a chunk a note: audio leaves before the sentence is done."""
        if request.voice not in PITCH_HZ:
            raise UnknownVoice(f"hum has no voice {request.voice!r}.", param="voice")
        if request.options:
            raise InvalidRequest(f"hum has no options, so not {', '.join(request.options)}.")
        at = 0
        for word in request.spoken.split():
            if any(map(str.isalnum, word)):
                samples = _note(word, PITCH_HZ[request.voice], request.speed)
                yield AudioChunk(samples, RATE, start=at)
                at += len(samples)

    def health(self) -> bool:
        """It cannot break."""
        return True

    def close(self) -> None:
        """There is nothing to let go of."""


class HumPlugin:
    """What the entry point names: knows what there is, and loads it."""

    def infos(self) -> Sequence[EngineInfo]:
        """One model."""
        return (INFO,)

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> HumEngine:
        """Nothing to load, no options to take."""
        if options:
            raise ConfigurationError(f"hum has no option {next(iter(options))!r}.")
        return HumEngine()


def _note(word: str, pitch_hz: float, speed: float) -> Samples:
    """A soft note, as long as the word."""
    frames = int(RATE * 0.08 * len(word) / speed)
    time_s = np.arange(frames) / RATE
    envelope = np.sin(np.pi * np.arange(frames) / frames)
    return (0.3 * envelope * np.sin(2 * np.pi * pitch_hz * time_s)).astype(np.float32)


plugin = HumPlugin()
