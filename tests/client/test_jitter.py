"""When a player plays what has come, over the ways in which speech comes. All clocks are invented."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from firstword.client.playing.jitter import JitterBuffer
from firstword.core.types import Samples
from tests.client.arriving import Arrivals, Heard, paced, played, sentence_then_gap, speech

pytestmark = pytest.mark.unit

RATE = 24_000
TRACES: dict[str, tuple[Callable[[], Arrivals], float, float]] = {
    "5 times real time": (lambda: paced(lambda _: 5), 20, 0),
    "1.5 times": (lambda: paced(lambda _: 1.5), 40, 0),
    "1.2 times, unevenly": (lambda: paced(lambda _: 1.2, jitter_s=0.06), 80, 0),
    "as fast as it is heard": (lambda: paced(lambda _: 1), 50, 0),
    "as fast, unevenly": (lambda: paced(lambda _: 1, jitter_s=0.06), 90, 0),
    "a little slower": (lambda: paced(lambda _: 0.95), 60, 0),
    "0.85 times": (lambda: paced(lambda _: 0.85), 110, 700),
    "bad wireless": (lambda: paced(lambda _: 0.78, jitter_s=0.15), 420, 0),
    "fast, slow, fast": (lambda: paced(lambda s: 3 if s < 4 else 0.7 if s < 12 else 2), 20, 0),
    "a sentence, then nothing for 1.9 s": (lambda: sentence_then_gap(2.55, 1.9), 10, 0),
    "a quarter of a second at a time": (lambda: paced(lambda _: 2, block_s=0.25), 20, 0),
    "the same, too slowly": (lambda: paced(lambda _: 0.9, block_s=0.25), 20, 600),
}
"""Arrivals -> the longest wait from the first arrival to the first sample, and the most silence within words,
in ms."""


def heard(trace: str) -> Heard:
    return played(TRACES[trace][0]())


@pytest.mark.parametrize("trace", TRACES)
def test_every_sample_is_played_once(trace: str) -> None:
    assert np.array_equal(speech(), heard(trace).played)


@pytest.mark.parametrize("trace", TRACES)
def test_it_starts_early_and_waits_in_pauses(trace: str) -> None:
    _, start_ms, in_speech_ms = TRACES[trace]
    found = heard(trace)

    assert found.start_ms <= start_ms
    assert found.in_speech_ms <= in_speech_ms


def test_all_together_it_starts_within_70_ms_and_breaks_two_words_at_most() -> None:
    found = [heard(trace) for trace in TRACES]

    assert np.mean([one.start_ms for one in found]) <= 70
    assert sum(one.breaks for one in found) <= 2


def voice(seconds: float) -> Samples:
    """Without a pause."""
    wave: Samples = np.sin(np.arange(round(seconds * RATE)) / 20).astype(np.float32) / 2
    return wave


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def taken_s(buffer: JitterBuffer, seconds: float, now_s: float) -> float:
    return len(buffer.take(round(seconds * RATE), now_s)) / RATE


def test_one_block_is_too_little_until_it_is_known_how_they_come() -> None:
    buffer = JitterBuffer(RATE)
    buffer.arrive(voice(0.1), 0.0)

    assert 0 == taken_s(buffer, 0.01, 0.05)

    buffer.arrive(voice(0.1), 0.05)
    assert 0.01 == taken_s(buffer, 0.01, 0.05)


def test_what_is_short_and_whole_is_played_at_once() -> None:
    buffer = JitterBuffer(RATE)
    buffer.arrive(voice(0.02), 0.0)
    buffer.end()

    assert 0.02 == taken_s(buffer, 1, 0.0)
    assert buffer.exhausted
    assert 0 == buffer.stalls


def needed_after(buffer: JitterBuffer, now_s: float) -> float:
    """Plays it dry, and gives how much must come, 30 ms every 10 ms, until it goes on."""
    while taken_s(buffer, 1, now_s):
        pass
    for count in range(1, 100):
        buffer.arrive(voice(0.03), now_s + count / 100)
        if taken_s(buffer, 0.001, now_s + count / 100):
            return 0.03 * count
    raise AssertionError("it never went on")


def test_each_break_makes_it_more_careful_and_time_less() -> None:
    buffer = JitterBuffer(RATE)
    buffer.arrive(voice(0.5), 0.0)
    taken_s(buffer, 1, 0.0)

    first = needed_after(buffer, 0.1)
    second = needed_after(buffer, 0.3)
    third = needed_after(buffer, 0.6)
    much_later = needed_after(buffer, 61.0)

    assert 0.25 <= first < second < third <= 1.1
    assert buffer.stalls == 4
    assert much_later < third


def test_audio_that_was_taken_and_is_not_played_yet_counts() -> None:
    buffer = JitterBuffer(RATE)
    buffer.arrive(voice(1), 0.0)
    taken_s(buffer, 1, 0.0)

    assert 0 == len(buffer.take(100, 0.9, ahead=2_400))
    assert 0 == buffer.stalls
    assert 0 == len(buffer.take(100, 1.0, ahead=0))
    assert 1 == buffer.stalls


def slow(*parts: Samples) -> JitterBuffer:
    """A buffer that is being played, knows that audio comes slowly, and has these parts in hand."""
    buffer = JitterBuffer(RATE)
    buffer.arrive(voice(1), 0.0)
    for count in range(1, 100):
        buffer.arrive(voice(0.02), 0.04 * count)
    taken_s(buffer, 5, 4.0)
    for part in parts:
        buffer.arrive(part, 4.0)
    return buffer


def test_it_waits_where_a_pause_begins_and_no_longer_than_it_must() -> None:
    buffer = slow(voice(0.2), quiet(0.3), voice(0.2))

    assert 0.2 == taken_s(buffer, 1, 4.0)
    assert 0 == taken_s(buffer, 1, 4.59)
    assert 0.5 == taken_s(buffer, 1, 4.61)


def test_it_goes_on_when_enough_has_come() -> None:
    buffer = slow(voice(0.2), quiet(0.3), voice(0.2))
    taken_s(buffer, 1, 4.0)
    buffer.arrive(voice(10), 4.1)

    assert 0.5 == taken_s(buffer, 0.5, 4.1)


def test_it_goes_on_when_all_has_come() -> None:
    buffer = slow(voice(0.2), quiet(0.3), voice(0.2))
    taken_s(buffer, 1, 4.0)
    buffer.end()

    assert 0.5 == taken_s(buffer, 1, 4.01)


def test_the_stop_within_a_word_is_no_pause() -> None:
    buffer = slow(voice(0.2), quiet(0.05), voice(0.2))

    assert 0.45 == taken_s(buffer, 1, 4.0)


def test_silence_before_the_first_word_is_not_made_longer() -> None:
    buffer = JitterBuffer(RATE)
    buffer.arrive(quiet(0.1), 0.0)
    buffer.arrive(quiet(0.1), 1.0)
    buffer.arrive(quiet(0.2), 2.0)
    buffer.arrive(voice(3), 3.0)

    assert 0.5 == taken_s(buffer, 0.5, 3.0)
