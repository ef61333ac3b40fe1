"""What a server has to offer, and whether it is ready."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from firstword.client.asking.connection import Connection
from firstword.core.errors import EngineError, FirstwordError

MODELS, VOICES = "/v1/models", "/v1/audio/voices"
BETWEEN_TRIES_S = 0.05


def list_models(base_url: str, *, api_key: str | None = None) -> list[dict[str, Any]]:
    """The objects of `GET /v1/models`: OpenAI's fields, and on firstword those of `wire.listings`.

    Raises:
        FirstwordError: the server refused, or cannot be reached.
    """
    return objects(Connection(base_url, api_key).get(MODELS), "data")


def list_voices(base_url: str, *, api_key: str | None = None) -> list[dict[str, Any]]:
    """The objects of `GET /v1/audio/voices`, which some servers give as bare names.

    Raises:
        FirstwordError: the server refused, has no such path, or cannot be reached.
    """
    return objects(Connection(base_url, api_key).get(VOICES), "voices")


def wait_until_ready(base_url: str, *, timeout_s: float) -> None:
    """Holds until `GET /ready` says yes.

    Raises:
        FirstwordError: what was wrong when `timeout_s` had passed.
    """
    server, deadline = Connection(base_url), time.monotonic() + timeout_s
    while True:
        try:
            server.get("/ready")
        except FirstwordError as failure:
            if time.monotonic() > deadline:
                raise EngineError(f"{server.root} is not ready after {timeout_s:.0f} s.") from failure
            time.sleep(BETWEEN_TRIES_S)
        else:
            return


def wait_for_model(base_url: str, model: str, *, timeout_s: float) -> None:
    """Holds until a model is ready, while a server may still be fetching others.

    Raises:
        FirstwordError: it failed, or was not ready when `timeout_s` had passed.
    """
    server, deadline = Connection(base_url), time.monotonic() + timeout_s
    while (found := server.get(f"/v1/models/{model}")).get("state") != "ready":
        if found.get("state") == "failed" or time.monotonic() > deadline:
            raise EngineError(
                f"The model {model!r} is {found.get('state')}. {found.get('remedy') or ''}".strip()
            )
        time.sleep(BETWEEN_TRIES_S)


def objects(answer: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    """The objects that an answer lists; bare names are made into such.

    Raises:
        EngineError: it lists none.
    """
    listed = answer.get(field)
    if not isinstance(listed, list):
        raise EngineError(f"The server did not answer with a list named {field!r}.")
    return [item if isinstance(item, dict) else {"id": str(item)} for item in listed]
