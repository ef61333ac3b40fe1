"""Several engines as one: each script by a voice that speaks it, in order and without a gap."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest

from firstword.core.errors import InvalidRequest, RequestError, UnspeakableText
from firstword.core.types import (
    AudioBytes,
    AudioChunk,
    ScriptVoice,
    SliceBegins,
    SynthesisRequest,
    WordsSpoken,
)
from firstword.engines import tone
from firstword.pipeline.speak import SpeakPipeline
from firstword.pipeline.speaking.polyglot import Polyglot
from firstword.runtime.host import EngineHost
from firstword.runtime.metrics import PrometheusMeter
from firstword.runtime.scheduler import DeadlineScheduler
from firstword.testing import CHECKS, Case, no_files
from tests.pipeline.conftest import all_events, audio, request

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

MAIN, OTHER = tone.plugin.infos()
KOREAN = ScriptVoice("ko", OTHER.model_id, "square", "ko")
RUSSIAN = ScriptVoice("ru", MAIN.model_id, "sine", "ru")
"""The main voice itself."""
SCRIPTS = (KOREAN, RUSSIAN)
TEXT = "Hello there 안녕하세요 반갑습니다, this is Привет 안녕 мир."


def other(**options: object) -> tone.ToneEngine:
    """The second engine, which streams at 16 kHz unless `options` say otherwise."""
    return tone.plugin.load(OTHER, no_files, {"sample_rate": 16_000, "at_once": False, **options})


def polyglot(second: tone.ToneEngine | None = None, scripts: tuple[ScriptVoice, ...] = SCRIPTS) -> Polyglot:
    main = tone.plugin.load(MAIN, no_files, {})
    return Polyglot(main, "sine", scripts, {MAIN.model_id: main, OTHER.model_id: second or other()})


def frames(chunks: list[AudioChunk]) -> int:
    return sum(len(chunk.samples) for chunk in chunks)


def alone(engine: tone.ToneEngine, text: str, voice: str) -> int:
    """The length of a part at the main engine's rate."""
    made = frames(list(engine.steps(SynthesisRequest(text, voice))))
    return round(made * MAIN.sample_rate / engine.info.sample_rate)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("at_once", [False, True])
def test_it_keeps_the_contract_of_an_engine(check: object, at_once: bool) -> None:
    assert callable(check)
    check(Case(polyglot(other(at_once=at_once)), TEXT, "sine"))


def test_the_parts_follow_one_another_and_nothing_is_trimmed() -> None:
    main, second = tone.plugin.load(MAIN, no_files, {}), other()
    chunks = list(polyglot(second).steps(SynthesisRequest(TEXT, "sine")))
    expected = (
        alone(main, "Hello there ", "sine")
        + alone(second, "안녕하세요 반갑습니다, ", "square")
        + alone(main, "this is Привет ", "sine")
        + alone(second, "안녕 ", "square")
        + alone(main, "мир.", "sine")
    )
    assert abs(frames(chunks) - expected) <= 2


def test_each_part_is_spoken_by_its_voice_at_its_pitch() -> None:
    chunks = list(polyglot().steps(SynthesisRequest(TEXT, "sine")))
    samples = np.concatenate([chunk.samples for chunk in chunks])
    words = [word for chunk in chunks for word in chunk.words]
    assert [word.text for word in words] == TEXT.split()
    for word in words:
        begin, end = (round(ms * MAIN.sample_rate / 1000) for ms in (word.start_ms, word.end_ms))
        sound = samples[begin:end] * np.hanning(end - begin)
        loudest = np.argmax(np.abs(np.fft.rfft(sound, 1 << 17))) * MAIN.sample_rate / (1 << 17)
        assert loudest == pytest.approx(tone.pitch(word.text), abs=4), word
        crest = np.abs(samples[begin:end]).max() / np.sqrt(np.mean(samples[begin:end] ** 2))
        assert (crest < 1.35) == ("안녕" in word.text or "반갑" in word.text), word  # a square is flat


def test_a_part_of_another_engine_is_as_loud_as_the_rest() -> None:
    quiet = replace(KOREAN, gain_db=-6.0)
    loud, soft = (
        np.concatenate([c.samples for c in polyglot(scripts=(one,)).steps(SynthesisRequest("안녕", "sine"))])
        for one in (KOREAN, quiet)
    )
    assert np.abs(soft).max() == pytest.approx(np.abs(loud).max() * 10 ** (-6 / 20), rel=1e-3)


def test_engines_that_give_a_segment_at_once_stream_together() -> None:
    main, second = (tone.plugin.load(info, no_files, {"at_once": True}) for info in (MAIN, OTHER))
    both = Polyglot(main, "sine", (KOREAN,), {MAIN.model_id: main, OTHER.model_id: second})
    assert not main.info.streams_inside_segments
    assert both.info.streams_inside_segments
    assert len(list(both.steps(SynthesisRequest("Hello 안녕", "sine")))) == 2


def test_its_speeds_are_those_that_all_speak() -> None:
    second = other()
    second.info = replace(second.info, speeds=(0.5, 1.5))
    assert polyglot(second).info.speeds == (0.5, 1.5)


