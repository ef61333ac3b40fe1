"""Recorded speech with transcripts: a folder of clips, and `manifest.json` that says what is said in them.

[{"file": "jfk.flac", "text": "and so my fellow americans ...", "group": "speech"}, ...]
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

OURS = Path(__file__).parents[2] / "tests/data/speech"
RATE = 16_000
AUDIBLE = 10 ** (-40 / 20)
"""Amplitude of what counts as speech in a clean clip, -40 dBFS."""
WINDOW = RATE // 100


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording."""

    file: Path
    text: str
    group: str
    samples: NDArray[np.float32]
    """Mono, 16 kHz."""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE

    @property
    def pcm(self) -> bytes:
        """Its samples as s16le."""
        return (np.clip(self.samples, -1, 1) * 32_767).astype("<i2").tobytes()

    @property
    def speech_s(self) -> tuple[float, float]:
        """Where speech begins and ends in it, by its energy in windows of 10 ms."""
        count = len(self.samples) // WINDOW
        level = np.sqrt((self.samples[: count * WINDOW].reshape(count, WINDOW) ** 2).mean(axis=1))
        loud = np.flatnonzero(level > max(AUDIBLE * 0.3, level.max() * 0.05))
        return float(loud[0]) * WINDOW / RATE, float(loud[-1] + 1) * WINDOW / RATE


def clips(folder: Path = OURS) -> Sequence[Clip]:
    """All clips of a folder, in the order of its manifest."""
    rows = json.loads((folder / "manifest.json").read_text("utf-8"))
    return [
        Clip(folder / row["file"], row["text"], row.get("group", "all"), read(folder / row["file"]))
        for row in rows
    ]


def read(file: Path) -> NDArray[np.float32]:
    """A recording as mono samples at 16 kHz."""
    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    return np.asarray(mono if rate == RATE else soxr.resample(mono, rate, RATE), dtype=np.float32)
