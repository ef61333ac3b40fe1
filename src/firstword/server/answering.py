"""The response that carries a run: it owns the run, and ends it when the reader leaves."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import ClassVar, Generic, TypeVar

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from firstword.core.concurrency import task_group
from firstword.server import errors
from firstword.server.request_id import REQUEST_ID

log = logging.getLogger("firstword.server")

Run = TypeVar("Run")

EXPECTED = frozenset({"done", "left", "stalled", "refused"})
"""Ways for a response to end that are no fault of ours."""


class Body:
    """An answer on its way to its reader: the head goes with the first bytes.

    Args:
        send: to the socket.
        stall_timeout_s: a reader that takes nothing for this long is given up, with a `TimeoutError`.
    """

    def __init__(self, send: Send, stall_timeout_s: float) -> None:
        self._send = send
        self._stall_timeout_s = stall_timeout_s
        self.head: Mapping[str, str] = {}
        self.begun = False
        """Whether the status has been told."""

    async def more(self, data: bytes) -> None:
        """Sends what is not the last; nothing, where there is nothing."""
        if data:
            await self._write(data, self.head, more=True)

    async def last(self, data: bytes, *, sized: bool = True) -> None:
        """Sends the end; what is all there is gets a Content-Length, if `sized`."""
        await self._write(data, {**self.head, "content-length": str(len(data))} if sized else self.head)

    async def _write(self, data: bytes, head: Mapping[str, str], *, more: bool = False) -> None:
        with anyio.fail_after(self._stall_timeout_s):
            if not self.begun:
                self.begun = True
                headers = [(name.encode(), value.encode()) for name, value in head.items()]
                await self._send({"type": "http.response.start", "status": 200, "headers": headers})
            await self._send({"type": "http.response.body", "body": data, "more_body": more})


class RunResponse(Response, ABC, Generic[Run]):
    """Keeps something running for as long as its reader stays.

    The status line waits for the first thing to send, so that whatever is wrong before it is a proper error
    with a body. After it a failure is told in the body, where it has a word for that, and the body is not
    closed as if it were whole.

    Args:
        open_run: starts the run; leaving it lets go of all that it holds.
        stall_timeout_s: a reader that takes nothing for this long is given up.
        ignored: fields of the request that are of no use here, told in a header.
    """

    subject: ClassVar[str]
    """What it is called in the log."""

    def __init__(
        self,
        open_run: Callable[[], AbstractAsyncContextManager[Run]],
        *,
        stall_timeout_s: float,
        ignored: Sequence[str],
    ) -> None:
        self._open_run = open_run
        self._stall_timeout_s = stall_timeout_s
        self._ignored = ignored
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers; returns without a last body message where the body must look broken."""
        async with task_group() as tasks:
            tasks.start_soon(_leave_with, receive, tasks.cancel_scope)
            await self._answer(scope, receive, send)
            tasks.cancel_scope.cancel()

    @abstractmethod
    def head(self, run: Run) -> dict[str, str]:
        """The headers that depend on the run, with its Content-Type."""

    @abstractmethod
    async def write(self, run: Run, body: Body) -> None:
        """Sends all of the run, as it is made."""

    @abstractmethod
    def failure(self, error: Exception) -> bytes | None:
        """The bytes that tell of a failure in a body that has begun, or None where it has no word for it."""

    @abstractmethod
    def facts(self, run: Run | None) -> dict[str, object]:
        """What is logged of the run; None where it was not opened."""

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        run: Run | None = None
        body, outcome = Body(send, self._stall_timeout_s), "left"
        try:
            async with self._open_run() as run:
                body.head = self._head(run)
                await self.write(run, body)
            outcome = "done"
        except TimeoutError:
            outcome = "stalled"  # it takes nothing, so it cannot be told either
        except Exception as failure:
            refused = not body.begun and errors.row(failure).status < 500
            outcome = "refused" if refused else type(failure).__name__
            if not body.begun:
                await errors.response(failure)(scope, receive, send)
            elif told := self.failure(failure):
                with suppress(TimeoutError):
                    await body.more(told)  # and no end: some readers look at no event but the data
        finally:
            keys = {"request": scope.get(REQUEST_ID), "outcome": outcome, **self.facts(run)}
            log.log(logging.INFO if outcome in EXPECTED else logging.WARNING, self.subject, extra=keys)

    def _head(self, run: Run) -> dict[str, str]:
        head = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no", **self.head(run)}
        return {**head, "x-ignored": ", ".join(self._ignored)} if self._ignored else head


async def _leave_with(receive: Receive, running: anyio.CancelScope) -> None:
    """Cancels the run as soon as the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    running.cancel()
