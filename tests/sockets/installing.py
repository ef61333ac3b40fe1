"""Engines of tests, found through the same door as anybody's: as if their package had been installed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path


def as_package(name: str, module: str) -> Callable[[Path], AbstractContextManager[None]]:
    """Installs a module's `plugin` under an engine's name, into a folder, until the context ends."""

    @contextmanager
    def installed(folder: Path) -> Iterator[None]:
        package = folder / f"{name}-1.0.dist-info"
        package.mkdir()
        (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (package / "entry_points.txt").write_text(f"[firstword.engines]\n{name} = {module}:plugin\n")
        sys.path.insert(0, str(folder))
        try:
            yield
        finally:
            sys.path.remove(str(folder))

    return installed
