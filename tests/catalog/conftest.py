"""A model hub on loopback that really serves ranges, and does what hubs do on bad days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

WAIT_S = 30.0
"""A bound on every wait; nothing is measured with it."""


@dataclass
class LoopbackHub:
    """Serves bytes by path.

    Args:
        url: where.
        content: path -> bytes.
        cuts: bytes of body after which each of the next answers breaks off.
        refusals: status of each of the next answers.
        ranges: False for a server that always sends the whole.
        asked: the path and the Range header of every request.
        arrived: set by the first request.
        open: while not set, answers wait.
    """

    url: str = ""
    content: Mapping[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    arrived: Event = field(default_factory=Event)
    open: Event = field(default_factory=Event)


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    served = LoopbackHub()
    served.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, served)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield served
    served.open.set()
    server.shutdown()
    thread.join()
    server.server_close()


def _answer(request: BaseHTTPRequestHandler, hub: LoopbackHub) -> None:
    asked = request.headers.get("Range")
    hub.asked.append((request.path, asked))
    hub.arrived.set()
    assert hub.open.wait(WAIT_S)
    data = hub.content.get(request.path)
    status = hub.refusals.pop(0) if hub.refusals else 200 if data is not None else 404
    if status != 200 or data is None:
        request.send_error(status)
        return
    start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and hub.ranges else 0
    request.send_response(206 if start else 200)
    request.send_header("Content-Length", str(len(data) - start))
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
    request.end_headers()
    body = data[start:]
    with suppress(ConnectionError):  # the other side may be gone
        request.wfile.write(body[: hub.cuts.pop(0)] if hub.cuts else body)
