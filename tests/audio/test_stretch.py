"""Another tempo, the same pitch."""

import numpy as np
import pytest

from firstword.audio.stretch import Stretch
from firstword.core.types import AudioChunk, Samples, TimedWord

pytestmark = pytest.mark.unit

RATE = 24_000
TEMPI = [0.25, 0.5, 0.8, 0.95, 1.05, 1.25, 2.0, 3.0, 4.0]


def harmonic(hz: float, seconds: float = 2.0, sample_rate: int = RATE) -> Samples:
    """A steady voice: five harmonics."""
    time_s = np.arange(round(seconds * sample_rate)) / sample_rate
    return sum(0.2 / n * np.sin(2 * np.pi * n * hz * time_s) for n in range(1, 6)).astype(np.float32)


def stretch(samples: Samples, tempo: float, sample_rate: int = RATE) -> list[AudioChunk]:
    stage = Stretch(tempo)
    made: list[AudioChunk] = []
    for at in range(0, len(samples), 2_400):
        made.extend(stage.feed(AudioChunk(samples[at : at + 2_400], sample_rate, at)))
    return [*made, *stage.flush()]


def joined(chunks: list[AudioChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks])


def pitch(samples: Samples, sample_rate: int = RATE) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 19))
    return float(np.argmax(spectrum)) * sample_rate / (1 << 19)


@pytest.mark.parametrize("tempo", TEMPI)
@pytest.mark.parametrize("frames", [1, 359, 2_400, 48_000, 48_001])
def test_the_output_is_as_long_as_the_tempo_says(tempo: float, frames: int) -> None:
    made = stretch(harmonic(150, 2.1)[:frames], tempo)
    assert sum(len(chunk.samples) for chunk in made) == round(frames / tempo)


@pytest.mark.parametrize("tempo", TEMPI)
@pytest.mark.parametrize("hz", [80, 220, 400])
def test_the_pitch_stays_within_a_hundredth(tempo: float, hz: float) -> None:
    assert pitch(joined(stretch(harmonic(hz), tempo))) == pytest.approx(hz, rel=0.01)


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 22_050, 48_000])
def test_any_sample_rate_will_do(sample_rate: int) -> None:
    made = joined(stretch(harmonic(220, sample_rate=sample_rate), 1.5, sample_rate))
    assert len(made) == round(2 * sample_rate / 1.5)
    assert pitch(made, sample_rate) == pytest.approx(220, rel=0.01)


@pytest.mark.parametrize("tempo", TEMPI)
def test_seams_do_not_click(tempo: float) -> None:
    """No step between neighbours is bigger than the voice's own, and the loudness stays."""
    voice = harmonic(220)
    made = joined(stretch(voice, tempo))
    assert np.abs(np.diff(made)).max() <= 1.05 * np.abs(np.diff(voice)).max()
    assert np.sqrt(np.mean(made**2)) == pytest.approx(np.sqrt(np.mean(voice**2)), rel=0.02)


@pytest.mark.parametrize("tempo", [0.5, 0.8, 1.25, 2.0])
def test_what_happens_at_a_time_happens_at_that_time_divided_by_the_tempo(tempo: float) -> None:
    """A beep in silence, within a window and a slide."""
    samples = np.zeros(2 * RATE, np.float32)
    samples[RATE : RATE + RATE // 5] = harmonic(300, 0.2)
    sounding = np.nonzero(np.abs(joined(stretch(samples, tempo))) > 0.02)[0]
    assert sounding[0] / RATE == pytest.approx(1.0 / tempo, abs=0.03)
    assert sounding[-1] / RATE == pytest.approx(1.2 / tempo, abs=0.03)


def test_silence_stays_silence() -> None:
    assert not np.count_nonzero(joined(stretch(np.zeros(RATE, np.float32), 1.3)))


@pytest.mark.parametrize("tempo", [0.5, 2.0])
def test_the_very_first_and_last_sounds_survive(tempo: float) -> None:
    samples = np.zeros(RATE, np.float32)
    samples[: RATE // 20] = harmonic(700, 0.05)
    samples[-RATE // 20 :] = harmonic(700, 0.05)
    made = joined(stretch(samples, tempo))
    edge = round(RATE / 20 / tempo)
    assert np.abs(made[:edge]).max() > 0.2
    assert np.abs(made[-edge:]).max() > 0.2


def test_words_and_starts_are_told_in_the_new_time() -> None:
    stage = Stretch(2.0)
    words = (TimedWord("one", 0, 400, 0, 3), TimedWord("two", 900, 1_000, 4, 7))
    made = [*stage.feed(AudioChunk(harmonic(150, 1.0), RATE, 2_400, words)), *stage.flush()]
    assert [word for chunk in made for word in chunk.words] == [
        TimedWord("one", 0, 200, 0, 3),
        TimedWord("two", 450, 500, 4, 7),
    ]
    starts = [1_200 + sum(len(chunk.samples) for chunk in made[:n]) for n in range(len(made))]
    assert starts == [chunk.start for chunk in made]


def test_tempo_1_passes_chunks_untouched() -> None:
    stage = Stretch(1)
    chunk = AudioChunk(harmonic(150), RATE, 5)
    (passed,) = stage.feed(chunk)
    assert passed is chunk
    assert list(stage.flush()) == []


@pytest.mark.parametrize("tempo", [0.25, 1.25, 4.0])
def test_no_more_than_60_ms_are_held_back(tempo: float) -> None:
    made = sum(len(chunk.samples) for chunk in Stretch(tempo).feed(AudioChunk(harmonic(150, 1.0), RATE)))
    assert made * tempo / RATE >= 1 - 0.06 - 0.015 * tempo


@pytest.mark.parametrize("tempo", [0.2, 4.1, float("nan")])
def test_an_impossible_tempo_is_refused(tempo: float) -> None:
    with pytest.raises(ValueError, match="tempo"):
        Stretch(tempo)


def test_nothing_in_is_nothing_out() -> None:
    assert list(Stretch(2.0).flush()) == []
    stage = Stretch(2.0)
    assert [*stage.feed(AudioChunk(np.empty(0, np.float32), RATE)), *stage.flush()] == []
