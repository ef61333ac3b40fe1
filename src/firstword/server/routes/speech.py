"""`POST /v1/audio/speech`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Request, Response

from firstword.core.errors import InvalidRequest, UnspeakableText
from firstword.core.types import SpeechRequest
from firstword.pipeline.speak import Speech
from firstword.server import errors, schema
from firstword.server.context import Context, context
from firstword.server.limits import read_body
from firstword.server.streaming import AudioBody, EventBody, SpeechResponse
from firstword.wire.speech import SpeechBody

router = APIRouter()

EXAMPLE = {
    "model": "hibari",
    "input": "Audio starts at the first word.",
    "voice": "alloy",
    "response_format": "mp3",
}
AUDIO_TYPES = (
    "audio/mpeg",
    "audio/ogg",
    "audio/webm",
    "audio/aac",
    "audio/flac",
    "audio/wav",
    "audio/pcm",
    "text/event-stream",
)
OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": schema.ref(SpeechBody), "example": EXAMPLE}},
    },
    "responses": {
        "200": {
            "description": "The audio, from its first word on; or its events with `stream_format: sse`.",
            "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in AUDIO_TYPES},
        },
        "default": schema.REFUSED,
    },
}
OPENAPI_OF_GET: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "query", "required": required, "schema": {"type": kind}}
        for name, kind, required in (
            ("input", "string", True),
            ("model", "string", True),
            ("voice", "string", True),
            ("response_format", "string", False),
            ("speed", "number", False),
            ("sample_rate", "integer", False),
            ("language", "string", False),
            ("stream_format", "string", False),
            ("token", "string", False),
        )
    ],
    "responses": OPENAPI["responses"],
}
SCOPE = "speech"


@router.post(
    "/v1/audio/speech", summary="Text to speech", response_class=Response, responses={}, openapi_extra=OPENAPI
)
async def create_speech(request: Request) -> Response:
    """Speaks a text, streamed from the first word, in the format that was asked for."""
    here = context(request)
    caller = here.caller(request, SCOPE)
    return _response(await _body(request, here), here, caller)


@router.get(
    "/v1/audio/speech",
    summary="Text to speech, for <audio src>",
    response_class=Response,
    responses={},
    openapi_extra=OPENAPI_OF_GET,
)
async def fetch_speech(request: Request) -> Response:
    """The same for what can only fetch an address, with a short-lived token in it."""
    here = context(request)
    if not here.keys.vouched(request):
        here.origins.check_fetched(request)
    caller = here.caller(request, SCOPE)
    with errors.validating():
        body = SpeechBody.model_validate_strings(dict(request.query_params), strict=False)
    return _response(body, here, caller)


def _response(body: SpeechBody, here: Context, caller: str) -> SpeechResponse:
    spoken = _request(body, here)
    return SpeechResponse(
        lambda: _run(here, spoken, caller),
        rendering=EventBody(timings=body.timings) if body.sse else AudioBody(),
        stall_timeout_s=here.application.settings.stall_timeout_s,
        ignored=("instructions",) if body.instructions else (),
    )


@asynccontextmanager
async def _run(here: Context, request: SpeechRequest, caller: str) -> AsyncIterator[Speech]:
    """The run, where there is room for it."""
    with here.application.admission.admit(caller):
        async with here.application.speak.open(request) as speech:
            yield speech


async def _body(request: Request, here: Context) -> SpeechBody:
    settings = here.application.settings
    raw = await read_body(request, max_bytes=settings.max_body_bytes, timeout_s=settings.request_timeout_s)
    return errors.parsed(SpeechBody, raw)


def _request(body: SpeechBody, here: Context) -> SpeechRequest:
    limit = here.application.settings.max_input_chars
    if len(body.input) > limit:
        raise InvalidRequest(
            f"The input has {len(body.input)} characters; this server takes at most {limit}. "
            "Send it in parts.",
            param="input",
            code="input_too_long",
        )
    if not body.input.strip():
        raise UnspeakableText("The input is empty.", param="input", code="nothing_to_speak")
    if body.timings and not body.sse:
        raise InvalidRequest(
            'Word timings are told in events: ask for "stream_format": "sse".',
            param="model_extensions.timings",
            code="timings_need_events",
        )
    return here.speech_request(body, text=body.input)
