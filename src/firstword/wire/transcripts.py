"""How transcripts become one text, and how they are counted; what every shape of them shares."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable

from firstword.core.transcripts import Transcript
from firstword.wire.speech import CHARS_PER_TOKEN

MS_PER_AUDIO_TOKEN = 100
"""Of audio that comes in. Source: CONTRACT A4."""
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "IDEOGRAPHIC", "FULLWIDTH")
"""Scripts that are written without spaces between words, by the beginnings of Unicode's names."""


def separator(before: str, after: str) -> str:
    """What stands between two texts: a space, or nothing in scripts that have none."""
    if not before or not after or before[-1].isspace() or after[0].isspace():
        return ""
    return "" if _unspaced(before[-1]) and _unspaced(after[0]) else " "


def joined(transcripts: Iterable[Transcript]) -> str:
    """The text of transcripts that follow each other."""
    text: list[str] = []
    for transcript in transcripts:
        text += (separator(text[-1] if text else "", transcript.text), transcript.text)
    return "".join(text)


def text_tokens(chars: int) -> int:
    """Our estimate of text tokens."""
    return -(-chars // CHARS_PER_TOKEN)


def audio_tokens(ms: float) -> int:
    """Tokens of audio that came in; a rounding error of a sample is none."""
    return math.ceil(round(ms, 3) / MS_PER_AUDIO_TOKEN)


def seconds(ms: float) -> float:
    """Seconds, to the millisecond."""
    return round(ms / 1000, 3)


def _unspaced(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(_UNSPACED)
