"""What an engine that answers must do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import anyio

from firstword.core.conversation import (
    ChatDelta,
    ChatEnd,
    ChatRequest,
    FinishReason,
    Message,
    Role,
    TextDelta,
    Tool,
    ToolCallDelta,
)
from firstword.core.protocols import ChatEngine
from firstword.core.types import Task
from firstword.testing.expectations import THREADS, listed, refused


async def check_chat(engine: ChatEngine) -> None:
    """Runs every check of a chat model, on the running event loop.

    Args:
        engine: loaded.
    """
    case = Asking(engine)
    for check in CHAT_CHECKS:
        await check(case)


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked of a chat model."""

    engine: ChatEngine

    def request(self, text: str = "Say hello.", **asked: Any) -> ChatRequest:
        """A question."""
        return ChatRequest(self.engine.info.model_id, (Message(Role.USER, text),), **asked)

    async def answer(self, **asked: Any) -> list[ChatDelta]:
        """All deltas of an answer."""
        async with self.engine.reply(self.request(**asked)) as deltas:
            return [delta async for delta in deltas]


PICK = Tool(
    "pick_number",
    "Picks a number.",
    {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]},
)


async def chat_info_is_complete(case: Asking) -> None:
    """Everything that listings tell is there."""
    info = case.engine.info
    listed(info, Task.CHAT)
    assert info.languages, "languages is empty"


async def answers_with_text_and_one_end(case: Asking) -> None:
    """Text, and one end after all of it, with the reason."""
    *deltas, end = await case.answer(max_tokens=40)
    assert isinstance(end, ChatEnd), "the last delta is no end"
    assert all(isinstance(delta, TextDelta) for delta in deltas), "there is more than text before the end"
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)).strip(), "it said nothing"
    assert end.usage is None or (end.usage.prompt_tokens > 0 and end.usage.completion_tokens > 0), (
        "it counts, and counted nothing"
    )


async def keeps_to_max_tokens(case: Asking) -> None:
    """An answer that is cut for its length says so."""
    *_, end = await case.answer(max_tokens=1)
    assert isinstance(end, ChatEnd), "the last delta is no end"
    assert end.reason is FinishReason.LENGTH, f"an answer of one token ended with {end.reason}"


async def answers_several_at_once(case: Asking) -> None:
    """Whoever asks meanwhile waits for a turn, and gets an answer too."""
    ends: list[ChatDelta] = []

    async def ask() -> None:
        ends.append((await case.answer(max_tokens=8))[-1])

    async with anyio.create_task_group() as callers:
        for _ in range(THREADS):
            callers.start_soon(ask)
    assert all(isinstance(end, ChatEnd) for end in ends), "an answer beside others did not end"


async def can_be_left_mid_answer(case: Asking) -> None:
    """Leaving before, or after the first word leaves a model that still answers."""
    for taken in (0, 1):
        async with case.engine.reply(case.request()) as deltas:
            for _ in range(taken):
                await anext(deltas)
    await answers_with_text_and_one_end(case)
    assert case.engine.health(), "after a listener left it is not healthy"


async def calls_a_tool_when_it_must(case: Asking) -> None:
    """A call that is required is made; its first delta names it, its arguments are JSON of the schema."""
    if "tools" not in case.engine.info.capabilities:
        return
    request = {"tools": (PICK,), "tool_choice": "required", "max_tokens": 60}
    *deltas, end = await case.answer(text="Pick the number seven.", **request)
    calls = [delta for delta in deltas if isinstance(delta, ToolCallDelta)]
    assert calls, "it made no call"
    assert calls[0].id, "the first delta of a call has no id"
    assert calls[0].name == PICK.name, "the first delta of a call has no name, or another"
    assert isinstance(end, ChatEnd), "the last delta is no end"
    assert end.reason is FinishReason.TOOL_CALLS, f"calls ended with {end.reason}"
    arguments = json.loads("".join(call.arguments for call in calls if call.index == calls[0].index))
    assert isinstance(arguments.get("number"), int), "the arguments are not of the schema"


async def refuses_a_tool_that_is_not_there(case: Asking) -> None:
    """A tool_choice that names no tool of the request is an error, and nobody is asked."""
    refused(
        lambda: case.engine.check(case.request(tool_choice="nothing_like_it")),
        "check() let a tool pass that is not there",
    )


CHAT_CHECKS = (
    chat_info_is_complete,
    answers_with_text_and_one_end,
    keeps_to_max_tokens,
    answers_several_at_once,
    can_be_left_mid_answer,
    calls_a_tool_when_it_must,
    refuses_a_tool_that_is_not_there,
)
"""Those of a chat model, in the order in which they are run."""
