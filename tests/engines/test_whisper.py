"""Whisper: the settings name its models, nothing is fetched, and the code that runs it is run for real.

The weights are random, so that what is written means nothing; that it is what the library makes of them, in
order, in time, refused or held to, is what is asked here.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer

from firstword import assembly
from firstword.core.errors import ConfigurationError, EngineError, InvalidRequest
from firstword.core.transcripts import Recognition, RecognitionRequest, Word
from firstword.core.types import Samples, Task
from firstword.engines import tone
from firstword.engines.whisper import engine as engine_module
from firstword.engines.whisper import plugin
from firstword.engines.whisper.engine import WhisperEngine
from firstword.engines.whisper.languages import code_of, tag_of
from firstword.engines.whisper.loops import loop_at
from firstword.engines.whisper.words import Span, settled, spans, timed
from firstword.settings import load as settings
from firstword.testing import RECOGNIZER_CHECKS, Hearing, hears_what_is_said, no_files
from tests.engines.tiny_whisper import LANGUAGES, make

pytestmark = pytest.mark.model

ROOT = Path(__file__).parents[2]
RATE = 16_000


def warble(seconds: float, seed: int = 0) -> Samples:
    """Something that rises and falls as speech does."""
    time = np.arange(int(RATE * seconds)) / RATE
    pitch = 150 + 170 * seed
    tone = np.sin(2 * np.pi * pitch * time * (1 + 0.3 * np.sin(9 * time)))
    return (0.3 * tone * np.abs(np.sin(5 * time))).astype(np.float32)


CLIPS = [warble(seconds, seed) for seconds in (0.05, 1, 5, 30) for seed in range(2)]


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("whisper") / "multilingual")


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("whisper") / "english", multilingual=False)


@pytest.fixture
def spoiled(tmp_path: Path, multilingual: Path) -> Path:
    """A copy, to be spoiled."""
    return Path(shutil.copytree(multilingual, tmp_path / "model"))


def loaded(folder: Path, **options: object) -> WhisperEngine:
    options = {"models": {"whisper": str(folder)}, **options}
    (info,) = plugin.configured(options)
    return plugin.load(info, no_files, options)


@pytest.fixture(scope="module")
def engine(multilingual: Path) -> WhisperEngine:
    return loaded(multilingual)


@pytest.fixture(scope="module")
def english_engine(english: Path) -> WhisperEngine:
    return loaded(english)


def heard(engine: WhisperEngine, samples: Samples = CLIPS[3], **asked: Any) -> Recognition:
    return finish(engine.recognize(RecognitionRequest(samples, **asked)))


def finish(steps: Iterator[None]) -> Recognition:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            answer: Recognition = end.value
            return answer


def ids_of(answer: Recognition) -> tuple[int, ...]:
    return tuple(token.id for token in answer.tokens)


# What there is


def test_there_are_no_models_but_those_that_the_settings_name(multilingual: Path, english: Path) -> None:
    assert () == tuple(plugin.infos()) == tuple(plugin.configured({}))

    big, small = plugin.configured({"models": {"big": str(multilingual), "small": str(english)}})

    assert ("big", "small") == (big.model_id, small.model_id)
    assert {Task.TRANSCRIPTION} == {big.task, small.task}
    assert 99 == len(big.languages) == len(set(big.languages))
    assert {"ko", "en", "jv"} < set(big.languages)
    assert ("en",) == small.languages
    assert ("translation" in big.capabilities, "translation" in small.capabilities) == (True, False)


@pytest.mark.anyio
async def test_the_settings_bring_a_model_into_the_server(
    multilingual: Path, engine: WhisperEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "discover", lambda names: {"tone": tone.plugin, "whisper": plugin})
    options = {"whisper": {"models": {"mine": str(multilingual)}}}
    flags = {"engine_options": options, "default_model": "tone", "models": tmp_path}

    application = assembly.assemble(settings(flags=flags))
    await application.host.start()

    async with application.host.use_stt("mine") as ours:
        assert "mine" in [info.model_id for info in application.catalog.infos]
        assert heard(engine) == finish(ours.recognize(RecognitionRequest(CLIPS[3])))
    await application.aclose()


def test_settings_with_a_wrong_folder_are_refused_at_once(tmp_path: Path) -> None:
    chosen = settings(flags={"engine_options": {"whisper": {"models": {"mine": str(tmp_path / "no")}}}})

    with pytest.raises(ConfigurationError, match="mine is not whole"):
        assembly.catalogue(chosen, {"whisper": plugin})


def test_a_vocabulary_of_lines_tells_the_same_languages(spoiled: Path, multilingual: Path) -> None:
    tokens = json.loads((spoiled / "vocabulary.json").read_text("utf-8"))
    (spoiled / "vocabulary.json").unlink()
    (spoiled / "vocabulary.txt").write_text("".join(f"{token}\n" for token in tokens), "utf-8")

    (by_lines,) = plugin.configured({"models": {"mine": str(spoiled)}})
    (by_list,) = plugin.configured({"models": {"mine": str(multilingual)}})

    assert by_list == by_lines


def test_asking_what_there_is_loads_no_library(multilingual: Path) -> None:
    code = (
        "import sys; from firstword.engines.whisper import plugin;"
        f"plugin.configured({{'models': {{'mine': {str(multilingual)!r}}}}});"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert set() == {"faster_whisper", "ctranslate2", "tokenizers", "huggingface_hub"} & set(
        found.stdout.split()
    )


def test_nothing_asks_the_network(multilingual: Path) -> None:
    code = f"""
