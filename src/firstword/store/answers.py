"""Spoken answers by their audio ids: what a later turn of the conversation refers to.

The words are kept, not the audio: a chat model reads what it said, and whoever wanted to hear it has it.
One SQLite file, shared by the processes of a server; every call runs on a thread, never on the event loop.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from anyio import to_thread

from firstword.core.errors import ConfigurationError, NotFound

T = TypeVar("T")

PREFIX = "audio_"
MOST_ANSWERS = 100_000
"""The oldest are forgotten beyond so many."""
MOST_CHARS = 100_000
"""Of one answer; the rest is not kept."""
BUSY_S = 5.0
"""How long a process waits for another one's write."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL,
    transcript TEXT NOT NULL
)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS answers_by_end ON answers (expires_at)"


class SpokenAnswers:
    """The answers of a server, for as long as they may be referred to.

    Args:
        file: of the database; made with its folder when it is first needed, for its owner's eyes only.
        expiry_s: seconds that an answer is kept.
        most: answers kept at once; beyond that the oldest go.
        now: Unix seconds.
    """

    def __init__(
        self,
        file: Path,
        *,
        expiry_s: int,
        most: int = MOST_ANSWERS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._file = file
        self._expiry_s = expiry_s
        self._most = most
        self._now = now
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def new_id(self) -> str:
        """An id that nobody guesses."""
        return PREFIX + secrets.token_hex(16)

    async def open(self) -> None:
        """Makes sure that answers can be kept, before one is made.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        if self._connection is None:
            await to_thread.run_sync(self._with, lambda connection: None)

    async def keep(self, audio_id: str, transcript: str) -> int:
        """Keeps what was said; gives the Unix second at which it is forgotten.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        expires_at = int(self._now()) + self._expiry_s
        await to_thread.run_sync(
            self._with, lambda connection: self._insert(connection, audio_id, expires_at, transcript)
        )
        return expires_at

    async def recall(self, audio_id: str) -> str:
        """What was said under an id.

        Raises:
            NotFound: nothing, or it has expired.
            ConfigurationError: the file cannot be read.
        """
        row = await to_thread.run_sync(self._with, lambda connection: self._select(connection, audio_id))
        if row is None:
            raise NotFound(
                f"There is no audio {audio_id[:80]!r} here, or it has expired; send what was said as the "
                "message's content instead.",
                code="audio_not_found",
            )
        return row

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _with(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """On a thread: one transaction."""
        try:
            with self._lock:
                connection = self._connection = self._connection or self._opened()
                with connection:
                    return work(connection)
        except (sqlite3.Error, OSError) as failure:
            raise ConfigurationError(
                f"The store {self._file} cannot be used: {failure}. The setting `store` names another file.",
                code="store_unusable",
            ) from failure

    def _opened(self) -> sqlite3.Connection:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file.touch(mode=0o600)
        connection = sqlite3.connect(self._file, timeout=BUSY_S, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            with connection:
                connection.execute(_SCHEMA)
                connection.execute(_INDEX)
        except BaseException:
            connection.close()
            raise
        return connection

    def _insert(self, connection: sqlite3.Connection, audio_id: str, expires_at: int, said: str) -> None:
        connection.execute("DELETE FROM answers WHERE expires_at <= ?", (int(self._now()),))
        connection.execute(
            "INSERT INTO answers (id, expires_at, transcript) VALUES (?, ?, ?)",
            (audio_id, expires_at, said[:MOST_CHARS]),
        )
        connection.execute(
            "DELETE FROM answers WHERE number <= (SELECT max(number) FROM answers) - ?", (self._most,)
        )

    def _select(self, connection: sqlite3.Connection, audio_id: str) -> str | None:
        row = connection.execute(
            "SELECT transcript FROM answers WHERE id = ? AND expires_at > ?", (audio_id, int(self._now()))
        ).fetchone()
        return None if row is None else str(row[0])
