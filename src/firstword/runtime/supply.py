"""What the model store has for the engines, and what may be fetched for them at start."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from firstword.catalog.fetch import Progress, Step
from firstword.catalog.store import ModelStore, quiet
from firstword.core.errors import ConfigurationError
from firstword.core.types import EngineInfo
from firstword.runtime.places import State, Status

FETCHED = 0.9
"""How much of the way is done when everything has come; the rest is unpacking."""

Reporting = Callable[[], AbstractContextManager[Progress]]
"""Opens what is told of the steps of one fetch."""


@contextmanager
def silence() -> Generator[Progress]:
    """Tells nobody."""
    yield quiet


def how_to_pull(model_ids: Iterable[str]) -> str:
    """What an operator does to have models."""
    return f"Run `firstword models pull {' '.join(model_ids)}`, then start the server again."


class Supply:
    """Finds engines' models in the store, and fetches what is missing.

    Args:
        store: the models on disk.
        fetch: whether what a server wants by default, and is not there, may be fetched.
        reporting: opened for each fetch, in its thread.
    """

    def __init__(self, store: ModelStore, *, fetch: bool, reporting: Reporting = silence) -> None:
        self._store = store
        self._fetch = fetch
        self._reporting = reporting

    def files(self, model_id: str) -> Path:
        """The folder of an installed model: what engines are given as `Files`.

        Raises:
            ConfigurationError: it is not installed.
        """
        place = self._store.installed(model_id)
        if place is None:
            raise ConfigurationError(f"The model {model_id} is not installed. {how_to_pull([model_id])}")
        return place

    def missing(self, info: EngineInfo) -> tuple[str, ...]:
        """The models that an engine needs and that are not installed."""
        return tuple(model_id for model_id in info.needs if self._store.installed(model_id) is None)

    def obstacle(self, model_ids: Sequence[str]) -> Status | None:
        """How it stands with missing models that will not be fetched at start; None where they will be."""
        entries = [self._store.entries.get(model_id) for model_id in model_ids]
        known = [entry for entry in entries if entry is not None]
        if len(known) < len(entries):
            unknown = model_ids[entries.index(None)]
            return Status(State.FAILED, f"The catalogue has no model {unknown}, which it is made of.")
        if not all(entry.default for entry in known):
            return Status(State.AVAILABLE, how_to_pull(model_ids))
        if not self._fetch and model_ids:
            return Status(State.FAILED, how_to_pull(model_ids))
        return None

    def shipments(self, model_ids: Iterable[str]) -> list[list[str]]:
        """Models by where they come from: those of one archive are fetched together, once."""
        found: dict[str, list[str]] = {}
        for model_id in dict.fromkeys(model_ids):
            found.setdefault(str(self._store.entries[model_id].sources[0]), []).append(model_id)
        return list(found.values())

    def fetch(self, model_ids: Sequence[str], told: Callable[[float], None]) -> None:
        """Fetches models. Blocking.

        Args:
            model_ids: which.
            told: how much is done, 0-1; what it raises ends the fetch, and nothing half done stays.

        Raises:
            ConfigurationError: no source gave one of them; the message says what to do.
        """
        with self._reporting() as report:

            def progress(step: Step) -> None:
                told(_share(step))
                report(step)

            try:
                self._store.pull_all([self._store.entries[model_id] for model_id in model_ids], progress)
            except ConfigurationError as failure:
                raise ConfigurationError(f"{failure.message} {how_to_pull(model_ids)}") from failure


def _share(step: Step) -> float:
    """How far the whole is, at one of its steps."""
    done = step.done_bytes / step.total_bytes if step.total_bytes else 0.0
    return FETCHED * done if step.doing in ("fetching", "waiting") else FETCHED + (1 - FETCHED) * done