import sys
def refuse(event, arguments):
    assert event not in ("socket.connect", "socket.getaddrinfo"), (event, arguments)
sys.addaudithook(refuse)
import numpy as np
from firstword.core.transcripts import RecognitionRequest
from firstword.engines.whisper import plugin
options = {{"models": {{"mine": {str(multilingual)!r}}}}}
(info,) = plugin.configured(options)
engine = plugin.load(info, None, options)
for _ in engine.recognize(RecognitionRequest(np.sin(np.arange(16000, dtype=np.float32)))): pass
print("done")
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert ("done\n", "") == (found.stdout, found.stderr)


# What is wrong with the settings


@pytest.mark.parametrize("missing", ["config.json", "model.bin", "tokenizer.json", "vocabulary.json"])
def test_a_folder_that_lacks_a_file_is_refused_with_what_to_do(spoiled: Path, missing: str) -> None:
    (info,) = plugin.configured({"models": {"mine": str(spoiled)}})
    (spoiled / missing).unlink()

    for attempt in (
        lambda: plugin.configured({"models": {"mine": str(spoiled)}}),
        lambda: plugin.load(info, no_files, {"models": {"mine": str(spoiled)}}),
    ):
        with pytest.raises(ConfigurationError, match=f"mine .* no {missing} .*`hf download "):
            attempt()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"mine .*{tmp_path / 'nowhere'} does not exist"):
        plugin.configured({"models": {"mine": str(tmp_path / "nowhere")}})


@pytest.mark.parametrize("text", ["no list", "{}", "[1, "])
def test_a_broken_vocabulary_is_refused(spoiled: Path, text: str) -> None:
    (spoiled / "vocabulary.json").write_text(text, "utf-8")

    with pytest.raises(ConfigurationError, match="cannot be read"):
        plugin.configured({"models": {"mine": str(spoiled)}})


def test_a_broken_model_is_refused(spoiled: Path) -> None:
    (spoiled / "model.bin").write_bytes(b"nothing")

    with pytest.raises(ConfigurationError, match="whisper cannot be loaded from"):
        loaded(spoiled)


