"""The engine: asks the model's process, and asks the next one where that has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from firstword.core.conversation import ChatDelta, ChatRequest
from firstword.core.errors import EngineError
from firstword.core.types import EngineInfo
from firstword.engines.llama.supervisor import Supervisor
from firstword.engines.upstream import by_schema
from firstword.engines.upstream.answer import body_of
from firstword.engines.upstream.chat import check_tool_choice
from firstword.engines.upstream.completions import Completions
from firstword.engines.upstream.endpoint import Endpoint
from firstword.engines.upstream.forced import ForcedReader
from firstword.engines.upstream.slots import Slots


class LlamaChat:
    """Answers by a model in a process of this machine.

    Args:
        info: what it is.
        supervisor: keeps the process; started.
        completions: the client.
        slots: who may ask now.
        max_tokens: of an answer, where the request does not say.
        temperature: where the request does not say.
    """

    def __init__(
        self,
        info: EngineInfo,
        supervisor: Supervisor,
        completions: Completions,
        slots: Slots,
        *,
        max_tokens: int,
        temperature: float,
    ) -> None:
        self.info = info
        self.supervisor = supervisor
        self._completions = completions
        self._slots = slots
        self._max_tokens = max_tokens
        self._temperature = temperature

    def check(self, request: ChatRequest) -> None:
        """Refuses what cannot be asked (see `core.protocols.ChatEngine`)."""
        check_tool_choice(request)
        by_schema.check(request)

    @asynccontextmanager
    async def reply(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatDelta]]:
        """Answers (see `core.protocols.ChatEngine`); leaving stops the model.

        A process that ends takes its answers with it. One that has ended before it accepted is waited for.

        Raises:
            InvalidRequest: `check` says why; or the conversation is too long.
            ServerBusy: too many wait already, or the process is being started again.
            EngineError: it failed.
        """
        self.check(request)
        asked = replace(
            by_schema.written_out(request),
            max_tokens=self._max_tokens if request.max_tokens is None else request.max_tokens,
            temperature=self._temperature if request.temperature is None else request.temperature,
        )
        through = ForcedReader() if by_schema.is_forced(request) else None
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._slots.hold())
            yield await self._accepted(stack, asked, through)

    def health(self) -> bool:
        """False when it is closed, or its process could not be started again for some time."""
        return self.supervisor.hopeful

    def close(self) -> None:
        """Ends the process (some 0.1 s)."""
        self._completions.close()
        self.supervisor.close()

    async def _accepted(
        self, stack: AsyncExitStack, asked: ChatRequest, through: ForcedReader | None
    ) -> AsyncIterator[ChatDelta]:
        process = await self.supervisor.ready()
        try:
            return await self._ask(stack, process.endpoint, asked, through)
        except EngineError:
            if not await self.supervisor.lost(process):
                raise
        process = await self.supervisor.ready()
        return await self._ask(stack, process.endpoint, asked, through)

    async def _ask(
        self, stack: AsyncExitStack, endpoint: Endpoint, asked: ChatRequest, through: ForcedReader | None
    ) -> AsyncIterator[ChatDelta]:
        body = body_of(endpoint, asked)
        return await stack.enter_async_context(self._completions.ask(endpoint, body, through))
