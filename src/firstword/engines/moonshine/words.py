"""Tokens to words: their spelling, their times and how sure the model is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from firstword.core.transcripts import Token, Word
from firstword.engines.moonshine.network import FRAME_MS
from firstword.engines.moonshine.vocabulary import Vocabulary
from firstword.engines.moonshine.writing import Draft


def tokens_of(draft: Draft, vocabulary: Vocabulary) -> tuple[Token, ...]:
    """The tokens with their texts."""
    pairs = zip(draft.ids, draft.logprobs, strict=True)
    return tuple(Token(token, vocabulary.text([token]), logprob) for token, logprob in pairs)


def words_of(draft: Draft, vocabulary: Vocabulary, end_ms: float, offset_ms: float = 0.0) -> list[Word]:
    """The words, in order; none where there is nothing but punctuation.

    A word begins where the decoder listens before its first token, and ends where it listens after its
    last one that is not punctuation.

    Args:
        draft: what was written.
        vocabulary: the tokens' texts.
        end_ms: the end of the audio, since the piece began; no word passes it.
        offset_ms: where the draft's audio begins in the piece.
    """
    times = [min(end_ms, offset_ms + time) for time in draft.times_ms()]
    words = []
    for begin, end in _groups(draft.ids, vocabulary):
        lettered = [at for at in range(begin, end) if vocabulary.has_letters(draft.ids[at])]
        if not lettered:
            continue
        start_ms = times[begin]
        words.append(
            Word(
                text=" ".join(vocabulary.text(draft.ids[begin:end]).split()),
                start_ms=start_ms,
                end_ms=min(end_ms, max(start_ms + FRAME_MS, times[lettered[-1] + 1])),
                confidence=math.exp(min(draft.logprobs[at] for at in lettered)),
                tokens=end - begin,
            )
        )
    return words


def _groups(ids: Sequence[int], vocabulary: Vocabulary) -> list[tuple[int, int]]:
    """Where each word's tokens are. Punctuation that stands alone goes with a neighbour."""
    begins = [0]
    for at in range(1, len(ids)):
        said = any(map(vocabulary.has_letters, ids[begins[-1] : at]))
        if said and vocabulary.begins_word(ids[at]):
            begins.append(at)
    if len(begins) > 1 and not any(map(vocabulary.has_letters, ids[begins[-1] :])):
        begins.pop()
    return list(zip(begins, [*begins[1:], len(ids)], strict=True)) if ids else []
