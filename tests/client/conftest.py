"""Servers that answer with exactly the bytes a test gives them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Thread

import pytest

WAIT_S = 20.0
"""A bound on every wait; nothing is measured with it."""


class Answering:
    """Servers that each answer one request with some bytes, and close."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        """What was asked."""
        self._running = ExitStack()

    def __call__(self, *pieces: bytes) -> str:
        """Starts one; gives its URL."""
        listening = self._running.enter_context(socket.create_server(("127.0.0.1", 0)))
        listening.settimeout(WAIT_S)
        thread = Thread(target=self._answer, args=(listening, pieces))
        thread.start()
        self._running.callback(thread.join)
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    def close(self) -> None:
        """Ends them all."""
        self._running.close()

    def _answer(self, listening: socket.socket, pieces: tuple[bytes, ...]) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(WAIT_S)
            self.requests.append(_request(connection))
            for piece in pieces:
                connection.sendall(piece)


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Makes servers."""
    servers = Answering()
    yield servers
    servers.close()


@pytest.fixture
def nowhere() -> Iterator[str]:
    """The URL of a port at which nobody listens, and nobody can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
