"""What of a text has been heard: timed words, against a position in their audio. No I/O, no clock."""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from firstword.client.asking.events import SpokenWord

MOST_WAITING = 4_096
"""Words that have not been heard yet: far more than are spoken in the audio that a player takes ahead. Beyond
it the oldest are forgotten, and what was heard ends with a later one."""
ROUNDING_MS = 0.5
"""Times are told in whole milliseconds."""
OPENING = frozenset({"Ps", "Pi"})
"""Unicode's categories of marks that belong to the word after them."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a listener has come."""

    text: str | None
    """What was heard, to the last word that has ended, with the marks that hang on it. None where the stream
    does not tell its words' times: it is never guessed."""
    end_char: int | None
    """Where that ends in the whole text, in Unicode characters; None likewise."""
    position_s: float
    """Audio of the stream that has left the device."""


class SpokenText:
    """A text that is being spoken, and the times of its words. Safe for threads.

    Words are kept until they have been heard, the text for as long as this lives.

    Args:
        text: all of it, where it is known; then `write` is passed over. None: it comes bit by bit.
    """

    def __init__(self, text: str | None = None) -> None:
        self._text, self._told = text or "", text is not None
        self._spelt = ""
        """The words that have been heard, where no text is known."""
        self._waiting: deque[SpokenWord] = deque(maxlen=MOST_WAITING)
        self._end = 0
        """Where the last word that has been heard ends."""
        self._timed = False
        self._lock = Lock()

    def write(self, text: str) -> None:
        """More of the text has come."""
        if not self._told:
            with self._lock:
                self._text += text

    def time(self, words: Iterable[SpokenWord]) -> None:
        """More words are timed, in the order in which they sound."""
        with self._lock:
            before = len(self._waiting)
            self._waiting.extend(words)
            self._timed = self._timed or len(self._waiting) > before

    def heard(self, position_s: float, *, delay_s: float = 0.0, whole: bool = False) -> Heard:
        """What has been heard when `position_s` of the audio have.

        Args:
            position_s: seconds of decoded audio; never less than before.
            delay_s: silence in front of it that the words' times do not count.
            whole: all of the audio has been heard, and there will be no more.
        """
        with self._lock:
            if not self._timed and position_s > 0:
                return Heard(None, None, position_s)
            self._pass(1000 * (position_s - delay_s), whole)
            if not self._text:
                return Heard(self._spelt, self._end, position_s)
            end = len(self._text) if whole else self._with_marks(self._end)
            return Heard(self._text[:end], end, position_s)

    def _pass(self, position_ms: float, whole: bool) -> None:
        while self._waiting and (whole or self._waiting[0].end_ms <= position_ms + ROUNDING_MS):
            word = self._waiting.popleft()
            if not self._text:
                self._spelt += " " * (word.start_char > self._end and bool(self._spelt)) + word.text
            self._end = max(self._end, word.end_char)

    def _with_marks(self, end: int) -> int:
        """`end`, and behind it the marks before the next space, word or opening mark."""
        if not end:
            return 0
        most = self._waiting[0].start_char if self._waiting else len(self._text)
        while end < most and not _begins_anew(self._text[end]):
            end += 1
        return end


def _begins_anew(char: str) -> bool:
    return char.isspace() or char.isalnum() or unicodedata.category(char) in OPENING
