"""What is heard, as its reader sees it."""

from __future__ import annotations

from typing import Generic, Protocol, Self, TypeVar

from anyio.lowlevel import checkpoint

from firstword.core.errors import EngineError
from firstword.core.transcripts import Heard, ListenDone, ListenEvent
from firstword.pipeline.hearing.outbox import Outbox


class Hearing(Protocol):
    """One that listens, in a task of its own."""

    heard: Heard
    outbox: Outbox
    failure: Exception | None


Run = TypeVar("Run", bound=Hearing)


class Reader(Generic[Run]):
    """Reads what a run writes.

    Args:
        run: its state.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._done = False

    @property
    def heard(self) -> Heard:
        """What has been heard so far."""
        return self._run.heard

    def __aiter__(self) -> Self:
        """The events in order, ending with `ListenDone`."""
        return self

    async def __anext__(self) -> ListenEvent:
        """The next event; raises what ended the run, where it was not its own end."""
        if self._done:
            raise StopAsyncIteration
        event = await self._run.outbox.take()
        if event is None:
            await checkpoint()  # a run that was cancelled is cancelled together with its reader
            raise self._run.failure or EngineError("Listening was ended from outside.")
        self._done = isinstance(event, ListenDone)
        return event
