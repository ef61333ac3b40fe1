"""The model's two graphs: audio to features, and features with what was written so far to the next token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstword.core.transcripts import LISTENING_RATE
from firstword.core.types import Samples
from firstword.engines.inference import open_session, run
from firstword.engines.moonshine.graph import with_attention
from firstword.engines.moonshine.vocabulary import BOS

FRAME = 384
"""Samples for each of the encoder's frames."""
FRAME_MS = FRAME * 1000 / LISTENING_RATE
LEAST_SAMPLES = 4_800
"""Of less than 0.3 s nothing is understood; under 895 samples the encoder fails."""

KEEP_QUANTIZED = {"session.disable_quant_qdq": "1"}
"""Otherwise the output matrix is turned into floats again for every token, which takes half of its time."""

Floats = NDArray[np.float32]
Heads = Sequence[tuple[int, int]]
"""`(layer, head)`s, counted from 0."""


@dataclass(slots=True)
class Memory:
    """What the decoder keeps between two tokens of one answer."""

    features: Floats
    """`(1, S, D)`."""
    past: dict[str, Floats]
    """Keys and values of every layer, by the names of the decoder's inputs."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the decoder says comes after each of the tokens that it was fed."""

    logits: Floats
    """`(T, 32768)`."""
    attention: Floats
    """`(T, S)`: where in the audio it listened, mean over the alignment heads."""


class Network:
    """The graphs, shared by all threads.

    Args:
        folder: the model's, in the store.
        heads: those that follow the audio word by word.
        threads: for each call; 2 take twice the CPU and are no faster.

    Raises:
        OSError, ValueError: a file is missing, or is not that model.
    """

    def __init__(self, folder: Path, heads: Heads, threads: int = 1) -> None:
        layers = sorted({layer for layer, _ in heads})
        model, attentions = with_attention((folder / "decoder_model_merged.onnx").read_bytes(), layers)
        self._encoder = open_session((folder / "encoder_model.onnx").read_bytes(), threads)
        self._decoder = open_session(model, threads, config=KEEP_QUANTIZED)
        self._heads = [(layers.index(layer), head) for layer, head in heads]
        self._attentions = list(attentions)
        pasts = {value.name: value.shape for value in self._decoder.get_inputs() if "past" in value.name}
        if not pasts:
            raise ValueError("the decoder has no cache")
        # The first call is to be told of one position that it does not look at; with none it fails.
        self._none = {name: np.zeros((0, shape[1], 1, shape[3]), np.float32) for name, shape in pasts.items()}
        self._first = _presents(pasts)
        self._later = _presents(name for name in pasts if ".decoder." in name)

    def listen(self, samples: Samples) -> Memory:
        """Reads the audio: 16 kHz, at least `LEAST_SAMPLES` and at most 30 s.

        Raises:
            EngineError: the runtime failed.
        """
        (features,) = run(self._encoder, {"input_values": np.ascontiguousarray(samples[None], np.float32)})
        return Memory(features, dict(self._none))

    def begin(self, memory: Memory, ids: Sequence[int]) -> Prediction:
        """What comes after the beginning, and after each token of it.

        Raises:
            EngineError: the runtime failed.
        """
        return self._call(memory, [BOS, *ids], self._first, cached=False)

    def proceed(self, memory: Memory, token: int) -> Prediction:
        """What comes after one more token.

        Raises:
            EngineError: the runtime failed.
        """
        return self._call(memory, [token], self._later, cached=True)

    def _call(
        self, memory: Memory, ids: Sequence[int], presents: Mapping[str, str], *, cached: bool
    ) -> Prediction:
        fed: dict[str, Any] = {
            "input_ids": np.array([ids], np.int64),
            "encoder_hidden_states": memory.features,
            "use_cache_branch": np.array([cached]),
            **memory.past,
        }
        logits, *rest = run(self._decoder, fed, ["logits", *presents, *self._attentions])
        memory.past.update(zip(presents.values(), rest, strict=False))
        attentions = rest[len(presents) :]
        attention = np.mean([attentions[layer][0, head] for layer, head in self._heads], axis=0)
        return Prediction(logits[0], attention)


def _presents(pasts: Any) -> dict[str, str]:
    """The decoder's outputs that are these inputs the next time."""
    return {name.replace("past_key_values", "present"): name for name in pasts}
