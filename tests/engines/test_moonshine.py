"""Moonshine: what it hears in real speech and in what is none, when, and what it may not take back."""

from __future__ import annotations

import json
import math
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from firstword.audio.resampler import Resampler
from firstword.core.errors import ConfigurationError, EngineError, InvalidRequest
from firstword.core.protocols import Files
from firstword.core.transcripts import LISTENING_RATE, Recognition, RecognitionRequest
from firstword.core.types import Samples, SynthesisRequest, TimedWord
from firstword.engines import hibari
from firstword.engines.moonshine import plugin
from firstword.engines.moonshine.engine import MoonshineEngine
from firstword.testing import no_files

pytestmark = pytest.mark.model

SPEECH = Path(__file__).parent.parent / "data/speech"
CLIPS = {clip["file"]: clip["text"] for clip in json.loads((SPEECH / "manifest.json").read_text("utf-8"))}
BASE, TINY = plugin.infos()
BOTH = pytest.mark.parametrize("model", [BASE.model_id, TINY.model_id])

Engines = dict[str, MoonshineEngine]


@pytest.fixture(scope="module")
def engines(model_files: Files) -> Engines:
    return {info.model_id: plugin.load(info, model_files, {}) for info in plugin.infos()}


@pytest.fixture(scope="module")
def tiny(engines: Engines) -> MoonshineEngine:
    return engines[TINY.model_id]


def clip(name: str) -> Samples:
    return soundfile.read(SPEECH / name, dtype="float32")[0]


def hear(engine: MoonshineEngine, samples: Samples, **asked: Any) -> Recognition:
    steps = engine.recognize(RecognitionRequest(np.asarray(samples, np.float32), **asked))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def plain(text: str) -> list[str]:
    text = text.lower().replace("mr.", "mister").replace("-", " ")
    return re.sub("[^a-z' ]", "", text).split()


def errors(heard: list[str], said: list[str]) -> int:
    """Words that are wrong, missing or too many: the edit distance."""
    row = list(range(len(said) + 1))
    for at, word in enumerate(heard, 1):
        last, row[0] = row[0], at
        for to, other in enumerate(said, 1):
            last, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, last + (word != other))
    return row[-1]


@BOTH
def test_real_speech_is_written_down(engines: Engines, model: str) -> None:
    wrong = sum(errors(plain(hear(engines[model], clip(name)).text), plain(CLIPS[name])) for name in CLIPS)

    assert wrong / sum(len(plain(text)) for text in CLIPS.values()) <= 0.03


@BOTH
def test_a_famous_sentence_is_heard_word_for_word(engines: Engines, model: str) -> None:
    assert plain(CLIPS["jfk.flac"]) == plain(hear(engines[model], clip("jfk.flac")).text)


@BOTH
def test_words_are_where_they_are_spoken(engines: Engines, model: str) -> None:
    """Our own voice knows when it says each word."""
    text = "When the rain stopped, the children ran into the garden."
    samples, spoken = speak(text)

    heard = hear(engines[model], samples).words

    assert plain(text) == plain(" ".join(word.text for word in heard))
    starts = [abs(word.start_ms - true.start_ms) for word, true in zip(heard, spoken, strict=True)]
    ends = [abs(word.end_ms - true.end_ms) for word, true in zip(heard, spoken, strict=True)]
    assert np.mean(starts) < 60
    assert np.mean(ends) < 80
    assert max(starts) < 150


def speak(text: str) -> tuple[Samples, list[TimedWord]]:
    engine = hibari.plugin.load(hibari.plugin.infos()[0], no_files, {})
    chunks = list(engine.steps(SynthesisRequest(text, "heart")))
    resampler = Resampler(chunks[0].sample_rate, LISTENING_RATE)
    made = [made for chunk in chunks for made in resampler.feed(chunk)] + list(resampler.flush())
    return np.concatenate([m.samples for m in made]), [word for chunk in chunks for word in chunk.words]


