"""Bounds on what a caller may send and how long it may take over it."""

from __future__ import annotations

import asyncio

import anyio
from starlette.requests import ClientDisconnect, Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from firstword.core.errors import RequestTimeout, TooLarge

ABORT = "firstword.abort"
"""Where in a scope stands what drops the connection with all that is still unsent."""


async def read_body(request: Request, *, max_bytes: int, timeout_s: float) -> bytes:
    """The whole body of a request.

    Raises:
        TooLarge: it is over `max_bytes`, as declared or as received.
        RequestTimeout: it was not complete after `timeout_s` seconds.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    body = bytearray()
    try:
        with anyio.fail_after(timeout_s):
            async for piece in request.stream():
                body += piece
                if len(body) > max_bytes:
                    raise _too_large(max_bytes)
    except TimeoutError:
        raise RequestTimeout(
            f"The body was not complete after {timeout_s:g} seconds; send it again."
        ) from None
    except ClientDisconnect:
        raise RequestTimeout("The connection closed before the body was complete.") from None
    return bytes(body)


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"The body is over this server's limit of {max_bytes} bytes.", code="body_too_large")


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with a bound on the size of a request's head and the time it may take.

    uvicorn itself waits for ever for headers, and keeps as many as are sent.
    """

    max_head_bytes = 32_768
    head_timeout_s = 20.0
    _head_bytes = 0
    _in_head = False
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Starts the clock for the first request's head."""
        super().connection_made(transport)
        self._start_head()

    def data_received(self, data: bytes) -> None:
        """Counts what belongs to a head before it is parsed."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.max_head_bytes:
            self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """A head begins: at once on a new connection, later on one that was kept alive."""
        super().on_message_begin()
        self.scope[ABORT] = self.transport.abort  # type: ignore[literal-required]  # ours
        if not self._in_head:
            self._start_head()

    def on_headers_complete(self) -> None:
        """The head is complete; what follows is the application's to bound."""
        self._end_head()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock."""
        self._end_head()
        super().connection_lost(exc)

    def _start_head(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self._deadline = self.loop.call_later(self.head_timeout_s, self._refuse, b"408 Request Timeout")

    def _end_head(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: bytes) -> None:
        """Answers before there is a request that the application could answer."""
        self._end_head()
        if not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
            self.transport.close()


def bounded_protocol(max_head_bytes: int, head_timeout_s: float) -> type[asyncio.Protocol]:
    """A protocol class for uvicorn with these bounds."""
    return type(
        "BoundedHttpProtocol",
        (BoundedHttpProtocol,),
        {"max_head_bytes": max_head_bytes, "head_timeout_s": head_timeout_s},
    )
