"""A chat over HTTP: messages go out, words come back as they are written, and audio as it is spoken."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from firstword.client.asking.connection import Connection, media_type
from firstword.client.asking.events import (
    ChatAudio,
    ChatEvent,
    ChatEvents,
    ChatText,
    ChatWords,
    SpokenWord,
    broke_off,
)
from firstword.client.asking.sse import events
from firstword.core.errors import EngineError

PATH = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class Piece:
    """What came at once."""

    text: str = ""
    pcm: bytes = b""
    """24 kHz mono, 16 bit little endian."""
    words: tuple[SpokenWord, ...] = ()
    """Words that begin in the audio after this; where they were asked for."""
    audio_id: str | None = None
    """Stands for the answer in the next turn; from the piece on in which it was told."""


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
        extensions: `model_extensions`, which only firstword knows; `{"timings": "word"}` asks for the words.
        api_key: sent as a Bearer.

    Raises:
        RequestError: the server refused the request.
        CapacityError: it is full, or the key is over its limit.
        EngineError: nobody answers, or the answer broke off before its end.
    """
    body = chat_body(messages, model=model, voice=voice, extensions=extensions)
    server = Connection(base_url, api_key)
    with server.post(PATH, json=body) as response:
        refuse_other(server, media_type(response))
        yield _pieces(response.iter_bytes())


def chat_body(
    messages: Sequence[Mapping[str, Any]],
    *,
    model: str,
    voice: str | None,
    audio_format: str = "pcm16",
    extensions: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The request of a streamed answer."""
    body: dict[str, Any] = {"model": model, "messages": list(messages), "stream": True}
    if voice is not None:
        body |= {"modalities": ["text", "audio"], "audio": {"voice": voice, "format": audio_format}}
    if extensions:
        body["model_extensions"] = dict(extensions)
    return body


def refuse_other(server: Connection, kind: str) -> None:
    """Passes events; a wrong address answers with something else.

    Raises:
        EngineError: it did.
    """
    if kind != "text/event-stream":
        raise EngineError(f"{server.root} answered with {kind} instead of events: is the address right?")


def _pieces(body: Iterable[bytes]) -> Iterator[Piece]:
    answer = ChatEvents()
    for chunk in events(body):
        if chunk is None:
            return
        for event in answer.of(chunk):
            yield _piece(event, answer.audio_id)
    raise broke_off()


def _piece(event: ChatEvent, audio_id: str | None) -> Piece:
    match event:
        case ChatText(text):
            return Piece(text, audio_id=audio_id)
        case ChatAudio(data):
            return Piece(pcm=data, audio_id=audio_id)
        case ChatWords(words):
            return Piece(words=words, audio_id=audio_id)
    return Piece(audio_id=audio_id)