@BOTH
def test_pauses_belong_to_no_word(engines: Engines, model: str) -> None:
    """Kennedy pauses for over a second after `Americans`, and again after `not`."""
    words = hear(engines[model], clip("jfk.flac")).words

    gaps = {plain(word.text)[0]: after.start_ms - word.end_ms for word, after in pairwise(words)}
    assert gaps["americans"] > 900
    assert gaps["not"] > 900
    assert gaps["your"] < 100
    assert 250 < words[0].start_ms < 450


def test_times_follow_when_speech_comes_later(tiny: MoonshineEngine) -> None:
    samples = clip("librivox_0930.flac")
    later = np.concatenate([np.zeros(LISTENING_RATE, np.float32), samples])

    first, second = hear(tiny, samples), hear(tiny, later)

    assert plain(first.text) == plain(second.text)
    moved = [b.start_ms - a.start_ms for a, b in zip(first.words, second.words, strict=True)]
    assert 950 < np.median(moved) < 1_050


def test_confidence_is_the_doubt_about_the_letters(tiny: MoonshineEngine) -> None:
    answer = hear(tiny, clip("librivox_0920.flac"))

    at = 0
    for word in answer.words:
        tokens, at = answer.tokens[at : at + word.tokens], at + word.tokens
        lettered = [token.logprob for token in tokens if any(map(str.isalnum, token.text))]
        assert word.confidence == pytest.approx(math.exp(min(lettered)))
    assert "".join(token.text for token in answer.tokens).strip() == answer.text


SOUNDS = ["silence", "noise", "loud noise", "hum", "tone", "clicks"]


@pytest.mark.parametrize("sound", SOUNDS)
@BOTH
def test_nothing_is_heard_where_nobody_speaks(engines: Engines, model: str, sound: str) -> None:
    random, time_s = np.random.default_rng(0), np.arange(3 * LISTENING_RATE) / LISTENING_RATE
    samples = {
        "silence": np.zeros(len(time_s)),
        "noise": 0.05 * random.standard_normal(len(time_s)),
        "loud noise": 0.3 * random.standard_normal(len(time_s)),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * time_s),
        "tone": 0.3 * np.sin(2 * np.pi * 440 * time_s),
        "clicks": 0.8 * (random.uniform(size=len(time_s)) > 0.9998),
    }[sound]

    answer = hear(engines[model], samples)

    assert ("", (), ()) == (answer.text, answer.words, answer.tokens)


@pytest.mark.parametrize("frames", [0, 1, 894, 895, 4_799, 4_800])
def test_next_to_no_audio_is_nothing(tiny: MoonshineEngine, frames: int) -> None:
    assert hear(tiny, clip("jfk.flac")[:frames]).text == ""


def test_thirty_seconds_are_taken_and_more_are_refused(tiny: MoonshineEngine) -> None:
    speech = np.tile(clip("jfk.flac"), 3)

    assert "country" in hear(tiny, speech[: 30 * LISTENING_RATE]).text
    with pytest.raises(InvalidRequest, match=r"30 s of audio at a time, not 31\.0"):
        hear(tiny, speech[: 31 * LISTENING_RATE])


def test_a_draft_by_the_small_model_begins_the_answer_of_the_large_one(engines: Engines) -> None:
    samples = clip("librivox_0920.flac")
    draft = hear(engines[TINY.drafts or TINY.model_id], samples[: 3 * LISTENING_RATE], ongoing=True)
    ids = tuple(token.id for token in draft.tokens)

    answer = hear(engines[BASE.model_id], samples, prefix=ids)

    assert len(ids) > 4
    assert ids == tuple(token.id for token in answer.tokens[: len(ids)])
    assert plain(CLIPS["librivox_0920.flac"]) == plain(answer.text)
    assert all(-5 < token.logprob <= 0 for token in answer.tokens)


def test_a_forced_beginning_is_kept_and_its_improbability_told(tiny: MoonshineEngine) -> None:
    samples = clip("librivox_0930.flac")
    free = hear(tiny, samples)
    other = hear(tiny, clip("librivox_0880.flac")).tokens[1]

    forced = hear(tiny, samples, prefix=(free.tokens[0].id, other.id))

    assert [free.tokens[0].id, other.id] == [token.id for token in forced.tokens[:2]]
    assert forced.tokens[0].logprob == pytest.approx(free.tokens[0].logprob, abs=0.01)
    assert forced.tokens[1].logprob < -3


