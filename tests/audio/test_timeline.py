"""Words and starts of a stage's output."""

import numpy as np
import pytest

from firstword.audio.timeline import Timeline
from firstword.core.types import AudioChunk, TimedWord

pytestmark = pytest.mark.unit

SECOND = np.zeros(1_000, np.float32)
NOTHING = np.empty(0, np.float32)


def word(start_ms: float) -> TimedWord:
    return TimedWord("w", start_ms, start_ms + 1, 0, 1)


def test_words_wait_for_their_time() -> None:
    timeline = Timeline(1_000)
    timeline.note(AudioChunk(SECOND, 1_000, 0, (word(0), word(999), word(1_000), word(1_500))))
    first, second = (chunk for _ in range(2) for chunk in timeline.place(SECOND))
    assert [w.start_ms for w in first.words] == [0, 999]
    assert [w.start_ms for w in second.words] == [1_000, 1_500]


def test_no_samples_are_no_chunk_and_words_wait_on() -> None:
    timeline = Timeline(1_000)
    timeline.note(AudioChunk(SECOND, 1_000, 0, (word(0),)))
    assert list(timeline.place(NOTHING)) == []
    assert [w.start_ms for chunk in timeline.place(SECOND) for w in chunk.words] == [0]


def test_closing_gives_the_words_that_are_left_even_without_samples() -> None:
    timeline = Timeline(1_000)
    timeline.note(AudioChunk(SECOND, 1_000, 0, (word(5_000),)))
    (last,) = timeline.close(NOTHING)
    assert (len(last.samples), last.words) == (0, (word(5_000),))
    assert list(timeline.close(NOTHING)) == []


def test_the_first_chunk_says_where_the_stream_begins_in_the_time_of_the_output() -> None:
    timeline = Timeline(2_000, tempo=4.0)
    timeline.note(AudioChunk(SECOND, 1_000, 8_000))
    timeline.note(AudioChunk(SECOND, 1_000, 9_000))
    starts = [chunk.start for _ in range(2) for chunk in timeline.place(SECOND)]
    assert starts == [4_000, 5_000]


def test_times_are_divided_by_the_tempo() -> None:
    timeline = Timeline(1_000, tempo=0.5)
    timeline.note(AudioChunk(SECOND, 1_000, 0, (TimedWord("w", 100, 150, 3, 4),)))
    (chunk,) = timeline.place(SECOND)
    assert chunk.words == (TimedWord("w", 200, 300, 3, 4),)
