"""Texts to speak: plain words, the same for everybody and in every run with the same seed."""

from __future__ import annotations

import random

from firstword.bench.ttfa import PASSAGE, sentence

WORDS = PASSAGE.split()


def random_sentence(source: random.Random, shortest: int = 5, longest: int = 9) -> str:
    """One sentence of plain words; seven of them take about 2.5 s to say."""
    words = source.choices(WORDS, k=source.randint(shortest, longest))
    return " ".join(words).capitalize() + "."


def some_sentences(source: random.Random, count: int) -> str:
    """So many sentences, in one paragraph."""
    return " ".join(random_sentence(source) for _ in range(count))


def of_length(source: random.Random, chars: int, begin: str = "") -> str:
    """Sentences of 8 to 20 words until `chars` characters are full, cut there; `begin` comes first."""
    sentences, have = ([begin], len(begin)) if begin else ([], 0)
    while have < chars:
        sentences.append(random_sentence(source, 8, 20))
        have += len(sentences[-1]) + 1
    return " ".join(sentences)[: chars - 1].rstrip(" .") + "."


def lengths(seed: int = 0) -> dict[str, str]:
    """The texts of the time to first audio: sentences, and long texts that begin with the 15 words."""
    source, begin = random.Random(seed), sentence(15)
    texts = {f"{words} words": sentence(words) for words in (5, 15, 40)}
    return texts | {f"{chars:,} chars": of_length(source, chars, begin) for chars in (500, 1_000, 4_000)}
