"""From Whisper's pieces of words and the frames they were heard in to words with times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from firstword.core.transcripts import Word

FRAME_MS = 20.0
"""Of the encoder's output. Source: Whisper's architecture."""
OPENING = frozenset("\"'“¿([{-")
CLOSING = frozenset("\"'.。,，!！?？:：;”)]}、…")
SENTENCE_ENDS = tuple(".。!！?？…")
LONGEST_WORD_MS = 1400.0
"""After a pause, a word seems to begin in the pause; it is held to this, or to twice the median word."""


@dataclass(frozen=True, slots=True)
class Span:
    """A written word with the marks that lean on it."""

    text: str
    tokens: int
    """With those of its marks."""
    first: int
    """The word's own first token, counted from the first of the answer."""
    end: int
    """The token after its own last one."""


def spans(pieces: Iterable[tuple[str, int]]) -> list[Span]:
    """Joins marks to their words; nothing at all where there are only marks.

    Args:
        pieces: texts with the number of tokens each is made of, in order, as written.
    """
    found: list[Span] = []
    held, held_tokens, at = "", 0, 0
    for text, tokens in pieces:
        mark = text.strip()
        if found and not held_tokens and _leans_back(text, mark):
            found[-1] = replace(found[-1], text=found[-1].text + text, tokens=found[-1].tokens + tokens)
        elif not mark or _only(mark, OPENING | CLOSING):
            held, held_tokens = held + text, held_tokens + tokens
        else:
            found.append(Span(held + text, held_tokens + tokens, at, at + tokens))
            held, held_tokens = "", 0
        at += tokens
    if found and held_tokens:
        found[-1] = replace(found[-1], text=found[-1].text + held, tokens=found[-1].tokens + held_tokens)
    return found


def timed(
    found: Sequence[Span], begins_ms: Sequence[float], probabilities: Sequence[float], end_ms: float
) -> list[Word]:
    """Words in order, none of them outside the audio.

    Args:
        found: the words.
        begins_ms: when each token is heard, and one more for the end; never falling.
        probabilities: of each token.
        end_ms: of the audio.
    """
    times = [(begins_ms[span.first], begins_ms[span.end]) for span in found]
    usual = median([end - start for start, end in times if end > start] or [LONGEST_WORD_MS / 2])
    longest = min(LONGEST_WORD_MS, 2 * usual)
    words: list[Word] = []
    for index, (span, (start, end)) in enumerate(zip(found, times, strict=True)):
        if index == 0 or found[index - 1].text.endswith(SENTENCE_ENDS):
            start = max(start, end - longest)
        own = probabilities[span.first : span.end]
        words.append(
            Word(
                text=span.text.strip(),
                start_ms=min(start, end_ms),
                end_ms=min(end, end_ms),
                confidence=min(1.0, sum(own) / len(own)),
                tokens=span.tokens,
            )
        )
    return words


def settled(
    found: Sequence[Span], words: Sequence[Word], until_ms: float, prefix: int
) -> tuple[list[Word], int]:
    """The words that may be told while speech goes on, and of how many tokens they are made.

    The marks after the last of them are left out: they depend on what comes.

    Args:
        found: the words.
        words: the same with their times.
        until_ms: the end of what counts as heard.
        prefix: so many tokens are told in any case.
    """
    told: list[Word] = []
    at = 0
    for word in words:
        if at >= prefix and word.end_ms > until_ms:
            break
        told.append(word)
        at += word.tokens
    if told and (own := found[len(told) - 1].end) >= prefix:
        bare = told[-1].text.rstrip("".join(CLOSING))
        told[-1] = replace(told[-1], text=bare, tokens=told[-1].tokens - (at - own))
        at = own
    return told, at


def _leans_back(text: str, mark: str) -> bool:
    return not mark or (not text[0].isspace() and _only(mark, CLOSING))


def _only(mark: str, marks: frozenset[str]) -> bool:
    return all(letter in marks for letter in mark)
