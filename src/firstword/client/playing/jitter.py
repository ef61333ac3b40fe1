"""When to play what has come: as soon as it is safe, and never so that a word breaks.

Nobody knows how long a stream will be, or how fast it will go on. Playing begins on little, by what the
arrivals so far promise. Where audio comes slower than it is heard the buffer waits in the pauses that speech
has anyway, and nobody hears it; only where there is no pause in time does a word break. No sample is ever
left out or played twice.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from firstword.core.types import Samples

START_S = 0.06
"""Audio to begin with, at least."""
UNPROVEN_S = 0.12
"""And as long as fewer than `PROVEN_ARRIVALS` have come, and less than `PROVEN_S`."""
PROVEN_ARRIVALS, PROVEN_S = 3, 0.5
AFTER_STALL_S, RESERVE_MAX_S = 0.25, 1.0
"""What is kept in hand after a word broke; twice as much after the next, and less again as time goes by."""
RESERVE_HALF_LIFE_S = 10.0
PAUSE_S, PAUSE_LEVEL = 0.08, 10 ** (-38 / 20)
"""A pause is this long and, window by window, below this level; shorter is the stop of a `t` or a `p`."""
URGENT_S, STOP_S = 0.2, 0.04
"""With less in hand than this the next stop has to do: better there than in the middle of a vowel."""
HOLD_MAX_S = 0.6
"""No pause is made longer by more."""
WINDOW_S = 0.01
RATE_S, GAP_HALF_LIFE_S = 2.0, 2.0
THOUGHT_S = 1.0
"""So long a wait was for somebody who thinks, and says nothing of how the rest will come."""

NOTHING: Samples = np.empty(0, np.float32)


class JitterBuffer:
    """The audio of one stream that has come and has not been played. Not safe for threads.

    It has no clock: every call says when it happens. The rules and their figures come from simulating eleven
    ways of arriving (tests/client/test_jitter.py has them).

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.stalls = 0
        """How often it ran dry."""
        self.ended = False
        """True when no more will come."""
        self._arrivals = _Arrivals()
        self._pauses = _Pauses(max(1, round(sample_rate * WINDOW_S)))
        self._chunks: deque[Samples] = deque()
        self._frames = 0
        self._waiting = True
        self._held_since: float | None = None
        self._reserve_s = 0.0
        self._stalled_at = 0.0

    @property
    def frames(self) -> int:
        """Samples in hand."""
        return self._frames

    @property
    def exhausted(self) -> bool:
        """True when everything has been taken, and no more will come."""
        return self.ended and not self._frames

    def arrive(self, samples: Samples, now_s: float) -> None:
        """More audio has come.

        Args:
            samples: the next ones.
            now_s: the time, of a clock that only goes forward.
        """
        self._arrivals.note(len(samples) / self.sample_rate, now_s)
        self._pauses.note(samples)
        self._chunks.append(samples)
        self._frames += len(samples)

    def end(self) -> None:
        """All audio has come: there is nothing to wait for any more."""
        self.ended = True

    def take(self, frames: int, now_s: float, *, ahead: int = 0) -> Samples:
        """What is to be played now: up to `frames` samples, none while it waits.

        Args:
            frames: how many are wanted.
            now_s: the time.
            ahead: samples taken before that have not been played yet.
        """
        in_hand_s = (self._frames + ahead) / self.sample_rate
        if self._waiting and not self._may_start(in_hand_s, now_s):
            return NOTHING
        if self._held_since is not None and not self._may_go_on(in_hand_s, now_s, ahead):
            return NOTHING
        self._waiting = False
        wanted = min(frames, self._frames)
        least_s = PAUSE_S if in_hand_s > URGENT_S else STOP_S
        if self._is_short(in_hand_s, now_s) and (pause := self._pauses.within(wanted, least_s)) is not None:
            wanted, self._held_since = pause, now_s
        elif not self._frames and not ahead and not self.ended:
            self._stall(now_s)
        return self._pop(wanted)

    def _may_start(self, in_hand_s: float, now_s: float) -> bool:
        if self.ended:
            return True
        gap_s, rate = 1.25 * self._arrivals.gap_s, self._arrivals.rate(now_s)
        needed_s = max(START_S, gap_s, self._reserve(now_s) if self.stalls else 0)
        if self._arrivals.count < PROVEN_ARRIVALS and in_hand_s < PROVEN_S:
            needed_s = max(needed_s, UNPROVEN_S)
        if rate < 1.1:
            needed_s += gap_s + (2 * max(0.0, 1 - rate) if self.stalls else 0)
        return in_hand_s >= needed_s

    def _is_short(self, in_hand_s: float, now_s: float) -> bool:
        """True where the next pause should be used to wait for more."""
        if self.ended:
            return False
        rate = self._arrivals.rate(now_s)
        lagging = rate < 1.02 and in_hand_s < max(0.2, 1.5 * self._arrivals.gap_s) + 4 * max(0.0, 1 - rate)
        return lagging or in_hand_s < self._reserve(now_s)

    def _may_go_on(self, in_hand_s: float, now_s: float, ahead: int) -> bool:
        assert self._held_since is not None
        if ahead:  # the pause has not been reached yet
            self._held_since = now_s
        if now_s - self._held_since < HOLD_MAX_S and self._is_short(in_hand_s, now_s):
            return False
        self._held_since = None
        self._pauses.use_up()
        return True

    def _stall(self, now_s: float) -> None:
        self._reserve_s = min(RESERVE_MAX_S, max(AFTER_STALL_S, 2 * self._reserve(now_s)))
        self._stalled_at = now_s
        self.stalls += 1
        self._waiting = True

    def _reserve(self, now_s: float) -> float:
        """Seconds that should be in hand after what has happened."""
        faded: float = 0.5 ** ((now_s - self._stalled_at) / RESERVE_HALF_LIFE_S)
        return self._reserve_s * faded

    def _pop(self, frames: int) -> Samples:
        taken: list[Samples] = []
        left = frames
        while left:
            chunk = self._chunks.popleft()
            if len(chunk) > left:
                self._chunks.appendleft(chunk[left:])
                chunk = chunk[:left]
            taken.append(chunk)
            left -= len(chunk)
        self._frames -= frames
        self._pauses.play(frames)
        return taken[0] if len(taken) == 1 else np.concatenate([NOTHING, *taken])


