"""Keeps the engines: loads them in the background, warms them, hands them out, lets them go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import anyio

from firstword.core.errors import FirstwordError, ServerBusy, UnknownModel
from firstword.core.protocols import TtsEngine
from firstword.core.types import EngineInfo, SynthesisRequest

WARM_UP_TEXT = "Hello, the first word is ready."


class State(StrEnum):
    """Where a model is on its way to speaking."""

    AVAILABLE = "available"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(slots=True)
class _Place:
    """One model's place in the host."""

    info: EngineInfo
    load: Callable[[], TtsEngine]
    state: State = State.AVAILABLE
    remedy: str | None = None
    """What to do, when the model failed."""
    engine: TtsEngine | None = None
    users: int = 0
    idle: anyio.Event = field(default_factory=anyio.Event)

    def fail(self, failure: Exception) -> None:
        """Notes why the model will not speak."""
        self.state = State.FAILED
        if isinstance(failure, FirstwordError):
            self.remedy = failure.message
        else:
            self.remedy = f"{type(failure).__name__}: {failure}. Run `firstword doctor`."


class EngineHost:
    """The `Engines` of one process.

    Args:
        loaders: for every model, what it is and a blocking function that loads it.
        warm_first: blocking work to do before anything counts as ready (loading codecs).
    """

    def __init__(
        self,
        loaders: Mapping[str, tuple[EngineInfo, Callable[[], TtsEngine]]],
        *,
        warm_first: Callable[[], None] = lambda: None,
    ) -> None:
        self._places = {name: _Place(info, load) for name, (info, load) in loaders.items()}
        self._warm_first = warm_first
        self._closing = False

    @property
    def settled(self) -> bool:
        """True once every model is ready or has failed."""
        return all(place.state in (State.READY, State.FAILED) for place in self._places.values())

    @property
    def speaks(self) -> bool:
        """Whether any model is ready."""
        return any(place.state is State.READY for place in self._places.values())

    def state(self, model_id: str) -> tuple[State, str | None]:
        """A model's state, and what to do where it failed."""
        place = self._places[model_id]
        return place.state, place.remedy

    def healthy(self) -> bool:
        """Whether every loaded engine says that it can work."""
        return all(place.engine.health() for place in self._places.values() if place.engine)

    async def start(self) -> None:
        """Loads and warms every model, one after the other, off the event loop.

        Cancellation: the load that is running goes on in its thread, and its engine is closed.
        """
        try:
            await asyncio.to_thread(self._warm_first)
        except Exception as failure:  # a codec that cannot work is told like a model that cannot
            for place in self._places.values():
                place.fail(failure)
            return
        for place in self._places.values():
            await asyncio.to_thread(self._load, place)

    @asynccontextmanager
    async def use_tts(self, model_id: str) -> AsyncIterator[TtsEngine]:
        """A loaded engine, held until the context ends (see `core.protocols.Engines`)."""
        place = self._places.get(model_id)
        if place is None:
            raise UnknownModel(f"There is no model {model_id!r} here.", param="model")
        if place.engine is None:
            raise self._not_ready(place)
        place.users += 1
        try:
            yield place.engine
        finally:
            place.users -= 1
            if not place.users:
                place.idle.set()

    async def aclose(self) -> None:
        """Waits until nobody uses an engine, then closes them all."""
        self._closing = True
        for place in self._places.values():
            while place.users:
                place.idle = anyio.Event()
                await place.idle.wait()
            if place.engine is not None:
                place.engine.close()
                place.engine, place.state = None, State.AVAILABLE

    def _load(self, place: _Place) -> None:
        if self._closing:
            return
        place.state = State.LOADING
        try:
            engine = place.load()
            _warm(engine)
        except Exception as failure:  # whatever a model library raises must not stop the others
            place.fail(failure)
            return
        if self._closing:
            engine.close()
        else:
            place.engine, place.state = engine, State.READY

    def _not_ready(self, place: _Place) -> FirstwordError:
        model = place.info.model_id
        if place.state is State.FAILED:
            return ServerBusy(
                f"The model {model!r} could not be loaded: {place.remedy}",
                retry_after_s=60,
                param="model",
                code="model_failed",
            )
        return ServerBusy(
            f"The model {model!r} is still loading; try again in a moment.",
            retry_after_s=1,
            param="model",
            code="model_loading",
        )


def _warm(engine: TtsEngine) -> None:
    """Speaks once into the void: what a runtime does on first use is not for the first caller."""
    voice = engine.info.voices[0]
    for _ in engine.steps(SynthesisRequest(WARM_UP_TEXT, voice.id)):
        pass
