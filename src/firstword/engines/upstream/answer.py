"""A request as the JSON that is sent, and the chunks of an answer as deltas.

Source: OpenAI's chat completions; where servers differ from it, what they were seen to do.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

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
    ToolCallDelta,
)
from firstword.engines.upstream.endpoint import Endpoint

CHOICES = ("auto", "none", "required")
_REASONS = {
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
}


def new_call_id() -> str:
    """An id as OpenAI writes them."""
    return f"call_{secrets.token_hex(12)}"


def body_of(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    """What is asked; only what the caller has said, so that the server's own defaults hold."""
    given = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": list(request.stop) or None,
        "seed": request.seed,
        endpoint.max_tokens_field: request.max_tokens,
        "response_format": request.response_format,
        "tools": [_tool(tool) for tool in request.tools] or None,
        "tool_choice": _choice(request.tool_choice) if request.tools else None,
    }
    return {
        "model": endpoint.model,
        "messages": [_message(message) for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        **{name: value for name, value in given.items() if value is not None},
    }


def _choice(choice: str) -> object:
    return choice if choice in CHOICES else {"type": "function", "function": {"name": choice}}


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _message(message: Message) -> dict[str, Any]:
    written: dict[str, Any] = {"role": str(message.role), "content": message.text}
    if message.tool_calls:
        written["content"] = message.text or None
        written["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.role is Role.TOOL:
        written["tool_call_id"] = message.tool_call_id or ""
    return written


class AnswerReader:
    """Reads the chunks of one answer, in order.

    Raises `ValueError` for what is no chunk of an answer; an `error` in one is for the caller to look at.
    """

    def __init__(self) -> None:
        self._reason: FinishReason | None = None
        self._usage: ChatUsage | None = None
        self._calls: set[int] = set()

    @property
    def finished(self) -> bool:
        """Whether the model has said that it was done."""
        return self._reason is not None

    def read(self, chunk: Mapping[str, Any]) -> list[ChatDelta]:
        """The deltas of a chunk; a whole answer, from a server that does not stream, is one too."""
        try:
            return self._read(chunk)
        except (AttributeError, LookupError, TypeError) as failure:
            raise ValueError("it is no part of an answer") from failure

    def end(self) -> ChatEnd:
        """The last delta."""
        reason = self._reason or FinishReason.STOP
        if self._calls and reason is FinishReason.STOP:  # Ollama's
            reason = FinishReason.TOOL_CALLS
        return ChatEnd(reason, self._usage)

    def _read(self, chunk: Mapping[str, Any]) -> list[ChatDelta]:
        if usage := chunk.get("usage"):
            self._usage = _usage(usage)
        deltas: list[ChatDelta] = []
        for choice in (chunk.get("choices") or ())[:1]:
            said = choice.get("delta") or choice.get("message") or {}
            if text := said.get("content"):
                deltas.append(TextDelta(_text(text)))
            deltas += self._tool_calls(said.get("tool_calls") or ())
            if reason := choice.get("finish_reason"):
                self._reason = _REASONS.get(reason, FinishReason.STOP)
        return deltas

    def _tool_calls(self, calls: Sequence[Mapping[str, Any]]) -> list[ChatDelta]:
        deltas: list[ChatDelta] = []
        for call in calls:
            function = call.get("function") or {}
            name, arguments = function.get("name"), function.get("arguments") or ""
            if not isinstance(arguments, str):  # an object, where JSON in a string is due
                arguments = json.dumps(arguments)
            index = call.get("index")
            if index is None:  # a name begins a call, what has none goes on with the last
                index = len(self._calls) - (0 if name else 1)
            if index in self._calls:
                deltas.append(ToolCallDelta(index, arguments=arguments))
            else:
                self._calls.add(index)
                deltas.append(ToolCallDelta(index, call.get("id") or new_call_id(), str(name), arguments))
        return deltas


def _text(content: object) -> str:
    """Text, or the text parts of a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise TypeError("content is no text")
    return "".join(part["text"] for part in content if part.get("type") == "text")


def _usage(usage: Mapping[str, Any]) -> ChatUsage:
    details = usage.get("prompt_tokens_details") or {}
    return ChatUsage(
        int(usage.get("prompt_tokens") or 0),
        int(usage.get("completion_tokens") or 0),
        int(details.get("cached_tokens") or 0),
    )
