"""Forms with a recording in them: streamed to a temporary file that is gone when it is closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO

import anyio
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from firstword.core.errors import InvalidRequest, RequestTimeout, ServerBusy, TooLarge

MAX_FIELDS = 500


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that has arrived."""

    file: BinaryIO
    """At its beginning; in memory up to a megabyte, on disk beyond, without a name either way."""
    name: str | None
    media_type: str | None
    fields: tuple[tuple[str, str], ...]
    """All but the file, in their order."""


@asynccontextmanager
async def received(request: Request, *, max_bytes: int, idle_s: float) -> AsyncIterator[Upload]:
    """The form of a request; its file is removed when the context ends, however it ends.

    Args:
        request: its body is read here.
        max_bytes: of the body.
        idle_s: seconds in which something must arrive.

    Raises:
        InvalidRequest: it is no form with a file in it.
        TooLarge: it is over `max_bytes`, as declared or as received.
        RequestTimeout: nothing came for `idle_s` seconds, or the client left.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InvalidRequest("Send a form: multipart/form-data with a file in it.", code="form_needed")
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    bounded = Request(request.scope, _bounded(request.receive, max_bytes, idle_s))
    form = await _parsed(bounded)
    try:
        yield _upload(form)
    finally:
        with anyio.CancelScope(shield=True):
            await form.close()


async def _parsed(request: Request) -> FormData:
    try:
        return await request.form(max_files=1, max_fields=MAX_FIELDS)
    except HTTPException as failure:
        raise InvalidRequest(f"The form cannot be read: {failure.detail}", code="invalid_form") from None
    except ClientDisconnect:
        raise RequestTimeout("The connection closed before the form was complete.") from None
    except OSError as failure:
        raise ServerBusy(
            f"The recording cannot be kept while it is heard: {failure.strerror}. The operator can make "
            "room in the folder for temporary files.",
            retry_after_s=60,
            code="no_space_for_upload",
        ) from failure


def _upload(form: FormData) -> Upload:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise InvalidRequest(
            "The form has no file: send the recording as 'file', with a file name.",
            param="file",
            code="missing_field",
        )
    fields = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))
    return Upload(file.file, file.filename, file.content_type, fields)


def _bounded(receive: Receive, max_bytes: int, idle_s: float) -> Receive:
    """The same messages, counted, each in time."""
    total = 0

    async def bounded() -> Message:
        nonlocal total
        try:
            with anyio.fail_after(idle_s):
                message = await receive()
        except TimeoutError:
            raise RequestTimeout(f"Nothing of the form came for {idle_s:g} seconds; send it again.") from None
        total += len(message.get("body", b""))
        if total > max_bytes:
            raise _too_large(max_bytes)
        return message

    return bounded


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        f"The form is over this server's limit of {max_bytes} bytes; send the recording in parts, or in a "
        "format that is smaller (opus, mp3, flac).",
        param="file",
    )
