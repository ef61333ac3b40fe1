"""espeak-ng: what it says in a hundred languages, what it refuses, and that no process outlives its use."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from firstword.assembly import catalogue, discover
from firstword.catalog.names import OPENAI_VOICES
from firstword.core.errors import (
    ConfigurationError,
    EngineError,
    InvalidRequest,
    RequestError,
    UnknownVoice,
    UnspeakableText,
)
from firstword.core.types import AudioChunk, Boundary, Samples, SynthesisRequest
from firstword.engines.espeak import plugin, program
from firstword.engines.espeak.engine import EspeakEngine
from firstword.engines.espeak.plugin import INFO
from firstword.engines.espeak.voices import TONGUES, Tongue
from firstword.settings import load as settings
from firstword.testing import CHECKS, Case, no_files

pytestmark = [pytest.mark.model, pytest.mark.program("espeak-ng")]

RATE = 22_050
ENGLISH = "espeak-en-us"
SENTENCE = "The morning train leaves the harbour town and follows the river past the mill."
HELLO = {
    "Arab": "سلام",
    "Armn": "բարև",
    "Beng": "নমস্কার",
    "Cyrl": "салам",
    "Deva": "नमस्ते",
    "Ethi": "ሰላም",
    "Geor": "გამარჯობა",
    "Grek": "γεια",
    "Gujr": "નમસ્તે",
    "Guru": "ਸਤ ਸ੍ਰੀ ਅਕਾਲ",
    "Hang": "안녕하세요",
    "Hani": "你好",
    "Hebr": "שלום",
    "Kana": "こんにちは",
    "Knda": "ನಮಸ್ಕಾರ",
    "Latn": "salam 1 2 3",
    "Mlym": "നമസ്കാരം",
    "Mymr": "မင်္ဂလာပါ",
    "Orya": "ନମସ୍କାର",
    "Sinh": "ආයුබෝවන්",
    "Taml": "வணக்கம்",
    "Telu": "నమస్కారం",
    "Thai": "สวัสดี",
}
SPELLED = re.compile(r"l'et@")
"""How it begins, in its own phonemes, where it can only say "Chinese letter"."""


@pytest.fixture(scope="module")
def engine() -> EspeakEngine:
    return plugin.load(INFO, no_files, {})


def speak(
    engine: EspeakEngine, text: str = SENTENCE, voice: str = ENGLISH, speed: float = 1.0
) -> list[AudioChunk]:
    return list(engine.steps(SynthesisRequest(text, voice, speed=speed)))


def joined(chunks: list[AudioChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks])


def said(engine: EspeakEngine, text: str, voice: str = ENGLISH, speed: float = 1.0) -> Samples:
    return joined(speak(engine, text, voice, speed))


def pitch_hz(audio: Samples) -> float:
    """The median pitch of the voiced 50 ms windows, by autocorrelation."""
    found = []
    for at in range(0, len(audio) - 1102, 551):
        window = audio[at : at + 1102] - audio[at : at + 1102].mean()
        correlation = np.correlate(window, window, "full")[1101:]
        lag = 55 + int(np.argmax(correlation[55:300]))
        if correlation[0] > 1 and correlation[lag] > 0.5 * correlation[0]:
            found.append(RATE / lag)
    return float(np.median(found))


# What it says


@pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.tag)
def test_every_voice_reads_the_letters_of_its_language(engine: EspeakEngine, tongue: Tongue) -> None:
    for script in tongue.scripts or ("Latn",):
        engine.check(HELLO[script], tongue.voice.id, tongue.tag)

        assert len(said(engine, HELLO[script], tongue.voice.id)) > 0.2 * RATE


def test_a_hundred_languages_have_voices_of_their_own() -> None:
    assert len(INFO.languages) > 100
    assert "ko" in INFO.languages
    assert len(TONGUES) == len({voice.id for voice in INFO.voices})


def test_the_scripts_of_east_asia_are_read_and_not_spelled() -> None:
    for voice, text in {
        "ko": "안녕하세요",
        "cmn-latn-pinyin": "你好世界",
        "yue": "你好",
        "ja": "カナとかな",
    }.items():
        phonemes = subprocess.run(
            ["espeak-ng", "-v", voice, "-b", "1", "--stdin", "-x", "-q"],
            input=text.encode(),
            stdout=subprocess.PIPE,
            check=True,
        ).stdout.decode()
        assert not SPELLED.search(phonemes), phonemes
        assert "(en)" not in phonemes


def test_the_samples_are_the_program_s_own(engine: EspeakEngine) -> None:
    command = ["espeak-ng", "-v", "en-us", "-s", "175", "-b", "1", "-z", "--stdin", "--stdout"]
    whole = subprocess.run(command, input=SENTENCE.encode(), stdout=subprocess.PIPE, check=True).stdout

    assert np.array_equal(np.frombuffer(whole[44:], "<i2") / np.float32(32768), said(engine, SENTENCE))


def test_chunks_follow_one_another_in_growing_blocks(engine: EspeakEngine) -> None:
    chunks = speak(engine, f"{SENTENCE} {SENTENCE}")

    assert [5512, 11_025, 22_050, 44_100] == [len(chunk.samples) for chunk in chunks[:4]]
    assert [sum(len(c.samples) for c in chunks[:k]) for k in range(len(chunks))] == [c.start for c in chunks]
    assert {(np.dtype(np.float32), RATE)} == {(c.samples.dtype, c.sample_rate) for c in chunks}


@pytest.mark.parametrize("voice", [ENGLISH, "espeak-de", "espeak-ko"])
@pytest.mark.parametrize("speed", [0.5, 0.75, 1.25, 1.5])
def test_speed_changes_the_length_and_keeps_the_pitch(engine: EspeakEngine, voice: str, speed: float) -> None:
    text = "안녕하세요 오늘은 날씨가 아주 좋습니다" if voice == "espeak-ko" else SENTENCE
    usual, changed = said(engine, text, voice), said(engine, text, voice, speed)

    assert len(usual) / speed == pytest.approx(len(changed), rel=0.06)
    assert pitch_hz(usual) == pytest.approx(pitch_hz(changed), rel=0.08)


def test_sentences_spoken_apart_are_as_far_apart_as_the_program_has_them(engine: EspeakEngine) -> None:
    for between, boundary in {
        ", ": Boundary.CLAUSE,
        ". ": Boundary.SENTENCE,
        ".\n\n": Boundary.PARAGRAPH,
    }.items():
        one, two = "This is the first of them" + between, "Another stands beside it."
        pause_s = INFO.pauses.after(boundary) / 1000
        apart = len(said(engine, one)) + len(said(engine, two)) + pause_s * RATE

        assert len(said(engine, one + two)) / RATE == pytest.approx(apart / RATE, abs=0.02)


def test_a_segment_begins_and_ends_with_sound(engine: EspeakEngine) -> None:
    for voice, text in {ENGLISH: SENTENCE, "espeak-ko": "안녕하세요."}.items():
        heard = np.flatnonzero(np.abs(said(engine, text, voice)) > 100 / 32768)

        assert heard[0] < 0.02 * RATE
        assert len(said(engine, text, voice)) - heard[-1] < 0.02 * RATE


def test_twenty_at_once_say_what_one_says_alone(engine: EspeakEngine) -> None:
    alone = said(engine, SENTENCE)

    with ThreadPoolExecutor(20) as pool:
        together = list(pool.map(lambda _: said(engine, SENTENCE), range(20)))

    assert all(np.array_equal(alone, audio) for audio in together)


# What is text stays text


def test_a_text_that_looks_like_an_option_is_read(engine: EspeakEngine) -> None:
    for text in ("--version", "-v de", "-w x.wav"):
        assert len(said(engine, text)) > 0.3 * RATE


def test_a_nul_ends_no_text_and_a_control_character_is_a_space(engine: EspeakEngine) -> None:
    assert np.array_equal(said(engine, "one two"), said(engine, "one\0two"))
    assert b"one  300S two" == program.plain("one\x01 300S two")


def test_double_brackets_begin_no_phonemes(engine: EspeakEngine) -> None:
    assert b"[ [ [h@l'oU]]" == program.plain("[[[h@l'oU]]")
    assert len(said(engine, "[[h@l'oU]]")) > 2 * len(said(engine, "hello"))


def test_markup_is_read_and_not_obeyed(engine: EspeakEngine) -> None:
    assert len(said(engine, '<prosody rate="x-fast">hello</prosody>')) > 2 * len(said(engine, "hello"))


def test_half_a_surrogate_breaks_nothing(engine: EspeakEngine) -> None:
    assert len(said(engine, "one \ud83d two")) > 0.3 * RATE


def test_nothing_to_say_starts_no_process(monkeypatch: pytest.MonkeyPatch, engine: EspeakEngine) -> None:
    monkeypatch.setattr(engine, "_where", "/nowhere")

    assert [] == speak(engine, " ... 🎈 ")


# What is refused


@pytest.mark.requirement("unspeakable-text-is-400")
@pytest.mark.parametrize(
    ("voice", "text"),
    [
        (ENGLISH, "안녕하세요"),
        (ENGLISH, f"{SENTENCE} 만나서 반갑습니다. {SENTENCE}"),
        ("espeak-ko", "Привет, мир!"),
        ("espeak-ru", "γεια σου"),
        ("espeak-ja", "日本語を話すことができます。"),
        ("espeak-zh", "こんにちは"),
    ],
)
def test_a_sentence_in_letters_the_voice_cannot_read_is_refused(
    engine: EspeakEngine, voice: str, text: str
) -> None:
    with pytest.raises(UnspeakableText, match=voice):
        engine.check(text, voice, None)


@pytest.mark.parametrize(
    ("voice", "text"),
    [
        ("espeak-ko", "OpenAI는 2026년에 3개의 model을 냈다."),
        ("espeak-ko", "Hello"),
        (ENGLISH, "She said 안녕 to me and went away."),
        (ENGLISH, "naïve café, 5 m² at 20 °C — Ⅷ"),
        ("espeak-zh", "我用 GPT。"),
        ("espeak-sr", "Zdravo. Здраво."),
    ],
)
def test_latin_letters_and_a_foreign_word_are_let_pass(engine: EspeakEngine, voice: str, text: str) -> None:
    engine.check(text, voice, None)


def test_a_text_without_letters_and_digits_is_refused(engine: EspeakEngine) -> None:
    with pytest.raises(UnspeakableText) as caught:
        engine.check("?! ... 🎈", ENGLISH, None)

    assert ("nothing_to_speak", "input") == (caught.value.code, caught.value.param)


@pytest.mark.parametrize(
    ("language", "voice"), [("ko-KR", "espeak-ko"), ("cmn", "espeak-zh"), ("no", "espeak-nb")]
)
def test_a_language_may_be_named_as_people_do(engine: EspeakEngine, language: str, voice: str) -> None:
    engine.check("1 2 3", voice, language)


def test_another_language_than_the_voice_s_is_refused(engine: EspeakEngine) -> None:
    with pytest.raises(InvalidRequest) as caught:
        engine.check("1 2 3", "espeak-ko", "de")

    assert ("unsupported_language", "language") == (caught.value.code, caught.value.param)


@pytest.mark.parametrize(
    ("request_", "refusal", "named"),
    [
        (SynthesisRequest("x", "alloy"), UnknownVoice, "espeak-ko"),
        (SynthesisRequest("x", ENGLISH, speed=2.0), InvalidRequest, r"0\.5 to 1\.5"),
        (SynthesisRequest("x", ENGLISH, options={"pitch": 1}), InvalidRequest, "not pitch"),
    ],
)
def test_what_it_has_not_is_refused_before_anything_runs(
    engine: EspeakEngine, request_: SynthesisRequest, refusal: type[RequestError], named: str
) -> None:
    with pytest.raises(refusal, match=named):
        next(engine.steps(request_))


# What is installed


def test_without_the_program_the_model_is_not_offered_and_the_server_is_as_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert () == plugin.infos()
    known = catalogue(settings(), discover())
    assert "espeak" not in {info.model_id for info in known.infos}
    assert "hibari" == known.model("tts-1").model_id
    with pytest.raises(ConfigurationError, match="apt-get install espeak-ng"):
        plugin.load(INFO, no_files, {})


def test_with_it_openai_s_names_stay_with_the_default_model_and_speak_english_here() -> None:
    known = catalogue(settings(), discover())

    for name in OPENAI_VOICES:
        assert "hibari" == known.resolve("tts-1", name)[0].model_id
        assert "en" == known.resolve("espeak", name)[1].language[:2]


def test_an_option_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no options, so not voice"):
        plugin.load(INFO, no_files, {"voice": "ko"})


@pytest.fixture
def instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a shell script where the program would be: it lists one voice, reads the text, then does this."""
    folder = tmp_path / "bin"
    folder.mkdir()
    real = shutil.which("espeak-ng")
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16, b"data", 0
    )
    (tmp_path / "header").write_bytes(header)
    (tmp_path / "other").write_bytes(header.replace(struct.pack("<I", RATE), struct.pack("<I", 16_000)))

    def put(does: str) -> Path:
        script = folder / "espeak-ng"
        listing = f'if [ "$1" = --voices ]; then {real} --voices=ko; exit; fi\n'
        script.write_text(f"#!/bin/sh\ncd {tmp_path}\n{listing}echo $$ >pid\ncat >said\n{does}\n", "utf-8")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
        return tmp_path

    return put


