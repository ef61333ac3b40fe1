"""What every way of fetching shares: what it tells, how it fails, and how a file is written."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from firstword.catalog.entries import ModelFile

BLOCK_BYTES = 1 << 20
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says where there is no room: on the disk, or in the user's share of it."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a fetch is."""

    model_id: str
    doing: str
    """`waiting`, `fetching` or `unpacking`, for people."""
    done_bytes: int
    total_bytes: int


Progress = Callable[[Step], None]
"""Told of every step. What it raises ends the fetch, and nothing half done stays: so a fetch is cancelled."""
Told = Callable[[int], None]
"""Takes the bytes that are done, of a total that is known elsewhere."""


class Unfetchable(Exception):
    """A source did not give what it should; the message is a clause without a full stop."""


class DiskFull(Exception):
    """There is no room for a model; the message is a sentence."""


def after(told: Told, before_bytes: int) -> Told:
    """Tells of a file that comes after others."""
    return lambda done_bytes: told(before_bytes + done_bytes)


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """What is left of a file, in blocks."""
    while data := file.read(BLOCK_BYTES):
        yield data


def sha256_of(path: Path) -> str:
    """The hash of a file, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(data: Iterable[bytes], target: Path, file: ModelFile, told: Told) -> None:
    """Writes a file of a model and makes sure that it is that file.

    Raises:
        Unfetchable: the size or the hash is another.
        OSError: it cannot be written.
    """
    digest, done_bytes = hashlib.sha256(), 0
    with target.open("wb") as output:
        for block in data:
            done_bytes += len(block)
            if done_bytes > file.size_bytes:
                break
            output.write(block)
            digest.update(block)
            told(done_bytes)
    if done_bytes != file.size_bytes:
        relation = "more" if done_bytes > file.size_bytes else "less"
        raise Unfetchable(f"{file.name} has {relation} than its {file.size_bytes} bytes")
    require_hash(file, digest.hexdigest())


def require_hash(file: ModelFile, sha256: str) -> None:
    """Refuses a file that is another.

    Raises:
        Unfetchable: the hash is not the entry's.
    """
    if sha256 != file.sha256:
        raise Unfetchable(f"{file.name} has the sha256 {sha256}, and must have {file.sha256}")
