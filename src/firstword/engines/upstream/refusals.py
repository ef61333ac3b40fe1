"""What a server refuses, and how it fails, as errors of ours."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2

from firstword.core.errors import FirstwordError, InvalidRequest, ServerBusy, UnknownModel
from firstword.engines.upstream.endpoint import Endpoint

TOO_LONG = "context_length_exceeded"
SHOWN_CHARS = 300
_TOO_LONG = (TOO_LONG, "exceed_context_size_error", "maximum context length", "context size")
"""In a refusal: a code of OpenAI's, a type of llama.cpp's, a sentence of vLLM's, one of llama.cpp's."""
_FULL = (429, 503, 529)
_BROKE = ("insufficient_quota", "billing_hard_limit_reached")
"""Codes with which a 429 will not pass by waiting."""


def refusal(endpoint: Endpoint, status: int, body: bytes, retry_after: str = "") -> FirstwordError:
    """The error for an answer that is none.

    Args:
        endpoint: who was asked.
        status: of HTTP.
        body: what came with it; an error object, or anything.
        retry_after: the header.
    """
    message, marks = _said(body)
    who = f"The server of {endpoint.name!r}"
    if status in _FULL and not set(_BROKE) & set(marks):
        wait_s = int(retry_after) if retry_after.isdecimal() else 5
        return ServerBusy(f"{who} is full: {message}", retry_after_s=min(wait_s, 3600), param="model")
    if status in (401, 403):
        # What it says may hold a part of the operator's key, and callers read it.
        return endpoint.failure(f"{who} refuses the api_key that the settings have for it ({status}).")
    if status == 404:
        return UnknownModel(f"{who} has no model {endpoint.model!r} (404): {message}", param="model")
    if status in (400, 413, 422):
        if any(mark in text for mark in _TOO_LONG for text in (*marks, message)):
            return InvalidRequest(
                f"The conversation is too long for {endpoint.name!r}: {message}",
                param="messages",
                code="context_length_exceeded",
            )
        return InvalidRequest(f"{who} refuses the request: {message}")
    return endpoint.failure(f"{who} answered {status}: {message}")


def failed_midway(endpoint: Endpoint, error: object) -> FirstwordError:
    """The error for an `error` in the middle of an answer."""
    message, _ = _said(json.dumps({"error": error}).encode())
    return endpoint.failure(f"The server of {endpoint.name!r} failed while it answered: {message}")


@contextmanager
def translated(endpoint: Endpoint, silence_s: float) -> Generator[None]:
    """Failures of the HTTP library, and of reading what came, leave as the endpoint's."""
    who = f"The server of {endpoint.name!r}"
    try:
        yield
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as failure:
        raise endpoint.failure(f"{who} cannot be reached ({_reason(failure)}).") from failure
    except httpx2.TimeoutException as failure:
        raise endpoint.failure(f"{who} has said nothing for {silence_s:g} s.") from failure
    except httpx2.HTTPError as failure:
        raise endpoint.failure(f"{who} broke off ({_reason(failure)}).") from failure
    except ValueError as failure:
        raise endpoint.failure(f"{who} sent what cannot be read: {failure}.") from failure


def _said(body: bytes) -> tuple[str, tuple[str, ...]]:
    """What an error object says, or a body shows; and the words by which programs tell errors apart."""
    text = body.decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    error = said.get("error", said) if isinstance(said, Mapping) else text
    if isinstance(error, Mapping):
        return _shown(_message(error)), tuple(str(error.get(name)) for name in ("code", "type"))
    return _shown(str(error)), ()


def _message(error: Mapping[str, Any]) -> str:
    """OpenAI's `message`, or another server's `detail`."""
    return str(error.get("message") or error.get("detail") or json.dumps(error))


def _shown(text: str) -> str:
    shown = " ".join(text.split())[:SHOWN_CHARS]
    return shown or "it does not say why."


def _reason(failure: Exception) -> str:
    """What the operating system said, which the library keeps at the end of the chain."""
    cause: BaseException = failure
    while (deeper := cause.__cause__ or cause.__context__) is not None:
        cause = deeper
        if isinstance(cause, OSError) and cause.strerror:  # asyncio's own words are no sentence
            number = cause.errno or 0
            return (os.strerror(number) if number > 0 else cause.strerror).lower()
    return str(failure) or type(failure).__name__