def test_features_that_are_not_the_model_s_are_refused(spoiled: Path) -> None:
    (spoiled / "preprocessor_config.json").write_text('{"feature_size": 128}', "utf-8")

    with pytest.raises(ConfigurationError, match=r"hears 80 bands and would be given 128"):
        loaded(spoiled)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("model", "x"),
        ("models", "x"),
        ("models", {"mine": 1}),
        ("threads", 0),
        ("parallel", 0),
        ("beam_size", 11),
        ("beam_size", "1"),
    ],
)
def test_an_option_that_is_none_is_refused(option: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"The engine whisper: .*{option}"):
        plugin.configured({option: value})


def test_a_way_to_calculate_that_there_is_not_is_refused(multilingual: Path) -> None:
    with pytest.raises(ConfigurationError, match="int7"):
        loaded(multilingual, compute_type="int7")


def test_a_model_that_the_options_do_not_name_is_not_loaded(engine: WhisperEngine) -> None:
    with pytest.raises(ConfigurationError, match=r'models = { "whisper" = "FOLDER" }'):
        plugin.load(engine.info, no_files, {})


def test_without_the_library_one_is_told_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, multilingual: Path, engine: WhisperEngine
) -> None:
    options = {"models": {"whisper": str(multilingual)}}
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    monkeypatch.delitem(sys.modules, engine_module.__name__)

    assert [] == plugin.configured({})
    for attempt in (
        lambda: plugin.configured(options),
        lambda: plugin.load(engine.info, no_files, options),
    ):
        with pytest.raises(ConfigurationError, match=r"pip install 'firstword\[whisper\]'"):
            attempt()


# What is written down


@pytest.mark.parametrize("language", ["ko", "en", "ja", None])
def test_words_are_in_order_and_inside_the_audio(engine: WhisperEngine, language: str | None) -> None:
    answers = [heard(engine, clip, language=language) for clip in CLIPS]

    assert all(answer.words for answer in answers)
    for clip, answer in zip(CLIPS, answers, strict=True):
        starts = [word.start_ms for word in answer.words]
        assert starts == sorted(starts)
        for word in answer.words:
            assert 0 <= word.start_ms <= word.end_ms <= 1000 * len(clip) / RATE
            assert word.text == word.text.strip() != ""
            assert word.confidence is not None
            assert 0 <= word.confidence <= 1
    assert len({answer.text for answer in answers}) > len(CLIPS) // 2


def test_tokens_join_to_the_text_and_words_are_made_of_them(engine: WhisperEngine) -> None:
    for clip in CLIPS:
        answer = heard(engine, clip)

        assert answer.text == "".join(token.text for token in answer.tokens).strip()
        assert len(answer.tokens) == sum(word.tokens for word in answer.words)
        at = 0
        for word in answer.words:
            own = answer.tokens[at : at + word.tokens]
            assert word.text == "".join(token.text for token in own).strip()
            at += word.tokens
        assert all(token.logprob <= 0 for token in answer.tokens)


@pytest.fixture(scope="module")
def library(multilingual: Path) -> WhisperModel:
    return WhisperModel(str(multilingual), device="cpu", compute_type="int8", cpu_threads=1)


@pytest.mark.parametrize("clip", CLIPS[2:], ids=range(6))
def test_the_answer_is_the_library_s_own(engine: WhisperEngine, library: WhisperModel, clip: Samples) -> None:
    segments, _ = library.transcribe(
        clip,
        language="ko",
        beam_size=1,
        temperature=0.0,
        without_timestamps=True,
        suppress_tokens=list(engine._suppressed),
        no_speech_threshold=None,
        log_prob_threshold=None,
        compression_ratio_threshold=None,
    )
    theirs = next(iter(segments))

    answer = heard(engine, clip, language="ko")

    assert answer.tokens
    assert ids_of(answer) == tuple(theirs.tokens[: None if not answer.looped else len(answer.tokens)])
    assert answer.looped or answer.text == theirs.text.strip()


