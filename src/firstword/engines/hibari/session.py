"""The model in two halves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firstword.engines.hibari.graph import Graph
from firstword.engines.inference import open_session, run

FEATURES = "/Concat_43_output_0"
"""f32[1, 130, F]: what the decoder reads, a column for each frame."""
DURATIONS = "/Cast_32_output_0"
"""int64[L]: how long each id sounds, in pairs of frames."""
SPECTRA = ("lh", "theta", "ln", "lr", "phi")
"""f32[1, 601, F] each: harmonics' level and phase, noise's level, the free branch's level and phase."""

Floats = NDArray[np.float32]


class AcousticModel:
    """Ids to features once for a phrase, features to spectra a window at a time. Thread-safe.

    The file holds one graph for both. A runtime cannot be fed in the middle, so the graph is cut in
    memory as it is loaded.

    Args:
        path: hibari's ONNX file.
        threads: for each call; 1 is best where several phrases are spoken at once.

    Raises:
        OSError, ValueError: the file is missing, or is not that model.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        graph = Graph(path.read_bytes())
        self._front = open_session(graph.cut(["ids", "speed"], [FEATURES, DURATIONS, "f0"]), threads)
        self._decoder = open_session(graph.cut([FEATURES], SPECTRA), threads)

    def front(self, ids: NDArray[np.int64], speed: float) -> tuple[Floats, NDArray[np.int64], Floats]:
        """Reads a phrase.

        Args:
            ids: shape `(L,)`, with a 0 at both ends.
            speed: divides the durations.

        Returns:
            Features `(1, 130, F)`, durations `(L,)` in pairs of frames, F0 `(F,)` in Hz; a frame is
            12.5 ms, and F is twice the sum of the durations.

        Raises:
            EngineError: the runtime failed.
        """
        pace = np.array([speed], np.float32)
        features, durations, f0 = run(self._front, {"ids": ids[None], "speed": pace})
        return features, durations, f0[0]

    def decode(self, features: Floats) -> tuple[Floats, ...]:
        """The five spectra, `(601, n)` each, of a window of features `(1, 130, n)`.

        Raises:
            EngineError: the runtime failed.
        """
        return tuple(spectrum[0] for spectrum in run(self._decoder, {FEATURES: features}))
