"""Recordings over HTTP: a file goes out as it is read from disk, its words come back."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import httpx2

from firstword.client.asking.connection import CONNECT_S, SILENCE_S, Connection, media_type, told
from firstword.core.errors import EngineError

PATIENCE_S = 14_400.0
"""How long a server may take to hear a recording before a byte of its answer comes."""
FAILED = 500
"""The status that fits a failure which came after 200 had been said."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about a recording."""

    model: str = "whisper-1"
    language: str | None = None
    """ISO 639-1 or BCP 47; None: the model finds out."""
    prompt: str | None = None
    """Words to expect, or what was said before."""
    words: bool = False
    """The times of the words, told in `verbose_json`."""
    translate: bool = False
    """English is written, whatever is spoken."""


def transcribe(
    base_url: str,
    file: BinaryIO,
    *,
    name: str,
    asked: Asked,
    response_format: str = "json",
    api_key: str | None = None,
    sent: Callable[[int], object] = lambda size_bytes: None,
) -> str:
    """What was said in a recording, in the shape that was asked for, when all has been heard.

    Args:
        base_url: the server's address, with or without `/v1`.
        file: open for reading, seekable; read in pieces from its beginning, and left open.
        name: of the file, whose ending tells some servers what it is.
        asked: what is asked.
        response_format: `json`, `text`, `srt`, `vtt` or `verbose_json`.
        api_key: sent as a Bearer.
        sent: told how many bytes of the file have been read and handed to the network.

    Raises:
        RequestError: the server refused the request, or cannot read the recording.
        CapacityError: it is full, or the key is over its limit.
        EngineError: nobody answers, or the answer broke off.
    """
    fields = _fields(asked) | {"response_format": response_format}
    if asked.words and response_format == "verbose_json":
        fields["timestamp_granularities[]"] = ["segment", "word"]
    opened = _post(base_url, file, name, fields, asked.translate, api_key=api_key, sent=sent)
    with opened as response:
        response.read()
        return response.text


@contextmanager
def stream_transcription(
    base_url: str,
    file: BinaryIO,
    *,
    name: str,
    asked: Asked,
    api_key: str | None = None,
    sent: Callable[[int], object] = lambda size_bytes: None,
) -> Generator[Iterator[str]]:
    """The text of a recording in pieces, as it is heard; entering takes until the answer begins.

    A model that does not stream (`whisper-1`, and all translation) gives one piece at the end. The arguments
    are those of `transcribe`.

    Raises:
        RequestError: the server refused the request, or cannot read the recording.
        CapacityError: it is full, or the key is over its limit.
        EngineError: nobody answers, or the text broke off before its end.
    """
    fields = _fields(asked) | {"response_format": "json"}
    if not asked.translate:
        fields["stream"] = "true"
    opened = _post(base_url, file, name, fields, asked.translate, api_key=api_key, sent=sent)
    with opened as response:
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            yield _deltas(response.iter_lines())
        else:
            yield iter([_text(response)])


def _fields(asked: Asked) -> dict[str, Any]:
    fields = {"model": asked.model, "prompt": asked.prompt}
    if not asked.translate:
        fields["language"] = asked.language
    return {name: value for name, value in fields.items() if value is not None}


@contextmanager
def _post(
    base_url: str,
    file: BinaryIO,
    name: str,
    fields: dict[str, Any],
    translate: bool,
    *,
    api_key: str | None,
    sent: Callable[[int], object],
) -> Generator[httpx2.Response]:
    server = Connection(base_url, api_key)
    path = "/v1/audio/translations" if translate else "/v1/audio/transcriptions"
    body = cast(BinaryIO, _Told(file, sent))
    timeout = httpx2.Timeout(PATIENCE_S, connect=CONNECT_S, write=SILENCE_S)
    with server.post(path, data=fields, files={"file": (name, body)}, timeout=timeout) as response:
        kind = media_type(response)
        if kind == "text/html":
            raise EngineError(f"{server.root} answered with {kind} instead of text: is the address right?")
        yield response


class _Told:
    """A file that tells how much of it has been read.

    Args:
        file: open for reading.
        sent: told.
    """

    def __init__(self, file: BinaryIO, sent: Callable[[int], object]) -> None:
        self._file = file
        self._sent = sent

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._file.read(size)
        self._sent(self._file.tell())
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """To another place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place."""
        return self._file.tell()

    def fileno(self) -> int:
        """What tells the size of the file."""
        return self._file.fileno()


def _text(response: httpx2.Response) -> str:
    """The text of a `json` answer; some servers answer with nothing but the text."""
    response.read()
    try:
        answer = response.json()
    except ValueError:
        return response.text
    text = answer.get("text") if isinstance(answer, dict) else None
    if not isinstance(text, str):
        raise EngineError(f"{response.request.url} did not answer with a text.")
    return text


def _deltas(lines: Iterable[str]) -> Iterator[str]:
    """The text that events carry.

    Raises:
        FirstwordError: an event tells of a failure, or the last one never came.
    """
    begun = False
    for event in _events(lines):
        error = event.get("error")
        if failure := told(error, FAILED):
            raise failure
        match event.get("type"):
            case "transcript.text.delta":
                begun = True
                yield str(event.get("delta", ""))
            case "transcript.text.done":
                if not begun:
                    yield str(event.get("text", ""))
                return
    raise EngineError("The server broke off before its answer was complete.", code="incomplete")


def _events(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Server-sent events of one line of JSON each, as this API's are."""
    for line in lines:
        name, _, data = line.partition(":")
        if name != "data":
            continue
        try:
            event = json.loads(data)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event
