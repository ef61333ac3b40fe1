"""Audio in as it is spoken, transcripts out while it is.

One task owns a session (`hearing/listener.py`); only the intake and the outbox cross tasks. Leaving the
context stops the models within one step.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from time import monotonic

import numpy as np

from firstword.core.concurrency import task_group
from firstword.core.errors import CapacityError, UnknownModel
from firstword.core.protocols import Engines, Meter, Scheduler, SttEngine
from firstword.core.transcripts import ListenRequest, RecognitionRequest
from firstword.formats.decoding import decoder
from firstword.pipeline.hearing.listener import Listener
from firstword.pipeline.hearing.reader import Reader
from firstword.pipeline.turns import Turns


class Listening(Reader[Listener]):
    """A session as its caller sees it: audio goes in, events come out, in the same or in different tasks."""

    async def feed(self, data: bytes) -> None:
        """Takes bytes of the request's source, cut anywhere; waits while seconds of audio are in hand.

        Raises:
            UndecodableAudio: what was fed before is not what it should be.
            FirstwordError: whatever else ended the session.
        """
        self._raise()
        await self._run.intake.put(data)
        self._raise()

    async def flush(self) -> None:
        """Asks for a final of what was heard so far, if anything was said; the session goes on."""
        self._raise()
        self._run.intake.flush()

    async def end(self) -> None:
        """Says that there is no more audio: the last final comes, then `ListenDone`."""
        self._raise()
        self._run.intake.end()

    def _raise(self) -> None:
        if self._run.failure is not None:
            raise self._run.failure


class ListenPipeline:
    """Makes sessions.

    Args:
        engines: hands out loaded engines.
        scheduler: runs their steps.
        meter: counts.
        clock: seconds, monotonic; the one that deadlines are on.
    """

    def __init__(
        self, engines: Engines, scheduler: Scheduler, meter: Meter, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._engines = engines
        self._scheduler = scheduler
        self._meter = meter
        self._clock = clock

    @asynccontextmanager
    async def open(self, request: ListenRequest) -> AsyncIterator[Listening]:
        """Starts a session; leaving ends it.

        Raises:
            RequestError: the model cannot do what is asked, or nobody can read the source.
            CapacityError: a model is not ready.

        Cancellation: reaches the models within one step.
        """
        async with AsyncExitStack() as held:
            source = decoder(request.source)
            engine = await held.enter_async_context(self._engines.use_stt(request.model))
            engine.check(question(request))
            drafts = await self._drafts(engine, held)
            vad = await held.enter_async_context(self._engines.use_vad())
            tasks = await held.enter_async_context(task_group())
            turns = Turns(self._scheduler, self._clock)
            listener = Listener(engine, drafts, vad, source, turns, self._meter, request, self._clock)
            tasks.start_soon(listener.work)
            yield Listening(listener)
            tasks.cancel_scope.cancel()

    async def _drafts(self, engine: SttEngine, held: AsyncExitStack) -> SttEngine:
        """The engine for partials: the quicker one where it is there, else the engine itself."""
        if engine.info.drafts is None:
            return engine
        try:
            return await held.enter_async_context(self._engines.use_stt(engine.info.drafts))
        except (CapacityError, UnknownModel):
            return engine


def question(request: ListenRequest) -> RecognitionRequest:
    """What an engine is asked about a session before there is audio."""
    return RecognitionRequest(
        samples=np.zeros(0, np.float32),
        language=request.language,
        languages=request.languages,
        prompt=request.prompt,
        options=request.options,
    )
