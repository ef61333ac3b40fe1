"""Samples that go from one thread to another, and are neither lost nor doubled."""

from __future__ import annotations

import time
from threading import Thread

import numpy as np
import pytest

from firstword.client.playing.ring import Ring

pytestmark = pytest.mark.unit


def test_what_goes_in_comes_out_whatever_the_sizes() -> None:
    random, ring = np.random.default_rng(5), Ring(100)
    sent = np.arange(10_000, dtype=np.int16)
    got, at = [], 0
    while at < len(sent) or len(ring):
        at += ring.write(sent[at : at + random.integers(0, 150)])
        out = np.zeros(random.integers(0, 150), np.int16)
        got.append(out[: ring.read_into(out)])

    assert np.array_equal(sent, np.concatenate(got))


def test_no_more_goes_in_than_there_is_room_for() -> None:
    ring = Ring(10)

    assert 10 == ring.write(np.ones(12, np.int16))
    assert 0 == ring.write(np.ones(1, np.int16))
    assert 10 == len(ring)


def test_what_is_not_there_is_left_as_it_was() -> None:
    ring, out = Ring(10), np.full(5, 7, np.int16)
    ring.write(np.ones(2, np.int16))

    assert 2 == ring.read_into(out)
    assert [1, 1, 7, 7, 7] == out.tolist()


def test_two_threads_share_it() -> None:
    ring, sent = Ring(64), np.arange(6_000, dtype=np.int16)

    def write() -> None:
        at = 0
        while at < len(sent):
            at += ring.write(sent[at : at + 37])
            time.sleep(0)

    writer = Thread(target=write)
    writer.start()
    got, out = [], np.zeros(23, np.int16)
    while ring.read < len(sent):
        got.append(out[: ring.read_into(out)].copy())
        time.sleep(0)
    writer.join()

    assert np.array_equal(sent, np.concatenate(got))
