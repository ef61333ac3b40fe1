"""Timings as figures."""

from __future__ import annotations

import pytest

from firstword.bench.statistics import Summary, quantile
from firstword.bench.ttfa import Kind, sentence

pytestmark = pytest.mark.unit


def test_a_summary_has_minimum_median_and_p95() -> None:
    assert Summary(101, 0.0, 50.0, 95.0) == Summary.of([float(n) for n in range(101)])


def test_a_quantile_lies_between_its_neighbours() -> None:
    assert (1.5, 1.0, 2.0) == (quantile([2, 1], 0.5), quantile([2, 1], 0), quantile([2, 1], 1))


def test_one_value_is_all_of_its_figures() -> None:
    assert Summary(1, 7.0, 7.0, 7.0) == Summary.of([7.0])


def test_no_values_have_no_figures() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


@pytest.mark.parametrize("words", [1, 5, 40, 100])
def test_a_sentence_has_its_words_and_one_end(words: int) -> None:
    text = sentence(words)

    assert (words, 1, False) == (len(text.split()), text.count("."), "," in text)


def test_a_kind_says_what_its_clock_stops_at() -> None:
    assert ["first audible", "first audible", "first byte"] == [
        Kind(name, 5).moment for name in ("pcm", "wav", "opus")
    ]
