"""An answer that was held to a schema, turned back into what it means while it is written.

`{"name": ..., "arguments": {...}}` is a call, whose arguments leave as they come; `{"answer": "..."}`
is text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from enum import Enum, auto

from firstword.core.conversation import ChatDelta, ChatEnd, FinishReason, TextDelta, ToolCallDelta
from firstword.engines.upstream.answer import new_call_id

LONGEST_HEAD_CHARS = 2_000
_CALL = re.compile(r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*(?=\S)')
_ANSWER = re.compile(r'\s*\{\s*"answer"\s*:\s*"')
_STRUCTURE = re.compile(r'["{}\[\]\\]')
_PIECE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a character of two halves
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}(?=[^\\]|\\[^u]|\\u(?:[0-9a-ce-fA-CE-F]|[dD][0-9abAB]))"  # half of one
    r"|\\u(?![dD][89abAB])[0-9a-fA-F]{4}"
    r"|\\[^u]"
    r'|[^"\\]+'
    r'|"'
)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class _Part(Enum):
    HEAD = auto()
    CALL = auto()
    ANSWER = auto()
    PLAIN = auto()
    OVER = auto()


class ForcedReader:
    """A stage: the deltas of a forced answer to those of what it means.

    What is no forced answer (from a server that does not hold to schemas) is passed on as text.

    Args:
        call_id: makes the id of a call.
    """

    def __init__(self, call_id: Callable[[], str] = new_call_id) -> None:
        self._call_id = call_id
        self._part = _Part.HEAD
        self._held = ""
        self._called = False
        self._depth = 0
        self._quoted = False
        self._escaped = False

    def feed(self, item: ChatDelta, /) -> list[ChatDelta]:
        """Takes the next delta; gives what it means."""
        if isinstance(item, TextDelta):
            return self._read(item.text)
        if isinstance(item, ChatEnd):
            calls = self._called and item.reason is FinishReason.STOP
            return [*self.flush(), ChatEnd(FinishReason.TOOL_CALLS, item.usage) if calls else item]
        return [item]

    def flush(self) -> list[ChatDelta]:
        """The beginning of a form that broke off is nobody's text."""
        held, self._held = self._held, ""
        if self._part is _Part.HEAD and held and not held.lstrip().startswith("{"):
            return [TextDelta(held)]
        return []

    def _read(self, text: str) -> list[ChatDelta]:
        match self._part:
            case _Part.HEAD:
                return self._head(text)
            case _Part.CALL:
                return self._arguments(text)
            case _Part.ANSWER:
                return self._answer(text)
            case _Part.PLAIN:
                return [TextDelta(text)] if text else []
            case _Part.OVER:
                return []

    def _head(self, text: str) -> list[ChatDelta]:
        self._held += text
        if found := _CALL.match(self._held):
            rest = self._take(found)
            self._part, self._called = _Part.CALL, True
            return [ToolCallDelta(0, self._call_id(), json.loads(found[1])), *self._arguments(rest)]
        if found := _ANSWER.match(self._held):
            rest = self._take(found)
            self._part = _Part.ANSWER
            return self._answer(rest)
        begun = self._held.lstrip()
        if begun and (begun[0] != "{" or len(begun) > LONGEST_HEAD_CHARS):
            self._part, plain, self._held = _Part.PLAIN, self._held, ""
            return [TextDelta(plain)]
        return []

    def _take(self, found: re.Match[str]) -> str:
        rest, self._held = self._held[found.end() :], ""
        return rest

    def _arguments(self, text: str) -> list[ChatDelta]:
        """Passes on the JSON value that `text` goes on with, and no more than that."""
        end = self._end_of_value(text)
        if end is not None:
            self._part, text = _Part.OVER, text[:end]
        return [ToolCallDelta(0, arguments=text)] if text else []

    def _end_of_value(self, text: str) -> int | None:
        at = 0
        while at < len(text):
            if self._escaped:
                self._escaped = False
                at += 1
                continue
            found = _STRUCTURE.search(text, at)
            if found is None:
                return None
            at = found.end()
            char = found[0]
            if char == '"':
                self._quoted = not self._quoted
            elif self._quoted:
                self._escaped = char == "\\"
            elif char in "{[":
                self._depth += 1
            elif char in "}]":
                self._depth -= 1
                if self._depth == 0:
                    return at
        return None

    def _answer(self, text: str) -> list[ChatDelta]:
        """Passes on a JSON string's text; half an escape waits for its other half."""
        self._held += text
        at, made = 0, []
        while found := _PIECE.match(self._held, at):
            at = found.end()
            if found[0] == '"':
                self._part, self._held, at = _Part.OVER, "", 0
                break
            made.append(_character(found[0]) if found[0][0] == "\\" else found[0])
        self._held = self._held[at:]
        said = "".join(made)
        return [TextDelta(said)] if said else []


def _character(escape: str) -> str:
    """What an escape of JSON stands for; half a character is none."""
    if escape[1] != "u":
        return _ESCAPES.get(escape[1], escape[1])
    char = str(json.loads(f'"{escape}"'))
    return "\ufffd" if "\ud800" <= char <= "\udfff" else char