@pytest.mark.parametrize("clip", CLIPS[2:], ids=range(6))
def test_words_are_where_the_library_hears_them(
    engine: WhisperEngine, library: WhisperModel, clip: Samples
) -> None:
    answer = heard(engine, clip, language="ko")

    tokenizer = Tokenizer(library.hf_tokenizer, True, task="transcribe", language="ko")
    features = library.feature_extractor(clip)[:, :-1]
    encoded = library.encode(pad_or_trim(features))
    found = library.find_alignment(tokenizer, [list(ids_of(answer))], encoded, min(3000, features.shape[-1]))
    theirs = [word for word in found[0] if any(map(str.isalnum, word["word"]))]
    pairs = list(zip(answer.words, theirs, strict=True))
    assert [mine.end_ms for mine, _ in pairs] == pytest.approx(
        [max(0, 1000 * word["end"]) for _, word in pairs]
    )
    assert [mine.confidence for mine, _ in pairs] == pytest.approx([word["probability"] for _, word in pairs])
    # The first word may begin later than in the library's alignment.
    assert all(mine.start_ms >= 1000 * max(0, word["start"]) - 0.1 for mine, word in pairs)
    late = sum(mine.start_ms > 1000 * max(0, word["start"]) + 0.1 for mine, word in pairs)
    assert late <= 1


def test_letters_of_several_tokens_are_told_with_the_last(
    engine: WhisperEngine, library: WhisperModel
) -> None:
    korean = library.hf_tokenizer.encode(" 안녕하세요 여러분").ids

    answer = heard(engine, language="ko", prefix=tuple(korean))

    assert answer.text.startswith("안녕하세요 여러분")
    assert ["", "", "안"] == [token.text for token in answer.tokens[1:4]]
    assert "안녕하세요" == answer.words[0].text
    assert 16 == answer.words[0].tokens


def test_the_same_audio_gives_the_same_answer_beside_others(engine: WhisperEngine) -> None:
    alone = [heard(engine, clip, language="ko") for clip in CLIPS]

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda clip: heard(engine, clip, language="ko"), CLIPS * 2))

    assert [*alone, *alone] == together


def test_an_answer_takes_several_steps(engine: WhisperEngine) -> None:
    assert 4 == len(list(engine.recognize(RecognitionRequest(CLIPS[3]))))
    assert 3 == len(list(engine.recognize(RecognitionRequest(CLIPS[3], language="ko"))))


@pytest.mark.parametrize("steps", range(1, 5))
def test_one_who_leaves_stops_the_work_and_harms_nobody(engine: WhisperEngine, steps: int) -> None:
    before = heard(engine)
    left = engine.recognize(RecognitionRequest(CLIPS[3]))
    for _ in range(steps):
        next(left)
    left.close()

    assert [] == list(left)
    assert before == heard(engine)
    assert engine.health()


# With these weights it hears nothing that is said.
@pytest.mark.parametrize("check", [c for c in RECOGNIZER_CHECKS if c is not hears_what_is_said])
def test_it_keeps_the_contract_of_recognizers(
    engine: WhisperEngine, check: Callable[[Hearing], None]
) -> None:
    check(Hearing(engine, CLIPS[4], ""))


# Languages


def test_the_language_is_found_out(engine: WhisperEngine) -> None:
    found = [heard(engine, clip).language for clip in CLIPS]

    assert len(set(found)) > 1
    assert set(found) <= set(engine.info.languages)


def test_only_an_allowed_language_is_found_out(engine: WhisperEngine) -> None:
    found = {heard(engine, clip, languages=("ko", "ja-JP", "tlh")).language for clip in CLIPS}

    assert {"ko", "ja"} == found


def test_the_likeliest_of_the_allowed_is_taken(engine: WhisperEngine) -> None:
    likely = [("<|de|>", 0.6), ("<|jw|>", 0.3), ("<|ko|>", 0.1)]

    assert "de" == engine._found_out(likely, RecognitionRequest(CLIPS[0]))
    assert "jw" == engine._found_out(likely, RecognitionRequest(CLIPS[0], languages=("ko", "jv")))


