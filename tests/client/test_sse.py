"""Server-sent events, however their bytes are cut."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from firstword.client.asking import sse
from firstword.core.errors import EngineError

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

BODY = (
    b": hello\n\n"
    b'event: speech\ndata: {"text": "One\xe2\x80\xa8two\xc2\x85three"}\n\n'
    b'data:{"no": "space"}\r\n\r\n'
    b"data: nothing\n\ndata: [1, 2]\n\n"
    b'id: 7\ndata: {"last": true}\n\ndata: [DONE]'
)
EVENTS = [{"text": "One\u2028two\u0085three"}, {"no": "space"}, {"last": True}, None]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1_000])
async def test_events_are_found_however_a_body_is_cut(size: int) -> None:
    pieces = [BODY[at : at + size] for at in range(0, len(BODY), size)]

    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    assert EVENTS == list(sse.events(pieces))
    assert EVENTS == [event async for event in sse.events_async(body())]


def test_a_body_that_ends_within_an_event_has_broken_off() -> None:
    with pytest.raises(EngineError, match="broke off"):
        list(sse.events([b'data: {"a": 1}\n\ndata: {"b"']))


def test_a_line_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MOST_BYTES", 1_000)

    with pytest.raises(EngineError, match="line without end"):
        list(sse.events([b"data: " + b"a" * 400] * 3))


def test_an_event_comes_before_the_next_is_asked_for() -> None:
    asked: list[int] = []

    def body() -> Iterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield b'data: {"a": 1}\n\n'

    next(sse.events(body()))

    assert [0] == asked
