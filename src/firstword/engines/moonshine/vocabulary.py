"""Token ids to text. The makers ship the vocabulary inside a script; no tokenizer library is needed."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path

TOKENS = 32_000
BOS, EOS = 1, 2
FIRST_BYTE, LAST_BYTE = 3, 258
"""Ids that stand for one byte of UTF-8 each; those before are marks for the model."""

_LISTING = re.compile(rb"PHVuaz4K[A-Za-z0-9+/=]{300000,}")
"""Base64 of a line for each token, the first of which is `<unk>`."""


class Vocabulary:
    """The texts of the tokens. Ids beyond the last are the model's own marks and say nothing.

    Args:
        path: the makers' script.

    Raises:
        OSError, ValueError: it is missing, or is not that script.
    """

    def __init__(self, path: Path) -> None:
        found = _LISTING.search(path.read_bytes())
        lines = base64.b64decode(found.group()).decode("utf-8").split("\n") if found else []
        if len(lines) < TOKENS:
            raise ValueError(f"{path.name} holds no vocabulary")
        self._pieces = [_piece(token, line) for token, line in enumerate(lines[:TOKENS])]

    def text(self, ids: Sequence[int]) -> str:
        """What the tokens say together, spaces at the ends included."""
        return b"".join(self._pieces[i] for i in ids if i < TOKENS).decode("utf-8", "replace")

    def begins_word(self, token: int) -> bool:
        """Whether a token begins with a space."""
        return token < TOKENS and self._pieces[token].startswith(b" ")

    def has_letters(self, token: int) -> bool:
        """Whether a token is more than punctuation; parts of a character count as letters."""
        said = self.text([token])
        return "\ufffd" in said or any(map(str.isalnum, said))


def _piece(token: int, line: str) -> bytes:
    if token < FIRST_BYTE:
        return b""
    if token <= LAST_BYTE:
        return bytes([token - FIRST_BYTE])
    return line.replace("▁", " ").encode("utf-8")
