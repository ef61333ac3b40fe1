"""What stands around a session: audio that waits, the clock it is heard by, events nobody has read."""

from __future__ import annotations

import anyio
import numpy as np
import pytest

from firstword.core.concurrency import task_group
from firstword.core.transcripts import (
    AudioSource,
    Heard,
    InputEncoding,
    ListenDone,
    ListenEvent,
    Recognition,
    Transcript,
)
from firstword.pipeline.hearing.ear import AudioMemory
from firstword.pipeline.hearing.intake import IN_HAND_S, End, Flush, Intake, Piece
from firstword.pipeline.hearing.live import AHEAD_S, LiveClock
from firstword.pipeline.hearing.outbox import UNREAD, Outbox
from firstword.pipeline.hearing.tongue import SETTLED_MS, Tongue

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

PCM = AudioSource()
SECOND = bytes(32_000)


def intake(source: AudioSource = PCM) -> Intake:
    return Intake(source, lambda: 0.0)


async def test_bytes_and_marks_come_out_in_order_and_whole() -> None:
    queue = intake()
    data = bytes(range(256)) * 200
    await queue.put(data)
    queue.flush()
    await queue.put(b"more")
    queue.end()
    items = [await queue.take() for _ in range(10)]
    assert b"".join(item.data for item in items if isinstance(item, Piece)) == data + b"more"
    assert [type(item) for item in items[-3:]] == [Flush, Piece, End]
    assert not queue.ready


async def test_a_sender_who_is_far_ahead_waits() -> None:
    queue = intake()
    async with task_group() as tasks:
        tasks.start_soon(queue.put, SECOND * 60)
        await anyio.wait_all_tasks_blocked()
        assert IN_HAND_S <= queue.in_hand_s < IN_HAND_S + 0.5
        for _ in range(8):
            await queue.take()
        await anyio.wait_all_tasks_blocked()
        assert queue.in_hand_s >= IN_HAND_S
        queue.close()
    assert not queue.ready


async def test_coded_audio_tells_its_own_rate() -> None:
    queue = intake(AudioSource(InputEncoding.OGG))
    await queue.put(bytes(4_096))
    assert queue.in_hand_s == pytest.approx(1.0, abs=0.1)
    piece = await queue.take()
    assert isinstance(piece, Piece)
    queue.learn(piece, 2.0)
    await queue.put(bytes(4_096))
    assert queue.in_hand_s == pytest.approx(2.0)


def test_a_microphone_s_audio_is_heard_as_it_arrives_and_after_a_pause_too() -> None:
    clock = LiveClock()
    heard = [clock.place(at, 0.1) for at in (5.0, 5.1, 5.2, 9.0, 9.1)]
    assert heard == pytest.approx([5.0, 5.1, 5.2, 9.0, 9.1])


def test_a_file_is_heard_at_the_pace_of_a_listener_but_not_put_off_for_ever() -> None:
    clock = LiveClock()
    heard = [clock.place(1.0, 0.25) for _ in range(40)]
    assert heard[:3] == pytest.approx([1.0, 1.25, 1.5])
    assert heard[-1] == 1.0 + AHEAD_S


def transcript(text: str, *, final: bool) -> Transcript:
    return Transcript(text, 0, 0, final)


async def read(box: Outbox) -> list[str]:
    events: list[ListenEvent] = []
    while (event := await box.take()) is not None:
        events.append(event)
    return [event.text if isinstance(event, Transcript) else "done" for event in events]


async def test_an_unread_partial_gives_way_and_a_final_does_not() -> None:
    box = Outbox()
    for text, final in (("a", False), ("a b", False), ("a b.", True), ("c", False), ("c d", False)):
        await box.give(transcript(text, final=final))
    await box.give(ListenDone(Heard()))
    box.close()
    assert await read(box) == ["a b.", "done"]


async def test_a_writer_waits_for_a_reader_who_leaves_finals_unread() -> None:
    box = Outbox()
    async with task_group() as tasks:
        for at in range(UNREAD + 1):
            tasks.start_soon(box.give, transcript(str(at), final=True))
        await anyio.wait_all_tasks_blocked()
        assert await box.take() is not None
        await anyio.wait_all_tasks_blocked()
        box.close()
    assert len(await read(box)) == UNREAD


def test_memory_gives_what_it_has_by_its_place() -> None:
    memory = AudioMemory()
    for at in range(10):
        memory.add(np.arange(at * 100, at * 100 + 100, dtype=np.float32))
    memory.forget(250)
    assert memory.held == 800
    assert memory.between(330, 560).tolist() == list(range(330, 560))
    assert memory.between(0, 205).tolist() == list(range(200, 205))
    assert len(memory.between(5_000, 6_000)) == 0


def test_a_language_is_kept_when_it_has_been_heard_for_a_while() -> None:
    tongue = Tongue(None)
    for language, text in (("en", "Yes."), ("cy", "Na."), ("en", "Well, it is late."), ("en", "")):
        tongue.note(Recognition(text, language=language), SETTLED_MS / 2)
    assert tongue.language is None
    tongue.note(Recognition("And we must go.", language="en"), SETTLED_MS / 2)
    tongue.note(Recognition("Na.", language="cy"), SETTLED_MS)
    assert tongue.language == "en"


def test_a_language_that_was_given_stays() -> None:
    tongue = Tongue("ko")
    tongue.note(Recognition("Hello.", language="en"), SETTLED_MS)
    assert tongue.language == "ko"
