"""The language of whistles as an engine plugin, found through the same door as anybody's."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from firstword.core.protocols import Engine, Files
from firstword.core.types import EngineInfo, Task
from tests.pipeline.whistling import WhistleEngine, WhistleVad, info
from tests.sockets.conftest import Running

WHISTLE = replace(info("whistle"), word_timings=True)
MUTE = info("wordless")
"""Writes text, and knows neither words nor tokens."""
SETTINGS: dict[str, Any] = {"engines": ("tone", "whistling"), "default_recognizer": "whistle"}


class Plugin:
    """Two recognizers and an endpointing model."""

    def infos(self) -> Sequence[EngineInfo]:
        return [WHISTLE, MUTE, WhistleVad().info]

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> Engine:
        if info.task is Task.ENDPOINTING:
            return WhistleVad()
        return WhistleEngine(info, writes_words=info is WHISTLE, **options)  # type: ignore[arg-type]


plugin = Plugin()


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """The plugin, as if somebody had installed its package."""
    package = folder / "whistling-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: whistling\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(
        "[firstword.engines]\nwhistling = tests.sockets.whistling_plugin:plugin\n"
    )
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def engine_of(running: Running, model: str = "whistle") -> WhistleEngine:
    """The engine inside a server."""
    engine = running.application.host._places[model].engine
    assert isinstance(engine, WhistleEngine)
    return engine
