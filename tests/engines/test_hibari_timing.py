"""When words sound: the rules on durations written by hand, and the real voice against its own energy."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from firstword.core.types import SynthesisRequest, TimedWord
from firstword.engines.hibari import plugin
from firstword.engines.hibari.engine import HibariEngine
from firstword.engines.hibari.phonemes import Mark, Span
from firstword.engines.hibari.timing import Timing, timed_words
from firstword.testing import no_files

pytestmark = pytest.mark.model

SENTENCES = [
    "The quick brown fox jumps over the lazy dog.",
    "Please call me when you get home tonight!",
    "I have never seen such a thing before.",
    "There are many ways to solve this problem,",
    "The train leaves at seven",
    "What a beautiful garden you have?",
    "My sister lives in a small village.",
    "Nobody knows the answer yet.",
]
AUDIBLE = 300 / 32768


@pytest.fixture(scope="module")
def engine() -> Iterator[HibariEngine]:
    engine = plugin.load(plugin.infos()[0], no_files, {})
    yield engine
    engine.close()


def words_of(engine: HibariEngine, text: str, speed: float = 1.0) -> tuple[list[TimedWord], np.ndarray]:
    chunks = list(engine.steps(SynthesisRequest(text, "heart", speed=speed)))
    samples = np.concatenate([chunk.samples for chunk in chunks])
    return [word for chunk in chunks for word in chunk.words], samples


def test_starts_are_early_and_ends_before_a_mark_lose_its_pause() -> None:
    marks = (Mark(Span(0, 2), 1, 2, ""), Mark(Span(3, 6), 4, 5, "."))
    durations = np.array([14, 4, 4, 2, 4, 16, 6, 1])
    timing = Timing(durations, speed=1.0, skipped_ms=200, length_ms=2000, start_ms=1000)

    words = timed_words("ab cd.", marks, timing)

    assert [TimedWord("ab", 1120, 1350, 0, 2), TimedWord("cd.", 1370, 1600, 3, 6)] == words


def test_a_short_last_sound_keeps_a_part_of_itself() -> None:
    timing = Timing(np.array([14, 4, 6, 6, 1]), speed=1.0, skipped_ms=0, length_ms=2000, start_ms=0)

    (word,) = timed_words("ab.", [Mark(Span(0, 3), 1, 2, ".")], timing)

    assert 14 * 25 + 4 * 25 + 50 == word.end_ms


def test_no_word_ends_after_the_audio() -> None:
    timing = Timing(np.array([14, 4, 40, 1]), speed=1.0, skipped_ms=300, length_ms=500, start_ms=0)

    (word,) = timed_words("ab", [Mark(Span(0, 2), 1, 2, "")], timing)

    assert (20, 500) == (word.start_ms, word.end_ms)


def test_first_starts_and_last_ends_agree_with_the_energy(engine: HibariEngine) -> None:
    starts, ends = [], []
    for sentence in SENTENCES:
        words, samples = words_of(engine, sentence)
        heard = np.flatnonzero(np.abs(samples) > AUDIBLE) / 24
        starts.append(words[0].start_ms - heard[0])
        ends.append(words[-1].end_ms - heard[-1])

    assert abs(np.mean(starts)) < 25
    assert np.abs(starts).max() < 80
    assert abs(np.mean(ends)) < 40
    assert np.abs(ends).max() < 110


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.25])
@pytest.mark.parametrize(
    "text", [*SENTENCES, "On 10/12/2019 Dr. O'Neil, aged 47, paid $3.2 billion (5 km away)!"]
)
def test_words_are_in_order_inside_the_audio_and_slices_of_the_text(
    engine: HibariEngine, text: str, speed: float
) -> None:
    words, samples = words_of(engine, text, speed)

    assert [word.text for word in words] == [text[word.start_char : word.end_char] for word in words]
    assert words[0].start_ms >= 0
    assert words[-1].end_ms <= len(samples) / 24
    for word in words:
        assert word.start_ms < word.end_ms
    for word, following in pairwise(words):
        assert word.end_ms <= following.start_ms
        assert word.end_char <= following.start_char


@pytest.mark.parametrize(
    "text",
    [
        "On 10/12/2019 Dr. O'Neil, aged 47, paid $3.2 billion (5 km away)!",
        "“Café naïve,” she said, e\u0301tude ５ [hibari](/hibˈɑɹi/) [note](see).",
        "At 3:30pm the 1990s ended; 20°C, 12% & more.",
        "  It's   don't-worry\ttime\n\nagain ",
        "1" * 40 + " digits and " + "a" * 50 + " letters",
        "Henry VIII and Chapter IV.",
    ],
)
def test_every_written_word_that_sounds_has_its_time_once(engine: HibariEngine, text: str) -> None:
    words, _ = words_of(engine, text)

    assert text.split() == [word.text for word in words]


def test_words_without_a_sound_have_no_time(engine: HibariEngine) -> None:
    words, _ = words_of(engine, "Wait — 🎈 what … 안녕 now?")

    assert ["Wait", "what", "now?"] == [word.text for word in words]


def test_a_word_travels_with_the_chunk_in_which_it_begins(engine: HibariEngine) -> None:
    chunks = list(engine.steps(SynthesisRequest(" ".join(SENTENCES), "heart")))

    for chunk in chunks:
        for word in chunk.words:
            assert chunk.start <= word.start_ms * 24 < chunk.start + len(chunk.samples)
    assert 50 < sum(len(chunk.words) for chunk in chunks)
