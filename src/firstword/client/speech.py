"""Speech over HTTP: a text goes out, audio comes back as it is made."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from firstword.client.connection import Connection, media_type
from firstword.core.errors import EngineError

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
    body: dict[str, Any] = {
        "model": model,
        "input": text,
        "voice": voice,
        "response_format": response_format,
    }
    if speed is not None:
        body["speed"] = speed
    if extensions:
        body["model_extensions"] = dict(extensions)
    server = Connection(base_url, api_key)
    with server.post("/v1/audio/speech", json=body) as response:
        kind = media_type(response)
        if kind in NOT_AUDIO:
            raise EngineError(f"{server.root} answered with {kind} instead of audio: is the address right?")
        yield response.iter_bytes()
