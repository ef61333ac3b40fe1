"""When audio that came in was heard by somebody who listens to it at 1x.

A microphone's audio is heard as it arrives. A file that is sent faster than real time is heard later than it
arrives, so that nothing done with it is ever late. What is done with audio is due, and late, by this clock.
"""

from __future__ import annotations

AT_ONCE_S = 0.25
"""As much audio as a microphone's sender may collect before it sends."""
AHEAD_S = 4.0
"""Audio is taken to be heard this long after it arrived at most, so that a file is not put off for ever."""


class LiveClock:
    """The clock of one stream; times are seconds on the caller's clock."""

    def __init__(self) -> None:
        self._heard_at = float("-inf")

    def place(self, arrived: float, duration_s: float) -> float:
        """When the end of audio that arrived just now is heard.

        Args:
            arrived: when it came.
            duration_s: its length.
        """
        earliest = arrived - min(duration_s, AT_ONCE_S)
        self._heard_at = min(max(self._heard_at, earliest) + duration_s, arrived + AHEAD_S)
        return self._heard_at