def test_a_voice_whose_data_are_not_installed_is_missed(instead: Callable[[str], Path]) -> None:
    instead("exit 0")

    few = plugin.load(INFO, no_files, {})

    assert ["espeak-ko"] == [voice.id for voice in few.info.voices]
    with pytest.raises(UnknownVoice, match="of this machine lacks the voice 'espeak-de'"):
        few.check("eins", "espeak-de", None)


def test_a_program_that_cannot_list_its_voices_fails_to_load_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "espeak-ng"
    script.write_text("#!/bin/sh\necho 'Error: no data here' >&2\nexit 1\n", "utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    with pytest.raises(ConfigurationError, match="no data here"):
        plugin.load(INFO, no_files, {})


# What becomes of its process


def test_closing_a_run_kills_its_process_at_once(instead: Callable[[str], Path]) -> None:
    folder = instead("cat header; exec cat /dev/zero")
    run = plugin.load(INFO, no_files, {}).steps(SynthesisRequest("-하나", "espeak-ko"))
    assert 5512 == len(next(run).samples)
    pid = int((folder / "pid").read_text("utf-8"))
    os.kill(pid, 0)

    run.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert "-하나" == (folder / "said").read_text("utf-8")


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("exit 3", "failed with status 3"),
        ("cat header; head -c 11024 /dev/zero; exit 3", "failed with status 3"),
        ("cat header; head -c 20000 /dev/zero; kill -9 $$", "failed with status -9"),
        ("cat other; exec cat /dev/zero", "does not speak at 22050 Hz"),
    ],
)
def test_a_process_that_fails_is_an_engine_error_and_is_gone(
    instead: Callable[[str], Path], does: str, told: str
) -> None:
    folder = instead(does)

    with pytest.raises(EngineError, match=told):
        speak(plugin.load(INFO, no_files, {}), "하나", "espeak-ko")

    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text("utf-8")), 0)


