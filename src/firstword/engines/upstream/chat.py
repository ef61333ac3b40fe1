"""The engine: one model of one server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from firstword.core.conversation import ChatDelta, ChatRequest
from firstword.core.errors import EngineError, InvalidRequest
from firstword.core.types import EngineInfo
from firstword.engines.upstream import by_schema
from firstword.engines.upstream.answer import CHOICES, body_of
from firstword.engines.upstream.completions import Completions
from firstword.engines.upstream.endpoint import SCHEMA, Endpoint
from firstword.engines.upstream.forced import ForcedReader
from firstword.engines.upstream.slots import Slots


def check_tool_choice(request: ChatRequest) -> None:
    """Refuses a choice that nothing fits.

    Raises:
        InvalidRequest: it names a tool that is not there, or requires one where there is none.
    """
    choice = request.tool_choice
    if choice in ("auto", "none") or any(choice == tool.name for tool in request.tools):
        return
    if choice in CHOICES and request.tools:
        return
    listed = ", ".join(tool.name for tool in request.tools) or "none"
    raise InvalidRequest(
        f"tool_choice is {choice!r}, and the tools of the request are: {listed}.", param="tool_choice"
    )


class UpstreamChat:
    """Answers through a server's completions.

    Args:
        info: what it is.
        endpoint: where it is.
        completions: the client.
        slots: who may ask now.
    """

    def __init__(self, info: EngineInfo, endpoint: Endpoint, completions: Completions, slots: Slots) -> None:
        self.info = info
        self._endpoint = endpoint
        self._completions = completions
        self._slots = slots
        self._closed = False

    def check(self, request: ChatRequest) -> None:
        """Refuses what cannot be asked (see `core.protocols.ChatEngine`)."""
        check_tool_choice(request)
        if self._endpoint.tools == SCHEMA:
            by_schema.check(request)

    @asynccontextmanager
    async def reply(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatDelta]]:
        """Answers (see `core.protocols.ChatEngine`); leaving closes the connection.

        Raises:
            InvalidRequest: `check` says why; or the server refuses it, or the conversation is too long.
            UnknownModel: the server does not know the model.
            ServerBusy: the server is full, or too many wait for it here.
            UpstreamFailed: it cannot be reached, refuses its key, or fails.
        """
        self.check(request)
        if self._closed:
            raise EngineError("The engine is closed.", code="engine_closed")
        forced = self._endpoint.tools == SCHEMA
        through = ForcedReader() if forced and by_schema.is_forced(request) else None
        body = body_of(self._endpoint, by_schema.written_out(request) if forced else request)
        async with self._slots.hold(), self._completions.ask(self._endpoint, body, through) as deltas:
            yield deltas

    def health(self) -> bool:
        """True until it is closed: whether the server answers, only asking tells."""
        return not self._closed

    def close(self) -> None:
        """Lets go of the connections."""
        self._closed = True
        self._completions.close()