def test_one_allowed_language_needs_no_finding_out(engine: WhisperEngine) -> None:
    request = RecognitionRequest(CLIPS[3], languages=("ko-KR",))

    assert 3 == len(list(engine.recognize(request)))
    assert "ko" == finish(engine.recognize(request)).language


@pytest.mark.parametrize("tag", ["ko", "ko-KR", "KO", "jv", "nb-NO", "fil", "zh-Hant"])
def test_a_language_that_is_given_is_heard_and_told_as_given(engine: WhisperEngine, tag: str) -> None:
    assert tag == heard(engine, language=tag).language


def test_the_answer_depends_on_the_language_that_is_given(engine: WhisperEngine) -> None:
    assert len({heard(engine, language=tag).text for tag in ("ko", "en", "ja", "de")}) > 1


def test_every_language_of_the_library_has_a_tag_and_comes_back_from_it() -> None:
    assert list(LANGUAGES) == [code_of(tag_of(code)) for code in LANGUAGES]


def test_an_english_model_says_english(english_engine: WhisperEngine) -> None:
    assert "en" == heard(english_engine).language
    assert "en" == heard(english_engine, languages=("ko", "en")).language
    assert "en-GB" == heard(english_engine, language="en-GB").language


def test_a_translation_is_another_task(engine: WhisperEngine) -> None:
    spoken = [heard(engine, clip, language="ko").text for clip in CLIPS]
    translated = [heard(engine, clip, language="ko", translate=True) for clip in CLIPS]

    assert spoken != [answer.text for answer in translated]
    assert {"ko"} == {answer.language for answer in translated}


# What it is told beforehand


