"""The scripted chat model as an engine plugin, found through the same door as anybody's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from threading import Event
from typing import Any

from anyio import to_thread

from firstword.core.protocols import Engine, Files
from firstword.core.types import EngineInfo
from tests.pipeline.scripted import INFO, ScriptedChat
from tests.sockets.conftest import WAIT_S, Running
from tests.sockets.installing import as_package

SETTINGS: dict[str, Any] = {
    "engines": ("tone", "whistling", "scripted"),
    "default_recognizer": "whistle",
    "default_chat": "scripted",
}


class Plugin:
    """One model."""

    def infos(self) -> Sequence[EngineInfo]:
        return [INFO]

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> Engine:
        return ScriptedChat(info)


plugin = Plugin()
installed = as_package("scripted", __name__)


def chat_of(running: Running) -> ScriptedChat:
    """The model inside a server."""
    engine = running.application.host._places["scripted"].engine
    assert isinstance(engine, ScriptedChat)
    return engine


def opened(gate: Event) -> Callable[[], Awaitable[None]]:
    """A line of a script: to wait until a test opens the gate."""

    async def wait() -> None:
        assert await to_thread.run_sync(gate.wait, WAIT_S, abandon_on_cancel=True)

    return wait
