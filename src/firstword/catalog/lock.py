"""One process at a time: a lock that its holder's end frees, however it ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt

    def _take(file: BinaryIO, wait: bool) -> bool:
        while True:
            try:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError:  # LK_LOCK gives up after ten seconds
                if not wait:
                    return False
            else:
                return True

else:
    import fcntl

    def _take(file: BinaryIO, wait: bool) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def exclusive(path: Path, waiting: Callable[[], None]) -> Generator[None]:
    """Holds the lock file `path` while open; another process, or thread, waits for it.

    Args:
        path: made where it is not there; it stays, as removing it would let two in.
        waiting: called once where somebody else has it.

    Raises:
        OSError: it cannot be made, or the file system has no locks.
    """
    with path.open("a+b") as file:  # closing it frees the lock
        if not _take(file, wait=False):
            waiting()
            _take(file, wait=True)
        yield
