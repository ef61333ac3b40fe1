"""`POST /v1/chat/completions` as clients see it."""

from __future__ import annotations

import base64
import io
import json
import time
import wave
from collections.abc import Iterator
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import soundfile
from openai import APIError, BadRequestError, NotFoundError, OpenAI

from firstword.core.conversation import ChatEnd, FinishReason, Role, ToolCall, ToolCallDelta
from firstword.core.errors import EngineError
from firstword.settings import Settings
from firstword.wire.chat import MAX_LEAD_S
from tests.pipeline.scripted import ScriptedChat, words
from tests.pipeline.whistling import whistle
from tests.sockets import scripted_plugin, whistling_plugin
from tests.sockets.conftest import Running, StartServer, servers, until
from tests.sockets.scripted_plugin import chat_of, opened
from tests.sockets.uploading import refused, wav

pytestmark = pytest.mark.socket

PATH = "/v1/chat/completions"
BLOCK_S = 0.2
"""Audio that is made in one step, and a little."""
TEXT = "It is a good dog. It likes us."
ASK = [{"role": "user", "content": "Is a golden retriever a good family dog?"}]
SPOKEN: dict[str, Any] = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}
SEED: dict[str, Any] = {
    "model": "gpt-4o-audio-preview",
    "messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Hello!"},
    ],
    "modalities": ["text", "audio"],
    "audio": {"voice": "alloy", "format": "pcm16"},
    "stream_options": {"include_usage": True},
    "stream": True,
}
"""As it was posted where users asked for it."""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Starts servers with ears, a voice and a script."""
    hearing, chatting, folder = (tmp_path_factory.mktemp(name) for name in ("hearing", "chatting", "store"))

    def started(**fields: Any) -> Running:
        settings = scripted_plugin.SETTINGS | {"store": folder / "store.sqlite3"} | fields
        return start_server(**settings)

    with whistling_plugin.installed(hearing), scripted_plugin.installed(chatting), servers() as start_server:
        yield started


@pytest.fixture(scope="module")
def server(start: StartServer) -> Running:
    return start()


@pytest.fixture
def chat(server: Running) -> ScriptedChat:
    """The model, which says the same thing to everybody."""
    model = chat_of(server)
    model.lines, model.answers = words(TEXT), {}
    model.requests.clear()
    model.written.clear()
    return model


@pytest.fixture
def client(server: Running, chat: ScriptedChat) -> Iterator[OpenAI]:
    """The official SDK."""
    with OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def ask(running: Running, **fields: Any) -> HTTPResponse:
    return running.request("POST", PATH, {"model": "gpt-audio", "messages": ASK, **fields})


def chunks(body: bytes) -> list[dict[str, Any]]:
    """The chunks of a stream that ended well."""
    lines = body.decode().split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]


def deltas(body: bytes) -> list[dict[str, Any]]:
    return [chunk["choices"][0]["delta"] for chunk in chunks(body) if chunk["choices"]]


def pcm(data: list[dict[str, Any]]) -> bytes:
    """The audio of some deltas, each piece decoded by itself."""
    return b"".join(base64.b64decode(one["audio"]["data"]) for one in data if "data" in one.get("audio", {}))


def read_broken(answer: HTTPResponse) -> bytes:
    """A body that must not end as if it were whole."""
    read = b""
    try:
        while piece := answer.read1():
            read += piece
    except IncompleteRead:
        return read
    raise AssertionError("the body ended as if it were whole")


def recorded(text: str) -> dict[str, Any]:
    data = base64.b64encode(wav(whistle(text))).decode()
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def spoken_alone(running: Running, text: str = TEXT) -> bytes:
    return running.speak(text, model="tts-1", voice="alloy").read()


@pytest.mark.requirement("chat-streams-words-and-audio")
def test_the_request_of_the_thread_gets_the_chunks_of_the_thread(server: Running, chat: ScriptedChat) -> None:
    answer = server.request("POST", PATH, SEED)
    assert (answer.status, answer.getheader("content-type")) == (200, "text/event-stream; charset=utf-8")
    body = answer.read()
    all_chunks, all_deltas = chunks(body), deltas(body)

    assert all_deltas[0] == {"role": "assistant", "refusal": None}
    first = all_deltas[1]
    assert first["content"] is None
    assert first["audio"]["transcript"] == words(TEXT)[0]
    assert first["audio"]["id"].startswith("audio_")
    transcripts = [one["audio"]["transcript"] for one in all_deltas if "transcript" in one.get("audio", {})]
    assert transcripts == words(TEXT)
    assert all(one["usage"] is None for one in all_chunks[:-1])
    assert all_chunks[-1]["choices"] == []
    assert list(all_deltas[-2]["audio"]) == ["expires_at"]
    assert all_deltas[-1] == {}
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in all_chunks[:-1]]
    assert reasons == [None] * (len(reasons) - 1) + ["stop"]
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in all_chunks}) == 1
    assert {chunk["object"] for chunk in all_chunks} == {"chat.completion.chunk"}


@pytest.mark.requirement("chat-pieces-can-be-joined")
def test_pieces_of_audio_can_be_joined_before_they_are_decoded(server: Running, chat: ScriptedChat) -> None:
    all_deltas = deltas(server.request("POST", PATH, SEED).read())
    data = [one["audio"]["data"] for one in all_deltas if "data" in one.get("audio", {})]
    assert len(data) > 3
    assert all(len(base64.b64decode(piece)) % 6 == 0 for piece in data[:-1])
    assert base64.b64decode("".join(data)) == pcm(all_deltas) == spoken_alone(server)


@pytest.mark.requirement("chat-accumulates-in-the-sdk")
def test_the_official_helper_puts_the_answer_together(client: OpenAI, server: Running) -> None:
    fields: Any = {**SPOKEN, "model": "gpt-4o-audio-preview", "messages": ASK}
    with client.chat.completions.stream(**fields, stream_options={"include_usage": True}) as stream:
        ids = {event.chunk.choices[0].delta.audio.id for event in stream if _has_audio_id(event)}
        whole = stream.get_final_completion()
    audio = whole.choices[0].message.audio
    assert audio is not None
    assert {audio.id} == ids
    assert audio.transcript == TEXT
    assert base64.b64decode(audio.data) == spoken_alone(server)
    assert whole.choices[0].finish_reason == "stop"
    assert whole.choices[0].message.content in (None, "")
    assert 0 < audio.expires_at - whole.created <= 3_610


def _has_audio_id(event: Any) -> bool:
    if event.type != "chunk" or not event.chunk.choices:
        return False
    audio = event.chunk.choices[0].delta.audio
    return audio is not None and audio.id is not None


@pytest.mark.requirement("chat-streams-words-and-audio")
def test_a_plain_stream_of_the_sdk_gives_the_same(client: OpenAI, server: Running) -> None:
    fields: Any = {**SPOKEN, "model": "gpt-audio", "messages": ASK}
    said, heard = "", b""
    for chunk in client.chat.completions.create(stream=True, **fields):
        assert chunk.usage is None
        if (audio := chunk.choices[0].delta.audio) is not None:
            said += audio.transcript or ""
            heard += base64.b64decode(audio.data or "")
    assert (said, heard) == (TEXT, spoken_alone(server))


@pytest.mark.requirement("chat-speaks-while-it-writes")
def test_the_first_sentence_is_heard_while_the_second_is_not_yet_written(
    server: Running, chat: ScriptedChat
) -> None:
    gate = Event()
    first, second = "A golden retriever is a good dog. ", "It likes children."
    chat.lines = [first, opened(gate), second]
    answer = server.request("POST", PATH, SEED)
    read = b""
    while b'"data":' not in read:
        read += answer.read1()
    assert chat.written == [first]
    gate.set()
    read += answer.read()
    assert (
        "".join(one["audio"].get("transcript", "") for one in deltas(read) if "audio" in one)
        == first + second
    )


@pytest.mark.parametrize("sent", ["wav", "mp3", "flac", "opus", "aac", "pcm16"])
@pytest.mark.requirement("chat-answers-whole")
def test_a_whole_answer_in_every_format(server: Running, chat: ScriptedChat, sent: str) -> None:
    answer = ask(server, modalities=["text", "audio"], audio={"voice": "alloy", "format": sent})
    body = json.loads(answer.read())
    message = body["choices"][0]["message"]
    assert (message["content"], message["refusal"], message["role"]) == (None, None, "assistant")
    assert message["audio"]["transcript"] == TEXT
    audio = base64.b64decode(message["audio"]["data"])
    frames = len(spoken_alone(server)) // 2
    if sent == "pcm16":
        assert len(audio) == 2 * frames
    elif sent == "wav":
        with wave.open(io.BytesIO(audio)) as opened_wav:
            assert opened_wav.getnframes() == frames
    elif sent != "aac":
        samples, rate = soundfile.read(io.BytesIO(audio))
        assert len(samples) / rate == pytest.approx(frames / 24_000, abs=0.15)
    else:
        assert audio.startswith(b"\xff\xf1")
    assert (body["object"], body["choices"][0]["finish_reason"]) == ("chat.completion", "stop")
    assert answer.getheader("x-voice") == "sine"


@pytest.mark.parametrize("sent", ["wav", "mp3", "flac", "opus", "aac"])
def test_other_formats_are_streamed_as_one_file(server: Running, chat: ScriptedChat, sent: str) -> None:
    answer = ask(server, modalities=["text", "audio"], audio={"voice": "alloy", "format": sent}, stream=True)
    body = pcm(deltas(answer.read()))
    alone = server.speak(TEXT, model="tts-1", voice="alloy", response_format=sent).read()
    assert len(body) == len(alone)
    assert body[:4] == alone[:4]


@pytest.mark.requirement("chat-usage")
def test_usage_tells_words_and_audio_apart(server: Running, chat: ScriptedChat) -> None:
    message = {"role": "user", "content": [recorded("alder birch")]}
    body = json.loads(ask(server, messages=[message], **SPOKEN).read())
    heard = -(-len(whistle("alder birch")) // 1_600)
    said = -(-len(spoken_alone(server)) // 2_400)
    usage = body["usage"]
    assert usage["prompt_tokens_details"] == {"text_tokens": 7, "audio_tokens": heard, "cached_tokens": 3}
    details = usage["completion_tokens_details"]
    assert (details["text_tokens"], details["audio_tokens"]) == (5, said)
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (7 + heard, 5 + said)
    assert usage["total_tokens"] == 12 + heard + said


def test_usage_is_estimated_where_the_model_does_not_count(server: Running, chat: ScriptedChat) -> None:
    chat.lines = ["12345", ChatEnd(FinishReason.LENGTH)]
    body = json.loads(ask(server, messages=[{"role": "user", "content": "123456789"}]).read())
    assert (body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]) == (3, 2)
    assert body["choices"][0]["finish_reason"] == "length"


@pytest.mark.requirement("chat-text-alone")
def test_without_audio_it_is_a_plain_chat_server(client: OpenAI, chat: ScriptedChat) -> None:
    fields: Any = {"model": "scripted", "messages": ASK}
    whole = client.chat.completions.create(**fields)
    assert whole.choices[0].message.content == TEXT
    assert whole.choices[0].message.audio is None
    streamed = client.chat.completions.create(stream=True, **fields)
    assert [chunk.choices[0].delta.content for chunk in streamed][1:-1] == words(TEXT)
    assert all(message.role is not Role.SYSTEM for message in chat.requests[0].messages)


@pytest.mark.requirement("chat-hears-recordings")
@pytest.mark.parametrize("sent", ["wav", "mp3", "flac", "ogg"])
def test_recordings_are_heard(server: Running, chat: ScriptedChat, sent: str) -> None:
    file = io.BytesIO()
    if sent == "wav":
        file.write(wav(whistle("alder birch cedar")))
    else:
        soundfile.write(
            file, whistle("alder birch cedar"), 16_000, format=sent.upper(), subtype=_subtype(sent)
        )
    part = {
        "type": "input_audio",
        "input_audio": {"data": base64.b64encode(file.getvalue()).decode(), "format": sent},
    }
    answer = ask(server, messages=[{"role": "user", "content": [{"type": "text", "text": "Hear:"}, part]}])
    assert answer.status == 200
    answer.read()
    assert chat.requests[-1].messages[-1].text == "Hear:\nalder birch cedar"


def _subtype(name: str) -> str | None:
    return "OPUS" if name == "ogg" else None


@pytest.mark.requirement("chat-goes-on-by-audio-id")
def test_the_next_turn_refers_to_what_was_said_by_its_id(client: OpenAI, chat: ScriptedChat) -> None:
    fields: Any = {"model": "gpt-audio", **SPOKEN}
    first = client.chat.completions.create(messages=ASK, **fields)  # type: ignore[call-overload]
    audio = first.choices[0].message.audio
    history: Any = [
        *ASK,
        {"role": "assistant", "audio": {"id": audio.id}},
        {"role": "user", "content": "Why?"},
    ]
    client.chat.completions.create(messages=history, **fields)
    said = [message for message in chat.requests[-1].messages if message.role is Role.ASSISTANT]
    assert [message.text for message in said] == [TEXT]


def test_the_message_itself_can_be_put_into_the_history(client: OpenAI, chat: ScriptedChat) -> None:
    fields: Any = {"model": "gpt-audio", **SPOKEN}
    first = client.chat.completions.create(messages=ASK, **fields)  # type: ignore[call-overload]
    history: Any = [*ASK, first.choices[0].message, {"role": "user", "content": "Why?"}]
    client.chat.completions.create(messages=history, **fields)
    assert chat.requests[-1].messages[-2].text == TEXT


@pytest.mark.requirement("chat-goes-on-by-audio-id")
def test_an_id_that_nobody_knows_is_not_found(client: OpenAI) -> None:
    history: Any = [*ASK, {"role": "assistant", "audio": {"id": "audio_nobody"}}, *ASK]
    with pytest.raises(NotFoundError) as missing:
        client.chat.completions.create(model="gpt-audio", messages=history)
    assert (missing.value.code, missing.value.param) == ("audio_not_found", "messages.1.audio.id")


def test_what_a_listener_heard_before_it_left_is_remembered(server: Running, chat: ScriptedChat) -> None:
    gate = Event()
    chat.lines = ["One two three four. ", opened(gate)]
    answer = server.request("POST", PATH, SEED)
    read = b""
    while b'"data":' not in read:
        read += answer.read1()
    server.connections[-1].close()
    answer.close()
    until(lambda: chat.running == 0, "the model to be left")
    audio_id = json.loads(next(line for line in read.split(b"\n\n") if b'"id":"audio_' in line)[6:])
    name = audio_id["choices"][0]["delta"]["audio"]["id"]
    chat.lines = ["Yes."]

    def known() -> bool:
        history = [*ASK, {"role": "assistant", "audio": {"id": name}}, *ASK]
        again = ask(server, messages=history)
        again.read()
        return again.status == 200

    until(known, "the answer to be kept")
    assert chat.requests[-1].messages[1].text == "One two three four. "


@pytest.mark.requirement("chat-calls-tools")
def test_a_call_and_then_a_spoken_answer(client: OpenAI, chat: ScriptedChat) -> None:
    tools: Any = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    calls = [ToolCallDelta(0, "call_1", "weather", '{"in":'), ToolCallDelta(0, arguments='"Rome"}')]
    chat.lines = [*calls, ChatEnd(FinishReason.TOOL_CALLS)]
    fields: Any = {"model": "gpt-audio", "tools": tools, **SPOKEN}
    with client.chat.completions.stream(messages=ASK, **fields) as stream:  # type: ignore[arg-type]
        asked = stream.get_final_completion().choices[0]
    whole = client.chat.completions.create(messages=ASK, **fields).choices[0]  # type: ignore[call-overload]
    for choice in (asked, whole):
        assert (choice.finish_reason, choice.message.audio) == ("tool_calls", None)
        call = choice.message.tool_calls[0]
        assert (call.id, call.function.name, call.function.arguments) == (
            "call_1",
            "weather",
            '{"in":"Rome"}',
        )
    assert chat.requests[-1].tools[0].name == "weather"

    chat.lines = words("It is sunny.")
    history: Any = [*ASK, whole.message, {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}]
    answer = client.chat.completions.create(messages=history, **fields)
    assert answer.choices[0].message.audio.transcript == "It is sunny."
    assert chat.requests[-1].messages[-2].tool_calls == (ToolCall("call_1", "weather", '{"in":"Rome"}'),)
    assert chat.requests[-1].messages[-1].tool_call_id == "call_1"


@pytest.mark.requirement("chat-fails-in-words")
def test_a_failure_midway_comes_after_the_audio_and_the_body_stays_open(
    server: Running, chat: ScriptedChat, client: OpenAI
) -> None:
    gate = Event()
    lines = ["One two three four. ", opened(gate), EngineError("It fell over.")]
    chat.lines = lines
    answer = server.request("POST", PATH, SEED)
    read = b""
    while b'"data":' not in read:
        read += answer.read1()
    gate.set()
    read += read_broken(answer)
    last = json.loads(read.split(b"\n\n")[-2].removeprefix(b"data: "))
    assert last["error"]["code"] == "engine_failed"
    assert b"[DONE]" not in read
    fields: Any = {"model": "gpt-audio", "messages": ASK, **SPOKEN}
    with pytest.raises(APIError, match="fell over"):
        list(client.chat.completions.create(stream=True, **fields))


def test_a_failure_before_the_first_word_is_a_status(server: Running, chat: ScriptedChat) -> None:
    chat.lines = [EngineError("It fell over.")]
    assert refused(ask(server, stream=True, **SPOKEN)) == (500, "engine_failed", None)


def test_a_failure_of_a_whole_answer_is_a_status(server: Running, chat: ScriptedChat) -> None:
    chat.lines = ["One two. ", EngineError("It fell over.")]
    assert refused(ask(server, **SPOKEN)) == (500, "engine_failed", None)


def test_a_listener_that_leaves_stops_the_model_and_the_voice(server: Running, chat: ScriptedChat) -> None:
    never = Event()
    chat.lines = ["One two three four. ", opened(never)]
    answer = server.request("POST", PATH, SEED)
    while b'"data":' not in answer.read1():
        pass
    left = chat.left
    server.connections[-1].close()
    answer.close()
    until(lambda: chat.running == 0, "the model to be left")
    assert chat.left == left + 1
    until(lambda: server.application.admission.active == 0, "the place to be given back")


def test_the_model_is_told_that_it_will_be_heard(server: Running, chat: ScriptedChat) -> None:
    ask(server, **SPOKEN).read()
    assert chat.requests[-1].messages[0].text == Settings().spoken_prompt


NOT_SPOKEN: list[dict[str, Any]] = [
    {"fields": {"messages": []}, "code": "invalid_value", "param": "messages"},
    {"fields": {"messages": [{"role": "user"}]}, "code": "missing_field", "param": "messages.0.content"},
    {
        "fields": {"messages": [{"role": "bard", "content": ""}]},
        "code": "invalid_value",
        "param": "messages.0.role",
    },
    {"fields": {"n": 2}, "code": "unsupported_parameter", "param": "n"},
    {"fields": {"logprobs": True}, "code": "unsupported_parameter", "param": "logprobs"},
    {"fields": {"functions": [{}]}, "code": "unsupported_parameter", "param": "functions"},
    {"fields": {"function_call": "auto"}, "code": "unsupported_parameter", "param": "function_call"},
    {"fields": {"modalities": ["text", "audio"]}, "code": "missing_field", "param": "audio"},
    {"fields": {"modalities": ["video"]}, "code": "invalid_value", "param": "modalities.0"},
    {"fields": {"temperature": 3}, "code": "invalid_value", "param": "temperature"},
    {"fields": {"tool_choice": "weather"}, "code": "invalid_value", "param": "tool_choice"},
    {"fields": {"tool_choice": "required"}, "code": "invalid_value", "param": "tool_choice"},
    {
        "fields": {"tools": [{"type": "custom", "custom": {}}]},
        "code": "invalid_value",
        "param": "tools.0.type",
    },
    {
        "fields": {**SPOKEN, "audio": {"voice": "alloy", "format": "midi"}},
        "code": "invalid_value",
        "param": "audio.format",
    },
    {
        "fields": {**SPOKEN, "audio": {"format": "mp3"}},
        "code": "missing_field",
        "param": "audio.voice",
    },
    {
        "fields": {**SPOKEN, "model_extensions": {"nonsense": 1}},
        "code": "unknown_field",
        "param": "model_extensions.nonsense",
    },
]


@pytest.mark.parametrize("case", NOT_SPOKEN, ids=lambda case: str(case["param"]))
def test_what_cannot_be_had_is_refused_by_name(
    server: Running, chat: ScriptedChat, case: dict[str, Any]
) -> None:
    assert refused(ask(server, **case["fields"])) == (400, case["code"], case["param"])
    assert chat.requests == []


def audio_part(data: str, name: str = "wav") -> dict[str, Any]:
    return {"type": "input_audio", "input_audio": {"data": data, "format": name}}


@pytest.mark.parametrize(
    ("part", "status", "code", "param"),
    [
        ({"type": "image_url", "image_url": {"url": "x"}}, 400, "unsupported_parameter", "type"),
        ({"type": "text"}, 400, "missing_field", "text"),
        ({"type": "input_audio"}, 400, "missing_field", "input_audio"),
        (audio_part("?"), 400, "invalid_base64", "input_audio"),
        (audio_part(""), 400, "empty_file", "input_audio"),
        (audio_part("aGVsbG8="), 400, "undecodable_audio", "input_audio"),
        (audio_part("aGVsbG8=", "txt"), 415, "unsupported_audio", "input_audio"),
        (audio_part("aGVsbG8=", "pcm16"), 415, "unsupported_audio", "input_audio"),
        (recorded("..."), 400, "no_speech", "input_audio"),
    ],
)
def test_parts_that_cannot_be_taken_are_named(
    server: Running, chat: ScriptedChat, part: dict[str, Any], status: int, code: str, param: str
) -> None:
    found = refused(ask(server, messages=[{"role": "user", "content": [part]}]))
    assert found == (status, code, f"messages.0.content.0.{param}")


def test_a_voice_or_a_model_that_is_not_there_is_not_found(client: OpenAI) -> None:
    audio: Any = {"voice": "bob", "format": "mp3"}
    with pytest.raises(NotFoundError) as missing:
        client.chat.completions.create(
            model="gpt-audio",
            messages=ASK,
            modalities=["text", "audio"],
            audio=audio,  # type: ignore[arg-type]
        )
    assert (missing.value.code, missing.value.param) == ("voice_not_found", "audio.voice")
    with pytest.raises(NotFoundError):
        client.chat.completions.create(model="nobody", messages=ASK)  # type: ignore[arg-type]
    with pytest.raises(BadRequestError) as wrong:
        client.chat.completions.create(model="tts-1", messages=ASK)  # type: ignore[arg-type]
    assert wrong.value.code == "wrong_task"


def test_fields_without_effect_are_told_in_a_header(server: Running, chat: ScriptedChat) -> None:
    answer = ask(server, presence_penalty=0.5, frequency_penalty=0, verbosity="low", user="me", metadata={})
    assert (answer.status, answer.getheader("x-ignored")) == (200, "presence_penalty, verbosity")


def test_options_reach_the_model(server: Running, chat: ScriptedChat) -> None:
    ask(server, max_tokens=9, temperature=0.5, top_p=0.9, stop="x", seed=3).read()
    request = chat.requests[-1]
    assert (request.max_tokens, request.temperature, request.top_p) == (9, 0.5, 0.9)
    assert (request.stop, request.seed, request.tool_choice) == (("x",), 3, "auto")


def test_a_body_over_the_bound_is_refused(start: StartServer) -> None:
    small = start(max_chat_body_bytes=1_000)
    assert refused(ask(small, messages=[{"role": "user", "content": "x" * 1_000}]))[:2] == (
        413,
        "body_too_large",
    )


def test_a_store_that_cannot_be_written_is_told_before_the_answer(start: StartServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    running = start(store=tmp_path / "file" / "store.sqlite3")
    status, code, _ = refused(ask(running, **SPOKEN))
    assert (status, code) == (500, "store_unusable")
    assert chat_of(running).requests == []


def test_openais_names_are_listed_and_mean_the_default(server: Running) -> None:
    listed = json.loads(server.request("GET", "/v1/models?task=chat").read())["data"]
    names = {model["id"]: model["alias_of"] for model in listed}
    assert names["scripted"] is None
    assert {model["sample_rate"] for model in listed} == {None}
    for name in (
        "gpt-4o-audio-preview",
        "gpt-4o-mini-audio-preview",
        "gpt-audio",
        "gpt-audio-mini",
        "gpt-audio-1.5",
    ):
        assert names[name] == "scripted"


@pytest.mark.requirement("chat-cancel-is-quick")
def test_audio_is_made_no_further_ahead_of_its_listener_than_is_quick_to_break_off(
    server: Running, chat: ScriptedChat
) -> None:
    chat.lines = words("word " * 100 + "end.")
    began = time.monotonic()
    answer = server.request("POST", PATH, SEED)
    read, heard_s = b"", 0.0
    while heard_s < 3:
        *events, read = (read + answer.read1()).split(b"\n\n")
        heard_s += len(pcm([json.loads(event[6:])["choices"][0]["delta"] for event in events])) / 48_000
    assert heard_s <= time.monotonic() - began + MAX_LEAD_S + BLOCK_S
    server.connections[-1].close()
    answer.close()
    until(lambda: server.application.admission.active == 0, "the place to be given back")


def test_what_was_heard_is_told_to_whoever_asks(server: Running, chat: ScriptedChat) -> None:
    content = [{"type": "text", "text": "What is this?"}, recorded("alder birch"), recorded("cedar")]
    extensions = {"model_extensions": {"transcripts": True}}
    body = {**SEED, "messages": [{"role": "user", "content": content}], **extensions}
    whole = json.loads(server.request("POST", PATH, {**body, "stream": False, "stream_options": None}).read())
    streamed = chunks(server.request("POST", PATH, body).read())

    assert [one["text"] for one in whole["input_transcripts"]] == ["alder birch", "cedar"]
    assert streamed[1]["choices"] == []
    assert streamed[1]["input_transcripts"] == whole["input_transcripts"]
    assert not any("input_transcripts" in chunk for chunk in [streamed[0], *streamed[2:]])
