"""The bytes of an answer, as the JSON objects that are in them.

Source: WHATWG HTML, server-sent events; and what servers send in its place: `data:` without the space, an
event that ends with its line, `error:` for a field, comments that keep a connection alive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

Event = Mapping[str, Any] | None
"""An object; None is `[DONE]`."""

DONE = "[DONE]"
LONGEST_BYTES = 4_000_000
"""Of one event; a model's token makes some 300."""


class EventReader:
    """A stage: bytes of a body, however cut, to events.

    `feed` and `flush` raise `ValueError` for an event that is no JSON object, or too long.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[str] = []

    def feed(self, item: bytes, /) -> list[Event]:
        """Takes bytes; gives the events that are complete."""
        found: list[Event] = []
        *lines, rest = item.split(b"\n")
        for line in lines:
            self._line += line
            found += self._read(self._line.rstrip(b"\r").decode("utf-8", "replace"))
            self._line.clear()
        self._line += rest
        if len(self._line) + sum(map(len, self._data)) > LONGEST_BYTES:
            raise ValueError("an event is too long")
        return found

    def flush(self) -> list[Event]:
        """The body has ended; an event that nothing has closed counts."""
        last = self._line.rstrip(b"\r").decode("utf-8", "replace")
        self._line.clear()
        return [*self._read(last), *self._read("")]

    def _read(self, line: str) -> Iterable[Event]:
        if not line:
            if self._data:
                raise ValueError(f"it is no JSON: {' '.join(self._data)[:80]!r}")
            return ()
        name, _, value = line.partition(":")
        if name not in ("data", "error"):
            return ()
        self._data.append(value.removeprefix(" "))
        text = "\n".join(self._data)
        if text.strip() == DONE:
            self._data.clear()
            return (None,)
        try:
            event = json.loads(text)
        except ValueError:
            return ()  # the rest is on the next line
        self._data.clear()
        if not isinstance(event, dict):
            raise ValueError(f"it is no object: {text[:80]!r}")
        return ({"error": event} if name == "error" and "error" not in event else event,)
