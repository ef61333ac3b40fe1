"""The messages of the socket that listens."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from firstword.core.errors import InvalidRequest
from firstword.core.transcripts import (
    AudioSource,
    Endpointing,
    Heard,
    InputEncoding,
    ListenRequest,
    Transcript,
    Word,
)
from firstword.wire import realtime_transcription as wire
from firstword.wire.errors import ErrorBody, ErrorDetail
from firstword.wire.realtime_transcription import ListenControl, ListenStart

pytestmark = pytest.mark.unit


def start(**fields: object) -> ListenRequest:
    return ListenStart.model_validate_json(json.dumps(fields)).request("m")


def test_the_guide_s_first_message_is_enough() -> None:
    assert start(sample_rate=16000) == ListenRequest("m", AudioSource(InputEncoding.S16LE, 16_000))


def test_everything_can_be_said() -> None:
    asked = start(
        sample_rate=8000,
        encoding="pcm_mulaw",
        channels=2,
        language="en",
        languages=["en", "de"],
        prompt="A call.",
        keywords=["Opus"],
        interim_results=False,
        partial_every_ms=250,
        endpointing={"threshold": 0.6, "min_silence_ms": 300, "max_utterance_ms": 8000},
    )
    assert asked == ListenRequest(
        model="m",
        source=AudioSource(InputEncoding.MULAW, 8_000, 2),
        language="en",
        languages=("en", "de"),
        prompt="A call. Opus",
        interim_results=False,
        partial_every_ms=250,
        endpointing=Endpointing(threshold=0.6, release=0.45, min_silence_ms=300, max_utterance_ms=8_000),
    )


@pytest.mark.parametrize(
    ("spelt", "meant"),
    [
        ("pcm16", "pcm_s16le"),
        ("linear16", "pcm_s16le"),
        ("pcm_f32le", "pcm_f32le"),
        ("g711_ulaw", "pcm_mulaw"),
        ("pcma", "pcm_alaw"),
        ("opus", "ogg"),
        ("ogg_opus", "ogg"),
        ("webm_opus", "webm"),
        ("webm", "webm"),
        ("mp3", "mp3"),
    ],
)
def test_encodings_answer_to_the_names_others_give_them(spelt: str, meant: str) -> None:
    assert start(sample_rate=16000, encoding=spelt).source.encoding == meant


def test_what_tells_its_own_rate_needs_none() -> None:
    assert start(encoding="webm").source.encoding is InputEncoding.WEBM


@pytest.mark.parametrize("fields", [{}, {"encoding": "pcm_f32le"}])
def test_raw_samples_need_their_rate(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        start(**fields)
    assert (refused.value.code, refused.value.param) == ("missing_field", "sample_rate")


def test_a_release_over_the_threshold_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"0\.9.*0\.5") as refused:
        start(sample_rate=16000, endpointing={"release": 0.9})
    assert refused.value.param == "endpointing.release"


@pytest.mark.parametrize(
    "wrong",
    [
        {"sample_rate": 100},
        {"sample_rate": "16000"},
        {"sample_rate": 16000, "encoding": "midi"},
        {"sample_rate": 16000, "languge": "en"},
        {"sample_rate": 16000, "partial_every_ms": 1},
        {"sample_rate": 16000, "endpointing": {"threshold": 1.5}},
        {"sample_rate": 16000, "endpointing": {"silence": 3}},
    ],
)
def test_what_no_field_takes_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        start(**wrong)


@pytest.mark.parametrize("raw", ["{}", '{"done": false}', '{"stop": true}', "[]", "done"])
def test_later_messages_say_one_of_three_things(raw: str) -> None:
    with pytest.raises(ValidationError):
        ListenControl.model_validate_json(raw)


def test_a_transcript_is_told_as_in_the_guide_and_a_little_more() -> None:
    heard = Transcript(
        "Hello there",
        251.4,
        900.6,
        final=False,
        words=(Word("Hello", 251.4, 600, 0.98765), Word("there", 610, 900.6)),
        stable_words=1,
        confidence=0.95,
        language="en",
        lag_ms=12.5,
    )
    assert json.loads(wire.transcript(heard, created="2026-01-02T03:04:05.678+00:00")) == {
        "message_type": "PartialTranscript",
        "text": "Hello there",
        "audio_start": 251,
        "audio_end": 901,
        "confidence": 0.95,
        "words": [
            {"start": 251, "end": 600, "confidence": 0.988, "text": "Hello"},
            {"start": 610, "end": 901, "confidence": None, "text": "there"},
        ],
        "created": "2026-01-02T03:04:05.678+00:00",
        "stable_words": 1,
        "language": "en",
        "lag_ms": 12,
    }


def test_every_message_has_a_text() -> None:
    detail = ErrorDetail(message="m", type="t", param=None, code="c")
    said = [
        wire.session_begins("id", expires_at="2026", limits={"idle_s": 1}),
        wire.transcript(Transcript("", 0, 0, final=True), created="now"),
        wire.error(ErrorBody(error=detail)),
        wire.session_terminated("id", Heard(1_000.4)),
    ]
    assert [json.loads(one)["text"] for one in said] == [""] * 4
    assert json.loads(said[2])["error"] == {"message": "m", "type": "t", "param": None, "code": "c"}
    assert json.loads(said[3])["audio_duration_ms"] == 1_000
