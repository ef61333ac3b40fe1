"""`WS /v1/audio/transcriptions-realtime`: audio in as it is spoken, transcripts out. Source: CONTRACT A5."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
from anyio import CancelScope
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from firstword.core.concurrency import task_group
from firstword.core.errors import (
    FirstwordError,
    InvalidRequest,
    RequestTimeout,
    ServerClosing,
    SessionTooLong,
)
from firstword.core.transcripts import Heard, ListenDone, ListenRequest
from firstword.pipeline.listen import Listening
from firstword.server import errors
from firstword.server.answering import EXPECTED
from firstword.server.context import Context, context
from firstword.server.sockets import drain_of, subprotocol
from firstword.settings import Settings
from firstword.wire import realtime_transcription as wire
from firstword.wire.realtime_transcription import ListenControl, ListenStart

router = APIRouter()
log = logging.getLogger("firstword.server")
SCOPE = "transcription"


@router.websocket("/v1/audio/transcriptions-realtime")
async def transcribe_realtime(socket: WebSocket) -> None:
    """One session: accepted first, because a browser cannot see why a handshake was refused."""
    await socket.accept(subprotocol(socket))
    session = Session(socket, context(socket))
    outcome = "left"
    try:
        await session.run()
        outcome = "done"
        await socket.close(1000)
    except WebSocketDisconnect:
        pass  # the client has left, and took the run with it
    except Exception as failure:
        outcome = "refused" if errors.row(failure).status < 500 else type(failure).__name__
        await _refuse(socket, failure)
    finally:
        session.report(outcome)


async def _refuse(socket: WebSocket, failure: Exception) -> None:
    """Says why, then closes with the code that says so too."""
    try:
        await socket.send_text(wire.error(errors.body(failure)))
        await socket.close(errors.row(failure).close_code)
    except (WebSocketDisconnect, RuntimeError):
        return  # it left meanwhile


class Session:
    """One client, from its first message to its last.

    Args:
        socket: accepted.
        here: the application.
    """

    def __init__(self, socket: WebSocket, here: Context) -> None:
        self._socket = socket
        self._here = here
        self._id = "ls_" + secrets.token_hex(12)
        self._model: str | None = None
        self._listening: Listening | None = None
        self._why: FirstwordError | None = None
        """Why the session ends before the client said that it is done."""

    @property
    def _settings(self) -> Settings:
        return self._here.application.settings

    async def run(self) -> None:
        """Until all has been said.

        Raises:
            FirstwordError: the client is refused, or the session ended early; what was heard has been told.
            WebSocketDisconnect: the client left.
        """
        application = self._here.application
        caller = self._here.caller(self._socket, SCOPE)
        model = application.catalog.recognizer(self._asked_model()).model_id
        request = await self._start(model)
        self._model = model
        with application.admission.admit(caller):
            async with application.listen.open(request) as self._listening:
                await self._socket.send_text(self._begins())
                heard = await self._converse(self._listening)
        if self._why is not None:
            raise self._why
        await self._socket.send_text(wire.session_terminated(self._id, heard))

    def report(self, outcome: str) -> None:
        """One line for each session."""
        heard = self._listening.heard if self._listening else Heard()
        keys: dict[str, object] = {
            "request": self._id,
            "outcome": self._why.code if self._why else outcome,
            "model": self._model,
            "audio_ms": round(heard.audio_in_ms),
            "chars": heard.text_chars,
        }
        expected = outcome in EXPECTED or self._why is not None
        log.log(logging.INFO if expected else logging.WARNING, "listen", extra=keys)

    async def _converse(self, listening: Listening) -> Heard:
        """Reads and writes at once, until the last transcript has been written."""
        async with task_group() as tasks:
            tasks.start_soon(self._read, listening)
            heard = await self._write(listening)
            tasks.cancel_scope.cancel()
        return heard

    async def _write(self, listening: Listening) -> Heard:
        async for event in listening:
            if isinstance(event, ListenDone):
                return event.heard
            if event.final and self._why is not None:
                event = replace(event, interrupted=True)
            created = datetime.now(UTC).isoformat(timespec="milliseconds")
            await self._socket.send_text(wire.transcript(event, created=created))
        raise RuntimeError("the run ended without saying so")

    async def _read(self, listening: Listening) -> None:
        """From the socket to the run, until something ends the session; then only a departure matters."""
        async with self._bounded():
            await self._hear(listening)
        await _pass_on(listening.end())
        while True:
            await self._receive()

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        """Leaves its body when the session has lasted too long, or the server goes down."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._grow_old, tasks.cancel_scope)
            tasks.start_soon(self._drain, tasks.cancel_scope)
            yield
            tasks.cancel_scope.cancel()

    async def _grow_old(self, scope: CancelScope) -> None:
        limit_s = self._settings.max_session_s
        await anyio.sleep(limit_s)
        self._why = SessionTooLong(f"A session lasts {limit_s:g} seconds at most; open a new one.")
        scope.cancel()

    async def _drain(self, scope: CancelScope) -> None:
        await drain_of(self._socket).wait()
        self._why = ServerClosing("The server is going down; open a new session.")
        scope.cancel()

    async def _hear(self, listening: Listening) -> None:
        """While the run has enough in hand nothing is read, and the client waits."""
        while True:
            try:
                with anyio.fail_after(self._settings.idle_timeout_s):
                    said = await self._receive()
            except TimeoutError:
                self._why = self._idle()
                return
            if isinstance(said, bytes):
                await _pass_on(listening.feed(said))
                continue
            control = errors.parsed(ListenControl, said)
            if control.flush:
                await _pass_on(listening.flush())
            if control.done:
                return

    async def _receive(self) -> str | bytes:
        """The next message.

        Raises:
            WebSocketDisconnect: there will be none.
        """
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | None = message.get("text")
        said: str | bytes = message["bytes"] if text is None else text
        return said

    async def _start(self, model: str) -> ListenRequest:
        try:
            with anyio.fail_after(self._settings.idle_timeout_s):
                said = await self._receive()
        except TimeoutError:
            raise self._idle() from None
        if isinstance(said, bytes):
            raise InvalidRequest(
                'The first message tells how the audio is written, as text: {"sample_rate": 16000}.',
                code="init_needed",
            )
        return errors.parsed(ListenStart, said).request(model)

    def _asked_model(self) -> str:
        model = self._socket.query_params.get("model")
        if not model:
            raise InvalidRequest(
                "Name a model in the address: ?model=whisper-1; GET /v1/models lists those there are.",
                param="model",
                code="missing_field",
            )
        return model

    def _idle(self) -> RequestTimeout:
        return RequestTimeout(
            f"Nothing was sent for {self._settings.idle_timeout_s:g} seconds; the session is over. "
            'Send {"keepalive": true} where there is nothing to hear.',
            code="idle_timeout",
        )

    def _begins(self) -> str:
        settings = self._settings
        expires_at = datetime.now(UTC) + timedelta(seconds=settings.max_session_s)
        limits = {
            "idle_s": settings.idle_timeout_s,
            "max_session_s": settings.max_session_s,
            "max_message_bytes": settings.max_message_bytes,
        }
        return wire.session_begins(
            self._id, expires_at=expires_at.isoformat(timespec="seconds"), limits=limits
        )


async def _pass_on(call: Awaitable[None]) -> None:
    """To the run. One that has failed is told of by the task that writes, which then ends this one."""
    try:
        await call
    except Exception:
        await anyio.sleep_forever()
