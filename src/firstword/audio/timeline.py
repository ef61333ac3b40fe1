"""Where the samples a stage makes stand in time, and which words go out with them.

A stage that changes rate or tempo gives back fewer or more samples, later than it took them. A word
leaves with the chunk in whose time it begins, and none is lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from firstword.core.types import AudioChunk, Samples, TimedWord


class Timeline:
    """The clock of a stage's output.

    Args:
        sample_rate: Hz of the output.
        tempo: how much shorter the output is than the input, in time.
    """

    def __init__(self, sample_rate: int, tempo: float = 1.0) -> None:
        self._sample_rate = sample_rate
        self._tempo = tempo
        self._next_frame: int | None = None
        self._words: deque[TimedWord] = deque()

    def note(self, chunk: AudioChunk) -> None:
        """Takes the words of an input chunk, and from the first one where the stream begins."""
        if self._next_frame is None:
            seconds = chunk.start / chunk.sample_rate / self._tempo
            self._next_frame = round(seconds * self._sample_rate)
        self._words.extend(
            replace(word, start_ms=word.start_ms / self._tempo, end_ms=word.end_ms / self._tempo)
            for word in chunk.words
        )

    def place(self, samples: Samples) -> Sequence[AudioChunk]:
        """The next samples of the output as a chunk, with the words that begin in them."""
        if not len(samples):
            return []
        start = self._next_frame or 0
        self._next_frame = start + len(samples)
        end_ms = self._next_frame * 1000 / self._sample_rate
        begun = []
        while self._words and self._words[0].start_ms < end_ms:
            begun.append(self._words.popleft())
        return [AudioChunk(samples, self._sample_rate, start, tuple(begun))]

    def close(self, samples: Samples) -> Sequence[AudioChunk]:
        """The last samples, with every word that is left; a chunk of no samples if there are only words."""
        left = tuple(self._words)
        self._words.clear()
        if not left and not len(samples):
            return []
        return [AudioChunk(samples, self._sample_rate, self._next_frame or 0, left)]
