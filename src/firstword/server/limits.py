"""Bounds on what a caller may send and how long it may take over it."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import anyio
from starlette.requests import ClientDisconnect, Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from firstword.core.errors import RequestTimeout, TooLarge
from firstword.wire.errors import ErrorBody, ErrorDetail


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
    return TooLarge(f"The body is over this server's limit of {max_bytes} bytes.")


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
        """Counts what belongs to a head before it is parsed; what follows an answer does, whatever it is."""
        if not self._in_head and self.cycle is not None and self.cycle.response_complete:
            self._start_head()
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.max_head_bytes:
            self._refuse(431, f"The request's head is over {self.max_head_bytes} bytes.", "head_too_large")

    def on_message_begin(self) -> None:
        """A head begins: at once on a new connection, later on one that was kept alive."""
        super().on_message_begin()
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
        self._deadline = self.loop.call_later(self.head_timeout_s, self._give_up)

    def _give_up(self) -> None:
        limit = f"{self.head_timeout_s:g} seconds"
        self._refuse(408, f"The request's head was not complete after {limit}.", "request_timeout")

    def _end_head(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP."""
        self._refuse(400, f"{msg} Send HTTP/1.1.", "invalid_request")

    def _refuse(self, status: int, message: str, code: str) -> None:
        """Answers before there is a request that the application could answer, and hangs up."""
        self._end_head()
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # an answer is under way: a second one in its middle would be noise
        elif not self.transport.is_closing():
            detail = ErrorDetail(message=message, type="invalid_request_error", param=None, code=code)
            body = ErrorBody(error=detail).model_dump_json().encode()
            self.transport.write(
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
                "connection: close\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\n\r\n".encode()
                + body
            )
            self.transport.close()


def bounded_protocol(max_head_bytes: int, head_timeout_s: float) -> type[asyncio.Protocol]:
    """A protocol class for uvicorn with these bounds."""
    return type(
        "BoundedHttpProtocol",
        (BoundedHttpProtocol,),
        {"max_head_bytes": max_head_bytes, "head_timeout_s": head_timeout_s},
    )