def test_a_process_that_hangs_is_given_up(
    instead: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = instead("cat header; exec cat fifo")
    os.mkfifo(folder / "fifo")
    hanging = plugin.load(INFO, no_files, {})
    monkeypatch.setattr(program, "PATIENCE_S", 0.2)

    with pytest.raises(EngineError, match="has said nothing"):
        speak(hanging, "하나", "espeak-ko")

    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text("utf-8")), 0)


def test_a_program_that_is_gone_is_an_engine_error(instead: Callable[[str], Path]) -> None:
    folder = instead("exit 0")
    orphan = plugin.load(INFO, no_files, {})
    (folder / "bin/espeak-ng").unlink()

    with pytest.raises(EngineError, match="cannot be started"):
        speak(orphan, "하나", "espeak-ko")


def test_a_closed_engine_starts_nothing() -> None:
    closed = plugin.load(INFO, no_files, {})
    closed.close()

    assert not closed.health()
    with pytest.raises(EngineError) as caught:
        speak(closed)
    assert "engine_closed" == caught.value.code


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_espeak_keeps_the_contract_that_every_engine_is_asked_to_keep(check: Callable[[Case], None]) -> None:
    engine = plugin.load(plugin.infos()[0], no_files, {})
    check(Case(engine, "안녕하세요, 만나서 반갑습니다. 오늘은 날씨가 좋아요.", "espeak-ko"))
