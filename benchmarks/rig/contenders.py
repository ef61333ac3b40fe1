"""Who takes part: firstword and the floor behind HTTP, the engine and its package alone. Each is a child."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

from firstword.client.asking.listing import wait_until_ready
from rig.processes import Process, ask, first_line, python, running

READY_S = 60.0
SERVE = [sys.executable, "-m", "firstword.cli.entry", "serve", "--host", "127.0.0.1", "--port", "0"]


@dataclass(frozen=True, slots=True)
class Server:
    """A contender behind HTTP."""

    name: str
    host: str
    port: int
    process: Process
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, child: Popen[str]) -> Server:
        """The server that has just printed its URL."""
        url = first_line(child)
        found = re.search(r"http://([\d.]+):(\d+)", url)
        if found is None:
            raise RuntimeError(f"{name} said {url!r}")
        return cls(name, found[1], int(found[2]), Process(child.pid))

    def request(self, text: str, response_format: str = "pcm", **more: Any) -> dict[str, Any]:
        """The JSON body that asks for `text`; `opus-webm` is opus in its other container."""
        name, _, container = response_format.partition("-")
        body = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": name, **more}
        return body | ({"model_extensions": {"container": container}} if container else {})


@contextmanager
def firstword(recognizer: str | None = None, config: Path | None = None) -> Iterator[Server]:
    """Our server, as `firstword serve` starts it, once it is ready.

    Args:
        recognizer: a recognizer that must be ready too; without one, only what speaks is loaded.
        config: its settings.
    """
    more = ["--engine", "hibari"] if recognizer is None else []
    more += ["--config", str(config)] if config else []
    with running([*SERVE, *more, "--log-level", "warning"]) as child:
        server = Server.of("firstword", child)
        wait_until_ready(f"http://{server.host}:{server.port}", timeout_s=READY_S)
        yield server


@contextmanager
def floor() -> Iterator[Server]:
    """The bare server that sends whole sentences."""
    with running(python("floor.py")) as child:
        yield Server.of("floor", child)


class Alone:
    """The engine, or its package, in a child of its own."""

    def __init__(self, child: Popen[str]) -> None:
        first_line(child)
        self._child = child

    def first_ms(self, text: str) -> float:
        """Milliseconds to the first audible sample, on the child's clock."""
        return 1000 * ask(self._child, {"first": text})["s"]

    def cost(self, text: str) -> tuple[float, float]:
        """Processor seconds and audio seconds of all of `text`."""
        answer = ask(self._child, {"all": text})
        return answer["cpu_s"], answer["audio_s"]


@contextmanager
def alone(which: str) -> Iterator[Alone]:
    """`engine` or `package`, loaded and warm."""
    with running(python("alone.py", which)) as child:
        yield Alone(child)
