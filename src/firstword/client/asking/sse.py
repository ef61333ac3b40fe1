"""Server-sent events, as speech servers send them: a line of JSON each.

Source: HTML, 9.2, of which these APIs use `data` alone. Lines end in LF or CR LF and in nothing else: a text
may well have one of the other characters in it that Python takes for the end of a line.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any

from firstword.client.asking.events import broke_off
from firstword.core.errors import EngineError

LAST = b"[DONE]"
MOST_BYTES = 64 << 20
"""A longer line is no event."""

Event = dict[str, Any] | None
"""A JSON object; None stands for `[DONE]`."""


def events(body: Iterable[bytes]) -> Iterator[Event]:
    """The events of a body, however it was cut. What is no JSON object is passed over.

    Raises:
        EngineError: this is no stream of events, or it breaks off in the middle of one.
    """
    lines = _Lines()
    for piece in body:
        yield from lines.feed(piece)
    yield from lines.end()


async def events_async(body: AsyncIterable[bytes]) -> AsyncIterator[Event]:
    """The same, of a body that is read in an event loop."""
    lines = _Lines()
    async for piece in body:
        for event in lines.feed(piece):
            yield event
    for event in lines.end():
        yield event


class _Lines:
    """Keeps the line that has not ended yet."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, piece: bytes) -> Iterator[Event]:
        self._rest += piece
        if b"\n" not in piece:
            if len(self._rest) > MOST_BYTES:
                raise EngineError("The server sent a line without end instead of events.")
            return
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        for line in lines:
            yield from _event(line)

    def end(self) -> Iterator[Event]:
        """The line that was the last, if it is whole."""
        line = bytes(self._rest)
        found = list(_event(line))
        if not found and line.startswith(b"data:") and line[len(b"data:") :].lstrip().startswith(b"{"):
            raise broke_off()
        yield from found


def _event(line: bytes) -> Iterator[Event]:
    name, _, data = line.partition(b":")
    if name != b"data":
        return
    if data.strip() == LAST:
        yield None
        return
    try:
        event = json.loads(data)
    except ValueError:
        return
    if isinstance(event, dict):
        yield event
