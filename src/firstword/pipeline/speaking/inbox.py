"""Text in, units out: the one ordered stream that crosses from a writer to a run.

    writer: write(text) ... flush() ... cancel() ... end()
    run:    take() -> Unit | Flush | Cancel | End

Text is segmented when the run asks for more, a slice at a time, so that a book costs nothing until
it is spoken. A cancel overtakes everything written before it.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, replace

import anyio

from firstword.core.protocols import Stage
from firstword.core.types import TextSegment
from firstword.pipeline.speaking.units import COMFORT_S, UnitPolicy, has_sentence, joined

SLICE_CHARS = 256
"""Text is segmented this much at a time: about a quarter of a millisecond's work."""

Unit = TextSegment

_LAST_SPACE = re.compile(r".*\s", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Flush:
    """Everything written before this must be spoken now."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Everything unspoken is to be forgotten."""


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more will be written."""


class Inbox:
    """The text of one stream, between its writer and its run. Both live on the event loop.

    Args:
        segmenter: cuts the text; fresh, used by nobody else.
        normalizer: says how each segment is spoken; likewise. None: as it is written.
        max_chars: characters that may wait unspoken before `write` waits.
        stall_s: text that no punctuation closes is spoken after this long without more;
            None: only when flushed or ended.
    """

    def __init__(
        self,
        segmenter: Stage[str, TextSegment],
        normalizer: Stage[TextSegment, TextSegment] | None = None,
        *,
        max_chars: int = 20_000,
        stall_s: float | None = None,
    ) -> None:
        self._segmenter = segmenter
        self._normalizer = normalizer
        self._max_chars = max_chars
        self._stall_s = stall_s
        self._unread: deque[str | Flush | End] = deque()
        self._ready: list[TextSegment] = []
        self._read_chars = 0
        """Characters handed to the segmenter."""
        self._ready_to = 0
        """Where the last segment ended: what is between is held back by the segmenter."""
        self._unread_chars = 0
        self._skipped_chars = 0
        """Characters that were cancelled before the segmenter saw them."""
        self._cancelled = False
        self._changed = anyio.Event()
        self.starved = False
        """Whether the last `take` had to wait for text, with nothing at all to speak."""

    @classmethod
    def of(
        cls,
        text: str,
        segmenter: Stage[str, TextSegment],
        normalizer: Stage[TextSegment, TextSegment] | None = None,
    ) -> Inbox:
        """An inbox with the whole text already written and ended."""
        inbox = cls(segmenter, normalizer)
        inbox._put(*_slices(text), End())
        return inbox

    @property
    def cancelling(self) -> bool:
        """Whether a cancel waits to be taken: the run drops its unit between two steps."""
        return self._cancelled

    @property
    def exhausted(self) -> bool:
        """Whether all text has been taken, and no more will come."""
        return self.waiting_chars == 0 and len(self._unread) == 1 and isinstance(self._unread[0], End)

    @property
    def waiting_chars(self) -> int:
        """Characters written and not yet taken."""
        return self._unread_chars + self._read_chars - self._ready_to + sum(len(s.text) for s in self._ready)

    async def write(self, text: str) -> None:
        """Adds text; waits while more than `max_chars` are unspoken.

        Cancellation: the text is not added.
        """
        while self.waiting_chars > self._max_chars:
            await self._wait()
        self._put(*_slices(text))

    def flush(self) -> None:
        """Asks for everything so far to be spoken; the run answers with a `Flushed` event."""
        self._put(Flush())

    def end(self) -> None:
        """Says that the text is complete."""
        self._put(End())

    def cancel(self) -> None:
        """Forgets everything unspoken, at once."""
        ended = any(isinstance(item, End) for item in self._unread)
        self._segmenter.flush()
        self._ready.clear()
        self._unread.clear()
        self._skipped_chars += self._unread_chars
        self._ready_to, self._unread_chars = self._read_chars, 0
        self._cancelled = True
        self._put(*([End()] if ended else []))

    async def take(self, policy: UnitPolicy, *, lead_s: float, crowded: bool) -> Unit | Flush | Cancel | End:
        """The next thing for the run to do; waits while there is nothing.

        Args:
            policy: chooses the unit; where it would rather wait for more text, it is asked again
                when more has come, and when the listener is about to run dry.
            lead_s: seconds of audio the listener still has.
            crowded: whether other streams wait for the machine.

        Cancellation: nothing is lost.
        """
        dry_at = anyio.current_time() + lead_s
        self.starved = False
        while True:
            if self._cancelled:
                self._cancelled = False
                return Cancel()
            marker = self._read()
            left_s = max(0.0, dry_at - anyio.current_time())
            if self._ready:
                if count := policy.take(self._ready, left_s, crowded):
                    return self._unit(count)
                await self._wait(left_s - COMFORT_S)
            elif marker is not None:
                if isinstance(marker, Flush):
                    self._unread.popleft()
                return marker
            else:
                self.starved = True
                await self._stall(left_s)

    async def rest(self, seconds: float) -> None:
        """Waits `seconds`, or until something is cancelled."""
        with anyio.move_on_after(seconds):
            while not self._cancelled:
                await self._changed.wait()

    def _unit(self, count: int) -> Unit:
        unit = joined(self._ready[:count])
        del self._ready[:count]
        self._notify()
        return unit

    def _read(self) -> Flush | End | None:
        """Segments what is written until a sentence is ready; gives the marker that stopped it."""
        while self._unread and not has_sentence(self._ready):
            item = self._unread[0]
            if not isinstance(item, str):
                self._close_segment()
                return item
            self._unread.popleft()
            self._unread_chars -= len(item)
            self._read_chars += len(item)
            self._accept(*self._segmenter.feed(item))
        return None

    async def _stall(self, left_s: float) -> None:
        """Waits for text; what no punctuation closes becomes a segment once it has waited long enough."""
        if self._stall_s is None or self._read_chars == self._ready_to:
            await self._wait()
        elif not await self._wait(max(self._stall_s, left_s - COMFORT_S)):
            self._close_segment(whole_words=True)

    def _close_segment(self, *, whole_words: bool = False) -> None:
        if self._read_chars == self._ready_to:
            return
        *segments, last = self._segmenter.flush()
        tail = _half_a_word(last.text) if whole_words else ""
        self._accept(*segments, replace(last, text=last.text.removesuffix(tail)))
        if tail:  # it is put back, and the segmenter will count it a second time
            self._unread.appendleft(tail)
            self._unread_chars += len(tail)
            self._ready_to += len(tail)
            self._skipped_chars -= len(tail)

    def _accept(self, *segments: TextSegment) -> None:
        for segment in segments:
            self._ready_to += len(segment.text)
            placed = replace(segment, start=segment.start + self._skipped_chars)
            self._ready.extend(self._normalizer.feed(placed) if self._normalizer else (placed,))

    def _put(self, *items: str | Flush | End) -> None:
        for item in items:
            self._unread.append(item)
            if isinstance(item, str):
                self._unread_chars += len(item)
        self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def _wait(self, timeout_s: float | None = None) -> bool:
        """Waits for a change; False where none came in time."""
        with anyio.move_on_after(timeout_s):
            await self._changed.wait()
            return True
        return False


def _half_a_word(text: str) -> str:
    """What follows the last white space: perhaps the beginning of a word that is still being written.

    Nothing where there is no white space: a single word that has waited twice is let pass.
    """
    words = _LAST_SPACE.match(text)
    return text[words.end() :] if words else ""


def _slices(text: str) -> list[str]:
    return [text[at : at + SLICE_CHARS] for at in range(0, len(text), SLICE_CHARS)]
