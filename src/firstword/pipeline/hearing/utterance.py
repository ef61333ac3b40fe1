"""One utterance while it is being spoken, and where it is divided when it grows too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from firstword.core.transcripts import LISTENING_RATE
from firstword.pipeline.hearing.decode import to_ms
from firstword.pipeline.hearing.hypothesis import Hypothesis, Said

EAGER_MS = 160
"""Audio between two drafts until the first word is found: they are short, and it is waited for."""
EAGER_UNTIL_MS = 2_000.0
"""So long into an utterance."""
UNSURE_MS = 600.0
"""Words that end so near the end of the audio may have been left out of a draft."""


@dataclass(slots=True)
class Utterance:
    """What is known of it."""

    begin: int
    """Frames at 16 kHz since the session began."""
    next_partial: int
    """The frame from which on the next partial is due."""
    hypothesis: Hypothesis = field(default_factory=Hypothesis)
    told: tuple[str, int] = ("", 0)
    """Text and number of stable words of the last partial."""

    def pace(self, heard: int, every_ms: int) -> None:
        """Sets the next partial's place: the first one after `heard`; sooner as long as no word is found."""
        if not self.told[0] and to_ms(heard - self.begin) < EAGER_UNTIL_MS:
            every_ms = min(every_ms, EAGER_MS)
        every = max(1, every_ms * LISTENING_RATE // 1000)
        self.next_partial += every * (max(0, heard - self.next_partial) // every + 1)


@dataclass(frozen=True, slots=True)
class Division:
    """An utterance in two."""

    said: tuple[Said, ...]
    """The words of the first part."""
    at: int
    """The frame where the second part begins: never inside of a word that is known."""


def divide(said: Sequence[Said], cut: int, heard: int) -> Division:
    """The words before a cut, and where to go on so that none is lost and none is heard twice.

    Args:
        said: words of audio that goes on beyond the cut, with times; those near its end may be missing.
        cut: the frame where speech is least speech-like.
        heard: the frame where the audio ends.
    """
    cut_ms = to_ms(cut)
    count = sum((word.word.start_ms + word.word.end_ms) / 2 < cut_ms for word in said)
    at_ms = cut_ms
    if count < len(said):
        at_ms = min(at_ms, said[count].word.start_ms)
    elif said and to_ms(heard - cut) < UNSURE_MS:
        at_ms = min(at_ms, said[-1].word.end_ms)
    if count:
        at_ms = max(at_ms, said[count - 1].word.end_ms)
    return Division(tuple(said[:count]), min(round(at_ms * LISTENING_RATE / 1000), heard))
