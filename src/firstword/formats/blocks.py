"""Samples of any cutting become blocks of one length, which is what codecs eat."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


class Blocks(Generic[Scalar]):
    """Holds less than one block back.

    Args:
        size: frames in a block.
        dtype: of the samples.
    """

    def __init__(self, size: int, dtype: type[Scalar]) -> None:
        self._size = size
        self._rest: NDArray[Scalar] = np.empty(0, dtype)

    def feed(self, samples: NDArray[Scalar]) -> list[NDArray[Scalar]]:
        """The blocks that are complete now."""
        joined = np.concatenate([self._rest, samples])
        complete = len(joined) // self._size * self._size
        self._rest = joined[complete:]
        return [joined[at : at + self._size] for at in range(0, complete, self._size)]

    def rest(self) -> NDArray[Scalar]:
        """What is left over, shorter than a block; the buffer is empty afterwards."""
        rest, self._rest = self._rest, self._rest[:0]
        return rest
