"""A real server on loopback, in a thread of the test's process, so that tests can look inside."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from firstword.assembly import Application
from firstword.server.serve import Server, listen, make_server
from firstword.settings import Settings, load

WAIT_S = 20.0
"""A bound on every wait; nothing is measured with it."""


@dataclass(slots=True)
class Running:
    """A server that runs, and its inside."""

    server: Server
    port: int
    application: Application
    connections: list[HTTPConnection] = field(default_factory=list)
    """Closed when the server ends."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def request(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> HTTPResponse:
        """One request on a connection of its own; the body of the answer is still to be read."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        self.connections.append(connection)
        connection.request(method, path, raw, {"Content-Type": "application/json", **(headers or {})})
        return connection.getresponse()

    def speak(self, text: str = "Hello world.", **fields: Any) -> HTTPResponse:
        """A speech request to the tone engine, in pcm unless `fields` say otherwise."""
        body = {"model": "tone", "voice": "sine", "input": text, "response_format": "pcm", **fields}
        return self.request("POST", "/v1/audio/speech", body)

    def open_socket(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S)


def until(condition: Callable[[], bool], what: str) -> None:
    """Waits, within a bound, for something that happens in another thread."""
    end = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"never came: {what}")
        threading.Event().wait(0.005)


StartServer = Callable[..., Running]


@contextmanager
def servers() -> Iterator[StartServer]:
    """Starts servers with the tone engine, and ends them: `tone={...}` are its options, the rest settings.

    They fetch nothing unless a test says so; with `settled=False` models may still be on their way.
    """
    running: list[tuple[Running, threading.Thread]] = []

    def start(*, tone: dict[str, object] | None = None, settled: bool = True, **fields: object) -> Running:
        flags: dict[str, object] = {
            "port": 0,
            "engines": ("tone",),
            "default_model": "tone",
            "engine_options": {"tone": tone or {}},
            "drain_s": 5,
            "log_level": "warning",
            "fetch": False,
            **fields,
        }
        settings: Settings = load(flags=flags)
        server = make_server(settings)
        listening = listen(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="server")
        thread.start()
        application: Application = server.config.app.state.context.application  # type: ignore[union-attr]  # ours
        one = Running(server, listening.getsockname()[1], application)
        running.append((one, thread))
        until(lambda: application.host.settled or not settled, "the models to be loaded")
        return one

    yield start
    for one, thread in running:
        for connection in one.connections:
            connection.close()
        one.server.should_exit = True
        thread.join(WAIT_S)
        assert not thread.is_alive(), "the server did not end"


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Starts servers for one test."""
    with servers() as start:
        yield start


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server with a quick tone engine, shared by a module's tests."""
    with servers() as start:
        yield start()
