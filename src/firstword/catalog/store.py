"""The models on disk: fetch, check, put in place whole, remove.

    FOLDER/moonshine-base/          the files, LICENSE, and model.json: what they are and where from
    FOLDER/.partial/moonshine-base/ files of a hub that broke off, to go on with
    FOLDER/.partial/work-…/         what is being fetched; it becomes a model's folder by one rename
    FOLDER/.lock                    held by whoever fetches or removes; reading needs no lock

The rule: a model's folder exists whole or not at all, whoever is killed at whatever moment.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from enum import StrEnum
from importlib.resources import files as resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from firstword.catalog.entries import ENTRIES, Folder, InstalledPackage, ModelEntry, Source
from firstword.catalog.fetch import FULL, DiskFull, Progress, Step, Unfetchable, sha256_of
from firstword.catalog.gather import Gatherer
from firstword.catalog.hub import Hub
from firstword.catalog.lock import exclusive
from firstword.core.errors import ConfigurationError

HUB_URL = "https://huggingface.co"
LICENSE, RECORD = "LICENSE", "model.json"
ELSEWHERE = "Free some room, or name another folder in the setting `models` (FIRSTWORD_MODELS)."


class State(StrEnum):
    """How a model is on disk."""

    INSTALLED = "installed"
    AVAILABLE = "available"
    """Nothing of it is here; it can be fetched."""
    PARTIAL = "partial"
    """Some of it has come; the next fetch goes on from there."""
    DAMAGED = "damaged"
    """A file is gone or has another size."""
    OUTDATED = "outdated"
    """Whole, and of another version than the catalogue's."""


def quiet(step: Step) -> None:
    """Tells nobody."""


