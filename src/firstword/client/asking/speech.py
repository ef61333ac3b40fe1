"""Speech over HTTP: a text goes out, audio comes back as it is made."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from firstword.client.asking.connection import Connection, media_type
from firstword.core.errors import EngineError

PATH = "/v1/audio/speech"
NOT_AUDIO = ("text/html", "text/plain", "application/json")
"""What a wrong address answers a speech request with, and says 200 to it."""


@contextmanager
def stream_speech(
    base_url: str,
    *,
    text: str,
    model: str = "tts-1",
    voice: str = "alloy",
    response_format: str = "mp3",
    speed: float | None = None,
    extensions: Mapping[str, Any] | None = None,
    api_key: str | None = None,
) -> Generator[Iterator[bytes]]:
    """Opens a stream of encoded audio; entering takes until the server has accepted the request.

    Pieces come as the network gives them: asking for a size would hold the first word back until
    that much has arrived.

    Args:
        base_url: the server's address, with or without `/v1`.
        text: what to speak.
        model: a model of the server.
        voice: a voice of the server.
        response_format: `pcm`, `wav`, `mp3`, `opus`, `aac` or `flac`.
        speed: 0.25 to 4; None for the voice's own pace.
        extensions: `model_extensions`, which only firstword knows.
        api_key: sent as a Bearer.

    Raises:
        RequestError: the server refused the request.
        CapacityError: it is full, or the key is over its limit.
        EngineError: nobody answers, or the audio broke off before its end.
    """
    options = speech_options(model, voice, response_format, speed=speed, extensions=extensions)
    server = Connection(base_url, api_key)
    with server.post(PATH, json={"input": text, **options}) as response:
        refuse_other(server, media_type(response))
        yield response.iter_bytes()


def speech_options(
    model: str,
    voice: str,
    response_format: str,
    *,
    speed: float | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A speech request without its text."""
    options: dict[str, Any] = {"model": model, "voice": voice, "response_format": response_format}
    if speed is not None:
        options["speed"] = speed
    if extensions:
        options["model_extensions"] = dict(extensions)
    return options


def refuse_other(server: Connection, kind: str) -> None:
    """Passes audio and events.

    Raises:
        EngineError: this is what a wrong address answers with.
    """
    if kind in NOT_AUDIO:
        raise EngineError(f"{server.root} answered with {kind} instead of audio: is the address right?")
