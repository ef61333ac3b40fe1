"""Streamed audio on disk: nothing that looks whole and is not, and headers that tell the truth.

A stream's header cannot know how long the audio will be; a file's must. What comes is written to
`NAME.part`; once it is complete the sizes in its header are set in place, and it gets its name.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from firstword.client.sizes import state_true_sizes


@contextmanager
def saving(path: Path) -> Generator[BinaryIO]:
    """A file that exists under its name only when all of it has been written.

    On an error nothing stays; on a keyboard interrupt what was made stays, with true sizes. What is
    not a regular file (a device, a pipe) is written to as it is.

    Raises:
        OSError: it cannot be written.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        with target.open("wb", buffering=0) as file:
            yield file
        return
    part = target.with_name(target.name + ".part")
    interrupt: KeyboardInterrupt | None = None
    try:
        with part.open("w+b") as file:
            try:
                yield file
            except KeyboardInterrupt as pressed:
                if not file.tell():
                    raise
                interrupt = pressed
            state_true_sizes(file)
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
