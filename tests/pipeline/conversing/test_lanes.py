"""Where words and audio meet: what goes first, and who waits for whom."""

from __future__ import annotations

import anyio
import pytest
from anyio.lowlevel import checkpoint

from firstword.pipeline.conversing.lanes import MOST_WAITING, Lanes

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


async def settle() -> None:
    """Lets every task run as far as it can."""
    for _ in range(10):
        await checkpoint()


async def test_words_go_before_audio_that_was_there_first() -> None:
    lanes = Lanes[str, bytes]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lanes.sound, b"audio")
        await settle()
        await lanes.say("one")
        await lanes.say("two")

        assert await lanes.take() == ("one", "two")
        assert await lanes.take() == (b"audio",)
        tasks.cancel_scope.cancel()


async def test_the_next_audio_is_made_when_the_reader_is_back_for_it() -> None:
    lanes, made = Lanes[str, bytes](), list[int]()

    async def make() -> None:
        for number in range(3):
            made.append(number)
            await lanes.sound(bytes([number]))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(make)
        for number in range(3):
            await settle()
            assert made == list(range(max(1, number)))
            assert await lanes.take() == (bytes([number]),)
        tasks.cancel_scope.cancel()


async def test_a_reader_that_comes_for_words_is_back_for_audio_too() -> None:
    lanes = Lanes[str, bytes]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lanes.sound, b"audio")
        assert await lanes.take() == (b"audio",)
        await lanes.say("word")
        assert await lanes.take() == ("word",)
        await settle()
        assert not tasks.cancel_scope.cancel_called
    assert not lanes._sound


async def test_a_writer_waits_while_too_many_words_have_not_been_taken() -> None:
    lanes, said = Lanes[int, bytes](), list[int]()

    async def write() -> None:
        for number in range(MOST_WAITING + 5):
            await lanes.say(number)
            said.append(number)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        await settle()
        assert len(said) == MOST_WAITING
        assert await lanes.take() == tuple(range(MOST_WAITING))
    assert await lanes.take() == tuple(range(MOST_WAITING, MOST_WAITING + 5))


async def test_what_was_written_before_the_end_is_read_to_the_end() -> None:
    lanes = Lanes[str, bytes]()
    await lanes.say("last")
    lanes.close()
    assert await lanes.take() == ("last",)
    assert await lanes.take() == ()


async def test_a_reader_that_is_cancelled_loses_nothing() -> None:
    lanes = Lanes[str, bytes]()
    with anyio.move_on_after(0):
        await lanes.take()
    await lanes.say("word")
    assert await lanes.take() == ("word",)
