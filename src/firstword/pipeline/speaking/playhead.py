"""Where a stream's listener is: the deadline of its next block, and how far audio runs ahead.

The listener is assumed to play at 1x from the moment the first audio is made. All times are
seconds on the event loop's clock, handed in by the caller.
"""

from __future__ import annotations


class Playhead:
    """The clock of one stream.

    Args:
        arrived: when the stream was asked for; its first block is due at once.
    """

    def __init__(self, arrived: float) -> None:
        self._dry_at = arrived
        self._sounding = False

    @property
    def due(self) -> float:
        """When the listener runs dry: the deadline of the next block."""
        return self._dry_at

    @property
    def sounding(self) -> bool:
        """Whether any audio has been made yet."""
        return self._sounding

    def lead_s(self, now: float) -> float:
        """Seconds of audio made and not yet played; 0 when the listener waits."""
        return max(0.0, self._dry_at - now)

    def await_text(self, now: float) -> None:
        """Text came after a wait: the listener has been dry, and is owed audio only from now on."""
        self._dry_at = max(self._dry_at, now)

    def advance(self, now: float, audio_s: float) -> float:
        """Counts a block made now; gives the seconds the listener waited for it (0 for the first).

        After a wait the clock is set anew from here, so that a late stream is late once and does
        not stay first in the queue for ever.
        """
        late_s = max(0.0, now - self._dry_at) if self._sounding else 0.0
        self._dry_at = max(self._dry_at, now) + audio_s
        self._sounding = True
        return late_s