@pytest.mark.parametrize("prefix", [(0,), (-1,), (32_000,)])
def test_a_beginning_of_no_tokens_is_refused(tiny: MoonshineEngine, prefix: tuple[int, ...]) -> None:
    with pytest.raises(InvalidRequest, match="prefix"):
        tiny.check(RecognitionRequest(np.zeros(0, np.float32), prefix=prefix))


@BOTH
def test_what_is_written_while_speech_goes_on_hardly_changes(engines: Engines, model: str) -> None:
    changed = written = 0
    for name in ("librivox_0870.flac", "librivox_0920.flac"):
        samples, said = clip(name), plain(CLIPS[name])
        for until in range(LISTENING_RATE, len(samples), LISTENING_RATE):
            answer = hear(engines[model], samples[:until], ongoing=True)
            heard = plain(answer.text)
            changed += errors(heard, said[: len(heard)])
            written += len(heard)
            assert not answer.text.endswith((".", ",", "?", "!"))
            assert all(word.end_ms <= until / 16 for word in answer.words)

    assert written > 60
    assert changed / written < 0.05


def test_the_guide_keeps_away_from_the_end(tiny: MoonshineEngine) -> None:
    samples = clip("librivox_0870.flac")[: 3 * LISTENING_RATE]

    near = hear(tiny, samples, ongoing=True, options={"guided_frames": 2})
    usual = hear(tiny, samples, ongoing=True)
    far = hear(tiny, samples, ongoing=True, options={"guided_frames": 60})

    assert len(far.words) < len(usual.words) <= len(near.words)
    assert far.words[-1].end_ms < 2_000


def test_speech_that_was_cut_off_gets_no_invented_ending(tiny: MoonshineEngine) -> None:
    """Who tells that speech ran into the end gets fewer wrong words, and hardly fewer words."""
    wrong, heard = {True: 0, False: 0}, {True: 0, False: 0}
    for name in ("librivox_0880.flac", "librivox_0890.flac", "librivox_0930.flac"):
        samples, said = clip(name), plain(CLIPS[name])
        for share in (0.45, 0.52, 0.63, 0.71, 0.79):
            cut = samples[: int(share * len(samples))]
            for told in (True, False):
                until_ms = len(cut) / 16 if told else None
                words = plain(hear(tiny, cut, speech_until_ms=until_ms).text)
                wrong[told] += errors(words, said[: len(words)])
                heard[told] += len(words)

    assert wrong[True] < wrong[False] / 2
    assert heard[True] > 0.9 * heard[False]


@BOTH
def test_a_loop_is_stopped_and_cut_away(engines: Engines, model: str) -> None:
    """Having said a word so often already, the model says it on and on; what it was given stays."""
    samples = clip("jfk.flac")
    you = next(token.id for token in hear(engines[model], samples).tokens if token.text == " you")

    answer = hear(engines[model], samples, prefix=(you,) * 7)

    assert answer.looped
    assert "you you you you you you you" == answer.text


@BOTH
def test_who_says_it_five_times_is_heard_five_times(engines: Engines, model: str) -> None:
    answer = hear(engines[model], np.tile(clip("librivox_0880.flac"), 5))

    assert not answer.looped
    assert 5 == plain(answer.text).count("young")


