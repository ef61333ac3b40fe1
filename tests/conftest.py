"""What holds for every test: its category, the programs it needs, the event loop it runs on."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from firstword.catalog.store import ModelStore
from firstword.core.protocols import Files

ROOT = Path(__file__).parent.parent
CATEGORIES = {"unit", "socket", "model", "browser", "conformance"}

os.environ["FIRSTWORD_FETCH"] = "false"
"""No test fetches models unless it says from where; programs that tests start inherit this."""

os.environ.setdefault("FIRSTWORD_MODELS", str(ROOT / ".models"))
"""Where scripts/test has put the models that tests listen with."""

_left_out = pytest.StashKey[Counter[str]]()


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The plain asyncio loop: the same on every platform."""
    return "asyncio", {"use_uvloop": False}


@pytest.fixture(scope="session")
def conformance_python() -> Path:
    """The Python beside the clients of requirements/conformance.txt."""
    python = ROOT / ".venv-conformance/bin/python"
    assert python.exists(), "scripts/test makes .venv-conformance, once"
    return python


@pytest.fixture(scope="session")
def model_files() -> Files:
    """Gives the folders of the models that scripts/test fetches."""
    store = ModelStore(Path(os.environ["FIRSTWORD_MODELS"]))

    def folder(model_id: str) -> Path:
        found = store.installed(model_id)
        assert found, f"{model_id} is not in {store.folder}; scripts/test fetches it"
        return found

    return folder


def find_program(name: str) -> str | None:
    """Where a program is; `sbin` too, which is not on everybody's path."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


def uncategorized(items: Iterable[pytest.Item]) -> list[str]:
    """The modules whose `pytestmark` does not name exactly one category."""
    modules = {item.path: getattr(item, "module", None) for item in items}
    return sorted(
        str(path) for path, module in modules.items() if len(CATEGORIES & module_marks(module)) != 1
    )


def module_marks(module: object) -> set[str]:
    """The names in a module's `pytestmark`."""
    marks = getattr(module, "pytestmark", [])
    return {mark.name for mark in (marks if isinstance(marks, list) else [marks])}


def missing_program(item: pytest.Item) -> str | None:
    """The first program that a test needs and this machine lacks."""
    names = [name for mark in item.iter_markers("program") for name in mark.args]
    return next((name for name in names if find_program(name) is None), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuses modules without a category; leaves out what lacks its program, unless CI demands it."""
    if wrong := uncategorized(items):
        listed = ", ".join(sorted(CATEGORIES))
        raise pytest.UsageError(f"exactly one of {listed} belongs in the pytestmark of: {', '.join(wrong)}")
    if os.environ.get("CI"):
        return
    lacking = {item: name for item in items if (name := missing_program(item))}
    config.stash[_left_out] = Counter(lacking.values())
    config.hook.pytest_deselected(items=list(lacking))
    items[:] = [item for item in items if item not in lacking]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says what was left out, and why."""
    for name, count in config.stash.get(_left_out, Counter()).items():
        terminalreporter.write_line(f"left out for want of {name}: {count} tests", yellow=True)