def test_a_part_is_told_how_much_was_made_before_it() -> None:
    asked: list[SynthesisRequest] = []

    class Listening(tone.ToneEngine):
        def steps(self, request):  # type: ignore[no-untyped-def]  # as its base
            asked.append(request)
            return super().steps(request)

    listening = Listening(replace(OTHER, sample_rate=16_000), tone.Options(sample_rate=16_000))
    chunks = list(polyglot(listening).steps(SynthesisRequest("Hello 안녕", "sine", head_start_s=2.0)))
    before = next(chunk.start for chunk in chunks if chunk.words and chunk.words[0].text == "안녕")
    assert [(one.spoken, one.voice, one.language) for one in asked] == [("안녕", "square", "ko")]
    assert asked[0].head_start_s == pytest.approx(2.0 + before / MAIN.sample_rate)


def test_a_script_that_nobody_speaks_is_refused_and_named() -> None:
    with pytest.raises(InvalidRequest, match=r"“こんにちは” \(ja\)") as refused:
        polyglot().check("Hello, こんにちは", "sine", None)
    assert (refused.value.param, refused.value.code) == ("input", "unsupported_language")


def test_each_voice_is_asked_for_its_own_parts() -> None:
    class Deaf(tone.ToneEngine):
        def check(self, text: str, voice: str, language: str | None) -> None:
            raise UnspeakableText(f"{voice} {language} cannot say {text!r}")

    deaf = Deaf(OTHER, tone.Options())
    polyglot(deaf).check("Hello, мир.", "sine", None)
    with pytest.raises(UnspeakableText, match=r"square ko cannot say '안녕 \\n반갑'"):
        polyglot(deaf).check("안녕 and 반갑", "sine", None)


@dataclass(slots=True)
class Both:
    """A pipeline with two engines."""

    pipeline: SpeakPipeline
    second: tone.ToneEngine


@asynccontextmanager
async def speaking(**options: object) -> AsyncIterator[Both]:
    main, second = tone.plugin.load(MAIN, no_files, {}), other(**options)
    host = EngineHost({e.info.model_id: (e.info, lambda e=e: e) for e in (main, second)})  # type: ignore[misc]  # early bound
    scheduler = DeadlineScheduler(workers=2)
    await host.start()
    try:
        yield Both(SpeakPipeline(host, scheduler, PrometheusMeter(), stall_s=0.05), second)
    finally:
        await host.aclose()
        scheduler.close()


async def test_the_first_word_does_not_wait_for_the_other_voice() -> None:
    async with speaking() as both:
        before = both.second.made_ms
        asked = request("A sentence begins and 안녕하세요 follows.", scripts=SCRIPTS)
        async with both.pipeline.open(asked) as speech:
            await anext(aiter(speech))
            assert both.second.made_ms == before
            await all_events(speech)
            assert both.second.made_ms > before


async def test_one_pause_follows_a_sentence_however_many_speak_it() -> None:
    async with speaking() as both:
        made = []
        for text in ("Hello 안녕. ", "Hello 안녕. A"):
            async with both.pipeline.open(request(text, scripts=SCRIPTS, language="en")) as speech:
                made.append(len(audio(await all_events(speech))) // 2)
    assert made[1] - made[0] == pytest.approx(0.06 * 24_000 + 0.21 * 24_000, abs=1)


async def test_words_have_their_place_in_the_whole_text_and_audio() -> None:
    text = "It costs 3 there. 안녕하세요 15 반갑습니다. Good."
    async with (
        speaking() as both,
        both.pipeline.open(request(text, scripts=SCRIPTS, language="en")) as speech,
    ):
        events = await all_events(speech)
    words = [word for event in events if isinstance(event, WordsSpoken) for word in event.words]
    assert [word.text for word in words] == text.split()
    assert [text[word.start_char : word.end_char] for word in words] == text.split()
    fifteen = next(word for word in words if word.text == "15")
    assert fifteen.end_ms - fifteen.start_ms == pytest.approx(2 * tone.MS_PER_CHAR)  # 십오


async def test_a_script_nobody_speaks_is_an_error_before_the_first_byte() -> None:
    async with speaking() as both:
        with pytest.raises(RequestError, match="No voice that is installed"):
            async with both.pipeline.open(request("Hello. こんにちは.", scripts=SCRIPTS)):
                pytest.fail("it began")


async def test_while_text_is_written_a_script_nobody_speaks_is_an_error_when_it_comes() -> None:
    async with speaking() as both:
        asked = request(None, scripts=SCRIPTS)
        inbox = both.pipeline.inbox(asked)
        heard: list[object] = []
        async with both.pipeline.open(asked, inbox) as speech:
            await inbox.write("Hello 안녕. こんにちは。 Good.")
            inbox.end()
            heard += await anext(speech)
            with pytest.raises(RequestError, match="No voice that is installed"):
                heard += await all_events(speech)
    slices = [event for event in heard if isinstance(event, SliceBegins)]
    assert [(one.start, one.end) for one in slices] == [(0, 10)]
    assert any(isinstance(event, AudioBytes) for event in heard)


async def test_leaving_early_stops_the_engine_that_speaks_and_lets_go_of_both() -> None:
    async with speaking() as both:
        asked = request("안녕하세요 " * 500 + "end.", scripts=SCRIPTS)
        async with both.pipeline.open(asked) as speech:
            await anext(aiter(speech))
        assert both.second.running == 0
