"""Which letters a voice can read, decided before anything sounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

RANGES = {
    "Arab": "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "Armn": "\u0530-\u058f\ufb13-\ufb17",
    "Beng": "\u0980-\u09ff",
    "Cyrl": "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f",
    "Deva": "\u0900-\u097f\ua8e0-\ua8ff",
    "Ethi": "\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f",
    "Geor": "\u10a0-\u10ff\u1c90-\u1cbf\u2d00-\u2d2f",
    "Grek": "\u0370-\u03ff\u1f00-\u1fff",
    "Gujr": "\u0a80-\u0aff",
    "Guru": "\u0a00-\u0a7f",
    "Hang": "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc",
    "Hani": "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "Hebr": "\u0590-\u05ff\ufb1d-\ufb4f",
    "Kana": "\u3031-\u3035\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "Knda": "\u0c80-\u0cff",
    "Latn": "A-Za-z\u00aa-\u02ff\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f"
    "\ua720-\ua7ff\ufb00-\ufb06\uff21-\uff5a",
    "Mlym": "\u0d00-\u0d7f",
    "Mymr": "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f",
    "Orya": "\u0b00-\u0b7f",
    "Sinh": "\u0d80-\u0dff",
    "Taml": "\u0b80-\u0bff",
    "Telu": "\u0c00-\u0c7f",
    "Thai": "\u0e00-\u0e7f",
}
"""ISO 15924 code -> its letters, as the inside of a character class. Source: Unicode's Blocks.txt."""

_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？｡؟।॥۔።])|[\n\r\u2028\u2029]")
_SOUND = re.compile(r"[^\W_]")


def has_words(text: str) -> bool:
    """Whether there is a letter or a digit in it."""
    return _SOUND.search(text) is not None


def unreadable_sentence(text: str, scripts: tuple[str, ...], *, strict: bool = False) -> str | None:
    """The first sentence that is not in the voice's letters, or None.

    Args:
        text: of any length; linear in it, and one pass of the pattern engine where nothing is foreign.
        scripts: what the voice reads; Latin letters are read by every voice.
        strict: one foreign letter is too many. Otherwise a foreign word in a sentence is let pass.
    """
    foreign = _letters_but(scripts)
    if text.isascii() or not foreign.search(text):
        return None
    most = 0.0 if strict else 0.5
    return next((s for s in _sentences(text) if _foreign_share(foreign, s) > most), None)


@cache
def _letters_but(scripts: tuple[str, ...]) -> re.Pattern[str]:
    readable = "".join(RANGES[script] for script in (*scripts, "Latn"))
    return re.compile(rf"[^\W\d_{readable}]")


def _foreign_share(foreign: re.Pattern[str], sentence: str) -> float:
    """The share of letters that are foreign; numerals such as ² and Ⅷ are no letters."""
    found = sum(map(str.isalpha, foreign.findall(sentence)))
    return found / sum(map(str.isalpha, sentence)) if found else 0.0


def _sentences(text: str) -> Iterator[str]:
    at = 0
    for match in _END.finditer(text):
        yield text[at : match.end()]
        at = match.end()
    yield text[at:]
