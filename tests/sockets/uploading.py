"""Recordings of whistles, and the forms they are sent in."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Iterable
from http.client import HTTPResponse
from typing import Any

from firstword.core.types import Samples
from tests.pipeline.whistling import pcm, whistle
from tests.sockets.conftest import Running

PATH = "/v1/audio/transcriptions"
BOUNDARY = "a-boundary-of-some-length"
APART = " ... ... ... ... ... "
"""Silence after which another piece begins."""
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def wav(samples: Samples, rate: int = 16_000) -> bytes:
    """A whole file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(rate)
        opened.writeframes(pcm(samples))
    return file.getvalue()


def whistled(text: str) -> bytes:
    """A recording of some words."""
    return wav(whistle(text))


def form(
    file: bytes | None,
    fields: Iterable[tuple[str, str]],
    *,
    name: str = "a.wav",
    media_type: str = "audio/wav",
) -> bytes:
    """A multipart body; the file comes last."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields
    ]
    if file is not None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: {media_type}\r\n\r\n".encode() + file + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def upload(
    running: Running,
    file: bytes | None,
    *more: tuple[str, str],
    path: str = PATH,
    headers: dict[str, str] | None = None,
    **fields: str,
) -> HTTPResponse:
    """One recording, for `whisper-1` unless said otherwise."""
    given = {"model": "whisper-1", **fields}
    body = form(file, [*given.items(), *more])
    return running.request("POST", path, body, {**MULTIPART, **(headers or {})})


def told(answer: HTTPResponse) -> dict[str, Any]:
    """The JSON of a good answer."""
    raw = answer.read()
    assert answer.status == 200, raw
    body: dict[str, Any] = json.loads(raw)
    return body


def refused(answer: HTTPResponse) -> tuple[int, str, str | None]:
    """Status, code and field of a refusal."""
    error = json.loads(answer.read())["error"]
    assert error["message"].endswith((".", ")")), error
    return answer.status, error["code"], error["param"]


def events(raw: bytes) -> list[dict[str, Any]]:
    """The server-sent events of a body."""
    lines = raw.decode().split("\n\n")
    assert lines.pop() == ""
    return [json.loads(line.removeprefix("data: ")) for line in lines]
