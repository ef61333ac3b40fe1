"""A folder of weights, looked at without the library: is all there, and what does it hear."""

from __future__ import annotations

import json
import re
from pathlib import Path

from firstword.core.errors import ConfigurationError
from firstword.engines.whisper.languages import tag_of

# Without its tokenizer.json the library would fetch one.
FILES = ("config.json", "model.bin", "tokenizer.json")
VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
ENGLISH = ("en",)

_LANGUAGE = re.compile(r"<\|([a-z]{2,3})\|>")


def languages_of(model_id: str, folder: Path) -> tuple[str, ...]:
    """What the model in a folder hears, as BCP 47: 99 or 100 languages, or English alone.

    Raises:
        ConfigurationError: the folder is missing, or a file in it is.
    """
    if not folder.is_dir():
        raise _incomplete(model_id, f"its folder {folder} does not exist")
    missing = [name for name in FILES if not (folder / name).is_file()]
    vocabulary = next((folder / name for name in VOCABULARIES if (folder / name).is_file()), None)
    if missing or vocabulary is None:
        raise _incomplete(model_id, f"there is no {(*missing, VOCABULARIES[0])[0]} in {folder}")
    try:
        tokens = _tokens(vocabulary)
    except (OSError, ValueError) as failure:
        raise _incomplete(model_id, f"{vocabulary} cannot be read: {failure}") from failure
    # What makes a model multilingual for CTranslate2: that OpenAI's second vocabulary has an empty token.
    if "" not in tokens:
        return ENGLISH
    return tuple(tag_of(match[1]) for match in map(_LANGUAGE.fullmatch, tokens) if match)


def _tokens(vocabulary: Path) -> list[str]:
    text = vocabulary.read_text("utf-8")
    if vocabulary.suffix == ".txt":
        return text.removesuffix("\n").split("\n")
    tokens = json.loads(text)
    if not isinstance(tokens, list):
        raise ValueError("it is not a list of tokens")
    return [str(token) for token in tokens]


def _incomplete(model_id: str, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"The Whisper model {model_id} is not whole: {what}. Fetch one that is made for faster-whisper, "
        "such as `hf download Systran/faster-whisper-base --local-dir FOLDER`, and name its folder in "
        "engine_options."
    )
