"""`POST /v1/audio/transcriptions` and `/v1/audio/translations`: a recording in, its words out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from firstword.core.errors import InvalidRequest, UndecodableAudio, UnsupportedAudio
from firstword.core.transcripts import TranscribeRequest
from firstword.core.types import AudioChunk, EngineInfo
from firstword.formats.files import open_recording
from firstword.pipeline.transcribe import Transcription
from firstword.server import errors, schema
from firstword.server.context import Context, context
from firstword.server.transcribing import EventStream, Rendering, TranscriptionResponse, Whole
from firstword.server.uploads import Upload, received
from firstword.wire.transcriptions import TranscriptionForm, TranslationForm, no_diarization, tree

router = APIRouter()
Form = TypeVar("Form", bound=TranslationForm)
SCOPE = "transcription"


def _openapi(form: type[TranslationForm]) -> dict[str, Any]:
    """How it is documented: the form with its file, and the answers."""
    whole = {
        "allOf": [
            schema.ref(form),
            {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            },
        ]
    }
    texts = ("text/plain", "application/x-subrip", "text/vtt", "text/event-stream")
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": whole}}},
        "responses": {
            "200": {
                "description": "What was said, in the shape that was asked for.",
                "content": {
                    "application/json": {"schema": {"type": "object"}},
                    **{name: {"schema": {"type": "string"}} for name in texts},
                },
            },
            "default": schema.REFUSED,
        },
    }


@router.post(
    "/v1/audio/transcriptions",
    summary="Speech to text",
    response_class=Response,
    responses={},
    openapi_extra=_openapi(TranscriptionForm),
)
async def create_transcription(request: Request) -> Response:
    """Writes down a recording; with `stream`, sentence by sentence while it is still being heard."""
    return await _answer(request, TranscriptionForm)


@router.post(
    "/v1/audio/translations",
    summary="Speech to English text",
    response_class=Response,
    responses={},
    openapi_extra=_openapi(TranslationForm),
)
async def create_translation(request: Request) -> Response:
    """Writes down a recording in English, whatever is spoken."""
    return await _answer(request, TranslationForm)


async def _answer(request: Request, shape: type[Form]) -> Response:
    here = context(request)
    settings = here.application.settings
    caller = here.caller(request, SCOPE)
    async with AsyncExitStack() as stack:
        stack.enter_context(here.application.admission.admit(caller))
        upload = await stack.enter_async_context(
            received(request, max_bytes=settings.max_upload_bytes, idle_s=settings.request_timeout_s)
        )
        form = _form(shape, upload)
        info = here.application.catalog.recognizer(form.model)
        _check(form, info)
        audio = await to_thread.run_sync(_opened, upload)
        held = stack.pop_all()
    return TranscriptionResponse(
        lambda: _run(here, form.request(info.model_id), audio, held),
        model=info.model_id,
        rendering=_rendering(form),
        stall_timeout_s=settings.stall_timeout_s,
        ignored=_ignored(form),
    )


@asynccontextmanager
async def _run(
    here: Context, request: TranscribeRequest, audio: Iterator[AudioChunk], held: AsyncExitStack
) -> AsyncIterator[Transcription]:
    """The run, and then, however it ended, nothing of the recording."""
    async with held:
        try:
            async with here.application.transcribe.open(request, audio) as transcription:
                yield transcription
        except UndecodableAudio as failure:
            failure.param = "file"
            raise


def _form(shape: type[Form], upload: Upload) -> Form:
    with errors.validating():
        return shape.model_validate(tree(upload.fields))


def _check(form: TranslationForm, info: EngineInfo) -> None:
    if form.response_format == "diarized_json":
        raise no_diarization("response_format")
    if not isinstance(form, TranscriptionForm):
        return
    form.check()
    if form.words and not info.word_timings:
        raise InvalidRequest(
            f"The model {info.model_id!r} does not know when words were said; ask for segments.",
            param="timestamp_granularities",
            code="timings_unsupported",
        )


def _opened(upload: Upload) -> Iterator[AudioChunk]:
    """The recording's samples, to be read. Blocking: its header is read already.

    Raises:
        UndecodableAudio: there is nothing in it, or it is broken.
        UnsupportedAudio: nobody here can read it.
    """
    try:
        return iter(open_recording(upload.file, name=upload.name, media_type=upload.media_type))
    except (UndecodableAudio, UnsupportedAudio) as failure:
        failure.param = "file"
        raise


def _rendering(form: TranslationForm) -> Rendering:
    if isinstance(form, TranscriptionForm) and form.sse:
        return EventStream(form)
    return Whole(form)


def _ignored(form: TranslationForm) -> list[str]:
    """What was asked and is passed over, as OpenAI's own whisper-1 does."""
    return ["stream"] if isinstance(form, TranscriptionForm) and form.stream and not form.sse else []