class ModelStore:
    """A folder of models.

    Args:
        folder: made when the first model is fetched.
        entries: what can be fetched.
        hub: where hub repositories are.
    """

    def __init__(
        self, folder: Path, *, entries: Sequence[ModelEntry] = ENTRIES, hub: Hub | str = HUB_URL
    ) -> None:
        self.folder = folder
        self.entries = {entry.model_id: entry for entry in entries}
        self._hub = Hub(hub) if isinstance(hub, str) else hub
        self._partial = folder / ".partial"

    def installed(self, model_id: str) -> Path | None:
        """The folder of a model's files, or None where they are not all there. Looks at sizes, not hashes."""
        entry = self.entries.get(model_id)
        try:
            return self._place(entry) if entry and self.state(entry) is State.INSTALLED else None
        except OSError:  # a folder that cannot be read; whoever fetches into it is told so
            return None

    def state(self, entry: ModelEntry) -> State:
        """How a model is on disk, by its record and its sizes."""
        place = self._place(entry)
        if place is None or not place.exists():
            begun = self._partial / entry.model_id
            return State.PARTIAL if begun.exists() and any(begun.iterdir()) else State.AVAILABLE
        recorded = _read_record(place).get("files")
        if _bundle(entry) is None and recorded != _record(entry)["files"]:
            return State.OUTDATED if recorded else State.DAMAGED
        sizes = [(place / file.name, file.size_bytes) for file in entry.files]
        whole = all(path.is_file() and path.stat().st_size == size_bytes for path, size_bytes in sizes)
        return State.INSTALLED if whole else State.DAMAGED

    def pull(self, entry: ModelEntry, progress: Progress = quiet, *, origin: Path | None = None) -> Path:
        """Fetches a model unless it is there; gives its folder. Blocking.

        Args:
            entry: which.
            progress: told of every step, in this thread; what it raises ends the fetch.
            origin: a folder with the files (or with a folder of the model's id that has them), asked
                instead of the entry's sources.

        Raises:
            ConfigurationError: no source gave it, or the disk is full; the message says what to do.
        """
        return self.pull_all([entry], progress, origin=origin)[entry.model_id]

    def pull_all(
        self, entries: Iterable[ModelEntry], progress: Progress = quiet, *, origin: Path | None = None
    ) -> dict[str, Path]:
        """Fetches several models, an archive that several are in only once; see `pull`."""
        wanted = list(entries)
        if any(self.installed(entry.model_id) is None for entry in wanted):
            with self._changing(progress, wanted[0].model_id), self._work() as work:
                gatherer = Gatherer(work, self._partial, self._hub, progress)
                for entry in wanted:
                    if self.installed(entry.model_id) is None:  # another process may have fetched it
                        self._install(
                            entry, (Folder(str(origin)),) if origin else entry.sources, gatherer, work
                        )
        return {entry.model_id: self._required(entry) for entry in wanted}

    def verify(self, entry: ModelEntry, progress: Progress = quiet) -> list[str]:
        """Reads every file again; gives what is wrong, nothing where all is well."""
        place = self._place(entry)
        if place is None or not place.exists():
            return ["it is not installed"]
        wrong, done_bytes = [], 0
        for file in entry.files:
            path = place / file.name
            if not path.is_file():
                wrong.append(f"{file.name} is missing")
            elif (sha256 := sha256_of(path)) != file.sha256:
                wrong.append(f"{file.name} has the sha256 {sha256}, and must have {file.sha256}")
            done_bytes += file.size_bytes
            progress(Step(entry.model_id, "reading", done_bytes, entry.size_bytes))
        if _bundle(entry) is None and not (place / LICENSE).is_file():
            wrong.append(f"{LICENSE} is missing")
        return wrong

    def remove(self, entry: ModelEntry) -> bool:
        """Removes a model and what has come of it; False where there was nothing.

        Raises:
            ConfigurationError: it is inside a package, or cannot be removed.
        """
        if bundle := _bundle(entry):
            raise ConfigurationError(
                f"{entry.model_id} is inside the package {bundle.distribution}, which firstword needs."
            )
        paths = [self.folder / entry.model_id, self._partial / entry.model_id]
        if not any(path.exists() for path in paths):
            return False
        with self._changing(quiet, entry.model_id), self._work() as work:
            if paths[0].exists():
                paths[0].rename(work / "removed")  # gone at once, whatever happens while it is deleted
            shutil.rmtree(paths[1], ignore_errors=True)
        return True

    def origin(self, entry: ModelEntry) -> str:
        """Where an installed model came from, or where it would come from first."""
        place = self.folder / entry.model_id
        return str(_read_record(place).get("source") or entry.sources[0])

    def _install(self, entry: ModelEntry, sources: Sequence[Source], gatherer: Gatherer, work: Path) -> None:
        """Asks the sources in order, and puts what one of them gives in place."""
        reasons = []
        for source in sources:
            ready = work / entry.model_id
            ready.mkdir()
            try:
                gatherer.gather(entry, source, ready)
            except Unfetchable as failure:
                reasons.append(str(failure))
                shutil.rmtree(ready)
                continue
            text = resources("firstword.catalog").joinpath("licenses", entry.license_text).read_bytes()
            (ready / LICENSE).write_bytes(text)
            (ready / RECORD).write_text(json.dumps(_record(entry, source), indent=2) + "\n", "utf-8")
            place = self.folder / entry.model_id
            if place.exists():
                place.rename(work / f"{entry.model_id}.old")
            ready.rename(place)
            return
        raise ConfigurationError(f"{entry.model_id} cannot be fetched: {'; '.join(reasons)}.")

    def _place(self, entry: ModelEntry) -> Path | None:
        bundle = _bundle(entry)
        if bundle is None:
            return self.folder / entry.model_id
        spec = find_spec(bundle.package)
        if spec is None or not spec.submodule_search_locations:
            return None
        return Path(next(iter(spec.submodule_search_locations))) / bundle.folder

    def _required(self, entry: ModelEntry) -> Path:
        place = self.installed(entry.model_id)
        if place is None:
            raise ConfigurationError(f"The model {entry.model_id} was removed while it was fetched.")
        return place

    @contextmanager
    def _changing(self, progress: Progress, model_id: str) -> Generator[None]:
        """Holds the store; what the system refuses leaves as an error that says what to do."""
        try:
            self._partial.mkdir(parents=True, exist_ok=True)
            with exclusive(self.folder / ".lock", lambda: progress(Step(model_id, "waiting", 0, 0))):
                yield
        except DiskFull as failure:
            raise ConfigurationError(f"No room in {self.folder}: {failure} {ELSEWHERE}") from failure
        except OSError as failure:
            if failure.errno in FULL:
                raise ConfigurationError(
                    f"No room in {self.folder}: the disk is full. {ELSEWHERE}"
                ) from failure
            what = failure.filename or self.folder
            raise ConfigurationError(f"{what}: {failure.strerror or failure}. {ELSEWHERE}") from failure

    @contextmanager
    def _work(self) -> Generator[Path]:
        """An empty folder on the store's disk; those of processes that were killed are removed first."""
        for left in self._partial.glob("work-*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(
            prefix="work-", dir=self._partial, ignore_cleanup_errors=True
        ) as work:
            yield Path(work)


def _bundle(entry: ModelEntry) -> InstalledPackage | None:
    """The package that has the model in it, where one has."""
    return next((source for source in entry.sources if isinstance(source, InstalledPackage)), None)


def _record(entry: ModelEntry, source: Source | None = None) -> dict[str, object]:
    """What is written beside a model."""
    return {
        "id": entry.model_id,
        "license": entry.license,
        "source": str(source),
        "files": {file.name: {"size_bytes": file.size_bytes, "sha256": file.sha256} for file in entry.files},
    }


def _read_record(place: Path) -> dict[str, Any]:
    """What is written beside a model, or nothing where it cannot be read."""
    try:
        record = json.loads((place / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
