"""When something can be heard: bytes of a stream in, the first loud sample out."""

from __future__ import annotations

import numpy as np

LOUD = 200
"""A sample is audible when its magnitude is over this, of 32768: 44 dB below full scale."""
WAV_HEADER_BYTES = 44


class Audible:
    """Watches a stream of s16le for its first audible sample; of what is coded it sees only bytes.

    Args:
        response_format: `pcm` and `wav` are listened to; of any other the first byte counts.
    """

    def __init__(self, response_format: str) -> None:
        self.decodes = response_format in ("pcm", "wav")
        """Whether it hears samples, or only sees bytes."""
        self.at: int | None = None
        """The frame that was the first audible one (0 where only bytes are seen)."""
        self._skip = WAV_HEADER_BYTES if response_format == "wav" else 0
        self._odd = b""
        self._frames = 0

    def feed(self, data: bytes) -> bool:
        """Whether it has been heard by the end of `data`."""
        if self.at is not None or not data:
            return self.at is not None
        if not self.decodes:
            self.at = 0
            return True
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        data = self._odd + data[skipped:]
        whole = len(data) & ~1
        self._odd = data[whole:]
        samples = np.frombuffer(data[:whole], "<i2").astype(np.int32)
        loud = np.flatnonzero(np.abs(samples) > LOUD)
        if len(loud):
            self.at = self._frames + int(loud[0])
        self._frames += len(samples)
        return self.at is not None