class _Arrivals:
    """How fast and how evenly audio has been coming since the last long wait."""

    def __init__(self) -> None:
        self.count = 0
        self.gap_s = 0.0
        """The longest wait between two arrivals, fading."""
        self._recent: deque[tuple[float, float]] = deque()
        self._first_at = 0.0
        self._last_at = 0.0

    def note(self, seconds: float, now_s: float) -> None:
        """So much audio has come."""
        interval_s = now_s - self._last_at
        if not self.count or interval_s > THOUGHT_S:
            self.count, self.gap_s, self._first_at = 0, 0.0, now_s
            self._recent.clear()
        else:
            self.gap_s = max(interval_s, self.gap_s * 0.5 ** (interval_s / GAP_HALF_LIFE_S))
        self.count += 1
        self._last_at = now_s
        if self._recent and now_s - self._recent[-1][0] < WINDOW_S:  # a bound on how many are kept
            at, before = self._recent.pop()
            self._recent.append((at, before + seconds))
        else:
            self._recent.append((now_s, seconds))

    def rate(self, now_s: float) -> float:
        """Seconds of audio for each second, lately."""
        while self._recent and self._recent[0][0] < now_s - RATE_S:
            self._recent.popleft()
        elapsed_s = min(RATE_S, max(1e-3, now_s - self._first_at))
        return sum(seconds for _, seconds in self._recent) / elapsed_s


class _Pauses:
    """Where it is quiet, from the sample that is played next on.

    Args:
        window: samples whose level is looked at together.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self._unseen: Samples = NOTHING
        self._quiet: deque[bool] = deque()
        """For each whole window, from the one that is being played on."""
        self._into = 0
        """Samples of the first window that have been played."""
        self._behind = 0
        """Quiet windows that have been played just now."""
        self._used_up = True
        """True until the next sound: nothing was heard yet, or the pause has been made longer already."""

    def note(self, samples: Samples) -> None:
        """More audio has come."""
        joined = np.concatenate([self._unseen, samples])
        whole = len(joined) // self._window * self._window
        self._unseen = joined[whole:]
        power = np.square(joined[:whole].reshape(-1, self._window)).mean(axis=1)
        self._quiet.extend((power < PAUSE_LEVEL**2).tolist())

    def play(self, frames: int) -> None:
        """So many samples have been taken."""
        self._into += frames
        while self._into >= self._window and self._quiet:
            self._into -= self._window
            if self._quiet.popleft():
                self._behind += 1
            else:
                self._behind, self._used_up = 0, False

    def use_up(self) -> None:
        """The pause that is being played is long enough now."""
        self._used_up = True

    def within(self, frames: int, least_s: float) -> int | None:
        """How many of the next `frames` samples come before a place to wait at; None where there is none."""
        least = round(least_s / WINDOW_S)
        used_up, behind = self._used_up, self._behind
        for index in range((self._into + frames) // self._window + 1):
            at = index * self._window - self._into
            if index:
                was_quiet = self._quiet[index - 1]
                behind = behind + 1 if was_quiet else 0
                used_up = used_up and was_quiet
            if at >= 0 and not used_up and behind + self._ahead(index, least) >= least:
                return at
        return None

    def _ahead(self, index: int, least: int) -> int:
        """Quiet windows from one on, as far as it matters."""
        count = 0
        while count < least and index + count < len(self._quiet) and self._quiet[index + count]:
            count += 1
        return count
