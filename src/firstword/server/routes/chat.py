"""`POST /v1/chat/completions`: words and recordings in, words and speech out."""

from __future__ import annotations

import hashlib
import io
import time
import uuid
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from firstword.core.conversation import ChatRequest
from firstword.core.errors import InvalidRequest, NotFound, RequestError
from firstword.core.transcripts import TranscribeRequest
from firstword.core.types import AudioChunk, SpeechRequest
from firstword.formats.files import open_recording
from firstword.pipeline.converse import Conversation, ConverseRequest, Turn
from firstword.pipeline.conversing.recordings import Recording
from firstword.server import errors, schema
from firstword.server.chatting import ChatResponse, Chunks, Rendering, SpokenAnswer, WholeMessage, placed
from firstword.server.context import Context, context
from firstword.server.limits import read_body
from firstword.wire.chat import ChatBody, ChatMessage, ContentPart, InputAudio
from firstword.wire.chat_answers import AnswerHead

router = APIRouter()

SCOPE = "chat"
SLICE_CHARS = 1 << 20
"""Base64 is decoded so much at a time, a multiple of 4."""
SLOWEST_BYTES_PER_S = 32_000
"""A body with recordings in it may take as long as it does at this pace."""
EXAMPLE = {
    "model": "gpt-4o-audio-preview",
    "modalities": ["text", "audio"],
    "audio": {"voice": "alloy", "format": "pcm16"},
    "stream": True,
    "messages": [{"role": "user", "content": "Is a golden retriever a good family dog?"}],
}
OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": schema.ref(ChatBody), "example": EXAMPLE}},
    },
    "responses": {
        "200": {
            "description": "OpenAI's completion object; with `stream` its chunks, as they are made.",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "text/event-stream": {"schema": {"type": "string"}},
            },
        },
        "default": schema.REFUSED,
    },
}


@router.post(
    "/v1/chat/completions",
    summary="Chat that listens and speaks",
    response_class=Response,
    responses={},
    openapi_extra=OPENAPI,
)
async def create_chat_completion(request: Request) -> Response:
    """Answers; with audio asked for, each sentence is spoken while the next is being written."""
    here = context(request)
    caller = here.caller(request, SCOPE)
    body = await _body(request, here)
    settings, answers = here.application.settings, here.application.answers
    asked = await _request(body, here)
    spoken = None
    if asked.speech is not None:
        await answers.open()
        spoken = SpokenAnswer(answers)
    head = AnswerHead(
        id=f"chatcmpl-{uuid.uuid4().hex}",
        model=asked.chat.model,
        created=int(time.time()),
        tells_usage=body.tells_usage,
    )
    rendering: Rendering = WholeMessage(head, spoken, transcripts=body.transcripts)
    if body.stream:
        rendering = Chunks(head, spoken, timings=body.timings, transcripts=body.transcripts)
    return ChatResponse(
        lambda: _run(here, asked, spoken, caller),
        rendering=rendering,
        model=asked.chat.model,
        stall_timeout_s=settings.stall_timeout_s,
        ignored=body.ignored,
    )


@asynccontextmanager
async def _run(
    here: Context, request: ConverseRequest, spoken: SpokenAnswer | None, caller: str
) -> AsyncIterator[Conversation]:
    """The run, where there is room for it; and then, however it ended, what was said is kept."""
    try:
        with here.application.admission.admit(caller):
            async with here.application.converse.open(request) as conversation:
                yield conversation
    except RequestError as failure:
        placed(failure)
        raise
    finally:
        if spoken is not None:
            await spoken.rescue()


async def _body(request: Request, here: Context) -> ChatBody:
    settings = here.application.settings
    declared = request.headers.get("content-length", "0")
    pace_s = int(declared) / SLOWEST_BYTES_PER_S if declared.isdigit() else 0.0
    raw = await read_body(
        request,
        max_bytes=settings.max_chat_body_bytes,
        timeout_s=settings.request_timeout_s + pace_s,
    )
    body = errors.parsed(ChatBody, raw)
    body.check()
    return body


async def _request(body: ChatBody, here: Context) -> ConverseRequest:
    info = here.application.catalog.chat(body.model)
    turns = [await _turn(message, f"messages.{at}", here) for at, message in enumerate(body.messages)]
    chat = ChatRequest(
        model=info.model_id,
        messages=(),
        tools=body.callable,
        tool_choice=body.tool_choice or "auto",
        max_tokens=body.longest,
        temperature=body.temperature,
        top_p=body.top_p,
        stop=tuple(body.stop or ()),
        seed=body.seed,
        response_format=body.free,
    )
    speech = _speech(body, here)
    return ConverseRequest(
        chat=chat,
        turns=tuple(turns),
        listening=_listening(turns, body, here),
        speech=speech,
        prompt=here.application.settings.spoken_prompt if speech else "",
    )


def _speech(body: ChatBody, here: Context) -> SpeechRequest | None:
    """How the answer is spoken: by the model that has the voice, the default one where several have."""
    if body.spoken is None:
        return None
    default = here.application.settings.default_model
    owners = [voice.model for voice in here.application.catalog.voices() if voice.id == body.spoken.voice]
    model = default if default in owners or not owners else owners[0]
    try:
        return here.speech_request(body.speech(model), text=None, max_lead_s=body.lead_s)
    except RequestError as failure:
        raise placed(failure) from None


def _listening(turns: list[Turn], body: ChatBody, here: Context) -> TranscribeRequest:
    """How recordings are heard; the recognizer is only looked up where there is one to hear."""
    name = here.application.settings.default_recognizer
    if any(isinstance(part, Recording) for turn in turns for part in turn.parts):
        name = here.application.catalog.recognizer(name).model_id
    return TranscribeRequest(name)


async def _turn(message: ChatMessage, path: str, here: Context) -> Turn:
    parts = [await _part(sent, f"{path}.content.{at}") for at, sent in enumerate(message.content or ())]
    said = tuple(part for part in parts if part)
    if message.said_before is not None:
        try:
            said = (await here.application.answers.recall(message.said_before),)
        except NotFound as failure:
            failure.param = f"{path}.audio.id"
            raise
    elif message.refusal and not said:
        said = (message.refusal,)
    return Turn(message.speaker, said, message.calls, message.tool_call_id)


async def _part(part: ContentPart, path: str) -> str | Recording | None:
    if part.input_audio is None:
        return part.text or part.refusal
    field = f"{path}.input_audio"
    digest = await to_thread.run_sync(_digest, part.input_audio)
    return Recording(partial(_opened, part.input_audio, field), digest, field)


def _digest(audio: InputAudio) -> bytes:
    digest = hashlib.blake2b(audio.data.encode(), digest_size=32)
    digest.update(audio.format.encode())
    return digest.digest()


def _opened(audio: InputAudio, field: str) -> Iterator[AudioChunk]:
    """The samples of a recording, to be read. Blocking: its header is read already.

    Raises:
        InvalidRequest: it is no base64.
        UndecodableAudio: there is nothing in it, or it is broken.
        UnsupportedAudio: nobody here can read it.
    """
    file = io.BytesIO()
    for at in range(0, len(audio.data), SLICE_CHARS):
        try:
            file.write(a2b_base64(audio.data[at : at + SLICE_CHARS], strict_mode=True))
        except (NotBase64, ValueError):
            raise InvalidRequest(
                "The recording is not base64; send the bytes of the file in base64, without line breaks.",
                param=f"{field}.data",
                code="invalid_base64",
            ) from None
    file.seek(0)
    return iter(open_recording(file, name=f"x.{audio.format}"))
