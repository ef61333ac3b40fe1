"""Keeps the engines: has their models fetched, loads them, warms them, hands them out, lets them go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from threading import Thread
from typing import cast

import anyio

from firstword.core.errors import ConfigurationError, InvalidRequest, UnknownModel
from firstword.core.protocols import ChatEngine, Engine, SttEngine, TtsEngine, VadEngine
from firstword.core.types import EngineInfo, Task
from firstword.runtime.places import Place, State, Status, log
from firstword.runtime.supply import Supply
from firstword.runtime.trial import try_out

CLOSING_S = 2.0
"""How long closing waits for a fetch to stop; a thread that still waits for a network then is left behind."""


class _Closing(Exception):
    """Ends a fetch, because the host closes."""


class EngineHost:
    """The `Engines` of one process.

    Args:
        loaders: for every model, what it is and a blocking function that loads it.
        supply: finds and fetches the models that engines are made of; None where none needs any.
        warm_first: blocking work to do before anything counts as ready (loading codecs).
    """

    def __init__(
        self,
        loaders: Mapping[str, tuple[EngineInfo, Callable[[], Engine]]],
        *,
        supply: Supply | None = None,
        warm_first: Callable[[], None] = lambda: None,
    ) -> None:
        self._supply = supply
        self._places = {name: self._place(info, load) for name, (info, load) in loaders.items()}
        self._warm_first = warm_first
        self._closing = False
        self._fetch_ended: asyncio.Event | None = None

    @property
    def settled(self) -> bool:
        """True once every model is ready, has failed, or is left to the operator."""
        return not any(place.awaited for place in self._places.values())

    @property
    def speaks(self) -> bool:
        """Whether any model that speaks is ready."""
        speakers = (place for place in self._places.values() if place.info.task is Task.SPEECH)
        return any(place.state is State.READY for place in speakers)

    def status(self, model_id: str) -> Status:
        """How far a model is, and what to do where it will not come by itself."""
        return self._places[model_id].status

    def statuses(self) -> dict[str, Status]:
        """The same of every model."""
        return {name: place.status for name, place in self._places.items()}

    def healthy(self) -> bool:
        """Whether every loaded engine says that it can work."""
        return all(place.engine.health() for place in self._places.values() if place.engine)

    async def start(self, only: Container[str] | None = None) -> None:
        """Loads and warms the models one after the other, off the event loop; fetches what is missing.

        What is installed comes first, and of that what speaks; the rest follows as it arrives.

        Args:
            only: the models that are wanted; None for all.

        Cancellation: the load that is running goes on in its thread, and its engine is closed; a fetch
        ends with `aclose`.
        """
        wanted = [p for name, p in self._places.items() if p.awaited and (only is None or name in only)]
        arriving = [place for place in wanted if place.missing]
        for place in arriving:
            place.state = State.FETCHING
        try:
            await asyncio.to_thread(self._warm_first)
        except Exception as failure:  # a codec that cannot work is told like a model that cannot
            for place in wanted:
                place.fail(failure)
            return
        here = (place for place in wanted if not place.missing)
        for place in sorted(here, key=lambda place: place.info.task is not Task.SPEECH):
            await asyncio.to_thread(self._load, place)
        if self._supply:
            await self._receive(self._supply, arriving)

    def use_tts(self, model_id: str) -> AbstractAsyncContextManager[TtsEngine]:
        """A loaded engine, held until the context ends (see `core.protocols.Engines`)."""
        return cast("AbstractAsyncContextManager[TtsEngine]", self._use(model_id, Task.SPEECH))

    def use_stt(self, model_id: str) -> AbstractAsyncContextManager[SttEngine]:
        """The same for a recognizer."""
        return cast("AbstractAsyncContextManager[SttEngine]", self._use(model_id, Task.TRANSCRIPTION))

    def use_chat(self, model_id: str) -> AbstractAsyncContextManager[ChatEngine]:
        """The same for a chat model."""
        return cast("AbstractAsyncContextManager[ChatEngine]", self._use(model_id, Task.CHAT))

    def use_vad(self) -> AbstractAsyncContextManager[VadEngine]:
        """The same for the model that tells speech from silence: the first there is.

        Raises:
            ConfigurationError: there is none.
        """
        for name, place in self._places.items():
            if place.info.task is Task.ENDPOINTING:
                return cast("AbstractAsyncContextManager[VadEngine]", self._use(name, Task.ENDPOINTING))
        raise ConfigurationError(
            "No engine here tells speech from silence; add `silero` to the setting `engines`."
        )

    async def aclose(self) -> None:
        """Ends a fetch, waits until nobody uses an engine, then closes them all."""
        self._closing = True
        if self._fetch_ended is not None:
            with anyio.move_on_after(CLOSING_S):
                await self._fetch_ended.wait()
        for place in self._places.values():
            await place.close()

    def _place(self, info: EngineInfo, load: Callable[[], Engine]) -> Place:
        missing = self._supply.missing(info) if self._supply else ()
        place = Place(info, load, missing)
        if self._supply and missing and (status := self._supply.obstacle(missing)):
            place.state, place.remedy = status.state, status.remedy
        return place

    def _use(self, model_id: str, task: Task) -> AbstractAsyncContextManager[Engine]:
        place = self._places.get(model_id)
        if place is None:
            raise UnknownModel(f"There is no model {model_id!r} here.", param="model")
        if place.info.task is not task:
            raise InvalidRequest(
                f"The model {model_id!r} is for {place.info.task}, not for {task}.",
                param="model",
                code="wrong_task",
            )
        return place.hold()

    async def _receive(self, supply: Supply, arriving: Sequence[Place]) -> None:
        """Fetches, an archive at a time, and loads what has become complete by it."""
        for shipment in supply.shipments(model_id for place in arriving for model_id in place.missing):
            places = [place for place in arriving if set(shipment) & set(place.missing)]
            await self._apart(lambda: self._fetch(supply, shipment, places))  # noqa: B023  # it is awaited here
            for place in places:
                if place.state is State.FETCHING and not supply.missing(place.info):
                    await asyncio.to_thread(self._load, place)

    async def _apart(self, call: Callable[[], None]) -> None:
        """Runs `call` in a thread that the end of the process does not wait for."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def run() -> None:
            try:
                call()
            finally:
                with suppress(RuntimeError):  # the loop has gone before
                    loop.call_soon_threadsafe(ended.set)

        self._fetch_ended = ended
        Thread(target=run, name="fetch", daemon=True).start()
        await ended.wait()

    def _fetch(self, supply: Supply, shipment: Sequence[str], places: Sequence[Place]) -> None:
        def told(share: float) -> None:
            if self._closing:
                raise _Closing
            for place in places:
                place.progress = max(place.progress, share)

        try:
            supply.fetch(shipment, told)
        except _Closing:
            return
        except Exception as failure:  # whatever is wrong must not stop the others
            for place in places:
                if supply.missing(place.info):
                    place.fail(failure)

    def _load(self, place: Place) -> None:
        if self._closing:
            return
        place.state = State.LOADING
        try:
            engine = place.load()
            try_out(engine)
        except Exception as failure:  # whatever a model library raises must not stop the others
            place.fail(failure)
            return
        if self._closing:
            engine.close()
        else:
            place.engine, place.state = engine, State.READY
            log.info("model ready", extra={"model": place.info.model_id})
