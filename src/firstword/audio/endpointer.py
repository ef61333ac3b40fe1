"""Probabilities of speech in, the beginnings and ends of utterances out.

    probability  .1 .7 .9 .9 .4 .9 .2 .4 .1 .1      threshold .5, release .35
    speech          |-----------|  (silence)        a dip to .4 ends nothing, one to .2 may
    utterance   |----- pre-roll ... tail ---|

Speech begins where a probability reaches `threshold` and may end where one falls under `release`; between the
two nothing changes. An utterance that grows too long is cut at its least speech-like window.
"""

from __future__ import annotations

from collections.abc import Sequence

from firstword.core.transcripts import LISTENING_RATE, Endpointing, VadEvent, VadKind


class Endpointer:
    """Where utterances begin and end, told as soon as it is known.

    An utterance's `start` comes when `min_speech_ms` of speech have been heard in it, its `end` after
    `min_silence_ms` without. Neighbours never overlap. A cut is an `end` and a `start` at the same frame.

    Args:
        options: when speech begins and ends; the usual where nothing is said.
        window: frames at 16 kHz that one probability is for.
    """

    def __init__(self, options: Endpointing | None = None, window: int = 512) -> None:
        self._options = options or Endpointing()
        self._window = window
        self._heard = 0
        """Windows so far."""
        self._free_from = 0
        """Frame before which everything belongs to utterances that have ended."""
        self._begins: int | None = None
        """Frame where the utterance begins, or would, should what is heard turn out to be speech."""
        self._confirmed = False
        """Whether its beginning has been told."""
        self._speech_windows = 0
        self._quiet = False
        """Whether speech has paused."""
        self._speech_end = 0
        """The window after the last one of speech."""
        self._likeness: list[float] = []
        """The probabilities of the utterance, from the window `_begins` is in."""

    @property
    def heard(self) -> int:
        """Frames looked at so far."""
        return self._heard * self._window

    @property
    def speaking(self) -> bool:
        """Whether an utterance has begun and not ended."""
        return self._confirmed

    @property
    def silent_ms(self) -> float:
        """For how long speech has paused inside of the utterance; 0 while somebody speaks."""
        return self._ms(self.heard - self.speech_until) if self._confirmed and self._quiet else 0.0

    @property
    def speech_until(self) -> int:
        """The frame after the last one of speech."""
        return self._speech_end * self._window

    @property
    def end_if_silent(self) -> int:
        """The frame where the utterance will have ended if nobody speaks again."""
        return min(self.speech_until + self._frames(self._options.tail_ms), self.heard)

    @property
    def needed_from(self) -> int:
        """The first frame that may still belong to an utterance: nothing before it is needed any more."""
        if self._begins is not None:
            return self._begins
        return max(self._free_from, self.heard - self._frames(self._options.pre_roll_ms))

    def feed(self, item: Sequence[float], /) -> Sequence[VadEvent]:
        """Takes the probabilities of the next windows."""
        return [event for probability in item for event in self._look(probability)]

    def flush(self) -> Sequence[VadEvent]:
        """Ends the utterance here, tail included as far as it was heard; more may be fed afterwards."""
        return self._end() if self._confirmed else self._forget()

    def _look(self, probability: float) -> list[VadEvent]:
        speech = self._is_speech(probability)
        self._heard += 1
        if self._begins is None:
            if not speech:
                return []
            self._begin()
        self._likeness.append(probability)
        if speech:
            self._speech_windows += 1
            self._speech_end = self._heard
        events: list[VadEvent] = []
        if not self._confirmed:
            events += self._confirm()
        if self._quiet and self._ms(self.heard - self.speech_until) >= self._options.min_silence_ms:
            events += self._end() if self._confirmed else self._forget()
        elif self._confirmed and self._ms(self.heard - self._start) >= self._options.max_utterance_ms:
            events += self._cut()
        return events

    @property
    def _start(self) -> int:
        assert self._begins is not None
        return self._begins

    def _is_speech(self, probability: float) -> bool:
        """Whether speech is going on in the next window, by the two thresholds."""
        if probability >= self._options.threshold:
            self._quiet = False
        elif self._begins is None or probability < self._options.release:
            self._quiet = True
        return not self._quiet

    def _begin(self) -> None:
        first = (self._heard - 1) * self._window
        self._begins = max(self._free_from, first - self._frames(self._options.pre_roll_ms))
        self._likeness = [0.0] * (self._heard - 1 - self._begins // self._window)

    def _confirm(self) -> list[VadEvent]:
        if self._ms(self._speech_windows * self._window) < self._options.min_speech_ms:
            return []
        self._confirmed = True
        return [VadEvent(VadKind.START, self._start)]

    def _end(self) -> list[VadEvent]:
        self._free_from = max(self._start, self.end_if_silent)
        self._forget()
        return [VadEvent(VadKind.END, self._free_from)]

    def _forget(self) -> list[VadEvent]:
        """What was heard is no utterance, or one that has been told."""
        self._begins, self._confirmed, self._speech_windows, self._quiet = None, False, 0, False
        self._likeness = []
        return []

    def _cut(self) -> list[VadEvent]:
        """Ends the utterance in its second half, at the last of its least speech-like windows."""
        half = len(self._likeness) // 2
        at = min(range(half, len(self._likeness)), key=lambda n: (self._likeness[n], -n))
        middle = self._start // self._window * self._window + at * self._window + self._window // 2
        self._free_from = self._begins = min(middle, self.heard)
        del self._likeness[:at]
        return [VadEvent(VadKind.END, middle), VadEvent(VadKind.START, middle)]

    def _ms(self, frames: int) -> float:
        return 1000 * frames / LISTENING_RATE

    def _frames(self, ms: float) -> int:
        return round(ms * LISTENING_RATE / 1000)
