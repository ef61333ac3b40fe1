"""How much of what was said was written down: word error rates, by Whisper's English normalizer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import jiwer
from whisper_normalizer.english import EnglishTextNormalizer

UNITS = {
    "km/h": "kilometers per hour",
    "kmh": "kilometers per hour",
    "km": "kilometers",
    "kg": "kilograms",
    "cm": "centimeters",
    "ml": "milliliters",
    "mb": "megabytes",
    "°c": "degrees celsius",
}
"""Recognizers write either; the normalizer knows neither of them as the other."""
_UNIT = re.compile(rf"(?<=\d)\s*({'|'.join(UNITS)})\b", re.IGNORECASE)


@cache
def _normalizer() -> EnglishTextNormalizer:
    return EnglishTextNormalizer()


def plain(text: str) -> str:
    """The text as it is compared: spelling, numbers and contractions in one way, no punctuation."""
    return str(_normalizer()(_UNIT.sub(lambda unit: " " + UNITS[unit[1].lower()], text)))


def errors(said: Sequence[str], written: Sequence[str]) -> tuple[int, int]:
    """Words wrong (replaced, left out, put in), and words said, over all pairs of texts."""
    pairs = [(plain(one), plain(other)) for one, other in zip(said, written, strict=True)]
    pairs = [(one, other) for one, other in pairs if one]
    counted = jiwer.process_words([one for one, _ in pairs], [other for _, other in pairs])
    wrong = counted.substitutions + counted.deletions + counted.insertions
    return wrong, counted.substitutions + counted.deletions + counted.hits


def in_place(said: Sequence[str], written: Sequence[str]) -> list[int]:
    """Which of the words that were said stand in what was written, in the best alignment of both."""
    aligned = jiwer.process_words(" ".join(said), " ".join(written)).alignments[0]
    return [
        at for part in aligned if part.type == "equal" for at in range(part.ref_start_idx, part.ref_end_idx)
    ]


def bare(word: str) -> str:
    """A word without case and punctuation."""
    return re.sub(r"[^\w']", "", word).lower()
