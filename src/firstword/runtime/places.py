"""A model's place in the host: how far it is on its way, and what a request that comes too early is told."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import anyio

from firstword.core.errors import FirstwordError, ServerBusy, UnknownModel
from firstword.core.protocols import Engine
from firstword.core.types import EngineInfo

LOADING_RETRY_S, FETCHING_RETRY_S, FAILED_RETRY_S = 1, 5, 60

log = logging.getLogger("firstword.models")


class State(StrEnum):
    """Where a model is on its way to working."""

    AVAILABLE = "available"
    """Not here yet: it waits for its turn, or for the operator where there is a remedy."""
    FETCHING = "fetching"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Status:
    """What listings tell of a model."""

    state: State
    remedy: str | None = None
    """What to do, where it has failed or is not installed."""
    progress: float | None = None
    """0-1, while it is fetched."""


@dataclass(slots=True)
class Place:
    """One model's place in the host."""

    info: EngineInfo
    load: Callable[[], Engine]
    missing: tuple[str, ...] = ()
    """Models of the store that it is made of and that are not here."""
    state: State = State.AVAILABLE
    remedy: str | None = None
    progress: float = 0.0
    engine: Engine | None = None
    users: int = 0
    idle: anyio.Event = field(default_factory=anyio.Event)

    @property
    def awaited(self) -> bool:
        """Whether it is still on its way: neither ready, nor failed, nor left to the operator."""
        return self.state is not State.READY and self.remedy is None

    @property
    def status(self) -> Status:
        """What listings tell."""
        return Status(self.state, self.remedy, self.progress if self.state is State.FETCHING else None)

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[Engine]:
        """The loaded engine, which is not closed before the context ends.

        Raises:
            ServerBusy: it is not ready, or it failed.
            UnknownModel: it is not installed.
        """
        if self.engine is None:
            raise self._refusal()
        self.users += 1
        try:
            yield self.engine
        finally:
            self.users -= 1
            if not self.users:
                self.idle.set()

    def fail(self, failure: Exception) -> None:
        """Notes why the model will not work."""
        self.state = State.FAILED
        if isinstance(failure, FirstwordError):
            self.remedy = failure.message
        else:
            self.remedy = f"{type(failure).__name__}: {failure}. Run `firstword doctor`."
        log.warning("model failed", extra={"model": self.info.model_id, "remedy": self.remedy})

    async def close(self) -> None:
        """Waits until nobody uses the engine, then closes it."""
        while self.users:
            self.idle = anyio.Event()
            await self.idle.wait()
        if self.engine is not None:
            self.engine.close()
            self.engine, self.state = None, State.AVAILABLE

    def _refusal(self) -> FirstwordError:
        name = f"The model {self.info.model_id!r}"
        match self.state:
            case State.FAILED:
                return _busy(f"{name} could not be loaded: {self.remedy}", FAILED_RETRY_S, "model_failed")
            case State.AVAILABLE if self.remedy:
                return UnknownModel(
                    f"{name} is not installed here. {self.remedy}", param="model", code="model_not_installed"
                )
            case State.FETCHING:
                message = f"{name} is being fetched ({self.progress:.0%}); try again in a moment."
                return _busy(message, FETCHING_RETRY_S, "model_loading")
            case _:
                message = f"{name} is still loading; try again in a moment."
                return _busy(message, LOADING_RETRY_S, "model_loading")


def _busy(message: str, retry_after_s: int, code: str) -> ServerBusy:
    return ServerBusy(message, retry_after_s=retry_after_s, param="model", code=code)
