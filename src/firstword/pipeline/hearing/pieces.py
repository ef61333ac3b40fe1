"""Utterances of a recording, joined over short silences into pieces as long as a model takes.

A model hears the better the more it hears at once, and is cut off best where nobody speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firstword.core.transcripts import LISTENING_RATE

GAP_FRAMES = LISTENING_RATE
"""Silences up to a second are bridged."""


@dataclass(frozen=True, slots=True)
class Piece:
    """From one frame of the recording to another."""

    begin: int
    end: int
    speech_until: int
    """The frame after the last one of speech."""
    divided: bool
    """Whether speech goes on over its end."""


class Pieces:
    """Utterances in, pieces out.

    Args:
        longest: frames a piece may have; an utterance has no more.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._waiting: list[Piece] = []

    @property
    def begin(self) -> int | None:
        """The first frame that belongs to a piece which is not complete."""
        return self._waiting[0].begin if self._waiting else None

    def feed(self, utterance: Piece, /) -> Sequence[Piece]:
        """Takes the next utterance; gives what cannot be joined with it."""
        complete: list[Piece] = []
        if self._waiting and utterance.begin - self._waiting[-1].end > GAP_FRAMES:
            complete += self.flush()
        while self._waiting and utterance.end - self._waiting[0].begin > self._longest:
            complete.append(self._first())
        self._waiting.append(utterance)
        return complete

    def flush(self) -> Sequence[Piece]:
        """The last piece."""
        return [self._take(len(self._waiting))] if self._waiting else []

    def _first(self) -> Piece:
        """As much as possible, but rather to a silence than to a cut."""
        silences = [at for at, piece in enumerate(self._waiting, 1) if not piece.divided]
        return self._take(silences[-1] if silences else len(self._waiting))

    def _take(self, count: int) -> Piece:
        taken = self._waiting[:count]
        del self._waiting[:count]
        last = taken[-1]
        return Piece(taken[0].begin, last.end, last.speech_until, last.divided)
