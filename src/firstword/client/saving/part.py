"""Streamed audio on disk: nothing that looks whole and is not, and headers that tell the truth.

A stream's header cannot know how long the audio will be; a file's must. What comes is written to
`NAME.part`; once it is complete the sizes in its header are set in place, and it gets its name.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from firstword.client.saving.filing import File


class Pipe:
    """What is no file of its own, and is written to as it is."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self.close = self._file.close

    def write(self, data: bytes, /) -> int:
        """More of the stream; tells how much of it was taken."""
        return self._file.write(data)

    def state(self, delay_frames: int, frames: int | None = None) -> None:
        """Nothing is told here."""


@contextmanager
def saving(path: Path) -> Generator[File | Pipe]:
    """A file that exists under its name only when all of it has been written.

    An .mp3 and an .m4a get what tells their length while they are written; see `filing`. On an error
    nothing stays; on a keyboard interrupt what was made stays, with true sizes. What is not a regular file
    (a device, a pipe) is written to as it is.

    Raises:
        FirstwordError: what comes cannot be in a file of that name.
        OSError: it cannot be written.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        with closing(Pipe(target)) as pipe:
            yield pipe
        return
    part = target.with_name(target.name + ".part")
    interrupt: KeyboardInterrupt | None = None
    try:
        with part.open("w+b") as file:
            filed = File(file, target)
            try:
                yield filed
            except KeyboardInterrupt as pressed:
                if not file.tell():
                    raise
                interrupt = pressed
            filed.finish()
        part.replace(target)
    except OSError as failure:
        part.unlink(missing_ok=True)
        if failure.filename in (None, str(part)):
            failure.filename = str(path)
        raise
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if interrupt is not None:
        raise interrupt
