"""The audio that another connection would have to hear again: all that no final transcript covers yet.

Pure bookkeeping, without a socket and without a clock. Positions are bytes since the session began.
"""

from __future__ import annotations

from firstword.core.transcripts import SAMPLE_BYTES, SYNONYMS, InputEncoding

KEPT_S = 90.0
"""More audio is not kept, and not taken from the sender."""
BEHIND_S = 45.0
"""A server has written down what it received so long ago, or it was silence: the longest utterance there is,
30 s, what a server has in hand, 4 s, and time to think."""
PIECE_S = 0.2
"""Sent at once, at most."""
CODED_PIECE_BYTES = 16_384
CODED_BYTES = 1 << 20
"""What has a header is kept only until it is sent, and this much of it at once."""


class Unheard:
    """Audio of a session, from the last final to the last byte that was given.

    Args:
        encoding: how it is written, as the server is told; None for 16-bit samples.
        sample_rate: Hz.
        channels: of raw samples.
    """

    def __init__(self, encoding: str | None, sample_rate: int, channels: int = 1) -> None:
        self._frame = _sample_bytes(encoding) * channels
        self._rate = sample_rate
        self._audio = bytearray()
        self.begin = 0
        """Where the audio begins that is kept."""
        self.timed = True
        """False once a final has not told where it ends."""

    @property
    def resumable(self) -> bool:
        """Whether the rest can be heard without what came before it."""
        return self._frame > 0 and self.timed

    @property
    def given(self) -> int:
        """Where the audio ends."""
        return self.begin + len(self._audio)

    @property
    def begin_ms(self) -> float:
        """`begin`, as time."""
        return 1000 * self.begin / (self._frame * self._rate) if self._frame else 0.0

    @property
    def piece_bytes(self) -> int:
        """Of what is sent at once, at most."""
        return max(1, self._bytes(PIECE_S)) if self._frame else CODED_PIECE_BYTES

    @property
    def full(self) -> bool:
        """Whether the sender has to wait."""
        return len(self._audio) >= (self._bytes(KEPT_S) if self.resumable else CODED_BYTES)

    def add(self, audio: bytes) -> None:
        """Takes the next audio."""
        self._audio += audio

    def after(self, position: int, until: int) -> bytes:
        """A piece of the audio from a position on, not beyond another one."""
        at, end = position - self.begin, max(0, until - self.begin)
        return bytes(self._audio[at : min(at + self.piece_bytes, end)])

    def cover(self, end_ms: float, sent: int) -> None:
        """A final ends here: what comes before is not needed any more, as far as it was sent."""
        if end_ms <= 0:
            self.timed = False
        else:
            self._forget(min(self._bytes(end_ms / 1000), sent))

    def received(self, position: int) -> None:
        """A server has it up to here. Silence has no final, and is forgotten after a while."""
        self._forget(position - self._bytes(BEHIND_S) if self.resumable else position)

    def _bytes(self, seconds: float) -> int:
        return int(seconds * self._rate) * self._frame

    def _forget(self, until: int) -> None:
        count = min(until - self.begin, len(self._audio))
        count -= count % max(1, self._frame)  # what is sent may be cut in the middle of a sample
        if count > 0:
            del self._audio[:count]
            self.begin += count


def _sample_bytes(encoding: str | None) -> int:
    """Of raw samples; 0 for what has a header, and for what only the server may know."""
    if encoding is None:
        return SAMPLE_BYTES[InputEncoding.S16LE]
    try:
        return SAMPLE_BYTES.get(SYNONYMS.get(encoding) or InputEncoding(encoding), 0)
    except ValueError:
        return 0
