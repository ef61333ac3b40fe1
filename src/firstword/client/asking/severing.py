"""Ends a response that another thread is reading, so that its server stops at once.

Closing is not enough: while one thread waits in a read, a socket that another one closes stays open, and its
server goes on. A connection that is shut down ends on both sides.
"""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

UNREACHABLE = (OSError, ValueError, AttributeError, NotImplementedError)
"""What asking for a socket raises where there is none, or none any more."""


def sever(stream: object) -> None:
    """Whoever reads the stream gets no more, and its server is told. Safe in any thread.

    Reaches responses of OpenAI's SDK, httpx, requests, urllib3 and http.client, and what has a method
    `abort`; does nothing to others.
    """
    if callable(abort := getattr(stream, "abort", None)):
        abort()
        return
    for response in _responses(stream):
        with suppress(*UNREACHABLE):
            _shut_down(response)


def let_go(stream: object) -> None:
    """Closes a stream, in the thread that has read it. An open file stays open: it is its opener's."""
    is_response = any(True for _ in _responses(stream))
    if isinstance(stream, io.IOBase) and not is_response:
        return
    if callable(close := getattr(stream, "close", None)):
        close()


async def let_go_async(stream: object) -> None:
    """Closes an asynchronous stream, in its event loop."""
    close = getattr(stream, "aclose", None) or getattr(stream, "close", None)
    if callable(close):
        closing = close()
        if hasattr(closing, "__await__"):
            await closing


def _responses(stream: object) -> Iterator[Any]:
    """The stream itself, or what an SDK has wrapped, where it is an answer of HTTP."""
    inner = (stream, *(getattr(stream, name, None) for name in ("http_response", "response", "_response")))
    return (one for one in inner if hasattr(getattr(one, "headers", None), "get"))


def _shut_down(response: Any) -> None:
    known = getattr(response, "extensions", None)
    if isinstance(known, Mapping):  # httpx
        if response.is_closed or known.get("http_version") == b"HTTP/2":  # others may be using the connection
            return
        found = known["network_stream"].get_extra_info("socket") if "network_stream" in known else None
        if isinstance(found, socket.socket):
            socket.socket.shutdown(found, socket.SHUT_RDWR)  # not TLS's own: it is being read
        return
    raw = getattr(response, "raw", response)  # requests
    with socket.socket(fileno=os.dup(raw.fileno())) as found:
        found.shutdown(socket.SHUT_RDWR)
