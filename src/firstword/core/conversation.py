"""The values of a conversation: what was said so far, what may be called, what is answered.

Frozen, slotted and picklable like those in `core/types.py`. Audio that came in has become text before a chat
model sees it; what the model writes becomes speech after it has left the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """Who says a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class FinishReason(StrEnum):
    """Why an answer ended."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model asks for."""

    id: str
    name: str
    arguments: str
    """JSON, as the model wrote it."""


@dataclass(frozen=True, slots=True)
class Tool:
    """Something the model may call."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """A JSON schema of an object."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn."""

    role: Role
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    """Of an assistant's turn."""
    tool_call_id: str | None = None
    """Of a tool's turn: the call it answers."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a chat model is asked; what chat engines see."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    """`auto`, `none`, `required`, or the name of a tool."""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    response_format: Mapping[str, Any] | None = None
    """OpenAI's object: `json_object` or `json_schema`; None for free text."""


@dataclass(frozen=True, slots=True)
class ChatUsage:
    """Tokens by the model's own tokenizer."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """More of a call: the first of an `index` has its id and name, the others only more of its arguments."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class ChatEnd:
    """The last delta of an answer."""

    reason: FinishReason
    usage: ChatUsage | None = None
    """None where the model does not count."""


ChatDelta = TextDelta | ToolCallDelta | ChatEnd
"""What a chat engine gives, in order; exactly one `ChatEnd`, at the end."""
