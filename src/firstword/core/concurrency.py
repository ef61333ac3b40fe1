"""What anyio leaves to us: a task group whose only failure leaves it as itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup


@asynccontextmanager
async def task_group() -> AsyncIterator[TaskGroup]:
    """A task group that raises its one failure bare, so that handlers find it by its class.

    Raises:
        BaseExceptionGroup: only where two or more tasks failed on their own.
    """
    try:
        async with anyio.create_task_group() as group:
            yield group
    except BaseExceptionGroup as failures:
        failure = _only(failures)
        if failure is None:
            raise
        raise failure from failure.__cause__


def _only(failure: BaseException) -> BaseException | None:
    """The single leaf of a tree of groups, or None where there are several."""
    while isinstance(failure, BaseExceptionGroup):
        if len(failure.exceptions) != 1:
            return None
        failure = failure.exceptions[0]
    return failure
