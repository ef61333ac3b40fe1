"""The real voice: what it refuses, what it streams, and that its samples are the model's."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from random import Random
from unicodedata import category

import hibari
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
from firstword.engines.hibari import plugin
from firstword.engines.hibari.engine import HibariEngine, Speaker
from firstword.engines.hibari.phonemes import MOST_PHONEMES, Pronouncer
from firstword.engines.hibari.rendition import Rendition, Windows
from firstword.engines.hibari.session import AcousticModel, Floats
from firstword.engines.hibari.vocoder import Noise, Vocoder
from firstword.testing import no_files

pytestmark = pytest.mark.model

(INFO,) = plugin.infos()
ASSETS = Path(hibari.__file__).parent / "assets"
SHORT = "Speech begins at the first word."
LONG = (
    "It was a bright cold day in April and the clocks were striking thirteen while the old man walked "
    "slowly home through the rain, thinking of the letter that had come that morning."
)
ONE_WINDOW = Windows(first=10**6, grow=1, most=10**6)
AUDIBLE = 300 / 32768


class CountingModel(AcousticModel):
    """The real model, with a count of its calls."""

    def __init__(self) -> None:
        super().__init__(ASSETS / "hibari.onnx")
        self.calls: list[str] = []

    def front(self, ids: np.ndarray, speed: float) -> tuple[Floats, np.ndarray, Floats]:
        self.calls.append("front")
        return super().front(ids, speed)

    def decode(self, features: Floats) -> tuple[Floats, ...]:
        self.calls.append("decode")
        return super().decode(features)


class PoolNoise:
    """Gives the package our noise, in the place of a random generator."""

    def standard_normal(self, shape: tuple[int, int], dtype: type) -> np.ndarray:
        noise = Noise()
        frames = [noise.frames(frame, 1, 0) for frame in range(shape[1] // 2)]
        return np.ascontiguousarray(np.concatenate(frames, axis=1)).view(dtype)


@pytest.fixture(scope="module")
def engine() -> Iterator[HibariEngine]:
    engine = plugin.load(INFO, no_files, {})
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def package() -> hibari.Hibari:
    return hibari.Hibari()


@pytest.fixture(scope="module")
def pronouncer() -> Pronouncer:
    return Pronouncer(ASSETS / "vocab.json")


@pytest.fixture(scope="module")
def model() -> AcousticModel:
    return AcousticModel(ASSETS / "hibari.onnx")


def speak(engine: HibariEngine, text: str, speed: float = 1.0, seed: int = 0) -> list[AudioChunk]:
    return list(engine.steps(SynthesisRequest(text, "heart", speed=speed, seed=seed)))


def joined(chunks: list[AudioChunk]) -> np.ndarray:
    return np.concatenate([chunk.samples for chunk in chunks])


def render(pronouncer: Pronouncer, model: AcousticModel, text: str = LONG) -> Rendition:
    (phrase,) = pronouncer.phrases(text)
    return Rendition(model, Noise(), phrase.ids, phrase.last)


def snr_db(whole: np.ndarray, part: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(whole**2) / np.mean((whole - part) ** 2)))


@pytest.mark.requirement("engine-streams-inside-a-sentence")
def test_chunks_follow_one_another_in_growing_blocks(engine: HibariEngine) -> None:
    chunks = speak(engine, LONG)

    seconds = [chunk.duration_s for chunk in chunks]
    assert len(chunks) >= 5
    assert [0.35, 0.775, 1.55, 2.0] == seconds[:4]
    assert max(seconds) <= 2.2
    starts = [sum(len(chunk.samples) for chunk in chunks[:k]) for k in range(len(chunks))]
    assert starts == [chunk.start for chunk in chunks]
    assert {(np.dtype(np.float32), 24_000, 1)} == {
        (chunk.samples.dtype, chunk.sample_rate, chunk.samples.ndim) for chunk in chunks
    }


def test_with_audio_in_hand_the_first_chunk_is_longer_and_there_are_fewer(engine: HibariEngine) -> None:
    urgent, relaxed = (
        list(engine.steps(SynthesisRequest(LONG, "heart", head_start_s=seconds))) for seconds in (0, 20)
    )

    assert (0.35, 2.0) == (urgent[0].duration_s, relaxed[0].duration_s)
    assert len(relaxed) < len(urgent)
    assert sum(len(c.samples) for c in urgent) == sum(len(c.samples) for c in relaxed)


def test_the_first_chunk_takes_one_call_of_each_half(pronouncer: Pronouncer) -> None:
    counting = CountingModel()
    run = HibariEngine(INFO, {"heart": Speaker(pronouncer, counting)}).steps(SynthesisRequest(LONG, "heart"))

    first = next(run)

    assert ["front", "decode"] == counting.calls
    assert 8400 == len(first.samples)
    assert np.abs(first.samples).max() > AUDIBLE, "and it is heard"

    run.close()
    assert ["front", "decode"] == counting.calls


@pytest.mark.requirement("engine-streams-inside-a-sentence")
def test_several_windows_sound_as_one(pronouncer: Pronouncer, model: AcousticModel) -> None:
    """The quantized graph scales each window by itself, so that some 28 dB are all that can be had."""
    windows = list(render(pronouncer, model).blocks())
    whole = np.concatenate(list(render(pronouncer, model).blocks(ONE_WINDOW)))

    assert len(windows) >= 5
    assert len(whole) == sum(map(len, windows))
    assert snr_db(whole, np.concatenate(windows)) > 25
    at = 0
    for window in windows[:-1]:
        at += len(window)
        seam = slice(at - 300, at + 300)
        steps = np.abs(np.diff(np.concatenate(windows)[seam])).max()
        assert steps < 1.5 * np.abs(np.diff(whole[seam])).max() + 0.01


def test_the_vocoder_gives_what_the_package_gives(pronouncer: Pronouncer, model: AcousticModel) -> None:
    (phrase,) = pronouncer.phrases(SHORT)
    features, durations, f0 = model.front(phrase.ids, 1.0)
    spectra = model.decode(features)
    expected = hibari.dsp.synth(*(np.array(part) for part in spectra), f0, PoolNoise())

    vocoder = Vocoder(f0, 0, Noise(), 0)
    cuts = [0, 7, 50, 51, 140, len(f0)]
    hops = [vocoder.feed([part[:, a:b] for part in spectra]) for a, b in pairwise(cuts)]
    samples = np.concatenate([*hops, vocoder.flush()[:2]]).reshape(-1)[600:]

    assert 600 * durations.sum() == len(samples)
    assert snr_db(expected, samples) > 70


def test_what_is_left_out_is_silence(pronouncer: Pronouncer, model: AcousticModel) -> None:
    for text in (SHORT, LONG, "Fish.", "Go", "Six,", "Yes!", "What a beautiful garden you have?", "Stop…"):
        rendition = render(pronouncer, model, text)
        samples = np.concatenate(list(rendition.blocks(ONE_WINDOW)))
        (phrase,) = pronouncer.phrases(text)
        features, _, f0 = model.front(phrase.ids, 1.0)
        vocoder = Vocoder(f0, 0, Noise(), 0)
        everything = np.concatenate([vocoder.feed(model.decode(features)), vocoder.flush()[:2]]).reshape(-1)[
            600:
        ]

        assert len(samples) == rendition.length
        skipped = round(rendition.skipped_ms * 24)
        heard = np.flatnonzero(np.abs(everything) > AUDIBLE)
        assert skipped < heard[0]
        assert heard[-1] < skipped + rendition.length
        assert heard[0] - skipped < 0.15 * 24_000
        assert skipped + rendition.length - heard[-1] < 0.3 * 24_000


def test_level_pitch_and_length_are_the_packages(engine: HibariEngine, package: hibari.Hibari) -> None:
    ours = joined(speak(engine, LONG))
    (theirs,) = package.stream(LONG, seed=0)

    def loudness_db(samples: np.ndarray) -> float:
        heard = np.flatnonzero(np.abs(samples) > AUDIBLE)
        return float(10 * np.log10(np.mean(samples[heard[0] : heard[-1]] ** 2)))

    def centre_hz(samples: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(samples)) ** 2
        return float((power * np.fft.rfftfreq(len(samples), 1 / 24_000)).sum() / power.sum())

    assert abs(loudness_db(theirs) - loudness_db(ours)) < 1
    assert abs(centre_hz(theirs) / centre_hz(ours) - 1) < 0.05
    assert 0.3 < (len(theirs) - len(ours)) / 24_000 < 0.7


def test_the_same_request_gives_the_same_bits_and_a_seed_changes_them(engine: HibariEngine) -> None:
    first, again, other = (joined(speak(engine, SHORT, seed=seed)) for seed in (7, 7, 8))

    assert np.array_equal(first, again)
    assert len(first) == len(other)
    assert not np.array_equal(first, other)
    assert np.array_equal(first, joined(speak(plugin.load(INFO, no_files, {}), SHORT, seed=7)))


def test_runs_at_once_give_the_same_bits_as_alone(engine: HibariEngine) -> None:
    texts = [SHORT, LONG, "Zyzzogeton is no word.", "On 3/4/2025 it cost $3.50."]
    alone = [joined(speak(engine, text)) for text in texts]
    barrier = threading.Barrier(len(texts))

    def together(text: str) -> np.ndarray:
        barrier.wait(10)
        return joined(speak(engine, text))

    with ThreadPoolExecutor(len(texts)) as threads:
        for expected, actual in zip(alone, threads.map(together, texts), strict=True):
            assert np.array_equal(expected, actual)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25])
def test_speed_divides_the_length(engine: HibariEngine, speed: float) -> None:
    own, changed = len(joined(speak(engine, LONG))), len(joined(speak(engine, LONG, speed=speed)))

    assert abs(own / changed / speed - 1) < 0.1, "durations are whole units of 25 ms"


@pytest.mark.parametrize("text", ["", "  \n", "...", "🎈 ?!", "—", "\u200b", "안녕하세요"])
def test_nothing_to_say_is_no_chunk(engine: HibariEngine, text: str) -> None:
    assert [] == speak(engine, text)


def test_a_long_text_without_marks_is_cut_at_spaces(pronouncer: Pronouncer) -> None:
    text = "the old man walked slowly home " * 40

    phrases = list(pronouncer.phrases(text))

    assert max(len(phrase.ids) for phrase in phrases) <= MOST_PHONEMES + 2
    spoken = [text[slice(*mark.span)] for phrase in phrases for mark in phrase.marks]
    assert text.split() == spoken


def test_a_long_sentence_is_cut_at_its_marks(pronouncer: Pronouncer) -> None:
    text = "the old man walked slowly home through the rain and then, " * 8

    phrases = list(pronouncer.phrases(text))

    assert len(phrases) > 1
    assert {","} == {phrase.marks[-1].stop for phrase in phrases}


def test_phrases_go_on_where_the_one_before_ended(engine: HibariEngine) -> None:
    chunks = speak(engine, "the old man walked slowly home " * 20)

    words = [word for chunk in chunks for word in chunk.words]
    total_ms = len(joined(chunks)) / 24
    assert 120 == len(words)
    assert words == sorted(words, key=lambda word: word.start_ms)
    assert words[-1].end_ms <= total_ms
    assert words[-1].start_ms > total_ms - 1000
    for before, after in pairwise(chunks):
        assert after.start == before.start + len(before.samples)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 40,
        "1,111,111,111,111,111,111,111,111,111,111,111,111,111",
        "½➐Z ⑦ 37¹ ²³",
        "a" * 300,
        "a-" * 100 + "z",
        "[x](/ˈ/) [y](/(/) ](/[ [](/a/)",
        "\ud800 \x00 \x1b ok",
    ],
)
def test_what_breaks_the_front_end_does_not_break_us(engine: HibariEngine, text: str) -> None:
    samples = joined(speak(engine, text))

    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1


def test_any_text_at_all_is_spoken_or_passed_over(engine: HibariEngine) -> None:
    random = Random(2024)
    made = 0
    for _ in range(300):
        text = "".join(_any_character(random) for _ in range(random.randrange(1, 12)))
        chunks = speak(engine, text)
        made += len(chunks)
        for chunk in chunks:
            assert np.isfinite(chunk.samples).all()
            assert np.abs(chunk.samples).max() <= 1
            for word in chunk.words:
                assert word.text == text[word.start_char : word.end_char] != ""

    assert made > 300


def _any_character(random: Random) -> str:
    kind = random.random()
    if kind < 0.5:
        return random.choice("abcdefghij THE 0123456789 .,-:/$£%°'’\"()[]#@&+*=<>~^|\\_½²٣—…")
    character = chr(random.randrange(32, 0x2FF) if kind < 0.75 else random.randrange(0x110000))
    return "?" if category(character) == "Cn" else character


def test_an_inline_pronunciation_is_spoken_and_other_brackets_are_read(pronouncer: Pronouncer) -> None:
    def ids(text: str) -> list[int]:
        return [i for phrase in pronouncer.phrases(text) for i in phrase.ids.tolist()]

    assert ids("Say two now") == ids("Say [one](/tˈu/) now")
    assert ids("Say note (see here) now") == ids("Say [note](see here) now")
    assert ids("the docs now") == ids("the [docs] now")


def test_composed_and_plain_accents_are_read_alike(pronouncer: Pronouncer) -> None:
    (composed,), (combined,) = pronouncer.phrases("a café"), pronouncer.phrases("a cafe\u0301")

    assert composed.ids.tolist() == combined.ids.tolist()


def test_text_in_another_script_is_refused_with_its_beginning(engine: HibariEngine) -> None:
    with pytest.raises(UnspeakableText) as caught:
        engine.check("Fine so far. 안녕하세요. And on.", "heart", None)

    assert ("input", "unspeakable_text") == (caught.value.param, caught.value.code)
    for part in ("heart", "English (en-US)", "“안녕하세요.”"):
        assert part in caught.value.message


def test_a_long_refused_sentence_is_quoted_in_part(engine: HibariEngine) -> None:
    with pytest.raises(UnspeakableText) as caught:
        engine.check("안녕" * 100, "heart", None)

    assert "“" + "안녕" * 20 + "…”" in caught.value.message


@pytest.mark.parametrize("language", [None, "en", "en-US", "EN-gb", "en_AU"])
def test_english_is_let_pass(engine: HibariEngine, language: str | None) -> None:
    engine.check("Plain text, with one 안녕 in it.", "heart", language)


def test_another_language_is_refused(engine: HibariEngine) -> None:
    with pytest.raises(InvalidRequest) as caught:
        engine.check("Bonjour.", "heart", "fr")

    assert "language" == caught.value.param


def test_a_text_without_words_is_refused(engine: HibariEngine) -> None:
    with pytest.raises(UnspeakableText) as caught:
        engine.check("?! 🎈 ...", "heart", None)

    assert ("input", "nothing_to_speak") == (caught.value.param, caught.value.code)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), 0.4, 1.3])
def test_a_speed_out_of_range_is_refused(engine: HibariEngine, speed: float) -> None:
    with pytest.raises(InvalidRequest) as caught:
        speak(engine, SHORT, speed=speed)

    assert "speed" == caught.value.param


def test_unknown_voices_and_options_are_refused(engine: HibariEngine) -> None:
    with pytest.raises(UnknownVoice, match="it has heart"):
        engine.check("Hello.", "alloy", None)
    with pytest.raises(UnknownVoice, match="it has heart"):
        next(engine.steps(SynthesisRequest("Hello.", "alloy")))
    with pytest.raises(InvalidRequest, match="not tempo"):
        next(engine.steps(SynthesisRequest("Hello.", "heart", options={"tempo": 1})))


@pytest.mark.parametrize(("options", "named"), [({"threds": 1}, "threds"), ({"threads": 0}, "threads")])
def test_wrong_settings_are_named_and_refused(options: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        plugin.load(INFO, no_files, options)


def test_a_failure_of_the_runtime_is_an_engine_error(model: AcousticModel) -> None:
    with pytest.raises(EngineError):
        model.decode(np.zeros((1, 3, 5), np.float32))


def test_a_closed_engine_says_so() -> None:
    engine = plugin.load(INFO, no_files, {"threads": 1})
    begun = engine.steps(SynthesisRequest(LONG, "heart"))
    next(begun)
    assert engine.health()

    engine.close()

    assert not engine.health()
    assert next(begun).start > 0, "what has begun is finished"
    with pytest.raises(EngineError) as caught:
        speak(engine, SHORT)
    assert "engine_closed" == caught.value.code
