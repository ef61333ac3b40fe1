"""One table: every error class, its HTTP status, OpenAI's `type` for it, its WebSocket close code.

A class without a row of its own has its parent's; a test walks the tree and demands that every
leaf finds one. Source: CONTRACT A2 and B0.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firstword.core import errors
from firstword.wire.errors import ErrorBody, ErrorDetail

log = logging.getLogger("firstword.server")

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Row:
    """How an error looks on the wire."""

    status: int
    type: str
    close_code: int


TABLE: Mapping[type[errors.FirstwordError], Row] = {
    errors.InvalidRequest: Row(400, "invalid_request_error", 4400),
    errors.UnspeakableText: Row(400, "invalid_request_error", 4400),
    errors.UndecodableAudio: Row(400, "invalid_request_error", 4400),
    errors.UnsupportedAudio: Row(415, "invalid_request_error", 4400),
    errors.Unauthorized: Row(401, "authentication_error", 4401),
    errors.Forbidden: Row(403, "permission_error", 4403),
    errors.UnknownModel: Row(404, "invalid_request_error", 4404),
    errors.UnknownVoice: Row(404, "invalid_request_error", 4404),
    errors.NotFound: Row(404, "invalid_request_error", 4404),
    errors.MethodNotAllowed: Row(405, "invalid_request_error", 4400),
    errors.RequestTimeout: Row(408, "timeout_error", 4408),
    errors.SessionTooLong: Row(413, "invalid_request_error", 4413),
    errors.TooLarge: Row(413, "invalid_request_error", 1009),
    errors.RateLimited: Row(429, "rate_limit_error", 4429),
    errors.EngineError: Row(500, "server_error", 1011),
    errors.UpstreamFailed: Row(502, "server_error", 1011),
    errors.ConfigurationError: Row(500, "server_error", 1011),
    errors.ServerBusy: Row(503, "server_error", 1013),
    errors.ServerClosing: Row(503, "server_error", 1012),
}
UNFORESEEN = Row(500, "server_error", 1011)
"""For what is not in the tree: our fault, and logged."""


def row(error: BaseException) -> Row:
    """The row of an error's class, or of its nearest parent that has one."""
    for cls in type(error).__mro__:
        if cls in TABLE:
            return TABLE[cls]
    return UNFORESEEN


def body(error: BaseException) -> ErrorBody:
    """The error object. What is not in the tree is not told to the caller, but logged."""
    if isinstance(error, errors.FirstwordError):
        detail = ErrorDetail(message=error.message, type=row(error).type, param=error.param, code=error.code)
    else:
        log.error("unforeseen failure", exc_info=error)
        detail = ErrorDetail(
            message="The server failed; its log says more.",
            type=UNFORESEEN.type,
            param=None,
            code="internal_error",
        )
    return ErrorBody(error=detail)


def response(error: BaseException) -> Response:
    """The answer to a request that failed before its first byte."""
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, errors.CapacityError):
        headers |= {"Retry-After": str(error.retry_after_s), "x-should-retry": "true"}
    elif row(error).status >= 500:
        headers["x-should-retry"] = "false"
    if isinstance(error, errors.TooLarge | errors.RequestTimeout):
        headers["Connection"] = "close"  # the rest of the body is not wanted
    if isinstance(error, errors.Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        body(error).model_dump_json(),
        status_code=row(error).status,
        headers=headers,
        media_type="application/json",
    )


@contextmanager
def validating() -> Iterator[None]:
    """Says what pydantic finds wrong with a request as `invalid` does."""
    try:
        yield
    except ValidationError as failure:
        raise invalid(failure) from None


def parsed(shape: type[Shape], raw: str | bytes) -> Shape:
    """JSON that was sent, as what it should be.

    Raises:
        InvalidRequest: it is not.
    """
    with validating():
        return shape.model_validate_json(raw)


def invalid(failure: ValidationError | RequestValidationError) -> errors.InvalidRequest:
    """The first thing that is wrong with a request, as one sentence that names the field."""
    first = failure.errors()[0]
    field = _field(first["loc"])
    match first["type"]:
        case "missing":
            return errors.InvalidRequest(
                f"The field {field!r} is required.", param=field, code="missing_field"
            )
        case "extra_forbidden":
            return errors.InvalidRequest(
                f"There is no field {field!r}; see /docs for those there are.",
                param=field,
                code="unknown_field",
            )
        case "json_invalid":
            reason = first.get("ctx", {}).get("error", first["msg"])
            return errors.InvalidRequest(f"The body is not valid JSON: {reason}.", code="invalid_json")
        case _:
            wrong = f"The field {field!r} is wrong: {first['msg']}." if field else f"{first['msg']}."
            return errors.InvalidRequest(wrong, param=field, code="invalid_value")


def _field(path: Sequence[int | str]) -> str | None:
    """A field's path with dots."""
    names = [str(part) for part in path]
    if names[:1] == ["voice"]:
        del names[1:2]  # pydantic's name for the arm of the union, not a field's
    return ".".join(names) or None


def install(app: FastAPI) -> None:
    """Makes every failure of `app` an OpenAI error object, the framework's own included."""

    async def ours(request: Request, failure: Exception) -> Response:
        return response(failure)

    async def unfit(request: Request, failure: Exception) -> Response:
        assert isinstance(failure, RequestValidationError)
        return response(invalid(failure))

    async def frameworks(request: Request, failure: Exception) -> Response:
        assert isinstance(failure, HTTPException)
        answer = response(_translated(request, failure))
        answer.headers.update(failure.headers or {})
        return answer

    app.add_exception_handler(errors.FirstwordError, ours)
    app.add_exception_handler(RequestValidationError, unfit)
    app.add_exception_handler(HTTPException, frameworks)
    app.add_middleware(UnforeseenMiddleware)


class UnforeseenMiddleware:
    """Answers what nobody foresaw, inside the middleware that names requests and lets pages read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on; once an answer has begun, a failure is the server's to break it off."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as failure:
            if begun or scope["type"] != "http":
                raise
            await response(failure)(scope, receive, send)


def _translated(request: Request, failure: HTTPException) -> errors.FirstwordError:
    path = f"{request.method} {request.url.path}"
    match failure.status_code:
        case 404:
            return errors.NotFound(f"There is nothing at {path}; see /docs for what there is.")
        case 405:
            return errors.MethodNotAllowed(f"{path} is not possible; see /docs for what is.")
        case _:
            return errors.InvalidRequest(str(failure.detail))
