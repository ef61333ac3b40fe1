"""`WS /v1/audio/speech/stream`: text in as it is written, audio out as it is made."""

from __future__ import annotations

import anyio
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from firstword.core.concurrency import task_group
from firstword.core.errors import InvalidRequest, RequestTimeout
from firstword.pipeline.speak import Speech
from firstword.pipeline.speaking.inbox import Inbox
from firstword.server import errors
from firstword.server.context import Context, context
from firstword.server.sockets import subprotocol
from firstword.wire.speech_stream import Started, StreamStart, StreamText, message

router = APIRouter()

MAX_LEAD_S = 1.5
"""Audio is made no further ahead of its listener: what is cancelled has not been sent yet."""


@router.websocket("/v1/audio/speech/stream")
async def stream_speech(socket: WebSocket) -> None:
    """One session: accepted first, because a browser cannot see why a handshake was refused."""
    await socket.accept(subprotocol(socket))
    try:
        await _session(socket, context(socket))
        await socket.close(1000)
    except WebSocketDisconnect:
        return  # the client has left, and took the run with it
    except Exception as failure:
        await _refuse(socket, failure)


async def _refuse(socket: WebSocket, failure: Exception) -> None:
    """Says why, then closes with the code that says so too."""
    try:
        await socket.send_text(errors.body(failure).message())
        await socket.close(errors.row(failure).close_code)
    except (WebSocketDisconnect, RuntimeError):
        return  # it left meanwhile


async def _session(socket: WebSocket, here: Context) -> None:
    caller = here.caller(socket, "speech")
    start = errors.parsed(StreamStart, await _receive(socket, here))
    request = here.speech_request(start, text=None, max_lead_s=MAX_LEAD_S)
    speak = here.application.speak
    inbox = speak.inbox(request)
    with here.application.admission.admit(caller):
        async with speak.open(request, inbox) as speech, task_group() as tasks:
            started = Started(
                media_type=speech.media_type, sample_rate=speech.sample_rate, voice=speech.voice
            )
            await socket.send_text(started.model_dump_json())
            tasks.start_soon(_write, socket, here, inbox)
            await _send(socket, speech, start)
            tasks.cancel_scope.cancel()


async def _send(socket: WebSocket, speech: Speech, start: StreamStart) -> None:
    async for events in speech:
        for event in events:
            said = message(event, encoding=start.encoding, timings=start.timings)
            if isinstance(said, bytes):
                await socket.send_bytes(said)
            elif said is not None:
                await socket.send_text(said)


async def _write(socket: WebSocket, here: Context, inbox: Inbox) -> None:
    """From the socket to the inbox; while too much is unspoken nothing is read, and the client waits."""
    done = False
    while not done:
        said = errors.parsed(StreamText, await _receive(socket, here))
        if said.cancel:
            inbox.cancel()
        if said.text:
            await inbox.write(said.text)
        if said.flush:
            inbox.flush()
        if said.done:
            inbox.end()
            done = True
    while True:  # nothing more is expected; but a client that leaves is noticed
        await socket.receive_text()


async def _receive(socket: WebSocket, here: Context) -> str:
    limit_s = here.application.settings.idle_timeout_s
    try:
        with anyio.fail_after(limit_s):
            return await socket.receive_text()
    except TimeoutError:
        raise RequestTimeout(
            f"Nothing was sent for {limit_s:g} seconds; the session is over.", code="idle_timeout"
        ) from None
    except KeyError:
        raise InvalidRequest(
            "This socket takes JSON text, no binary messages.", code="invalid_json"
        ) from None
