"""Which text an English voice can say, decided before anything sounds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Letters of other scripts, with what lies between them; Latin, phonetic letters, punctuation and emoji
# are left out. One class, so that a text without any is passed at C speed.
_FOREIGN = re.compile(
    "[\u0370-\u1cff\u1f00-\u1fff\u2c00-\u2c5f\u2c80-\ua6ff\ua800-\uab2f\uab70-\ud7ff\uf900-\ufaff\ufb07-\ufeff"
    "\uff66-\uffdc\U00010000-\U0001cfff\U0001e000-\U0001efff\U00020000-\U0003ffff]"
)
_LATIN = re.compile("[A-Za-z\u00aa\u00ba\u00c0-\u02af\u1e00-\u1eff\uff21-\uff5a]")
_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？｡؟।॥։۔])|[\n\r\u2028\u2029]")
_SYLLABLES = re.compile(
    "[\u1100-\u11ff\u3040-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff]"
)
"""Kana, Hangul and Chinese characters: each says what takes about two letters elsewhere."""
_SOUND = re.compile(r"[^\W_]")


def has_words(text: str) -> bool:
    """Whether there is a letter or a digit in it."""
    return _SOUND.search(text) is not None


def unspeakable_sentence(text: str) -> str | None:
    """The first sentence that is mostly in letters no English voice can say, or None.

    A foreign word in an English sentence is let pass. Linear in the text: 0.01 ms for 4,000 plain
    characters; sentences are only looked at where there is a foreign letter.
    """
    if text.isascii() or not _FOREIGN.search(text):
        return None
    return next((sentence for sentence in _sentences(text) if _mostly_foreign(sentence)), None)


def _sentences(text: str) -> Iterator[str]:
    at = 0
    for match in _END.finditer(text):
        yield text[at : match.end()]
        at = match.end()
    yield text[at:]


def _mostly_foreign(sentence: str) -> bool:
    letters = [found for found in _FOREIGN.findall(sentence) if unicodedata.category(found).startswith("L")]
    if not letters:
        return False
    weight = len(letters) + len(_SYLLABLES.findall("".join(letters)))
    return weight >= len(_LATIN.findall(sentence))
