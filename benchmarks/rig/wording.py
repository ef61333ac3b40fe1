"""How much of what was said was written down: word error rates, by Whisper's English normalizer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import jiwer
from whisper_normalizer.english import EnglishTextNormalizer


@cache
def _normalizer() -> EnglishTextNormalizer:
    return EnglishTextNormalizer()


def plain(text: str) -> str:
    """The text as it is compared: spelling, numbers and contractions in one way, no punctuation."""
    return str(_normalizer()(text))


def errors(said: Sequence[str], written: Sequence[str]) -> tuple[int, int]:
    """Words wrong (replaced, left out, put in), and words said, over all pairs of texts."""
    pairs = [(plain(one), plain(other)) for one, other in zip(said, written, strict=True)]
    pairs = [(one, other) for one, other in pairs if one]
    counted = jiwer.process_words([one for one, _ in pairs], [other for _, other in pairs])
    wrong = counted.substitutions + counted.deletions + counted.insertions
    return wrong, counted.substitutions + counted.deletions + counted.hits


def same(one: str, other: str) -> bool:
    """Whether two words are the same, without case and punctuation."""
    return bare(one) == bare(other)


def bare(word: str) -> str:
    """A word without case and punctuation."""
    return re.sub(r"[^\w']", "", word).lower()
