"""The language of whistles as an engine plugin, found through the same door as anybody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from firstword.core.protocols import Engine, Files
from firstword.core.types import EngineInfo, Task
from tests.pipeline.whistling import WhistleEngine, WhistleVad, info
from tests.sockets.conftest import Running
from tests.sockets.installing import as_package

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
installed = as_package("whistling", __name__)


def engine_of(running: Running, model: str = "whistle") -> WhistleEngine:
    """The engine inside a server."""
    engine = running.application.host._places[model].engine
    assert isinstance(engine, WhistleEngine)
    return engine
