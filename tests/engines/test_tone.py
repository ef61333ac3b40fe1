"""The tone engine: what it says, and what it does on demand."""

import threading
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest

from firstword.core.errors import (
    ConfigurationError,
    EngineError,
    InvalidRequest,
    UnknownVoice,
    UnspeakableText,
)
from firstword.core.types import AudioChunk, SynthesisRequest
from firstword.engines.tone import GAP_MS, MS_PER_CHAR, ToneEngine, pitch, plugin
from firstword.testing import no_files

pytestmark = pytest.mark.unit

TEXT = "Hello, wide world! ... Again 안녕하세요."
INFO, AT_ONCE = plugin.infos()


def load(**options: object) -> ToneEngine:
    return plugin.load(INFO, no_files, options)


def speak(
    engine: ToneEngine, text: str = TEXT, speed: float = 1.0, voice: str = "sine", **options: object
) -> list[AudioChunk]:
    return list(engine.steps(request(text, speed, voice, options)))


def request(
    text: str = TEXT, speed: float = 1.0, voice: str = "sine", options: Mapping[str, object] | None = None
) -> SynthesisRequest:
    return SynthesisRequest(text, voice, speed=speed, options=options or {})


def joined(chunks: list[AudioChunk]) -> np.ndarray:
    return np.concatenate([chunk.samples for chunk in chunks])


def test_each_word_is_as_long_as_its_letters_and_a_gap_lies_between_two() -> None:
    chunks = speak(load(), "one four")

    assert (3 + 4) * MS_PER_CHAR + GAP_MS == sum(c.duration_s for c in chunks) * 1000


def test_chunks_follow_one_another_and_hold_a_block_each() -> None:
    chunks = speak(load(block_ms=50))

    lengths = [len(c.samples) for c in chunks]
    assert [1200] * (len(chunks) - 1) == lengths[:-1]
    assert [sum(lengths[:i]) for i in range(len(chunks))] == [c.start for c in chunks]
    assert {np.dtype(np.float32)} == {c.samples.dtype for c in chunks}


def test_the_size_of_a_block_changes_no_sample() -> None:
    whole = joined(speak(load(at_once=True)))

    assert np.array_equal(whole, joined(speak(load(block_ms=7))))
    assert np.array_equal(whole, joined(speak(load())))


def test_words_carry_their_place_in_the_text_and_in_the_audio() -> None:
    chunks = speak(load())

    words = [word for chunk in chunks for word in chunk.words]
    assert ["Hello,", "wide", "world!", "Again", "안녕하세요."] == [word.text for word in words]
    assert [word.text for word in words] == [TEXT[word.start_char : word.end_char] for word in words]
    audio = joined(chunks)
    for word, following in pairwise(words):
        gap = audio[round(word.end_ms * 24) : round(following.start_ms * 24)]
        sound = audio[round(word.start_ms * 24) : round(word.end_ms * 24)]
        assert not gap.any()
        assert np.abs(sound).max() > 0.2
    for chunk in chunks:
        for word in chunk.words:
            assert chunk.start <= round(word.start_ms * 24) < chunk.start + len(chunk.samples)


def test_a_word_sounds_at_its_own_pitch_whatever_its_case() -> None:
    audio = joined(speak(load(), "mississippi"))

    spectrum = np.abs(np.fft.rfft(audio, 24_000))
    assert pitch("MISSISSIPPI") == int(spectrum.argmax())
    assert pitch("one") != pitch("two")


def test_voices_differ_in_sound_and_agree_in_length() -> None:
    sine, square = joined(speak(load())), joined(speak(load(), voice="square"))

    assert len(sine) == len(square)
    assert not np.array_equal(sine, square)


def test_speed_divides_the_length() -> None:
    engine = load()

    assert len(joined(speak(engine))) == 2 * len(joined(speak(engine, speed=2.0)))


def test_nothing_to_say_is_no_chunk() -> None:
    assert [] == speak(load(), " ... \u200b🎈 ")
    assert [] == speak(load(at_once=True), "")


