"""What is believed of one utterance while it is being spoken, and what of it will never change.

A draft is a recognition of the utterance so far. It begins with the words that are stable already, because
the model is made to (`RecognitionRequest.prefix`); its other words may become stable. A word does when it

- is not among the words near the end (drafts leave those out by themselves),
- was the same in `AGREE` drafts in a row,
- ended more than `AGE_MS` before the end of the audio,
- and has a confidence of `CONFIDENCE` or more;

and only after all words before it. The final begins with the stable words too, so that they never change,
whatever a model does: where its words are others all the same, the stable ones are kept and the rest follows.
Source of the figures: docs/decisions, "What of a partial transcript is stable".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from firstword.core.transcripts import Recognition, Token, Word

AGREE = 3
AGE_MS = 600.0
CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True)
class Said:
    """A word with the tokens it is made of; none where the model does not tell."""

    word: Word
    """Its times from the beginning of the session."""
    tokens: tuple[Token, ...]

    @property
    def key(self) -> str:
        """What two spellings of the word have in common: no case, no punctuation."""
        return "".join(char for char in self.word.text.casefold() if char.isalnum())

    @property
    def confidence(self) -> float:
        """0-1: the word's own, or that of its least likely token."""
        if self.word.confidence is not None:
            return self.word.confidence
        return math.exp(min((token.logprob for token in self.tokens), default=-math.inf))


@dataclass(frozen=True, slots=True)
class Written:
    """A recognition with the stable words in their place."""

    text: str
    said: tuple[Said, ...] = ()
    tokens: tuple[Token, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """Its words."""
        return tuple(said.word for said in self.said)

    @classmethod
    def of(cls, said: Sequence[Said]) -> Written:
        """The text of some words."""
        return cls(_spelt(said), tuple(said), tuple(token for word in said for token in word.tokens))


NOTHING = Recognition("")


class Hypothesis:
    """The words of one utterance.

    Args:
        carried: words of the utterance before it, cut off behind them, that were stable already.
    """

    def __init__(self, carried: Sequence[Said] = ()) -> None:
        self._stable = list(carried)
        self._latest: list[str] = []
        """The words of the last draft, and for how many drafts each has been the same."""
        self._agreed: list[int] = []

    @property
    def stable(self) -> tuple[Said, ...]:
        """The words that will never change."""
        return tuple(self._stable)

    @property
    def prefix(self) -> tuple[int, ...]:
        """The tokens that every recognition of this utterance must begin with.

        Without the punctuation after the last stable word, which is not part of what is stable.
        """
        tokens = [token for said in self._stable for token in said.tokens]
        while tokens and not any(char.isalnum() for char in tokens[-1].text):
            tokens.pop()
        return tuple(token.id for token in tokens)

    def draft(self, recognition: Recognition, *, origin_ms: float, until_ms: float) -> Written:
        """Takes a recognition of the utterance so far.

        Args:
            recognition: of audio that goes on.
            origin_ms: where the audio began, in the session.
            until_ms: where it ended.
        """
        written = self.settle(recognition, origin_ms=origin_ms)
        keys = [said.key for said in written.said]
        same = _common(keys, self._latest)
        self._agreed = [*(count + 1 for count in self._agreed[:same]), *([1] * (len(keys) - same))]
        self._latest = keys
        self._stable.extend(self._newly_stable(written.said, until_ms))
        return written

    def settle(self, recognition: Recognition, *, origin_ms: float) -> Written:
        """A recognition, held to the stable words."""
        heard = _said(recognition, origin_ms)
        held = _held(self._stable, heard)
        if held is heard:
            return Written(recognition.text, tuple(heard), recognition.tokens)
        return Written.of(held)

    def _newly_stable(self, said: Sequence[Said], until_ms: float) -> list[Said]:
        new: list[Said] = []
        for at in range(len(self._stable), len(said)):
            word = said[at]
            if not word.tokens or not word.key or self._agreed[at] < AGREE:
                break
            if word.confidence < CONFIDENCE or word.word.end_ms > until_ms - AGE_MS:
                break
            new.append(word)
        return new


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words two texts have in common from their beginning."""
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))


def _said(recognition: Recognition, origin_ms: float) -> list[Said]:
    """The words of a recognition in their place in the session, each with its tokens."""
    told = sum(word.tokens for word in recognition.words) == len(recognition.tokens)
    said: list[Said] = []
    at = 0
    for word in recognition.words:
        tokens = recognition.tokens[at : at + word.tokens] if told else ()
        placed = replace(word, start_ms=word.start_ms + origin_ms, end_ms=word.end_ms + origin_ms)
        said.append(Said(placed, tokens))
        at += word.tokens
    return said


def _held(stable: Sequence[Said], heard: list[Said]) -> list[Said]:
    """`heard`, begun with the stable words: itself where it does begin with them."""
    count = len(stable)
    if _common([word.key for word in stable], [word.key for word in heard]) == count:
        return heard
    if _common([word.key for word in stable[:-1]], [word.key for word in heard]) == count - 1:
        rest = heard[count:]  # the last stable word was made longer
    else:
        rest = [word for word in heard if word.word.start_ms >= stable[-1].word.end_ms]
    return [*stable, *rest]


def _spelt(said: Sequence[Said]) -> str:
    """The text of words, spaced as their tokens are."""
    spellings = ("".join(token.text for token in word.tokens) or f" {word.word.text}" for word in said)
    return "".join(spellings).strip()
