"""Samples on their way to a device: one thread puts them in, the device's own takes them out.

The device's thread may wait for nobody: a ring has no lock and makes no memory. Each side writes its own
count only, and reads the other's once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.int16]
"""Mono 16-bit samples, shape `(frames,)`: what a device gets, unchanged where a stream has 16 bits."""


class Ring:
    """A bounded queue of samples with one writer and one reader.

    Args:
        capacity: samples.
    """

    def __init__(self, capacity: int) -> None:
        self._samples: Frames = np.zeros(capacity, np.int16)
        self._capacity = capacity
        self.written = 0
        """Samples that were ever put in."""
        self.read = 0
        """Samples that were ever taken out."""

    def __len__(self) -> int:
        return self.written - self.read

    @property
    def room(self) -> int:
        """How many more can be put in."""
        return self._capacity - len(self)

    def write(self, samples: Frames) -> int:
        """Puts in as much as there is room for; tells how much that was. For the writer."""
        count = min(len(samples), self._capacity - (self.written - self.read))
        at = self.written % self._capacity
        first = min(count, self._capacity - at)
        self._samples[at : at + first] = samples[:first]
        self._samples[: count - first] = samples[first:count]
        self.written += count
        return count

    def read_into(self, out: Frames) -> int:
        """Fills `out` from its beginning with what is there; tells how much that was. For the reader."""
        count = min(len(out), self.written - self.read)
        at = self.read % self._capacity
        first = min(count, self._capacity - at)
        out[:first] = self._samples[at : at + first]
        out[first:count] = self._samples[: count - first]
        self.read += count
        return count
