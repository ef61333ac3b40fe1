"""A name for every request, in its answer and in the log."""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = "firstword.request_id"
"""Where in the scope the name stands."""

_FIT = re.compile(r"[A-Za-z0-9._-]{1,128}")


class RequestIdMiddleware:
    """Adds `X-Request-Id`: the caller's own, where it sent a fit one, or a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on; only the response's headers gain one."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        name = sent if _FIT.fullmatch(sent) else "req_" + secrets.token_hex(12)

        scope[REQUEST_ID] = name

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = name
            await send(message)

        await self._app(scope, receive, send_named)
