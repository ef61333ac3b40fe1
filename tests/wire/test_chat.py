"""Chat requests and answers as they are written."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import ValidationError

from firstword.core.conversation import ChatUsage, Role, Tool, ToolCallDelta
from firstword.core.errors import InvalidRequest
from firstword.core.types import AudioFormat
from firstword.wire import chat_answers
from firstword.wire.chat import MAX_LEAD_S, ChatBody
from firstword.wire.chat_answers import AnswerHead, Pieces

pytestmark = pytest.mark.unit

HELLO = {"role": "user", "content": "Hello!"}
HEAD = AnswerHead("chatcmpl-1", "a-model", 1_700_000_000)


def body(*messages: dict[str, Any], **fields: Any) -> ChatBody:
    return ChatBody.model_validate_json(
        json.dumps({"model": "gpt-audio", "messages": messages or [HELLO], **fields})
    )


@pytest.mark.parametrize("voice", ["alloy", {"id": "alloy"}])
@pytest.mark.parametrize(
    ("written", "meant"), [("pcm16", AudioFormat.PCM), ("pcm", AudioFormat.PCM), ("aac", AudioFormat.AAC)]
)
def test_the_voice_and_the_format_in_every_spelling(voice: object, written: str, meant: AudioFormat) -> None:
    asked = body(modalities=["text", "audio"], audio={"voice": voice, "format": written})
    asked.check()
    options = asked.speech("tone")
    assert (options.model, options.voice_name, options.format) == ("tone", "alloy", meant)


@pytest.mark.parametrize("modalities", [None, ["text"]])
def test_a_voice_without_the_modality_is_not_asked_to_speak(modalities: object) -> None:
    asked = body(modalities=modalities, audio={"voice": "alloy", "format": "mp3"})
    asked.check()
    assert asked.spoken is None


def test_extensions_are_those_of_speech() -> None:
    asked = body(
        modalities=["audio"],
        audio={"voice": "alloy", "format": "opus"},
        model_extensions={"container": "webm", "language": "auto", "lexicon": {"SQL": "sequel"}},
    )
    options = asked.speech("tone")
    assert (options.audio(24_000).container, options.spoken_language) == ("webm", "auto")
    assert options.lexicon == {"SQL": "sequel"}


@pytest.mark.parametrize(
    ("fields", "lead_s"),
    [
        ({}, None),
        ({"stream": True}, MAX_LEAD_S),
        ({"stream": True, "model_extensions": {"max_lead_s": 60}}, 60),
        ({"stream": True, "model_extensions": {"sr": 16000}}, MAX_LEAD_S),
    ],
)
def test_how_far_audio_runs_ahead(fields: dict[str, Any], lead_s: float | None) -> None:
    assert body(**fields).lead_s == lead_s


def test_developers_speak_as_the_system() -> None:
    asked = body({"role": "developer", "content": "Be kind."}, HELLO)
    assert [message.speaker for message in asked.messages] == [Role.SYSTEM, Role.USER]


@pytest.mark.parametrize(("content", "looked_up"), [(None, "audio_1"), ("", "audio_1"), ("I said so.", None)])
def test_words_in_the_history_count_before_the_id_of_their_audio(
    content: str | None, looked_up: str | None
) -> None:
    asked = body(HELLO, {"role": "assistant", "content": content, "audio": {"id": "audio_1"}})
    asked.check()
    assert asked.messages[1].said_before == looked_up


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        (None, None),
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "function": {"name": "weather"}}, "weather"),
    ],
)
def test_what_must_be_called(choice: object, meant: str | None) -> None:
    tool = {"type": "function", "function": {"name": "weather", "description": "Rain?"}}
    asked = body(tools=[tool], tool_choice=choice)
    asked.check()
    assert asked.tool_choice == meant
    assert asked.callable == (Tool("weather", "Rain?", {}),)


def test_a_choice_that_is_none_of_the_tools_is_refused() -> None:
    asked = body(tool_choice={"type": "function", "function": {"name": "weather"}})
    with pytest.raises(InvalidRequest) as refused:
        asked.check()
    assert refused.value.param == "tool_choice"


def test_a_choice_of_another_kind_is_refused() -> None:
    with pytest.raises(ValidationError):
        body(tool_choice={"type": "allowed_tools"})


@pytest.mark.parametrize(
    ("fields", "longest"),
    [({}, None), ({"max_tokens": 5}, 5), ({"max_tokens": 5, "max_completion_tokens": 9}, 9)],
)
def test_the_newer_name_of_the_longest_answer_wins(fields: dict[str, int], longest: int | None) -> None:
    assert body(**fields).longest == longest


def test_free_text_is_no_format() -> None:
    assert body(response_format={"type": "text"}).free is None
    assert body(response_format={"type": "json_object"}).free == {"type": "json_object"}


@pytest.mark.parametrize(
    "field", ["logprobs", "top_logprobs", "functions", "function_call", "web_search_options"]
)
def test_what_changes_the_answer_and_cannot_be_had_is_refused(field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        body(**{field: 1}).check()
    assert (refused.value.param, refused.value.code) == (field, "unsupported_parameter")
    body(**{field: None}).check()


def test_recordings_are_a_users() -> None:
    part = {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}
    with pytest.raises(InvalidRequest) as refused:
        body({"role": "system", "content": [part]}).check()
    assert refused.value.param == "messages.0.content.0.type"


def test_an_answer_of_a_tool_names_its_call() -> None:
    with pytest.raises(InvalidRequest) as refused:
        body({"role": "tool", "content": "sunny"}).check()
    assert refused.value.param == "messages.0.tool_call_id"


def test_what_an_sdk_sends_of_its_own_message_is_taken() -> None:
    dumped = {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "annotations": [],
        "audio": {"id": "audio_1", "data": "AAAA", "expires_at": 1, "transcript": "Hello."},
        "function_call": None,
        "tool_calls": None,
    }
    asked = body(HELLO, dumped)
    asked.check()
    assert asked.messages[1].said_before == "audio_1"


def event(raw: bytes) -> dict[str, Any]:
    assert raw.startswith(b"data: ")
    assert raw.endswith(b"\n\n")
    found: dict[str, Any] = json.loads(raw[6:])
    return found


def test_chunks_and_messages_are_the_sdks() -> None:
    chunk = event(HEAD.chunk({"role": "assistant", "refusal": None}))
    assert ChatCompletionChunk.model_validate(chunk).choices[0].delta.role == "assistant"
    usage = counted(ChatUsage(1, 2))
    whole = json.loads(HEAD.message({"role": "assistant", "content": "é", "refusal": None}, "stop", usage))
    parsed = ChatCompletion.model_validate(whole)
    assert parsed.choices[0].message.content == "é"
    assert parsed.usage is not None
    assert parsed.usage.total_tokens == 3 + 3


def test_usage_is_null_until_it_is_told_and_left_out_where_nobody_asked() -> None:
    telling = AnswerHead("chatcmpl-1", "a-model", 1, tells_usage=True)
    assert "usage" not in event(HEAD.chunk({}, "stop"))
    assert event(telling.chunk({}, "stop"))["usage"] is None
    last = event(telling.usage_chunk(counted(None)))
    assert (last["choices"], last["usage"]["prompt_tokens"]) == ([], 2 + 1)


def counted(usage: ChatUsage | None) -> dict[str, object]:
    return chat_answers.usage(usage, text_in_chars=5, text_out_chars=4, audio_in_ms=100, audio_out_ms=51)


def test_tokens_of_audio_are_rounded_up() -> None:
    usage: Any = counted(None)
    assert usage["prompt_tokens_details"] == {"text_tokens": 2, "audio_tokens": 1, "cached_tokens": 0}
    assert usage["completion_tokens_details"]["text_tokens"] == 1
    assert usage["completion_tokens_details"]["audio_tokens"] == 2


def test_a_call_has_its_name_in_its_first_delta_alone() -> None:
    first = chat_answers.call_delta(ToolCallDelta(0, "call_1", "weather"))
    more = chat_answers.call_delta(ToolCallDelta(0, arguments="{}"))
    assert first == {
        "tool_calls": [
            {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}
        ]
    }
    assert more == {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}


def test_half_a_letter_does_not_end_an_answer() -> None:
    assert event(HEAD.chunk({"content": "\ud83d"}))["choices"][0]["delta"]["content"] == "?"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7, 960])
def test_every_piece_but_the_last_is_whole_samples_and_whole_base64(size: int) -> None:
    data = bytes(range(256)) * 4
    pieces = Pieces()
    made = [one for at in range(0, len(data), size) for one in pieces.feed(data[at : at + size])]
    assert all(len(base64.b64decode(one)) % 6 == 0 for one in made)
    assert base64.b64decode("".join((*made, *pieces.flush()))) == data
    assert pieces.flush() == []
