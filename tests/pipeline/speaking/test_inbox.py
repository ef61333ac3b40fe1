"""Text in, units out: order, offsets, and never waiting longer than the listener can afford."""

import anyio
import pytest

from firstword.core.concurrency import task_group
from firstword.core.types import Boundary, TextSegment
from firstword.pipeline.speaking.inbox import Cancel, End, Flush, Inbox
from firstword.pipeline.speaking.units import COMFORT_S, WholeSentences
from firstword.text.segmenter import Segmenter

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

NEVER_S = 1000.0
"""A lead, or a stall, that no test waits for."""


def make(stall_s: float | None = None) -> Inbox:
    return Inbox(Segmenter(), stall_s=stall_s)


async def take(inbox: Inbox, lead_s: float = 0.0) -> TextSegment | Flush | Cancel | End:
    with anyio.fail_after(5):
        return await inbox.take(WholeSentences(), lead_s=lead_s, crowded=False)


async def everything(inbox: Inbox) -> list[TextSegment]:
    units: list[TextSegment] = []
    while isinstance(unit := await take(inbox), TextSegment):
        units.append(unit)
    return units


async def test_the_units_join_to_the_text() -> None:
    text = "One, two, three. Four!\n\nFive: six; seven? " * 50
    units = await everything(Inbox.of(text, Segmenter()))
    assert "".join(unit.text for unit in units) == text
    assert [unit.start for unit in units] == [sum(len(u.text) for u in units[:n]) for n in range(len(units))]


async def test_a_long_text_is_segmented_only_as_far_as_it_is_taken() -> None:
    inbox = Inbox.of("A sentence of some words. " * 4000, Segmenter())
    await take(inbox)
    assert inbox.waiting_chars > 100_000
    assert len(inbox._ready) < 20


async def test_a_clause_is_spoken_when_the_listener_runs_dry_though_words_keep_trickling_in() -> None:
    inbox = make()

    async def write_on() -> None:
        await inbox.write("When the morning train leaves the town, ")
        while True:
            await inbox.write("and ")
            await anyio.sleep(0.005)

    async with task_group() as tasks:
        tasks.start_soon(write_on)
        unit = await take(inbox, lead_s=COMFORT_S + 0.05)
        tasks.cancel_scope.cancel()
    assert isinstance(unit, TextSegment)
    assert unit.text == "When the morning train leaves the town, "


async def test_a_clause_waits_for_its_sentence_while_there_is_audio_to_play() -> None:
    inbox = make()

    async def write_on() -> None:
        await inbox.write("When the morning train leaves the town, ")
        await anyio.wait_all_tasks_blocked()
        await inbox.write("it rains. And")

    async with task_group() as tasks:
        tasks.start_soon(write_on)
        unit = await take(inbox, lead_s=NEVER_S)
    assert isinstance(unit, TextSegment)
    assert unit.text == "When the morning train leaves the town, it rains. "


async def test_text_that_stalls_is_spoken_but_never_half_a_word() -> None:
    inbox = make(stall_s=0.02)
    await inbox.write("The quick brown fo")
    first = await take(inbox)
    await inbox.write("x jumps.")
    inbox.end()
    assert isinstance(first, TextSegment)
    assert (first.text, first.start) == ("The quick brown ", 0)
    rest = await everything(inbox)
    assert [(unit.text, unit.start) for unit in rest] == [("fox jumps.", 16)]


async def test_a_single_word_that_stalls_for_twice_as_long_is_spoken() -> None:
    inbox = make(stall_s=0.02)
    await inbox.write("and then nothing")
    words = [await take(inbox), await take(inbox)]
    assert [unit.text for unit in words if isinstance(unit, TextSegment)] == ["and then ", "nothing"]
    assert inbox.waiting_chars == 0


async def test_text_does_not_count_as_stalled_while_there_is_audio_to_play() -> None:
    inbox = make(stall_s=0.001)
    await inbox.write("no end in sight")
    with anyio.move_on_after(0.05) as scope:
        await inbox.take(WholeSentences(), lead_s=NEVER_S, crowded=False)
    assert scope.cancelled_caught
    assert inbox.waiting_chars == len("no end in sight")


async def test_flushes_and_the_end_keep_their_place_among_the_text() -> None:
    inbox = make()
    await inbox.write("One")
    inbox.flush()
    await inbox.write("Two")
    inbox.flush()
    inbox.end()
    taken = [await take(inbox) for _ in range(5)]
    assert [item.text if isinstance(item, TextSegment) else item for item in taken] == [
        "One",
        Flush(),
        "Two",
        Flush(),
        End(),
    ]
    assert isinstance(taken[0], TextSegment)
    assert taken[0].boundary is Boundary.END


async def test_a_cancel_overtakes_everything_and_keeps_count() -> None:
    inbox = make()
    await inbox.write("Forget this. And this")
    inbox.flush()
    inbox.cancel()
    await inbox.write("Keep this.")
    inbox.end()
    assert await take(inbox) == Cancel()
    units = await everything(inbox)
    assert [(unit.text, unit.start) for unit in units] == [("Keep this.", len("Forget this. And this"))]


async def test_a_cancel_does_not_swallow_the_end() -> None:
    inbox = Inbox.of("Forget this.", Segmenter())
    inbox.cancel()
    assert [await take(inbox), await take(inbox)] == [Cancel(), End()]


async def test_it_knows_whether_it_had_to_wait_for_text() -> None:
    inbox = make()
    await inbox.write("It is here. ")
    inbox.flush()
    await take(inbox)
    assert not inbox.starved
    await take(inbox)
    async with task_group() as tasks:
        tasks.start_soon(inbox.write, "It came late. And")
        await take(inbox)
    assert inbox.starved


async def test_it_is_exhausted_once_everything_was_taken() -> None:
    inbox = Inbox.of("One. Two.", Segmenter())
    seen = []
    while isinstance(await take(inbox), TextSegment):
        seen.append(inbox.exhausted)
    assert seen == [False, True]
