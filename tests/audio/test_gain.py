"""Louder or softer, never clipped."""

import numpy as np
import pytest

from firstword.audio.gain import Gain
from firstword.core.types import AudioChunk, TimedWord

pytestmark = pytest.mark.unit


def gained(samples: list[float], gain_db: float) -> np.ndarray:
    (chunk,) = Gain(gain_db).feed(AudioChunk(np.array(samples, np.float32), 24_000))
    assert chunk.samples.dtype == np.float32
    return chunk.samples


def test_small_samples_are_scaled_by_the_gain() -> None:
    assert np.allclose(gained([0.1, -0.2, 0.0], 6.0206), [0.2, -0.4, 0.0], atol=1e-5)
    assert np.allclose(gained([0.5], -6.0206), [0.25], atol=1e-5)


def test_peaks_never_pass_full_scale_and_keep_their_order() -> None:
    loud = gained([0.3, 0.5, 0.7, 0.9, 1.0, -1.0], 3.0)
    assert np.abs(loud).max() <= 1.0
    assert (np.diff(loud[:5]) > 0).all()
    assert loud[5] == -loud[4]


def test_words_and_place_of_a_chunk_stay() -> None:
    word = TimedWord("One", 0.0, 100.0, 0, 3)
    chunk = AudioChunk(np.ones(10, np.float32), 24_000, 240, (word,))
    (out,) = Gain(-3.0).feed(chunk)
    assert (out.start, out.words, out.sample_rate) == (240, (word,), 24_000)
    assert list(Gain(-3.0).flush()) == []
