"""Engines made of a small model of the store: real files, real loading, nothing clever."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from firstword.catalog.entries import ModelEntry, Source
from firstword.core.protocols import Files, Stage
from firstword.core.transcripts import Recognition, RecognitionRequest
from firstword.core.types import AudioChunk, EngineInfo, Task
from tests.catalog.making import FILES, entry_of

SCRIBE = EngineInfo(
    model_id="scribe",
    task=Task.TRANSCRIPTION,
    sample_rate=16_000,
    voices=(),
    languages=("en",),
    license="MIT",
    source="here",
    capabilities=("transcription",),
    needs=("small",),
)
EAR = replace(SCRIBE, model_id="ear", task=Task.ENDPOINTING, languages=(), capabilities=(), needs=("tiny",))


@dataclass(slots=True)
class Scribe:
    """A recognizer that writes the first line of its vocabulary, whatever it hears."""

    info: EngineInfo
    line: str
    heard_s: float = 0.0
    closed: bool = False

    def check(self, request: RecognitionRequest) -> None:
        """Takes everything."""

    def recognize(self, request: RecognitionRequest) -> Generator[None, None, Recognition]:
        """In one step."""
        yield
        self.heard_s += len(request.samples) / 16_000
        return Recognition(self.line)

    def health(self) -> bool:
        """Until it is closed."""
        return not self.closed

    def close(self) -> None:
        """Nothing to let go of."""
        self.closed = True


class Loudness:
    """Windows that are louder than a whisper are speech."""

    def feed(self, item: AudioChunk) -> Sequence[float]:
        """One window at a time is enough here."""
        return [float(np.abs(item.samples).max() > 0.1)]

    def flush(self) -> Sequence[float]:
        """Keeps nothing."""
        return []


@dataclass(slots=True)
class Ear:
    """Tells loud from quiet."""

    info: EngineInfo
    window: int = 512
    sessions: list[Stage[AudioChunk, float]] = field(default_factory=list)

    def session(self) -> Stage[AudioChunk, float]:
        """One for each stream."""
        self.sessions.append(Loudness())
        return self.sessions[-1]

    def health(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass(frozen=True, slots=True)
class SmallPlugin:
    """Engines that need a model of the store."""

    all_infos: tuple[EngineInfo, ...] = (SCRIBE,)

    def infos(self) -> Sequence[EngineInfo]:
        """Those it was made with."""
        return self.all_infos

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> Scribe | Ear:
        """Reads the vocabulary."""
        lines = [(files(need) / "words.txt").read_text().splitlines()[0] for need in info.needs]
        return Scribe(info, lines[0]) if info.task is Task.TRANSCRIPTION else Ear(info)


def wanted(*sources: Source, model_id: str = "small") -> ModelEntry:
    """An entry that a server fetches by itself."""
    return replace(entry_of(*sources, files=FILES, model_id=model_id), default=True)