def test_a_text_without_letters_and_digits_is_refused() -> None:
    with pytest.raises(UnspeakableText) as caught:
        load().check("?! ...", "sine", None)

    assert ("nothing_to_speak", "input") == (caught.value.code, caught.value.param)


def test_any_language_is_let_pass() -> None:
    load().check("안녕 мир", "sine", "ko")


def test_at_once_gives_one_chunk_and_says_so() -> None:
    engine = plugin.load(AT_ONCE, no_files, {})

    assert not engine.info.streams_inside_segments
    assert 1 == len(speak(engine))
    assert 1 == len(speak(load(), at_once=True))
    assert not load(at_once=True).info.streams_inside_segments


def test_a_rate_can_be_chosen() -> None:
    engine = load(sample_rate=8000)

    assert 8000 == engine.info.sample_rate
    assert {8000} == {chunk.sample_rate for chunk in speak(engine)}


@pytest.mark.parametrize(("after_ms", "chunks"), [(0, 0), (99, 0), (250, 2), (300, 3)])
def test_it_fails_where_it_is_told(after_ms: int, chunks: int) -> None:
    engine = load()
    made: list[AudioChunk] = []

    with pytest.raises(EngineError, match="as it was told"):
        made.extend(engine.steps(request(options={"fail_after_ms": after_ms})))

    assert chunks * 100 == engine.made_ms
    assert chunks == len(made)
    assert 0 == engine.running


def test_it_fails_at_a_word() -> None:
    engine = load(fail_at_word="wide")

    with pytest.raises(EngineError):
        speak(engine)

    assert 6 * MS_PER_CHAR + GAP_MS == engine.made_ms
    assert 3 == len(speak(engine, "Hello"))


def test_at_once_fails_before_its_only_chunk() -> None:
    engine = load(at_once=True, fail_after_ms=100)

    with pytest.raises(EngineError):
        speak(engine)

    assert 0 == engine.made_ms


def test_counts_show_that_a_closed_run_stopped() -> None:
    engine = load()
    run = engine.steps(request())
    assert 0 == engine.running

    next(run)
    next(run)
    assert (1, 200.0) == (engine.running, engine.made_ms)

    run.close()
    assert (0, 200.0) == (engine.running, engine.made_ms)


def test_closing_the_engine_ends_a_stall() -> None:
    engine = load(stall_after_ms=100, stall_s=3600)
    run = engine.steps(request())
    next(run)
    failures: list[EngineError] = []

    def stalled() -> None:
        try:
            next(run)
        except EngineError as error:
            failures.append(error)

    thread = threading.Thread(target=stalled)
    thread.start()
    thread.join(0.01)
    assert thread.is_alive()
    assert engine.health()

    engine.close()
    thread.join(5)

    assert ["engine_closed"] == [failure.code for failure in failures]
    assert not engine.health()
    assert 0 == engine.running


def test_a_stall_or_slow_work_changes_no_sample() -> None:
    engine = load(realtime_factor=0.001, stall_after_ms=200, stall_s=0.001)

    assert np.array_equal(joined(speak(load())), joined(speak(engine)))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"hurry": 1}, "unknown option hurry"),
        ({"block_ms": 0}, "block_ms"),
        ({"block_ms": "100"}, "block_ms"),
        ({"at_once": 1}, "at_once"),
        ({"stall_s": float("nan")}, "stall_s"),
        ({"fail_after_ms": -1}, "fail_after_ms"),
        ({"sample_rate": 10}, "sample_rate"),
    ],
)
def test_wrong_options_are_named_and_refused(options: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        plugin.load(INFO, no_files, options)

    with pytest.raises(InvalidRequest, match=named):
        list(load().steps(request(options=options)))


def test_a_request_cannot_change_the_rate() -> None:
    with pytest.raises(InvalidRequest, match="operator"):
        speak(load(), sample_rate=8000)


def test_an_unknown_voice_is_refused() -> None:
    with pytest.raises(UnknownVoice, match="sine or square"):
        speak(load(), voice="alloy")


def test_the_same_request_gives_the_same_samples() -> None:
    assert np.array_equal(joined(speak(load())), joined(speak(load())))
