"""Silero VAD: tells speech from everything else, a probability for every 32 ms.

Importing this loads no onnxruntime; `plugin.load` does. Source of the shapes: the makers' wheel,
silero-vad 6.2.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from firstword.core.errors import ConfigurationError, EngineError
from firstword.core.protocols import Files
from firstword.core.transcripts import LISTENING_RATE
from firstword.core.types import AudioChunk, EngineInfo, Task
from firstword.engines.options import configured

WINDOW = 512
"""Frames at 16 kHz for each probability."""
CONTEXT = 64
"""Frames before a window that the model sees again with it."""
STATE = (2, 1, 128)

INFO = EngineInfo(
    model_id="silero-vad",
    task=Task.ENDPOINTING,
    sample_rate=LISTENING_RATE,
    voices=(),
    languages=("mul",),
    license="MIT",
    source="silero-vad 6.2.3, the Python package of its makers",
    capabilities=("endpointing",),
    needs=("silero-vad",),
)


@dataclass(frozen=True, slots=True)
class Options:
    """The operator's, from the settings."""

    threads: int = 1
    """For each inference call, of 0.1 ms: more only cost."""

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ValueError("option threads must be at least 1")


class SileroSession:
    """One stream at 16 kHz: a probability of speech, 0-1, for every whole window.

    Flushing gives one more for the frames left over, if there are any, with silence after them.

    Args:
        model: the graph; streams share it.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._state = np.zeros(STATE, np.float32)
        self._held = np.zeros(CONTEXT, np.float32)
        """The context of the next window, and what there is of it."""

    def feed(self, item: AudioChunk, /) -> Sequence[float]:
        """Takes audio of any length.

        Raises:
            ValueError: it is not at 16 kHz.
            EngineError: the model failed.
        """
        if item.sample_rate != LISTENING_RATE:
            raise ValueError(f"Silero hears 16000 Hz, not {item.sample_rate}")
        self._held = np.concatenate([self._held, item.samples])
        count = (len(self._held) - CONTEXT) // WINDOW
        begins = range(0, count * WINDOW, WINDOW)
        found = [self._probability(self._held[at : at + CONTEXT + WINDOW]) for at in begins]
        self._held = self._held[count * WINDOW :]
        return found

    def flush(self) -> Sequence[float]:
        """What was held back. Nothing may be fed afterwards."""
        left = len(self._held) - CONTEXT
        return [self._probability(np.pad(self._held, (0, WINDOW - left)))] if left else []

    def _probability(self, window: np.ndarray[Any, np.dtype[np.float32]]) -> float:
        from firstword.engines.inference import run

        rate = np.array(LISTENING_RATE, np.int64)
        fed = {"input": window[None].astype(np.float32, copy=False), "state": self._state, "sr": rate}
        found, self._state = run(self._model, fed)
        return float(found[0, 0])


class SileroEngine:
    """The model. Thread-safe: sessions share it and nothing else.

    Args:
        info: what it is.
        model: the graph.
    """

    window = WINDOW

    def __init__(self, info: EngineInfo, model: Any) -> None:
        self.info = info
        self._model: Any | None = model

    def session(self) -> SileroSession:
        """For one stream.

        Raises:
            EngineError: the model is closed.
        """
        if self._model is None:
            raise EngineError("The model is closed.", code="engine_closed")
        return SileroSession(self._model)

    def health(self) -> bool:
        """True until it is closed."""
        return self._model is not None

    def close(self) -> None:
        """Lets go of the model; its memory goes with the last session."""
        self._model = None


class SileroPlugin:
    """Offers `silero-vad`."""

    def infos(self) -> Sequence[EngineInfo]:
        """The one model."""
        return (INFO,)

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> SileroEngine:
        """Loads the model, some 50 ms.

        Args:
            info: `INFO`.
            files: gives the model's folder.
            options: the fields of `Options`.

        Raises:
            ConfigurationError: an option is wrong, or the file is missing or damaged.
        """
        chosen = configured("silero", Options(), options)
        path = files(info.model_id) / "silero_vad_16k_op15.onnx"
        from firstword.engines.inference import open_session

        try:
            return SileroEngine(info, open_session(path.read_bytes(), chosen.threads))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"The model silero-vad cannot be loaded: {error}.") from error


plugin = SileroPlugin()
