"""A Whisper of two layers and random weights: every line of the engine is run, nothing is understood."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from ctranslate2.specs.model_spec import index_spec
from ctranslate2.specs.whisper_spec import WhisperSpec
from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

WIDTH = 16
TEXT_TOKENS = 1000
BYTES = 256
"""As many of the text tokens, the first, are a byte each."""
LANGUAGES = _LANGUAGE_CODES[:-1]
"""The 99 of Whisper before its third large model, which added Cantonese."""
SPECIAL = (
    *("<|endoftext|>", "<|startoftranscript|>"),
    *(f"<|{code}|>" for code in LANGUAGES),
    *("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"),
    "<|notimestamps|>",
)
TIMES = tuple(f"<|{0.02 * step:.2f}|>" for step in range(1501))
SHAPES = {
    "conv1/weight": (WIDTH, 80, 3),
    "conv2/weight": (WIDTH, WIDTH, 3),
    "self_attention/linear_0/weight": (3 * WIDTH, WIDTH),
    "attention/linear_1/weight": (2 * WIDTH, WIDTH),
    "self_attention/linear_1/weight": (WIDTH, WIDTH),
    "ffn/linear_0/weight": (4 * WIDTH, WIDTH),
    "ffn/linear_1/weight": (WIDTH, 4 * WIDTH),
    r"linear_\d/weight": (WIDTH, WIDTH),
}
"""The end of a weight's name -> its shape; the first that fits."""


def make(folder: Path, *, multilingual: bool = True, seed: int = 7) -> Path:
    """Writes the model as CTranslate2 keeps it, 0.3 MB.

    What makes a model multilingual, there and here, is a token without letters before the special ones.
    """
    text = _text_tokens()
    text[-1] = "" if multilingual else text[-1]
    vocabulary = [*text, *SPECIAL, *TIMES]
    folder.mkdir(parents=True)
    _write_weights(folder, vocabulary, len(text), np.random.default_rng(seed))
    _write_tokenizer(folder / "tokenizer.json", text)
    return folder


def _text_tokens() -> list[str]:
    """The bytes, then words; every fourth goes on where the one before it ended."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = (f"{'' if index % 4 == 3 else 'Ġ'}w{index}" for index in range(TEXT_TOKENS - BYTES))
    return [*alphabet, *words]


def _write_weights(folder: Path, vocabulary: list[str], end: int, random: np.random.Generator) -> None:
    spec = WhisperSpec(2, 2, 2, 2)
    words = random.standard_normal((len(vocabulary), WIDTH)).astype(np.float32)
    for name, value in spec.variables().items():
        if value is None:
            place, _, attribute = name.rpartition("/")
            setattr(index_spec(spec, place), attribute, _weight(name, words, random))
    spec.decoder.projection.bias = np.zeros(len(vocabulary), np.float32)
    spec.decoder.projection.bias[:BYTES] -= 3  # words, most of the time
    spec.decoder.projection.bias[end] += 8  # and not too many of them
    spec.encoder.position_encodings.encodings = random.standard_normal((1500, WIDTH)).astype(np.float32)
    places = random.standard_normal((448, WIDTH)).astype(np.float32)
    spec.decoder.position_encodings.encodings = places * np.float32(0.5)
    spec.register_vocabulary(vocabulary)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [vocabulary.index("Ġ"), end]
    spec.config.lang_ids = list(range(end + 2, end + 2 + len(LANGUAGES)))
    spec.config.alignment_heads = [[1, 0], [1, 1]]
    spec.validate()
    spec.optimize("int8")
    spec.save(str(folder))


def _weight(name: str, words: np.ndarray, random: np.random.Generator) -> np.ndarray:
    if name.endswith("gamma"):
        return np.ones(WIDTH, np.float32)
    if name.endswith("beta"):
        return np.zeros(WIDTH, np.float32)
    if name in {"decoder/embeddings/weight", "decoder/projection/weight"}:
        return words
    shape = next(shape for ending, shape in SHAPES.items() if re.search(f"{ending}$", name))
    scale = 2.0 if "/attention/" in name else 0.5  # what is heard weighs more than what was written
    return (scale * random.standard_normal(shape)).astype(np.float32)


def _write_tokenizer(file: Path, text: list[str]) -> None:
    tokenizer = Tokenizer(models.BPE({token: id for id, token in enumerate(text)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(token) for token in TIMES])
    tokenizer.save(str(file))
