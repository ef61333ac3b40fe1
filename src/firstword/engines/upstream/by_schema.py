"""Tools for models, and servers, that know none: the answer is held to a JSON schema, and told by a prompt.

The schema has one alternative for each tool, and, where the model may choose, one for an answer in words.
`forced.ForcedReader` turns what comes back into calls. Earlier calls and their results are written as text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from firstword.core.conversation import ChatRequest, Message, Role, Tool
from firstword.core.errors import InvalidRequest
from firstword.engines.upstream.answer import CHOICES

_TOGETHER = "\n\n"
_RULES = """You can call these tools:
{tools}

Write JSON only. To call a tool: {{"name": "TOOL", "arguments": {{...}}}}
{answering}Take the arguments from what the user says. Examples, with other tools:
User: Wake me at 6:30 tomorrow.
{{"name": "set_alarm", "arguments": {{"time": "06:30", "day": "tomorrow"}}}}
User: Add milk and bread to my list.
{{"name": "add_items", "arguments": {{"items": ["milk", "bread"]}}}}
{small_talk}"""
_ANSWERING = """To answer without a tool: {"answer": "..."}
"""
_SMALL_TALK = """User: Hello, how are you?
{"answer": "I am fine, thank you. What can I do for you?"}
"""


def is_forced(request: ChatRequest) -> bool:
    """Whether the answer is held to a schema of ours.

    Where a tool has just answered and the model may choose, words are due: a small model would call it again.
    """
    answered = bool(request.messages) and request.messages[-1].role is Role.TOOL
    words = request.tool_choice == "none" or (request.tool_choice == "auto" and answered)
    return bool(request.tools) and not words


def check(request: ChatRequest) -> None:
    """Refuses what cannot be done by a schema.

    Raises:
        InvalidRequest: tools and a `response_format` of the caller's at once.
    """
    if is_forced(request) and request.response_format is not None:
        raise InvalidRequest(
            f"The model {request.model!r} cannot be held to a response_format and call tools; "
            "ask for one of them, or with tool_choice 'none'.",
            param="response_format",
        )


def written_out(request: ChatRequest) -> ChatRequest:
    """The same request without tools: they are in its first message and in its `response_format`."""
    messages = list(request.messages)
    forced = is_forced(request)
    offered = _offered(request) if forced else ()
    if forced:
        system = Message(Role.SYSTEM, _rules(offered, free=request.tool_choice == "auto"))
        messages.insert(1 if messages and messages[0].role is Role.SYSTEM else 0, system)
    return replace(
        request,
        messages=tuple(_merged(_as_text(messages))),
        tools=(),
        tool_choice="auto",
        response_format=_format(offered, free=request.tool_choice == "auto")
        if forced
        else request.response_format,
    )


def _offered(request: ChatRequest) -> Sequence[Tool]:
    if request.tool_choice in CHOICES:
        return request.tools
    return [tool for tool in request.tools if tool.name == request.tool_choice]


def _rules(tools: Sequence[Tool], *, free: bool) -> str:
    listed = "\n".join(
        f"- {tool.name}: {tool.description} Arguments: {json.dumps(dict(tool.parameters))}" for tool in tools
    )
    return _RULES.format(
        tools=listed, answering=_ANSWERING if free else "", small_talk=_SMALL_TALK if free else ""
    ).rstrip()


def _format(tools: Sequence[Tool], *, free: bool) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    forms = [_object(name={"const": tool.name}, arguments=_arguments(tool, definitions)) for tool in tools]
    if free:
        forms.append(_object(answer={"type": "string"}))
    schema: dict[str, Any] = {"anyOf": forms} if len(forms) > 1 else forms[0]
    if definitions:
        schema = {**schema, "$defs": definitions}
    return {"type": "json_schema", "json_schema": {"name": "call", "strict": True, "schema": schema}}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _arguments(tool: Tool, definitions: dict[str, Any]) -> dict[str, Any]:
    """A tool's own schema; what it refers to is moved to where the whole schema has such things."""
    parameters = dict(tool.parameters)
    for keyword in ("$defs", "definitions"):
        for name, schema in (parameters.pop(keyword, None) or {}).items():
            definitions[f"{tool.name}.{name}"] = _referring(schema, tool.name)
    written: dict[str, Any] = _referring(parameters, tool.name)
    if not written.get("properties"):
        written = {"type": "object", "properties": {}, "additionalProperties": False} | written
    return {"type": "object"} | written


def _referring(schema: Any, tool: str) -> Any:
    if isinstance(schema, Mapping):
        made = {name: _referring(value, tool) for name, value in schema.items()}
        target = made.get("$ref")
        if isinstance(target, str):
            for keyword in ("#/$defs/", "#/definitions/"):
                if target.startswith(keyword):
                    made["$ref"] = f"#/$defs/{tool}.{target.removeprefix(keyword)}"
        return made
    return [_referring(item, tool) for item in schema] if isinstance(schema, list) else schema


def _as_text(messages: Sequence[Message]) -> list[Message]:
    """Results as what the user tells; the calls are told with them.

    A small model that finds its own calls in what it has said goes on to write JSON where words are due.
    """
    calls = {call.id: call for message in messages for call in message.tool_calls}
    made = []
    for message in messages:
        if message.role is Role.TOOL:
            call = calls.get(message.tool_call_id or "")
            what = f"{call.name} {call.arguments}" if call else "the tool"
            made.append(Message(Role.USER, f"Result of {what}: {message.text}"))
        elif message.text or not message.tool_calls:
            made.append(replace(message, tool_calls=()))
    return made


def _merged(messages: Sequence[Message]) -> list[Message]:
    """Neighbours of one role as one: some templates refuse two."""
    made: list[Message] = []
    for message in messages:
        if made and made[-1].role is message.role:
            made[-1] = Message(message.role, made[-1].text + _TOGETHER + message.text)
        else:
            made.append(message)
    return made
