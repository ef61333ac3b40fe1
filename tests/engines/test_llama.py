"""The chat model of this machine: it answers, keeps to schemas, and its process never outlives its use."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import anyio
import pytest

from firstword import assembly
from firstword.core.conversation import (
    ChatDelta,
    ChatEnd,
    ChatRequest,
    FinishReason,
    Message,
    Role,
    Tool,
    ToolCall,
    ToolCallDelta,
)
from firstword.core.errors import ConfigurationError, EngineError, InvalidRequest, ServerBusy
from firstword.core.protocols import Files
from firstword.engines.llama import plugin, supervisor
from firstword.engines.llama.chat import LlamaChat
from firstword.settings import load as settings
from firstword.testing import CHAT_CHECKS, Asking, no_files
from tests.engines.deltas import text_of

pytestmark = [pytest.mark.model, pytest.mark.anyio]

NAME = "smollm2-135m"
BRIEF = Message(Role.SYSTEM, "Answer in one or two short sentences.")
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("get_weather", "Tells the weather in a city.", CITY)
LAMP = Tool(
    "turn_on_lamp",
    "Switches a lamp on.",
    {
        "type": "object",
        "properties": {"room": {"$ref": "#/$defs/Room"}},
        "required": ["room"],
        "$defs": {"Room": {"enum": ["kitchen", "bedroom"]}},
    },
)
LONG = "The river rises behind the mill and falls below the old stone bridge. "


def loaded(files: Files, **options: object) -> LlamaChat:
    return plugin.load(plugin.infos()[0], files, options)


@pytest.fixture(scope="module")
def engine(model_files: Files) -> Iterator[LlamaChat]:
    engine = loaded(model_files)
    yield engine
    engine.close()


def asked(text: str, **more: Any) -> ChatRequest:
    return ChatRequest(NAME, (BRIEF, Message(Role.USER, text)), **more)


async def answer(engine: LlamaChat, request: ChatRequest) -> list[ChatDelta]:
    async with engine.reply(request) as deltas:
        return [delta async for delta in deltas]


def call_of(deltas: list[ChatDelta]) -> tuple[str | None, Any]:
    calls = [delta for delta in deltas if isinstance(delta, ToolCallDelta)]
    return calls[0].name, json.loads("".join(call.arguments for call in calls))


def is_there(pid: int) -> bool:
    """Whether a process exists, if only as a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone_within(pid: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while is_there(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_there(pid)


def cpu_s(pid: int) -> float:
    """What a process has used of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def at_rest(pid: int) -> None:
    """Returns when a process has nothing more to do; the runtime looks for readers once a second."""
    used_s = -1.0
    while cpu_s(pid) - used_s > 0.02:
        used_s = cpu_s(pid)
        await asyncio.sleep(0.3)


# What it answers


@pytest.mark.parametrize("check", CHAT_CHECKS, ids=lambda check: check.__name__)
async def test_the_model_keeps_the_contract(
    engine: LlamaChat, check: Callable[[Asking], Awaitable[None]]
) -> None:
    await check(Asking(engine))


async def test_it_answers_in_words_that_come_one_after_the_other(engine: LlamaChat) -> None:
    *words, end = await answer(engine, asked("What is the capital of France?"))

    assert "Paris" in text_of(words)
    assert isinstance(end, ChatEnd)
    assert FinishReason.STOP is end.reason
    assert end.usage
    assert end.usage.prompt_tokens > 20
    assert len(words) <= end.usage.completion_tokens <= len(words) + 2


async def test_what_was_said_before_is_not_read_again(engine: LlamaChat) -> None:
    first = asked("Name a fruit. " + LONG * 10, max_tokens=4)
    *_, end = await answer(engine, first)
    *_, again = await answer(engine, first)

    assert isinstance(end, ChatEnd)
    assert isinstance(again, ChatEnd)
    assert end.usage
    assert again.usage
    assert again.usage.cached_tokens > 0.9 * end.usage.prompt_tokens


async def test_a_conversation_that_is_too_long_is_refused_by_its_name(engine: LlamaChat) -> None:
    with pytest.raises(InvalidRequest, match="too long") as refused:
        await answer(engine, asked(LONG * 300))

    assert ("context_length_exceeded", "messages") == (refused.value.code, refused.value.param)
    assert engine.health()


async def test_a_form_of_the_caller_s_is_kept(engine: LlamaChat) -> None:
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "green"]}}, "required": ["colour"]}
    form = {"type": "json_schema", "json_schema": {"name": "c", "schema": schema}}
    deltas = await answer(engine, asked("Which colour has grass?", response_format=form))

    assert json.loads(text_of(deltas))["colour"] in ("red", "green")


async def test_a_form_that_cannot_be_is_refused(engine: LlamaChat) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "c", "schema": {"type": "nonsense"}}}
    with pytest.raises(InvalidRequest, match="nonsense"):
        await answer(engine, asked("Hello", response_format=form))


@pytest.mark.parametrize(
    ("text", "choice", "called"),
    [
        ("What's the weather in Rome?", "required", ("get_weather", {"city": "Rome"})),
        ("Turn on the kitchen lamp.", "required", ("turn_on_lamp", {"room": "kitchen"})),
    ],
)
async def test_a_tool_is_called_with_what_was_said(
    engine: LlamaChat, text: str, choice: str, called: tuple[str, Any]
) -> None:
    deltas = await answer(engine, asked(text, tools=(WEATHER, LAMP), tool_choice=choice))

    assert called == call_of(deltas)
    assert isinstance(deltas[-1], ChatEnd)
    assert FinishReason.TOOL_CALLS is deltas[-1].reason


async def test_where_it_may_choose_it_calls_or_answers(engine: LlamaChat) -> None:
    for text in ("What's the weather in Rome?", "Hello, how are you?"):
        *deltas, end = await answer(engine, asked(text, tools=(WEATHER, LAMP)))
        assert isinstance(end, ChatEnd)
        if end.reason is FinishReason.TOOL_CALLS:
            assert call_of(deltas)[0] in ("get_weather", "turn_on_lamp")
        else:
            assert text_of(deltas).strip()
            assert "{" not in text_of(deltas)


async def test_a_tool_that_is_named_is_called_whatever_was_said(engine: LlamaChat) -> None:
    name, arguments = call_of(
        await answer(engine, asked("Hello!", tools=(WEATHER, LAMP), tool_choice="turn_on_lamp"))
    )

    assert "turn_on_lamp" == name
    assert arguments["room"] in ("kitchen", "bedroom")


@pytest.mark.parametrize("choice", ["auto", "none"])
async def test_after_a_result_it_answers_in_words(engine: LlamaChat, choice: str) -> None:
    call = ToolCall("call_1", "turn_on_lamp", '{"room": "kitchen"}')
    messages = (
        BRIEF,
        Message(Role.USER, "Turn on the kitchen lamp."),
        Message(Role.ASSISTANT, tool_calls=(call,)),
        Message(Role.TOOL, "The kitchen lamp is on.", tool_call_id="call_1"),
    )
    deltas = await answer(engine, ChatRequest(NAME, messages, (WEATHER, LAMP), choice))

    assert "kitchen" in text_of(deltas).lower()
    assert "{" not in text_of(deltas)


# Leaving


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (asked("Tell me a long story.", max_tokens=1500), 3),
        (asked("Repeat. " + LONG * 90, max_tokens=400), 0),
    ],
    ids=["while it writes", "while it reads"],
)
async def test_leaving_stops_its_work(model_files: Files, request_: ChatRequest, words: int) -> None:
    engine = loaded(model_files)
    pid = engine.supervisor.pid
    try:
        before_s = cpu_s(pid)
        async with engine.reply(request_) as deltas:
            for _ in range(words):
                await anext(deltas)
        async with engine.reply(asked("Say yes.", max_tokens=2)) as deltas:  # another one has its turn
            assert [delta async for delta in deltas]
        await at_rest(pid)
        assert cpu_s(pid) - before_s < 7  # all of it would take more than twice that
    finally:
        engine.close()


async def test_callers_over_the_bound_are_told_to_come_again(model_files: Files) -> None:
    engine = loaded(model_files, parallel=1, waiting=1)
    try:
        async with engine.reply(asked("Tell me a story.")) as deltas:
            await anext(deltas)
            waiting = asyncio.create_task(answer(engine, asked("Hello", max_tokens=3)))
            await asyncio.sleep(0.05)
            with pytest.raises(ServerBusy, match="1 wait"):
                await answer(engine, asked("Hello"))
        assert isinstance((await waiting)[-1], ChatEnd)
    finally:
        engine.close()


# Its process


async def test_a_process_that_dies_fails_its_answer_and_the_next_one_works(engine: LlamaChat) -> None:
    async def until_killed() -> None:
        async with engine.reply(asked("Tell me a long story.", max_tokens=1500)) as deltas:
            async for _ in deltas:
                os.kill(engine.supervisor.pid, signal.SIGKILL)

    first = engine.supervisor.pid
    for _ in range(2):
        with pytest.raises(EngineError) as failed:
            await until_killed()
        assert "engine_failed" == failed.value.code
        assert text_of(await answer(engine, asked("Say hello.")))
        assert engine.health()
    assert gone_within(first, 5)
    assert engine.supervisor.pid != first


async def test_a_process_that_died_meanwhile_is_not_noticed_by_who_asks(engine: LlamaChat) -> None:
    os.kill(engine.supervisor.pid, signal.SIGKILL)

    assert text_of(await answer(engine, asked("Say hello.")))


async def test_a_process_that_cannot_be_started_again_is_tried_for_until_it_can(
    model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_S", 0.2)
    weights = tmp_path / "weights.gguf"
    weights.symlink_to(next(model_files(NAME).glob("*.gguf")))
    options = {"models": {"mine": str(weights)}}
    _, info = plugin.configured(options)
    engine = plugin.load(info, no_files, options)
    try:
        weights.rename(tmp_path / "away")
        os.kill(engine.supervisor.pid, signal.SIGKILL)
        with anyio.fail_after(30):
            while engine.health():  # noqa: ASYNC110  # what is waited for happens in a thread
                await asyncio.sleep(0.02)
        monkeypatch.setattr(supervisor, "READY_WITHIN_S", 0.1)
        with pytest.raises(ServerBusy, match="started again"):
            await answer(engine, asked("Hello"))

        (tmp_path / "away").rename(weights)

        monkeypatch.setattr(supervisor, "READY_WITHIN_S", 30.0)
        assert text_of(await answer(engine, asked("Say hello.")))
        assert engine.health()
    finally:
        engine.close()


async def test_only_closing_ends_the_process_and_leaves_no_answer(model_files: Files) -> None:
    engine = loaded(model_files)
    pid = engine.supervisor.pid

    os.kill(pid, signal.SIGTERM)  # as a service manager does, to all processes at once
    assert text_of(await answer(engine, asked("Say hello.")))
    assert pid == engine.supervisor.pid
    engine.close()

    assert not is_there(pid)
    assert not engine.health()
    with pytest.raises(EngineError, match="closed"):
        await answer(engine, asked("Hello"))
    engine.close()


LOADS_AND_WAITS = """
import signal
import time
from pathlib import Path
from firstword.engines.llama import plugin
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell runs in the background
engine = plugin.load(plugin.infos()[0], lambda model_id: Path({folder!r}), {{}})
print(engine.supervisor.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_process_ends_with_its_parent_however_that_ends(model_files: Files, end: signal.Signals) -> None:
    code = LOADS_AND_WAITS.format(folder=str(model_files(NAME)))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_there(pid)
        parent.send_signal(end)
        parent.wait()

    assert gone_within(pid, 10)


def test_nobody_without_its_key_is_answered(engine: LlamaChat) -> None:
    with pytest.raises(HTTPError, match="401") as refused:
        urlopen(f"http://127.0.0.1:{_port(engine)}/v1/models")
    refused.value.close()
    command = Path(f"/proc/{engine.supervisor.pid}/cmdline").read_bytes()
    assert _key(engine).encode() not in command


def _port(engine: LlamaChat) -> int:
    process = engine.supervisor._process
    assert process
    return process.port


def _key(engine: LlamaChat) -> str:
    process = engine.supervisor._process
    assert process
    return process.api_key


# What there is


def test_the_store_s_model_is_there_and_those_that_the_settings_name(model_files: Files) -> None:
    (info,) = plugin.configured({})
    assert (NAME, (NAME,)) == (info.model_id, info.needs)
    assert [info] == list(plugin.infos())

    file = next(model_files(NAME).glob("*.gguf"))
    _, mine = plugin.configured({"models": {"mine": str(file)}})
    assert ("mine", ()) == (mine.model_id, mine.needs)


def test_a_wrong_option_is_refused_and_named(tmp_path: Path) -> None:
    text = tmp_path / "text.gguf"
    text.write_text("This is text.", "utf-8")
    for options, said in (
        ({"modles": {}}, "unknown option modles"),
        ({"threads": 0}, "threads must be 1"),
        ({"models": {"mine": str(tmp_path / "nothing.gguf")}}, "No such file"),
        ({"models": {"mine": str(text)}}, "is no GGUF file"),
        ({"models": {NAME: str(text)}}, "is the store's"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            plugin.configured(options)


def test_a_file_that_the_runtime_cannot_load_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\x03\x00\x00\x00" + b"\x01" * 4_000)
    options = {"models": {"mine": str(broken)}}
    _, info = plugin.configured(options)

    with pytest.raises(ConfigurationError, match=r"mine cannot be loaded from .*broken\.gguf"):
        plugin.load(info, no_files, options)


@pytest.mark.parametrize(
    ("missing", "remedy"),
    [("libgomp.so.1: cannot open shared object file", "libgomp1"), ("No module", "pip install xllamacpp")],
)
def test_a_runtime_that_cannot_be_imported_says_what_to_install(
    model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, remedy: str
) -> None:
    (tmp_path / "xllamacpp.py").write_text(f"raise ImportError({missing!r})", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(ConfigurationError, match=remedy):
        loaded(model_files)


def test_a_runtime_that_ends_at_once_is_an_error(
    model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xllamacpp.py").write_text("import os\nos.abort()", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(ConfigurationError, match="its process ended with status -6"):
        loaded(model_files)


async def test_a_server_has_it_and_lets_it_go(model_files: Files) -> None:
    application = assembly.assemble(settings(flags={"engines": ("tone", "llama"), "default_model": "tone"}))
    await application.host.start()
    async with application.host.use_chat(NAME) as engine:
        assert isinstance(engine, LlamaChat)
        pid = engine.supervisor.pid
        assert text_of(await answer(engine, asked("Say hello.")))
    await application.aclose()

    assert not is_there(pid)
