"""What is kept of spoken answers, how long, and for whom."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from firstword.core.errors import ConfigurationError, NotFound
from firstword.store.answers import MOST_CHARS, SpokenAnswers

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


class Clock:
    """Seconds that pass when a test says so."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "firstword/store.sqlite3"


@pytest.fixture
def answers(file: Path, clock: Clock) -> Iterator[SpokenAnswers]:
    store = SpokenAnswers(file, expiry_s=60, most=5, now=clock)
    yield store
    store.close()


async def test_what_was_said_is_known_by_its_id_until_it_expires(
    answers: SpokenAnswers, clock: Clock
) -> None:
    assert await answers.keep("audio_1", "Hello.") == 1_060
    clock.now = 1_059.9
    assert await answers.recall("audio_1") == "Hello."
    clock.now = 1_060.0
    with pytest.raises(NotFound) as gone:
        await answers.recall("audio_1")
    assert gone.value.code == "audio_not_found"


async def test_ids_are_never_the_same(answers: SpokenAnswers) -> None:
    ids = {answers.new_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(len(one) > 32 and one.startswith("audio_") for one in ids)


async def test_what_has_expired_is_removed_from_the_file(
    answers: SpokenAnswers, clock: Clock, file: Path
) -> None:
    await answers.keep("audio_1", "Hello.")
    clock.now += 100
    await answers.keep("audio_2", "Again.")
    assert kept(file) == ["audio_2"]


async def test_beyond_a_number_the_oldest_are_forgotten(answers: SpokenAnswers, file: Path) -> None:
    for number in range(12):
        await answers.keep(f"audio_{number}", "Hello.")
    assert kept(file) == [f"audio_{number}" for number in range(7, 12)]


async def test_a_very_long_answer_is_kept_as_far_as_the_bound(answers: SpokenAnswers) -> None:
    await answers.keep("audio_1", "x" * (MOST_CHARS + 1))
    assert await answers.recall("audio_1") == "x" * MOST_CHARS


async def test_it_is_there_for_the_next_process_and_after_a_restart(
    answers: SpokenAnswers, file: Path, clock: Clock
) -> None:
    await answers.keep("audio_1", "Hello.")
    other = SpokenAnswers(file, expiry_s=60, now=clock)
    assert await other.recall("audio_1") == "Hello."
    await other.keep("audio_2", "From there.")
    other.close()
    assert await answers.recall("audio_2") == "From there."


def test_processes_that_write_at_once_lose_nothing(file: Path) -> None:
    code = (
        "import anyio, sys; from pathlib import Path; from firstword.store.answers import SpokenAnswers\n"
        "async def main():\n"
        "    answers = SpokenAnswers(Path(sys.argv[1]), expiry_s=600)\n"
        "    for n in range(50): await answers.keep(f'audio_{sys.argv[2]}_{n}', 'Hello.')\n"
        "anyio.run(main)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(file), str(name)]) for name in range(3)]
    assert [writer.wait(50) for writer in writers] == [0, 0, 0]
    assert len(kept(file)) == 150


async def test_tasks_that_write_at_once_lose_nothing(file: Path) -> None:
    answers = SpokenAnswers(file, expiry_s=600)
    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(answers.keep, f"audio_{number}", "Hello.")
    answers.close()
    assert len(kept(file)) == 50


async def test_only_its_owner_reads_the_file(answers: SpokenAnswers, file: Path) -> None:
    await answers.open()
    assert mode(file) == 0o600


async def test_a_file_that_cannot_be_written_is_told_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answers = SpokenAnswers(tmp_path / "file/store.sqlite3", expiry_s=60)
    with pytest.raises(ConfigurationError, match="`store`") as refused:
        await answers.open()
    assert refused.value.code == "store_unusable"


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("This is no database, whatever its name may be." * 100)
    with pytest.raises(ConfigurationError, match="not a database"):
        await SpokenAnswers(tmp_path / "store", expiry_s=60).open()


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def kept(file: Path) -> list[str]:
    """The ids in a file, the oldest first."""
    connection = sqlite3.connect(file)
    try:
        return [row[0] for row in connection.execute("SELECT id FROM answers ORDER BY number")]
    finally:
        connection.close()
