"""How many segments make the next unit of speech: policies, by what the engine can do.

A policy looks at the segments that are ready and says how many to take. It is asked at the last
moment, when the engine is free, so that whatever was written meanwhile can still go in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from firstword.core.types import Boundary, TextSegment

MAX_UNIT_CHARS = 400
"""A unit grows no longer than this where it can be cut at a clause: some 25 s of speech."""

COMFORT_S = 0.5
"""With more than this still to play, a clause waits for the rest of its sentence."""


def joined(segments: Sequence[TextSegment]) -> TextSegment:
    """Adjacent segments as one: the unit an engine speaks in one go."""
    if len(segments) == 1:
        return segments[0]
    text, spoken = "", ""
    spans: list[tuple[int, int, int, int]] = []
    for segment in segments:
        spans += [
            (a + len(spoken), b + len(spoken), c + len(text), d + len(text)) for a, b, c, d in segment.spans
        ]
        text += segment.text
        spoken += segment.text if segment.spoken is None else segment.spoken
    return TextSegment(
        text=text,
        start=segments[0].start,
        boundary=segments[-1].boundary,
        spoken=None if spoken == text else spoken,
        spans=tuple(spans),
    )


class UnitPolicy(Protocol):
    """Chooses the next unit."""

    def take(self, ready: Sequence[TextSegment], lead_s: float, crowded: bool) -> int:
        """How many of `ready` to speak; 0 to wait for more text while the listener can afford it.

        Args:
            ready: segments in order, at least one: a whole sentence, or all that is written so far.
            lead_s: seconds of audio the listener still has; with 0 the answer is at least 1.
            crowded: whether other streams wait for the machine.
        """
        ...

    def spoke(self, chars: int, busy_s: float) -> None:
        """Learns what a unit of `chars` characters cost, in seconds of work."""
        ...


class WholeSentences:
    """For engines that stream inside a segment: a sentence, or what there is of it.

    The windows of such an engine already give the latency; a cut inside a sentence only costs
    melody. So a clause alone is spoken only while the rest of its sentence is not written yet, and
    only when the listener is about to run dry.
    """

    def take(self, ready: Sequence[TextSegment], lead_s: float, crowded: bool) -> int:
        """A whole sentence, cut at a clause where it grows too long; or all the clauses there are."""
        if lead_s > COMFORT_S and not has_sentence(ready):
            return 0
        return _sentence(ready)

    def spoke(self, chars: int, busy_s: float) -> None:
        """Nothing to learn."""


@dataclass(slots=True)
class GrowingUnits:
    """For engines that give a segment at once: short first, then as long as the buffer allows.

    The rule is `gap = synthesis(N+1) - audio(N) < 0`: unit N+1 may take as long as the listener
    still has audio. With the machine to itself a stream takes no more than a sentence; in a crowd
    it takes all that fits, because fewer units cost less.
    """

    s_per_char: float = 0.02
    """Seconds of work a character, learnt as units are spoken."""
    safety: float = 0.7
    """The share of the lead that a unit may use up."""
    started: bool = False

    def take(self, ready: Sequence[TextSegment], lead_s: float, crowded: bool) -> int:
        """One clause to begin with, then what can be made before the listener runs dry."""
        if not self.started:
            return 1
        budget = min(MAX_UNIT_CHARS, self.safety * lead_s / max(self.s_per_char, 1e-6))
        most = len(ready) if crowded else _sentence(ready)
        chars = 0
        for count, segment in enumerate(ready[:most]):
            chars += len(segment.text)
            if chars > budget:
                return max(1, count)
        return most

    def spoke(self, chars: int, busy_s: float) -> None:
        """Keeps a moving average of the cost of a character."""
        self.started = True
        if chars:
            self.s_per_char += 0.5 * (busy_s / chars - self.s_per_char)


def has_sentence(ready: Sequence[TextSegment]) -> bool:
    """Whether a sentence is complete, or enough is there to make a unit of it anyway."""
    return any(s.boundary is not Boundary.CLAUSE for s in ready) or _chars(ready) > MAX_UNIT_CHARS


def _sentence(ready: Sequence[TextSegment]) -> int:
    """Segments up to the end of the first sentence, or to the last clause that fits in a unit."""
    chars = 0
    for count, segment in enumerate(ready, start=1):
        chars += len(segment.text)
        if chars > MAX_UNIT_CHARS:
            return max(1, count - 1)
        if segment.boundary is not Boundary.CLAUSE:
            return count
    return len(ready)


def _chars(segments: Sequence[TextSegment]) -> int:
    return sum(len(segment.text) for segment in segments)
