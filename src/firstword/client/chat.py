"""A chat over HTTP: messages go out, words come back as they are written, and audio as it is spoken."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from firstword.client.connection import Connection, media_type, told
from firstword.core.errors import EngineError

FAILED = 500
"""The status that fits a failure which came after 200 had been said."""
PREFIX, LAST = "data:", "[DONE]"


@dataclass(frozen=True, slots=True)
class Piece:
    """What came at once."""

    text: str = ""
    pcm: bytes = b""
    """24 kHz mono, 16 bit little endian."""


@contextmanager
def stream_chat(
    base_url: str,
    messages: Sequence[Mapping[str, Any]],
    *,
    model: str = "gpt-audio",
    voice: str | None = None,
    extensions: Mapping[str, Any] | None = None,
    api_key: str | None = None,
) -> Generator[Iterator[Piece]]:
    """Opens a streamed answer; entering takes until the server has accepted the request.

    Args:
        base_url: the server's address, with or without `/v1`.
        messages: as OpenAI writes them.
        model: a chat model of the server.
        voice: who speaks the answer; None: it is only written.
        extensions: `model_extensions`, which only firstword knows.
        api_key: sent as a Bearer.

    Raises:
        RequestError: the server refused the request.
        CapacityError: it is full, or the key is over its limit.
        EngineError: nobody answers, or the answer broke off before its end.
    """
    body: dict[str, Any] = {"model": model, "messages": list(messages), "stream": True}
    if voice is not None:
        body |= {"modalities": ["text", "audio"], "audio": {"voice": voice, "format": "pcm16"}}
    if extensions:
        body["model_extensions"] = dict(extensions)
    server = Connection(base_url, api_key)
    with server.post("/v1/chat/completions", json=body) as response:
        kind = media_type(response)
        if kind != "text/event-stream":
            raise EngineError(f"{server.root} answered with {kind} instead of events: is the address right?")
        yield _pieces(response.iter_lines())


def _pieces(lines: Iterable[str]) -> Iterator[Piece]:
    for line in lines:
        if not line.startswith(PREFIX):
            continue
        data = line.removeprefix(PREFIX).strip()
        if data == LAST:
            return
        event = json.loads(data)
        if failure := told(event.get("error"), FAILED):
            raise failure
        for choice in event.get("choices") or ():
            yield _piece(choice.get("delta") or {})
    raise EngineError("The server broke off before its answer was complete.", code="incomplete")


def _piece(delta: Mapping[str, Any]) -> Piece:
    audio = delta.get("audio") or {}
    text = audio.get("transcript") or delta.get("content") or ""
    return Piece(text, base64.b64decode(audio.get("data") or ""))