def test_speech_after_an_early_end_is_heard_too(engines: Engines) -> None:
    """The model may write nothing, or stop at a pause; who knows that there is speech makes it go on."""
    first, second = (
        speak("Please send the blue folder to my office before lunch.")[0],
        clip("librivox_0880.flac"),
    )
    pause, end = np.zeros(4 * LISTENING_RATE, np.float32), np.zeros(LISTENING_RATE // 10, np.float32)
    samples = np.concatenate([first, pause, second, end])

    answer = hear(engines[BASE.model_id], samples, speech_until_ms=len(samples) / 16 - 230)

    assert plain("Please send the blue folder to my office before lunch.") == plain(answer.text)[:10]
    assert ["young", "man"] == plain(answer.text)[-2:]
    assert answer.words[10].start_ms > (len(first) + len(pause)) / 16 - 100


def test_closing_the_generator_stops_the_work(tiny: MoonshineEngine) -> None:
    steps = tiny.recognize(RecognitionRequest(clip("jfk.flac")))
    next(steps)
    next(steps)

    steps.close()

    with pytest.raises(StopIteration):
        next(steps)
    assert plain(CLIPS["librivox_0930.flac"]) == plain(hear(tiny, clip("librivox_0930.flac")).text)


def test_four_at_once_hear_what_each_hears_alone(tiny: MoonshineEngine) -> None:
    clips = [clip(name) for name in list(CLIPS)[:4]]
    alone = [hear(tiny, samples) for samples in clips]

    with ThreadPoolExecutor(4) as threads:
        assert alone == list(threads.map(lambda samples: hear(tiny, samples), clips))


@pytest.mark.parametrize(
    ("asked", "param", "code"),
    [
        ({"language": "ko"}, "language", "unsupported_language"),
        ({"language": "de-DE"}, "language", "unsupported_language"),
        ({"languages": ("fr", "de")}, "languages", "unsupported_language"),
        ({"translate": True}, "model", "translation_unsupported"),
        ({"options": {"beams": 2}}, "options", "invalid_request"),
        ({"options": {"threads": 2}}, "options", "invalid_request"),
        ({"options": {"guided_frames": -1}}, "options", "invalid_request"),
    ],
)
def test_what_it_cannot_do_is_refused_before_there_is_audio(
    tiny: MoonshineEngine, asked: dict[str, Any], param: str, code: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        tiny.check(RecognitionRequest(np.zeros(0, np.float32), **asked))

    assert (param, code) == (refused.value.param, refused.value.code)


def test_who_asks_for_another_language_is_told_what_hears_it(tiny: MoonshineEngine) -> None:
    with pytest.raises(InvalidRequest, match="hears English, not ko; Whisper hears 99 languages"):
        tiny.check(RecognitionRequest(np.zeros(0, np.float32), language="ko"))


@pytest.mark.parametrize(
    "asked",
    [
        {"language": "en"},
        {"language": "en-GB"},
        {"language": "EN_us"},
        {"languages": ("ko", "en")},
        {"prompt": "amiable", "temperature": 0.7},
    ],
)
def test_english_and_what_is_no_use_are_let_pass(tiny: MoonshineEngine, asked: dict[str, Any]) -> None:
    samples = clip("librivox_0930.flac")

    assert hear(tiny, samples) == hear(tiny, samples, **asked)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_samples_that_are_no_numbers_are_an_error(tiny: MoonshineEngine, value: float) -> None:
    samples = clip("librivox_0930.flac")
    samples[100] = value

    with pytest.raises(EngineError, match="NaN or infinity"):
        hear(tiny, samples)


def test_a_closed_model_hears_nothing_but_ends_what_it_began(model_files: Files) -> None:
    engine = plugin.load(TINY, model_files, {})
    samples = clip("librivox_0930.flac")
    begun = engine.recognize(RecognitionRequest(samples))
    next(begun)

    engine.close()

    assert not engine.health()
    with pytest.raises(EngineError, match="closed"):
        hear(engine, samples)
    assert list(begun) is not None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"thread": 1}, "unknown option thread"),
        ({"threads": 0}, "threads must be at least 1"),
        ({"guided_frames": 1.5}, "guided_frames cannot be 1.5"),
    ],
)
def test_a_wrong_option_is_the_operators_to_mend(
    model_files: Files, options: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        plugin.load(TINY, model_files, options)


@pytest.mark.parametrize("damaged", ["moonshine.min.js", "encoder_model.onnx", "decoder_model_merged.onnx"])
@pytest.mark.parametrize("content", [None, b"", b"nothing of the kind", b"\x3a\x04\x0a\x02\x22\x00"])
def test_a_missing_or_damaged_file_is_the_operators_to_mend(
    model_files: Files, tmp_path: Path, damaged: str, content: bytes | None
) -> None:
    for file in model_files(TINY.model_id).iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / damaged).unlink()
    if content is not None:
        (tmp_path / damaged).write_bytes(content)

    with pytest.raises(ConfigurationError, match="moonshine-tiny cannot be loaded"):
        plugin.load(TINY, lambda _: tmp_path, {})
