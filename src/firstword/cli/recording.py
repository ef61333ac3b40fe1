"""A recording as a command gets it: a file, or what comes on stdin."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from firstword.formats.files import Recording

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording that is open."""

    name: str
    file: BinaryIO
    """Seekable, at its beginning."""

    @property
    def size_bytes(self) -> int:
        """Of the file."""
        return os.fstat(self.file.fileno()).st_size

    def play(self) -> Recording:
        """Its samples. Blocking: the header is read already.

        Raises:
            UndecodableAudio: there is nothing in it, or it is broken.
            UnsupportedAudio: nobody here can read it.
        """
        from firstword.formats.files import open_recording

        return open_recording(self.file, name=self.name)


@contextmanager
def opened(name: str) -> Generator[Tape]:
    """A file; stdin is kept in a temporary one, because some formats have to be read back and forth.

    Raises:
        OSError: it cannot be read.
    """
    if name != STDIN:
        with open(name, "rb") as file:
            yield Tape(name, file)
        return
    with tempfile.TemporaryFile() as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.seek(0)
        yield Tape("stdin", kept)