@pytest.mark.parametrize("clip", CLIPS[2:], ids=range(6))
def test_an_answer_begins_with_the_prefix_and_goes_on_as_before(engine: WhisperEngine, clip: Samples) -> None:
    whole = heard(engine, clip, language="ko")

    for count in (1, len(whole.tokens) // 2, len(whole.tokens)):
        again = heard(engine, clip, language="ko", prefix=ids_of(whole)[:count])

        assert ids_of(whole)[:count] == ids_of(again)[:count]
    other = heard(engine, clip, language="ko", prefix=(300, 301, 400))
    assert (300, 301, 400) == ids_of(other)[:3]
    assert other.text.startswith("w44 w45 w144")


def test_a_finished_prefix_is_left_as_it_is(engine: WhisperEngine) -> None:
    finished = [(clip, heard(engine, clip, language="ko")) for clip in CLIPS]

    for clip, whole in finished:
        if len(whole.tokens) < 200:  # it ended because it was done
            assert whole.text == heard(engine, clip, language="ko", prefix=ids_of(whole)).text


def test_while_speech_goes_on_the_last_words_are_left_out(engine: WhisperEngine) -> None:
    left_out = 0
    for clip in CLIPS[2:]:
        whole, ongoing = heard(engine, clip, language="ko"), heard(engine, clip, language="ko", ongoing=True)

        assert whole.text.startswith(ongoing.text)
        assert [w.start_ms for w in ongoing.words] == [w.start_ms for w in whole.words[: len(ongoing.words)]]
        assert all(word.end_ms <= 1000 * len(clip) / RATE - 400 for word in ongoing.words)
        left_out += len(whole.words) - len(ongoing.words)
    assert left_out > 0


def test_a_prefix_is_told_also_where_it_is_near_the_end(engine: WhisperEngine) -> None:
    whole = heard(engine, language="ko")

    ongoing = heard(engine, language="ko", prefix=ids_of(whole), ongoing=True)

    assert ids_of(whole) == ids_of(ongoing)[: len(whole.tokens)]


def test_a_prompt_of_any_length_has_a_say(engine: WhisperEngine) -> None:
    plain, prompted, long = (
        heard(engine, language="ko", prompt=prompt).text for prompt in (None, "w44 w45", "w44 w45 " * 5000)
    )

    assert len({plain, prompted, long}) == 3


def test_a_temperature_makes_it_guess(engine: WhisperEngine) -> None:
    first, second = ([heard(engine, clip, temperature=1.0).text for clip in CLIPS] for _ in range(2))

    assert first != second


def test_a_request_may_ask_for_more_guesses(engine: WhisperEngine, multilingual: Path) -> None:
    asked = [heard(engine, clip, language="ko", options={"beam_size": 4}).text for clip in CLIPS]
    configured = loaded(multilingual, beam_size=4)

    assert asked == [heard(configured, clip, language="ko").text for clip in CLIPS]
    assert asked != [heard(engine, clip, language="ko").text for clip in CLIPS]


# Nothing, too much, and wrong


def test_where_nobody_speaks_nothing_is_written(
    engine: WhisperEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "NO_SPEECH", 0.0)
    monkeypatch.setattr(engine_module, "UNLIKELY", 0.0)

    answer = heard(engine, language="ko")

    assert ("", (), ()) == (answer.text, answer.words, answer.tokens)
    assert answer.no_speech is not None
    assert 0 < answer.no_speech < 1


def test_no_audio_and_silence_are_no_words(engine: WhisperEngine) -> None:
    for samples in (np.zeros(0, np.float32), np.zeros(RATE, np.float32), CLIPS[3] / 1000):
        assert Recognition("", language="ko") == heard(engine, samples, language="ko")


def test_an_answer_that_goes_in_circles_is_cut_and_says_so(engine: WhisperEngine) -> None:
    answers = [heard(engine, clip, language="ko") for clip in CLIPS]

    assert {True, False} == {answer.looped for answer in answers}
    for answer in answers:
        assert loop_at(ids_of(answer), 0) is None


@pytest.mark.parametrize(
    ("ids", "prefix", "at"),
    [
        ([1, 2, 3, 4, 5], 0, None),
        ([9, 7, 7, 7, 7, 7, 7, 7], 0, None),
        ([9, 7, 7, 7, 7, 7, 7, 7, 7], 0, 2),
        ([9, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 8], 0, 5),
        ([9, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 8], 7, 7),
        ([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 1, 2], 10, None),
        ([*range(12), *range(12), *range(12)], 0, 12),
        ([*range(13), *range(13), *range(13)], 0, None),
        ([], 0, None),
    ],
)
def test_a_loop_begins_where_it_begins_again(ids: list[int], prefix: int, at: int | None) -> None:
    assert at == loop_at(ids, prefix)


@pytest.mark.parametrize(
    ("asked", "code", "param"),
    [
        ({"language": "tlh"}, "unsupported_language", "language"),
        ({"languages": ("tlh", "qya")}, "unsupported_language", "languages"),
        ({"prefix": (10**6,)}, "invalid_request", "prefix"),
        ({"prefix": (-1,)}, "invalid_request", "prefix"),
        ({"prefix": (300,) * 225}, "invalid_request", "prefix"),
        ({"options": {"no-such": 1}}, "invalid_request", "options"),
        ({"options": {"beam_size": 0}}, "invalid_request", "options"),
        ({"samples": warble(30.1)}, "invalid_request", "file"),
    ],
)
def test_what_it_cannot_do_is_refused_before_and_while(
    engine: WhisperEngine, asked: dict[str, Any], code: str, param: str
) -> None:
    request = replace(RecognitionRequest(np.zeros(0, np.float32)), **asked)

    for attempt in (lambda: engine.check(request), lambda: finish(engine.recognize(request))):
        with pytest.raises(InvalidRequest) as refused:
            attempt()
        assert (code, param) == (refused.value.code, refused.value.param)


def test_a_refused_language_tells_how_many_are_heard(
    engine: WhisperEngine, english_engine: WhisperEngine
) -> None:
    with pytest.raises(InvalidRequest, match="whisper hears 99 languages, and not tlh"):
        engine.check(RecognitionRequest(CLIPS[0], language="tlh"))
    with pytest.raises(InvalidRequest, match="whisper hears English alone, and not ko"):
        english_engine.check(RecognitionRequest(CLIPS[0], language="ko"))


def test_an_english_model_translates_nothing(english_engine: WhisperEngine) -> None:
    with pytest.raises(InvalidRequest) as refused:
        english_engine.check(RecognitionRequest(CLIPS[0], translate=True))

    assert "translation_unsupported" == refused.value.code


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_fail(engine: WhisperEngine, value: float) -> None:
    with pytest.raises(EngineError, match="NaN or infinity"):
        heard(engine, np.full(RATE, value, np.float32))


def test_a_failure_of_the_library_is_the_engine_s(multilingual: Path) -> None:
    engine = loaded(multilingual)
    assert engine._model
    engine._model.model.unload_model()

    with pytest.raises(EngineError, match="whisper failed"):
        heard(engine)


def test_a_closed_engine_says_so(multilingual: Path) -> None:
    engine = loaded(multilingual)
    assert engine.health()

    engine.close()

    assert not engine.health()
    with pytest.raises(EngineError) as refused:
        heard(engine)
    assert "engine_closed" == refused.value.code


# From pieces to words


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([" Hello", ",", " world", "."], [" Hello,", " world."]),
        ([' "', "Hi", '"', ",", " she"], [' "Hi",', " she"]),
        ([" (", "soft", "ly", ")"], [" (soft", "ly)"]),
        ([" 안녕", "?", " 네", "."], [" 안녕?", " 네."]),
        (["你", "好", "。", "再"], ["你", "好。", "再"]),
        ([" ", " you", " ", " me", ' "'], ["  you ", ' me "']),
        ([" 5", " -", " 3"], [" 5", " - 3"]),
        (["...", " "], []),
        ([], []),
    ],
)
def test_marks_lean_on_words(pieces: list[str], words: list[str]) -> None:
    found = spans((piece, 1) for piece in pieces)

    assert words == [span.text for span in found]
    assert not found or len(pieces) == sum(span.tokens for span in found)
    assert [piece for piece in pieces if any(map(str.isalnum, piece))] == [
        pieces[span.first] for span in found
    ]


