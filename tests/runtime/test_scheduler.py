"""The scheduler: earliest deadline first, prompt withdrawal, no lost outcomes."""

import threading
from collections.abc import Iterator

import anyio
import anyio.lowlevel
import pytest

from firstword.core.concurrency import task_group
from firstword.runtime.scheduler import DeadlineScheduler

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


@pytest.fixture
def scheduler() -> Iterator[DeadlineScheduler]:
    made = DeadlineScheduler(workers=1)
    yield made
    made.close()


class Gate:
    """A step that holds the worker until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.open = threading.Event()

    def __call__(self) -> str:
        self.entered.set()
        assert self.open.wait(10)
        return "through"


async def entered(gate: Gate) -> None:
    with anyio.fail_after(5):
        await anyio.to_thread.run_sync(gate.entered.wait, 5)


async def test_a_step_gives_what_its_call_gives(scheduler: DeadlineScheduler) -> None:
    assert await scheduler.step(0, lambda: 42) == 42


async def test_a_step_raises_what_its_call_raises(scheduler: DeadlineScheduler) -> None:
    with pytest.raises(ZeroDivisionError):
        await scheduler.step(0, lambda: 1 / 0)


async def test_steps_run_on_a_worker_thread(scheduler: DeadlineScheduler) -> None:
    thread = await scheduler.step(0, threading.current_thread)
    assert thread.name.startswith("firstword-step")


async def test_the_stream_that_runs_dry_first_goes_first(scheduler: DeadlineScheduler) -> None:
    order: list[int] = []
    gate = Gate()
    async with task_group() as tasks:
        tasks.start_soon(scheduler.step, 0, gate)
        await entered(gate)
        for due in (30, 10, 20):
            tasks.start_soon(scheduler.step, due, lambda due=due: order.append(due))
        with anyio.fail_after(5):
            while scheduler.waiting < 3:
                await anyio.lowlevel.checkpoint()
        gate.open.set()
    assert order == [10, 20, 30]


async def test_equal_deadlines_are_served_in_the_order_they_came(scheduler: DeadlineScheduler) -> None:
    order: list[int] = []
    gate = Gate()
    async with task_group() as tasks:
        tasks.start_soon(scheduler.step, 0, gate)
        await entered(gate)
        for n in range(5):
            tasks.start_soon(scheduler.step, 7, lambda n=n: order.append(n))
            await anyio.lowlevel.checkpoint()
        gate.open.set()
    assert order == [0, 1, 2, 3, 4]


async def test_a_step_cancelled_while_queued_never_runs(scheduler: DeadlineScheduler) -> None:
    ran: list[str] = []
    gate = Gate()
    async with task_group() as tasks:
        tasks.start_soon(scheduler.step, 0, gate)
        await entered(gate)
        with anyio.move_on_after(0.01) as scope:
            await scheduler.step(1, lambda: ran.append("ran"))
        assert scope.cancelled_caught
        assert scheduler.waiting == 0
        gate.open.set()
    await scheduler.step(2, lambda: None)
    assert ran == []


async def test_a_step_cancelled_while_running_is_waited_for(scheduler: DeadlineScheduler) -> None:
    gate, order = Gate(), []

    async def run() -> None:
        try:
            await scheduler.step(0, lambda: (gate(), order.append("step ended")))
        finally:
            order.append("task ended")

    async with task_group() as tasks:
        tasks.start_soon(run)
        await entered(gate)
        tasks.cancel_scope.cancel()
        threading.Timer(0.02, gate.open.set).start()
    assert order == ["step ended", "task ended"]


async def test_as_many_steps_run_at_once_as_there_are_workers() -> None:
    scheduler = DeadlineScheduler(workers=2)
    both = threading.Barrier(2, timeout=5)
    async with task_group() as tasks:
        tasks.start_soon(scheduler.step, 0, both.wait)
        tasks.start_soon(scheduler.step, 0, both.wait)
    scheduler.close()


async def test_closing_ends_the_workers() -> None:
    scheduler = DeadlineScheduler(workers=2)
    await scheduler.step(0, lambda: None)
    scheduler.close()
    assert not [t for t in threading.enumerate() if t in scheduler._threads]
    with pytest.raises(RuntimeError, match="closed"):
        await scheduler.step(0, lambda: None)
