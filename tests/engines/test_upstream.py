"""Chat over HTTP: what is asked, what comes back as it comes, and every way in which a server can fail."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from firstword import assembly
from firstword.cli.checkup import checkup
from firstword.core.conversation import (
    ChatDelta,
    ChatEnd,
    ChatRequest,
    ChatUsage,
    FinishReason,
    Message,
    Role,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
)
from firstword.core.errors import (
    ConfigurationError,
    EngineError,
    FirstwordError,
    InvalidRequest,
    ServerBusy,
    UnknownModel,
    UpstreamFailed,
)
from firstword.core.types import Task
from firstword.engines.upstream import plugin
from firstword.engines.upstream.chat import UpstreamChat
from firstword.engines.upstream.completions import Completions
from firstword.engines.upstream.endpoint import Endpoint
from firstword.settings import load as settings
from firstword.testing import CHAT_CHECKS, Asking, no_files
from firstword.testing.chatting import (
    answers_with_text_and_one_end,
    calls_a_tool_when_it_must,
    keeps_to_max_tokens,
)
from tests.engines.completing import Asked, Behaviour, Double, serving
from tests.engines.deltas import text_of

pytestmark = [pytest.mark.socket, pytest.mark.anyio]

NAME = "there/small"
WEATHER = Tool(
    "get_weather", "The weather in a city.", {"type": "object", "properties": {"city": {"type": "string"}}}
)
HELLO = ChatRequest(NAME, (Message(Role.USER, "Hello"),))


async def all_well(asked: Asked) -> None:
    await asked.all_well("The first word.")


def engine_at(url: str, said: dict[str, str] | None = None, **options: Any) -> UpstreamChat:
    given = {"models": {NAME: {"url": url, **(said or {})}}, **options}
    (info,) = plugin.configured(given)
    return plugin.load(info, no_files, given)


@asynccontextmanager
async def talking(
    behaviour: Behaviour, said: dict[str, str] | None = None, **options: Any
) -> AsyncIterator[tuple[UpstreamChat, Double]]:
    async with serving(behaviour) as double:
        engine = engine_at(double.url, said, **options)
        yield engine, double
        engine.close()


async def answer(engine: UpstreamChat, request: ChatRequest = HELLO) -> list[ChatDelta]:
    async with engine.reply(request) as deltas:
        return [delta async for delta in deltas]


async def asked_of(double: Double) -> None:
    """Returns when a request has come."""
    with anyio.fail_after(5):
        while not double.asked:  # noqa: ASYNC110  # a list, and no event
            await asyncio.sleep(0.002)


# What is asked


async def test_a_conversation_is_asked_for_as_openai_s_api_has_it() -> None:
    call = ToolCall("call_1", "get_weather", '{"city": "Seoul"}')
    said = (
        Message(Role.SYSTEM, "Be brief."),
        Message(Role.USER, "Weather?"),
        Message(Role.ASSISTANT, tool_calls=(call,)),
        Message(Role.TOOL, "Rain.", tool_call_id="call_1"),
    )
    request = ChatRequest(
        NAME, said, (WEATHER,), "get_weather", 9, 0.5, 0.9, ("END",), 3, {"type": "json_object"}
    )
    async with talking(all_well, {"model": "small:1b", "api_key": "secret"}) as (engine, double):
        await answer(engine, request)

    (asked,) = double.asked
    function = {"name": "get_weather", "arguments": '{"city": "Seoul"}'}
    assert "POST /v1/chat/completions HTTP/1.1" == asked.headers["request"]
    assert "Bearer secret" == asked.headers["authorization"]
    assert asked.body == {
        "model": "small:1b",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
            },
            {"role": "tool", "content": "Rain.", "tool_call_id": "call_1"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "get_weather",
                    "description": "The weather in a city.",
                    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
                },
            }
        ],
        "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["END"],
        "seed": 3,
        "response_format": {"type": "json_object"},
    }


async def test_what_the_caller_does_not_say_is_left_to_the_server() -> None:
    async with talking(all_well) as (engine, double):
        await answer(engine)

    assert {"model", "messages", "stream", "stream_options"} == set(double.asked[0].body)
    assert "small" == double.asked[0].body["model"]
    assert "authorization" not in double.asked[0].headers


async def test_a_server_may_call_the_limit_otherwise() -> None:
    async with talking(all_well, {"max_tokens_field": "max_completion_tokens"}) as (engine, double):
        await answer(engine, replace(HELLO, max_tokens=5))

    assert 5 == double.asked[0].body["max_completion_tokens"]
    assert "max_tokens" not in double.asked[0].body


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("", "/v1/chat/completions"),
        ("/", "/v1/chat/completions"),
        ("/v1", "/v1/chat/completions"),
        ("/openai/v1/", "/openai/v1/chat/completions"),
    ],
)
async def test_a_path_is_used_as_it_is_and_v1_where_there_is_none(path: str, asked: str) -> None:
    async with serving(all_well) as double:
        engine = engine_at(double.url + path)
        await answer(engine)
        engine.close()

    assert f"POST {asked} HTTP/1.1" == double.asked[0].headers["request"]


@pytest.mark.parametrize(
    ("choice", "tools"),
    [("required", ()), ("nothing_like_it", (WEATHER,)), ("get_weather", ())],
)
async def test_a_tool_that_is_not_there_is_refused_before_anybody_is_asked(
    choice: str, tools: tuple[Tool, ...]
) -> None:
    async with talking(all_well) as (engine, double):
        with pytest.raises(InvalidRequest) as refused:
            await answer(engine, replace(HELLO, tools=tools, tool_choice=choice))

    assert "tool_choice" == refused.value.param
    assert [] == double.asked


# What comes back


async def test_text_usage_and_reason_come_back() -> None:
    async with talking(all_well) as (engine, _):
        deltas = await answer(engine)

    assert [
        TextDelta("The "),
        TextDelta("first "),
        TextDelta("word. "),
        ChatEnd(FinishReason.STOP, ChatUsage(7, 3)),
    ] == deltas


async def test_a_word_is_there_before_the_next_one_is_written() -> None:
    taken = asyncio.Event()

    async def in_step(asked: Asked) -> None:
        await asked.begin()
        for word in ("one", "two", "three"):
            taken.clear()
            await asked.delta(content=word)
            await taken.wait()
        await asked.delta("stop")
        await asked.end()

    words = []
    async with talking(in_step) as (engine, _), engine.reply(HELLO) as deltas:
        async for delta in deltas:
            if isinstance(delta, TextDelta):
                words.append(delta.text)
            taken.set()

    assert ["one", "two", "three"] == words


async def test_calls_come_back_as_they_are_written() -> None:
    async def calls(asked: Asked) -> None:
        await asked.begin()
        first = {"index": 0, "id": "call_a", "type": "function", "function": {"name": "a", "arguments": ""}}
        await asked.delta(tool_calls=[first])
        await asked.delta(tool_calls=[{"index": 0, "function": {"arguments": '{"x":'}}])
        await asked.delta(tool_calls=[{"index": 0, "function": {"arguments": "1}"}}])
        second = {"index": 1, "id": "call_b", "function": {"name": "b", "arguments": "{}"}}
        await asked.delta(tool_calls=[second])
        await asked.delta("tool_calls")
        await asked.end()

    async with talking(calls) as (engine, _):
        deltas = await answer(engine, replace(HELLO, tools=(WEATHER,)))

    assert [
        ToolCallDelta(0, "call_a", "a"),
        ToolCallDelta(0, arguments='{"x":'),
        ToolCallDelta(0, arguments="1}"),
        ToolCallDelta(1, "call_b", "b", "{}"),
        ChatEnd(FinishReason.TOOL_CALLS),
    ] == deltas


async def test_calls_without_index_id_and_reason_are_calls() -> None:
    async def calls(asked: Asked) -> None:
        await asked.begin()
        await asked.delta(tool_calls=[{"function": {"name": "a", "arguments": {"x": 1}}}])
        await asked.delta(tool_calls=[{"function": {"name": "b", "arguments": "{"}}])
        await asked.delta("stop", tool_calls=[{"function": {"arguments": "}"}}])
        await asked.end()

    async with talking(calls) as (engine, _):
        first, second, more, end = await answer(engine, replace(HELLO, tools=(WEATHER,)))

    assert isinstance(first, ToolCallDelta)
    assert isinstance(second, ToolCallDelta)
    assert (0, "a", '{"x": 1}') == (first.index, first.name, first.arguments)
    assert (1, "b", "{") == (second.index, second.name, second.arguments)
    assert (first.id or "").startswith("call_")
    assert first.id != second.id
    assert [ToolCallDelta(1, arguments="}"), ChatEnd(FinishReason.TOOL_CALLS)] == [more, end]


def chunk(text: str | None = None, reason: str | None = None) -> bytes:
    return json.dumps({"choices": [{"delta": {"content": text}, "finish_reason": reason}]}).encode()


VARIANTS = {
    "no space": b"data:" + chunk("Yes") + b"\n\ndata:" + chunk(None, "stop") + b"\n\ndata:[DONE]\n\n",
    "carriage returns": b"data: " + chunk("Yes") + b"\r\n\r\ndata: " + chunk(None, "stop") + b"\r\n\r\n",
    "one line each": b"data: " + chunk("Yes") + b"\ndata: " + chunk(None, "stop") + b"\ndata: [DONE]\n",
    "comments": b": waiting\n\n: waiting\n\ndata: " + chunk("Yes", "stop") + b"\n\n: still\n\n",
    "names and ids": b"event: chunk\nid: 1\ndata: " + chunk("Yes", "stop") + b"\nretry: 3\n\n",
    "several lines": b'data: {"choices": [\ndata: {"delta": {"content": "Yes"}}]}\n\ndata: [DONE]\n\n',
    "no last line": b"data: " + chunk("Yes", "stop"),
    "done without a reason": b"data: " + chunk("Yes") + b"\n\ndata: [DONE]\n\n",
    "parts": b'data: {"choices": [{"delta": {"content": [{"type": "text", "text": "Yes"}]}}]}\n\n'
    b"data: [DONE]\n\n",
    "nothing around": b'data: {"object": "ping"}\n\ndata: {"choices": null}\n\ndata: '
    + chunk("Yes", "stop")
    + b"\n\n",
}


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize("variant", VARIANTS)
async def test_what_servers_write_in_place_of_openai_s_stream_is_read(variant: str, size: int) -> None:
    body = VARIANTS[variant]

    async def writes(asked: Asked) -> None:
        await asked.begin()
        for at in range(0, len(body), size):
            await asked.send(body[at : at + size])
        await asked.end()

    async with talking(writes) as (engine, _):
        assert [TextDelta("Yes"), ChatEnd(FinishReason.STOP)] == await answer(engine)


async def test_a_server_that_does_not_stream_is_read_too() -> None:
    async def writes(asked: Asked) -> None:
        await asked.begin(media="application/json")
        message = {"role": "assistant", "content": "Yes"}
        usage = {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}}
        whole = {"choices": [{"message": message, "finish_reason": "length"}], "usage": usage}
        await asked.send(json.dumps(whole).encode())
        await asked.end()

    async with talking(writes) as (engine, _):
        deltas = await answer(engine)

    assert [TextDelta("Yes"), ChatEnd(FinishReason.LENGTH, ChatUsage(5, 1, 4))] == deltas


async def test_letters_are_whole_however_their_bytes_come() -> None:
    async def writes(asked: Asked) -> None:
        await asked.begin()
        text = "무게 \u2028 😀"
        data = (
            b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}, ensure_ascii=False).encode()
        )
        for byte in data:
            await asked.send(bytes([byte]))
        await asked.send(b"\n\ndata: [DONE]\n\n")
        await asked.end()

    async with talking(writes) as (engine, _):
        assert "무게 \u2028 😀" == text_of(await answer(engine))


# What goes wrong


def refuses(status: int, body: object, more: str = "") -> Behaviour:
    async def refusal(asked: Asked) -> None:
        await asked.begin(status, "application/json", more)
        await asked.send(body if isinstance(body, bytes) else json.dumps(body).encode())
        await asked.end()

    return refusal


def error(message: str, **more: object) -> dict[str, object]:
    return {"error": {"message": message, "type": "some_error", "param": None, "code": None, **more}}


TOO_LONG = "context_length_exceeded"


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "said"),
    [
        (400, error("Bad temperature."), InvalidRequest, "invalid_request", "Bad temperature."),
        (422, {"detail": [{"loc": ["x"]}]}, InvalidRequest, "invalid_request", "loc"),
        (400, error("Too long.", code=TOO_LONG), InvalidRequest, TOO_LONG, "Too long."),
        (400, error("x", type="exceed_context_size_error"), InvalidRequest, TOO_LONG, "too long for"),
        (400, error("This model's maximum context length is 9."), InvalidRequest, TOO_LONG, "length is 9"),
        (401, error("No."), UpstreamFailed, "upstream_failed", "refuses the api_key"),
        (403, error("No."), UpstreamFailed, "upstream_failed", "(403)"),
        (404, error("Try pulling it first."), UnknownModel, "model_not_found", "Try pulling it first."),
        (429, error("Slow down."), ServerBusy, "server_busy", "Slow down."),
        (429, error("Pay.", code="insufficient_quota"), UpstreamFailed, "upstream_failed", "Pay."),
        (503, error("Loading."), ServerBusy, "server_busy", "Loading."),
        (500, b"<html>oh</html>", UpstreamFailed, "upstream_failed", "answered 500: <html>oh</html>"),
        (502, b"", UpstreamFailed, "upstream_failed", "answered 502"),
        (500, b"x" * 1_000_000, UpstreamFailed, "upstream_failed", "xxxx"),
        (307, b"", UpstreamFailed, "upstream_failed", "answered 307"),
    ],
)
async def test_a_refusal_is_an_error_of_ours_before_anything_is_given(
    status: int, body: object, kind: type[FirstwordError], code: str, said: str
) -> None:
    async with talking(refuses(status, body)) as (engine, _):
        with pytest.raises(FirstwordError) as raised:
            await answer(engine)

    assert (kind, code) == (type(raised.value), raised.value.code)
    assert said in raised.value.message
    assert len(raised.value.message) < 500


async def test_callers_are_told_nothing_of_the_operator_s_key_and_addresses() -> None:
    async with talking(refuses(401, error("Incorrect API key provided: sk-12***89."))) as (engine, double):
        with pytest.raises(UpstreamFailed) as raised:
            await answer(engine)

    assert "sk-12" not in raised.value.message
    assert double.url.removeprefix("http://") not in raised.value.message


async def test_a_full_server_tells_how_long_to_wait() -> None:
    async with talking(refuses(429, error("Slow down."), "Retry-After: 17\r\n")) as (engine, _):
        with pytest.raises(ServerBusy) as raised:
            await answer(engine)

    assert 17 == raised.value.retry_after_s


async def test_nobody_at_the_address_is_told_as_such() -> None:
    async with serving(all_well) as double:
        pass
    engine = engine_at(double.url)
    with pytest.raises(UpstreamFailed, match=r"cannot be reached \(connection refused\)"):
        await answer(engine)
    engine.close()


async def breaks_off(asked: Asked) -> None:
    await asked.begin()
    await asked.delta(content="Half")
    asked.writer.transport.abort()


async def ends_early(asked: Asked) -> None:
    await asked.begin()
    await asked.delta(content="Half")
    await asked.end()


async def says_that_it_failed(asked: Asked) -> None:
    await asked.begin()
    await asked.delta(content="Half")
    await asked.say(error={"message": "Out of memory.", "code": 500})
    await asked.end()


async def says_so_in_a_field(asked: Asked) -> None:
    await asked.begin()
    await asked.delta(content="Half")
    await asked.send(b'error: {"message": "Out of memory.", "code": 500}\n\n')
    await asked.end()


async def writes_rubbish(asked: Asked) -> None:
    await asked.begin()
    await asked.delta(content="Half")
    await asked.send(b"data: {rubbish\n\n")
    await asked.end()


async def writes_something_else(asked: Asked) -> None:
    await asked.begin()
    await asked.delta(content="Half")
    await asked.say(choices=["what?"])


async def writes_without_end(asked: Asked) -> None:
    await asked.begin()
    await asked.delta(content="Half")
    await asked.send(b"data: ")
    while True:
        await asked.send(b"x" * 60_000)


async def falls_silent(asked: Asked) -> None:
    await asked.begin()
    await asked.delta(content="Half")
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (breaks_off, "broke off"),
        (ends_early, "ended in the middle"),
        (says_that_it_failed, "Out of memory."),
        (says_so_in_a_field, "Out of memory."),
        (writes_rubbish, "no JSON"),
        (writes_something_else, "no part of an answer"),
        (writes_without_end, "too long"),
        (falls_silent, "has said nothing for 0.3 s"),
    ],
)
async def test_a_failure_in_the_middle_comes_after_what_was_written(
    behaviour: Callable[[Asked], Awaitable[None]], said: str
) -> None:
    got: list[ChatDelta] = []

    async def take(engine: UpstreamChat) -> None:
        async with engine.reply(HELLO) as deltas:
            async for delta in deltas:
                got.append(delta)  # noqa: PERF401  # what came before the error is wanted

    async with talking(behaviour, silence_s=0.3) as (engine, _):
        with pytest.raises(UpstreamFailed, match=said):
            await take(engine)

    assert [TextDelta("Half")] == got


async def test_a_server_that_says_nothing_at_all_is_given_up() -> None:
    async def silent(asked: Asked) -> None:
        await asyncio.sleep(60)

    async with talking(silent, silence_s=0.2) as (engine, _):
        with pytest.raises(UpstreamFailed, match=r"has said nothing for 0\.2 s"):
            await answer(engine)


async def test_a_break_after_the_last_word_is_none() -> None:
    async def hasty(asked: Asked) -> None:
        await asked.begin()
        await asked.delta(content="Yes")
        await asked.delta("stop")
        asked.writer.close()

    async with talking(hasty) as (engine, _):
        assert [TextDelta("Yes"), ChatEnd(FinishReason.STOP)] == await answer(engine)


# Leaving


async def speaks_for_ever(asked: Asked) -> None:
    await asked.begin()
    while True:
        await asked.delta(content="word ")
        await asyncio.sleep(0.05)  # 20 tokens in a second


async def test_leaving_hangs_up_at_once() -> None:
    async with talking(speaks_for_ever) as (engine, double):
        async with engine.reply(HELLO) as deltas:
            await anext(deltas)
            await anext(deltas)
            assert not double.asked[0].left.is_set()
        await asyncio.wait_for(double.asked[0].left.wait(), 5)


async def thinks(asked: Asked) -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize("behaviour", [speaks_for_ever, thinks])
async def test_a_caller_that_is_cancelled_hangs_up_too(behaviour: Behaviour) -> None:
    async with talking(behaviour) as (engine, double):
        async with anyio.create_task_group() as callers:
            callers.start_soon(answer, engine)
            await asked_of(double)
            callers.cancel_scope.cancel()
        await asyncio.wait_for(double.asked[0].left.wait(), 5)


async def test_an_error_of_the_caller_s_own_stays_what_it_is() -> None:
    async def stumble(engine: UpstreamChat) -> None:
        async with engine.reply(HELLO) as deltas:
            async for _ in deltas:
                raise ZeroDivisionError

    async with talking(speaks_for_ever) as (engine, double):
        with pytest.raises(ZeroDivisionError):
            await stumble(engine)
        await asyncio.wait_for(double.asked[0].left.wait(), 5)


# How many at once


async def test_those_who_ask_first_are_answered_first_and_too_many_are_refused() -> None:
    gate = asyncio.Event()

    async def waits(asked: Asked) -> None:
        await gate.wait()
        await asked.all_well("Yes.")

    order: list[int] = []

    async def ask(engine: UpstreamChat, number: int) -> None:
        await answer(engine)
        order.append(number)

    async with talking(waits, parallel=1, waiting=2) as (engine, double):
        async with anyio.create_task_group() as callers:
            for number in range(3):
                callers.start_soon(ask, engine, number)
                await asyncio.sleep(0.02)
            with pytest.raises(ServerBusy, match="2 wait") as refused:
                await answer(engine)
            await asked_of(double)
            assert 1 == len(double.asked)
            gate.set()
        await answer(engine)  # all have left

    assert [0, 1, 2] == order
    assert refused.value.retry_after_s >= 1


async def test_who_gives_up_waiting_makes_room() -> None:
    async with talking(speaks_for_ever, parallel=1, waiting=1) as (engine, double):
        async with engine.reply(HELLO) as deltas:
            await anext(deltas)
            for _ in range(3):
                with anyio.move_on_after(0.02):
                    await answer(engine)
        async with engine.reply(HELLO) as deltas:
            await anext(deltas)

    assert 2 == len(double.asked)


async def test_an_engine_that_is_closed_says_so() -> None:
    async with talking(all_well) as (engine, _):
        await answer(engine)
        assert engine.health()
        engine.close()
        assert not engine.health()
        with pytest.raises(EngineError, match="closed"):
            await answer(engine)


def test_one_engine_answers_on_one_loop_after_another() -> None:
    async def once() -> str:
        async with talking(all_well) as (engine, _):
            return text_of(await answer(engine))

    assert asyncio.run(once()) == asyncio.run(once()) == "The first word. "


async def test_a_connection_to_another_machine_is_kept_for_the_next_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    async with serving(all_well) as double:
        endpoint = Endpoint(NAME, double.url, "small")
        for local, connections in ((True, 3), (False, 4)):
            completions = Completions(silence_s=5, local=local, secure=False)
            for _ in range(3):
                async with completions.ask(endpoint, {}) as deltas:
                    assert "The first word. " == text_of([delta async for delta in deltas])
            assert connections == len(double.connections)
            completions.close()
        with anyio.fail_after(5):
            await asyncio.wait(double.connections)


async def test_a_connection_that_the_server_has_closed_meanwhile_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def once(asked: Asked) -> None:
        await asked.all_well("Yes.")
        asked.writer.close()

    monkeypatch.setenv("NO_PROXY", "*")
    async with serving(once) as double:
        completions = Completions(silence_s=5, local=False, secure=False)
        for _ in range(2):
            async with completions.ask(Endpoint(NAME, double.url, "small"), {}) as deltas:
                assert "Yes. " == text_of([delta async for delta in deltas])
            await asyncio.sleep(0.05)
        completions.close()

    assert 2 == len(double.asked)


# Tools by schema


def writes(text: str, size: int = 3) -> Behaviour:
    async def behaviour(asked: Asked) -> None:
        await asked.begin()
        for at in range(0, len(text), size):
            await asked.delta(content=text[at : at + size])
        await asked.delta("stop")
        await asked.end()

    return behaviour


async def test_a_server_that_knows_no_tools_is_held_to_a_schema() -> None:
    said = '{ "name": "get_weather", "arguments": {"city": "Seoul"} }'
    async with talking(writes(said), {"tools": "schema"}) as (engine, double):
        first, *more, end = await answer(engine, replace(HELLO, tools=(WEATHER,)))

    assert isinstance(first, ToolCallDelta)
    assert "get_weather" == first.name
    assert '{"city": "Seoul"}' == "".join(d.arguments for d in [first, *more] if isinstance(d, ToolCallDelta))
    assert ChatEnd(FinishReason.TOOL_CALLS) == end
    body = double.asked[0].body
    assert "tools" not in body
    assert "tool_choice" not in body
    assert "json_schema" == body["response_format"]["type"]
    assert "get_weather" in body["messages"][0]["content"]


async def test_a_schema_server_is_asked_plainly_where_no_tool_may_be_called() -> None:
    async with talking(all_well, {"tools": "schema"}) as (engine, double):
        deltas = await answer(engine, replace(HELLO, tools=(WEATHER,), tool_choice="none"))

    assert "The first word. " == text_of(deltas)
    assert [{"role": "user", "content": "Hello"}] == double.asked[0].body["messages"]
    assert "response_format" not in double.asked[0].body


async def test_tools_and_another_form_are_not_for_a_schema_server() -> None:
    async with talking(all_well, {"tools": "schema"}) as (engine, _):
        request = replace(HELLO, tools=(WEATHER,), response_format={"type": "json_object"})
        with pytest.raises(InvalidRequest, match="response_format"):
            engine.check(request)
        engine.check(replace(request, tool_choice="none"))


# What there is


def test_there_are_no_models_but_those_that_the_settings_name() -> None:
    assert () == tuple(plugin.infos()) == tuple(plugin.configured({}))

    (info,) = plugin.configured({"models": {"ollama/llama3.2": {"url": "http://127.0.0.1:11434"}}})

    assert ("ollama/llama3.2", Task.CHAT) == (info.model_id, info.task)
    assert "llama3.2 at 127.0.0.1:11434" == info.source


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"modles": {}}, "unknown option modles"),
        ({"models": {"a/b": {"url": "http://x", "ulr": "x"}}}, "unknown option ulr"),
        ({"models": {"a/b": {}}}, "no server's address"),
        ({"models": {"a/b": {"url": "127.0.0.1:11434"}}}, "no server's address"),
        ({"models": {"a/b": {"url": "http://x", "tools": "both"}}}, "tools must be native or schema"),
        ({"models": {"a/b": {"url": "http://x", "api_key": "env:NOT_THERE"}}}, "NOT_THERE"),
        ({"models": {"a/b": {"url": "http://x", "max_tokens_field": "x"}}}, "max_tokens_field"),
        ({"models": {"a/b": "http://x"}}, "cannot be"),
        ({"parallel": 0}, "parallel"),
        ({"silence_s": 0}, "silence_s"),
    ],
)
def test_a_wrong_option_is_refused_and_named(options: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        plugin.configured(options)


async def test_a_key_may_be_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THEIR_KEY", "of-the-environment")
    async with talking(all_well, {"api_key": "env:THEIR_KEY"}) as (engine, double):
        await answer(engine)

    assert "Bearer of-the-environment" == double.asked[0].headers["authorization"]


def test_a_key_is_in_no_text_about_its_endpoint() -> None:
    options = {"models": {NAME: {"url": "http://user:password@127.0.0.1:1/v1", "api_key": "very-secret"}}}
    (info,) = plugin.configured(options)
    engine = plugin.load(info, no_files, options)

    assert "password" not in f"{info}"
    assert "very-secret" not in f"{info}{engine._endpoint}"


async def test_a_server_that_is_down_does_not_keep_ours_from_starting() -> None:
    options = {"upstream": {"models": {NAME: {"url": "http://127.0.0.1:1"}}}}
    chosen = settings(
        flags={"engines": ("tone", "upstream"), "engine_options": options, "default_model": "tone"}
    )
    application = assembly.assemble(chosen)
    await application.host.start()
    try:
        async with application.host.use_chat(NAME) as engine:
            assert isinstance(engine, UpstreamChat)
            with pytest.raises(UpstreamFailed):
                await answer(engine)
        with pytest.raises(InvalidRequest, match="not for chat"):
            application.host.use_chat("tone")
    finally:
        await application.aclose()


@pytest.mark.parametrize(
    ("behaviour", "fact", "remedy"),
    [
        (all_well, "there/small loads in .*, and writes 16 letters in", None),
        (refuses(401, error("No.")), "there/small does not work", "refuses the api_key"),
    ],
)
async def test_doctor_asks_a_server_once(
    tmp_path: Path, behaviour: Behaviour, fact: str, remedy: str | None
) -> None:
    async with serving(behaviour) as double:
        config = tmp_path / "settings.toml"
        config.write_text(
            f'engines = ["tone", "upstream"]\ndefault_model = "tone"\n'
            f'[engine_options.upstream.models]\n"{NAME}" = {{ url = "{double.url}" }}\n',
            "utf-8",
        )
        findings = await asyncio.to_thread(lambda: list(checkup(config, {"port": 0})))

    assert 1 == len(double.asked)
    assert re.match(fact, findings[-1].fact)
    assert (findings[-1].remedy is None) == (remedy is None)
    assert (remedy or "") in (findings[-1].remedy or "")


@pytest.mark.parametrize("check", CHAT_CHECKS, ids=lambda check: check.__name__)
async def test_the_engine_keeps_the_contract(check: Callable[[Asking], Awaitable[None]]) -> None:
    async def behaves(asked: Asked) -> None:
        if "tools" in asked.body:
            function = {"name": "pick_number", "arguments": '{"number": 7}'}
            await asked.begin()
            await asked.delta("tool_calls", tool_calls=[{"index": 0, "id": "call_1", "function": function}])
            await asked.end()
        elif asked.body.get("max_tokens") == 1:
            await asked.begin()
            await asked.delta("length", content="The")
            await asked.end()
        else:
            await asked.all_well("The first word is heard first.")

    async with talking(behaves) as (engine, _):
        await check(Asking(engine))


async def says_nothing(asked: Asked) -> None:
    await asked.all_well("")


async def calls_what_it_likes(asked: Asked) -> None:
    await asked.begin()
    call = {"index": 0, "id": "call_1", "function": {"name": "another", "arguments": "{}"}}
    await asked.delta("tool_calls", tool_calls=[call])
    await asked.end()


@pytest.mark.parametrize(
    ("check", "behaviour", "said"),
    [
        (answers_with_text_and_one_end, says_nothing, "it said nothing"),
        (answers_with_text_and_one_end, calls_what_it_likes, "more than text"),
        (keeps_to_max_tokens, all_well, "ended with stop"),
        (calls_a_tool_when_it_must, all_well, "it made no call"),
        (calls_a_tool_when_it_must, calls_what_it_likes, "no name, or another"),
    ],
)
async def test_the_kit_tells_what_a_broken_engine_broke(
    check: Callable[[Asking], Awaitable[None]], behaviour: Behaviour, said: str
) -> None:
    async with talking(behaviour) as (engine, _):
        with pytest.raises(AssertionError, match=said):
            await check(Asking(engine))