def test_a_word_after_a_pause_begins_when_it_is_heard() -> None:
    found = [Span(" One.", 2, 0, 1), Span(" Two", 1, 2, 3), Span(" three", 1, 3, 4), Span(" four", 1, 4, 5)]

    words = timed(found, [0, 1000, 1000, 3000, 3200, 3400], [0.5] * 5, end_ms=3390)

    assert [(word.start_ms, word.end_ms) for word in words] == [
        (0, 1000),
        (1800, 3000),
        (3000, 3200),
        (3200, 3390),
    ]


@pytest.mark.parametrize(
    ("ends", "prefix", "told", "tokens"),
    [
        ((100, 500), 0, ["w,", "w"], 3),
        ((100, 700), 0, ["w"], 1),
        ((700, 800), 0, [], 0),
        ((700, 800), 1, ["w"], 1),
        ((700, 800), 2, ["w,"], 2),
        ((700, 800), 3, ["w,", "w"], 3),
        ((), 0, [], 0),
    ],
)
def test_words_near_the_end_and_the_last_mark_are_told_only_if_they_are_held(
    ends: tuple[float, ...], prefix: int, told: list[str], tokens: int
) -> None:
    found = [Span(" w,", 2, 2 * index, 2 * index + 1) for index in range(len(ends))]
    words = [Word("w,", end - 100, end, tokens=2) for end in ends]

    left, count = settled(found, words, until_ms=600, prefix=prefix)

    assert (told, tokens) == ([word.text for word in left], count)
    assert tokens == sum(word.tokens for word in left)
