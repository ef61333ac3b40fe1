"""The forms of transcription and translation, and the shapes of their answers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from openai.types.audio import Transcription, TranscriptionStreamEvent, TranscriptionVerbose
from pydantic import TypeAdapter, ValidationError

from firstword.core.errors import InvalidRequest
from firstword.core.transcripts import Endpointing, Heard, Token, TranscribeRequest, Transcript, Word
from firstword.wire import transcriptions as wire
from firstword.wire.languages import english_name
from firstword.wire.transcriptions import TranscriptionForm, TranslationForm, tree
from firstword.wire.transcripts import audio_tokens, joined

pytestmark = pytest.mark.unit

ONE = Transcript(
    "Hello there.",
    250,
    1_250,
    final=True,
    words=(Word("Hello", 250, 600, 0.9), Word("there.", 700, 1_250, 0.8)),
    language="en",
    tokens=(Token(5, " Hello", -0.25), Token(7, " there.", -0.75)),
    no_speech=0.125,
)
TWO = replace(ONE, text="Goodbye.", start_ms=2_000, end_ms=2_500, words=(), tokens=(), no_speech=None)
HEARD = Heard(audio_in_ms=2_750, text_chars=21)


def form(**fields: object) -> TranscriptionForm:
    return TranscriptionForm.model_validate({"model": "whisper-1", **fields})


@pytest.mark.parametrize("spelling", ["timestamp_granularities", "timestamp_granularities[]"])
def test_arrays_come_in_both_spellings(spelling: str) -> None:
    assert tree([(spelling, "word"), (spelling, "segment"), ("model", "a"), ("model", "b")]) == {
        "timestamp_granularities": ["word", "segment"],
        "model": "b",
    }


def test_objects_come_in_brackets() -> None:
    fields = tree([("chunking_strategy[type]", "server_vad"), ("chunking_strategy[threshold]", "0.4")])
    assert fields == {"chunking_strategy": {"type": "server_vad", "threshold": "0.4"}}


@pytest.mark.parametrize(
    "strategy",
    [
        {"type": "server_vad", "threshold": "0.4", "silence_duration_ms": "700", "prefix_padding_ms": "100"},
        '{"type":"server_vad","threshold":0.4,"silence_duration_ms":700,"prefix_padding_ms":100}',
    ],
)
def test_a_chunking_strategy_is_how_the_recording_is_cut(strategy: object) -> None:
    asked = form(chunking_strategy=strategy).request("m").endpointing
    assert asked == Endpointing(threshold=0.4, release=0.25, min_silence_ms=700, pre_roll_ms=100)


@pytest.mark.parametrize("strategy", [None, "", "auto"])
def test_by_default_a_recording_is_cut_as_recordings_are(strategy: object) -> None:
    assert form(chunking_strategy=strategy).request("m") == TranscribeRequest("m")


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": "1.5"},
        {"temperature": "hot"},
        {"language": "not a language"},
        {"languages": ["en", ""]},
        {"response_format": "mp3"},
        {"include": ["everything"]},
        {"timestamp_granularities": ["letter"]},
        {"chunking_strategy": "sometimes"},
        {"chunking_strategy": "{broken"},
        {"chunking_strategy": {"type": "server_vad", "threshold": 2}},
        {"stream": "perhaps"},
    ],
)
def test_what_no_field_takes_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        form(**wrong)


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"response_format": "diarized_json"}, "diarization_unsupported", "response_format"),
        ({"known_speaker_names": ["a"]}, "diarization_unsupported", "known_speaker_names"),
        ({"known_speaker_references": ["data:"]}, "diarization_unsupported", "known_speaker_references"),
        ({"timestamp_granularities": ["word"]}, "timestamps_need_verbose_json", "timestamp_granularities"),
        ({"include": ["logprobs"], "response_format": "text"}, "logprobs_need_json", "include"),
        ({"model": "m", "stream": "true", "response_format": "srt"}, "format_not_streamed", "stream"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(
    fields: dict[str, object], code: str, param: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        form(**fields).check()
    assert (refused.value.code, refused.value.param) == (code, param)


def test_whisper_1_passes_stream_over() -> None:
    assert not form(stream="true").sse
    assert form(model="gpt-4o-transcribe", stream="true").sse


def test_keywords_are_said_after_the_prompt() -> None:
    assert form(prompt="A talk.", keywords=["Ogg", "Opus"]).asked_prompt == "A talk. Ogg, Opus"
    assert (form(keywords=["Ogg"]).asked_prompt, form().asked_prompt) == ("Ogg", None)


def test_a_translation_asks_for_english() -> None:
    asked = TranslationForm.model_validate({"model": "m", "prompt": "p", "temperature": "0.5"}).request("m")
    assert (asked.translate, asked.prompt, asked.temperature) == (True, "p", 0.5)


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (("Hello.", "Bye."), "Hello. Bye."),
        (("你好。", "再见。"), "你好。再见。"),
        (("안녕.", "잘 가."), "안녕. 잘 가."),
        (("こんにちは", "Tokyo"), "こんにちは Tokyo"),
        (("", "Hello."), "Hello."),
    ],
)
def test_texts_are_joined_as_their_script_is_written(texts: tuple[str, ...], whole: str) -> None:
    assert joined(Transcript(text, 0, 1, final=True) for text in texts) == whole


def test_json_is_openai_s_type() -> None:
    counted = wire.usage("gpt-4o-transcribe", HEARD, "four")
    body = wire.plain([ONE, TWO], counted, logprobs=True)
    parsed = Transcription.model_validate(body)
    assert parsed.text == "Hello there. Goodbye."
    assert counted == {
        "type": "tokens",
        "input_tokens": 29,
        "input_token_details": {"text_tokens": 1, "audio_tokens": 28},
        "output_tokens": 6,
        "total_tokens": 35,
    }
    assert body["languages"] == [{"code": "en"}]
    assert body["logprobs"] == [
        {"token": " Hello", "logprob": -0.25, "bytes": list(b" Hello")},
        {"token": " there.", "logprob": -0.75, "bytes": list(b" there.")},
    ]


@pytest.mark.parametrize("model", ["whisper-1", "moonshine-base"])
def test_other_models_are_counted_by_their_seconds(model: str) -> None:
    assert wire.usage(model, HEARD, None) == {"type": "duration", "seconds": 2.75}


def test_verbose_json_is_openai_s_type_and_says_what_is_unknown() -> None:
    body = wire.verbose([ONE, TWO], HEARD, form=form(), words=True)
    TranscriptionVerbose.model_validate(body)
    assert (body["language"], body["duration"], body["task"]) == ("english", 2.75, "transcribe")
    assert body["words"] == [
        {"word": "Hello", "start": 0.25, "end": 0.6},
        {"word": "there.", "start": 0.7, "end": 1.25},
    ]
    segments = body["segments"]
    assert isinstance(segments, list)
    known, unknown = segments
    assert {**known, "compression_ratio": None} == {
        "id": 0,
        "seek": 25,
        "start": 0.25,
        "end": 1.25,
        "text": "Hello there.",
        "tokens": [5, 7],
        "temperature": 0.0,
        "avg_logprob": -0.5,
        "compression_ratio": None,
        "no_speech_prob": 0.125,
        "unknown": [],
    }
    assert 0 < known["compression_ratio"] < 1
    assert (unknown["avg_logprob"], unknown["no_speech_prob"]) == (0.0, 0.0)
    assert unknown["unknown"] == ["tokens", "avg_logprob", "no_speech_prob"]


def test_the_stream_s_events_are_openai_s_types() -> None:
    event = TypeAdapter[object](TranscriptionStreamEvent)
    raw = [
        wire.delta("Hello there.", ONE, logprobs=True),
        wire.delta(" Goodbye.", TWO, logprobs=False),
        wire.done([ONE, TWO], HEARD, None, logprobs=False),
    ]
    bodies = [json.loads(line.removeprefix(b"data: ")) for line in raw]
    for body in bodies:
        event.validate_python(body)
    assert "".join(body["delta"] for body in bodies[:2]) == bodies[2]["text"]
    assert bodies[2]["usage"]["type"] == "tokens"


@pytest.mark.parametrize(("ms", "tokens"), [(0, 0), (0.0625, 1), (100, 1), (100.00001, 1), (101, 2)])
def test_audio_is_counted_by_tenths_of_a_second_rounded_up(ms: float, tokens: int) -> None:
    assert audio_tokens(ms) == tokens


@pytest.mark.parametrize(("tag", "name"), [("en", "english"), ("pt-BR", "portuguese"), ("tlh", "tlh")])
def test_languages_are_called_by_their_english_names(tag: str, name: str) -> None:
    assert english_name(tag) == name
