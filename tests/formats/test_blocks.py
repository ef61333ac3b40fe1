"""Samples cut to one length."""

import numpy as np
import pytest

from firstword.formats.blocks import Blocks

pytestmark = pytest.mark.unit


def test_blocks_leave_as_soon_as_they_are_complete() -> None:
    blocks = Blocks(4, np.int16)
    fed = [np.arange(0, 3), np.arange(3, 9), np.arange(9, 9), np.arange(9, 16)]
    made = [[block.tolist() for block in blocks.feed(piece.astype(np.int16))] for piece in fed]
    assert made == [[], [[0, 1, 2, 3], [4, 5, 6, 7]], [], [[8, 9, 10, 11], [12, 13, 14, 15]]]
    assert blocks.rest().tolist() == []


def test_the_rest_is_given_once() -> None:
    blocks = Blocks(4, np.float32)
    blocks.feed(np.ones(6, np.float32))
    assert [blocks.rest().tolist(), blocks.rest().tolist()] == [[1.0, 1.0], []]
