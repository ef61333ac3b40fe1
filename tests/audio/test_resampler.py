"""One stream, another rate."""

import numpy as np
import pytest

from firstword.audio.resampler import Resampler
from firstword.core.types import AudioChunk, Samples, TimedWord

pytestmark = pytest.mark.unit

RATES = [(24_000, rate) for rate in (8_000, 11_025, 16_000, 22_050, 44_100, 48_000)] + [(48_000, 24_000)]


def tone(sample_rate: int, hz: float, seconds: float = 1.0) -> Samples:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * sample_rate)) / sample_rate)).astype("f4")


def resample(samples: Samples, from_rate: int, to_rate: int, piece: int = 2_400) -> list[AudioChunk]:
    stage = Resampler(from_rate, to_rate)
    made: list[AudioChunk] = []
    for at in range(0, len(samples), piece):
        made.extend(stage.feed(AudioChunk(samples[at : at + piece], from_rate, at)))
    return [*made, *stage.flush()]


def joined(chunks: list[AudioChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks])


def decibels(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2)))


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_a_second_stays_a_second(from_rate: int, to_rate: int) -> None:
    chunks = resample(tone(from_rate, 440), from_rate, to_rate)
    assert {chunk.sample_rate for chunk in chunks} == {to_rate}
    assert len(joined(chunks)) == pytest.approx(to_rate, abs=1)


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_a_tone_comes_out_as_if_it_had_been_made_at_the_new_rate(from_rate: int, to_rate: int) -> None:
    made = joined(resample(tone(from_rate, 440), from_rate, to_rate))[:to_rate]
    error = (made - tone(to_rate, 440)[: len(made)])[to_rate // 10 : -to_rate // 10]
    assert decibels(error) < -90


@pytest.mark.parametrize("to_rate", [8_000, 16_000])
def test_what_the_new_rate_cannot_carry_is_gone_not_folded_back(to_rate: int) -> None:
    made = joined(resample(tone(24_000, 10_000), 24_000, to_rate))
    assert decibels(made[to_rate // 10 : -to_rate // 10]) < -90


def test_chunks_of_the_right_rate_pass_untouched() -> None:
    chunk = AudioChunk(tone(24_000, 440), 24_000, 17, (TimedWord("a", 1, 2, 0, 1),))
    stage = Resampler(24_000, 24_000)
    (passed,) = stage.feed(chunk)
    assert passed is chunk
    assert list(stage.flush()) == []


def test_starts_count_frames_of_the_new_rate_from_where_the_stream_began() -> None:
    stage = Resampler(24_000, 48_000)
    samples = tone(24_000, 440)
    chunks = [*stage.feed(AudioChunk(samples, 24_000, 1_200)), *stage.flush()]
    expected = [2_400 + sum(len(chunk.samples) for chunk in chunks[:n]) for n in range(len(chunks))]
    assert expected == [chunk.start for chunk in chunks]


def test_a_word_goes_out_with_the_chunk_in_whose_time_it_begins() -> None:
    stage = Resampler(24_000, 16_000)
    samples = tone(24_000, 440)
    words = [TimedWord(str(at), at, at + 90, 0, 1) for at in range(0, 1_000, 70)]
    made: list[AudioChunk] = []
    for at in range(0, 24_000, 2_400):
        begun = tuple(word for word in words if at <= word.start_ms * 24 < at + 2_400)
        made.extend(stage.feed(AudioChunk(samples[at : at + 2_400], 24_000, at, begun)))
    made.extend(stage.flush())
    assert words == [word for chunk in made for word in chunk.words]
    for chunk in made:
        inside = range(chunk.start, chunk.start + len(chunk.samples))
        assert all(round(word.start_ms * 16) in inside for word in chunk.words)


def test_a_word_beyond_the_last_sample_is_not_lost() -> None:
    late = TimedWord("late", 99_999, 100_000, 0, 4)
    stage = Resampler(24_000, 16_000)
    made = [*stage.feed(AudioChunk(tone(24_000, 440), 24_000, 0, (late,))), *stage.flush()]
    assert [late] == [word for chunk in made for word in chunk.words]


def test_no_more_than_40_ms_are_held_back() -> None:
    for to_rate in (8_000, 16_000, 48_000):
        stage = Resampler(24_000, to_rate)
        made = sum(len(chunk.samples) for chunk in stage.feed(AudioChunk(tone(24_000, 440), 24_000)))
        assert made >= to_rate * 0.96


def test_nothing_in_is_nothing_out() -> None:
    stage = Resampler(24_000, 48_000)
    assert [*stage.feed(AudioChunk(np.empty(0, np.float32), 24_000)), *stage.flush()] == []
