"""A relay that holds the rest of an answer back until somebody has heard its beginning."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WAIT_S = 30.0
"""A bound on every wait; nothing is measured with it."""
SPEECH = "/v1/audio/speech"
HEARD = "/heard"
SENT_FIRST = 0.7
PASSED_ON = ("Content-Type", "Content-Security-Policy", "X-Sample-Rate", "X-Audio-Encoder-Delay")


class _Relay(BaseHTTPRequestHandler):
    """Asks the server behind it, and answers with what that says."""

    protocol_version = "HTTP/1.1"
    server: HoldingRelay

    def do_GET(self) -> None:
        self._pass_on(None, held=None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        heard = self.server.heard[body]
        if self.path != HEARD:
            self._pass_on(body, held=heard if self.path == SPEECH else None)
            return
        heard.set()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _pass_on(self, body: bytes | None, held: threading.Event | None) -> None:
        connection = HTTPConnection("127.0.0.1", self.server.behind, timeout=WAIT_S)
        with closing(connection):
            connection.request(self.command, self.path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            whole = response.read()
        self.send_response(response.status)
        for name in PASSED_ON:
            if value := response.headers[name]:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        first = round(len(whole) * SENT_FIRST)
        self.wfile.write(whole[:first])
        if held and not held.wait(WAIT_S):
            self.close_connection = True  # what broke off is no success
            return
        self.wfile.write(whole[first:])


class HoldingRelay(ThreadingHTTPServer):
    """Stands before a server.

    An answer to a speech request is held back after seven tenths of it, until the request's body is
    posted to `/heard`. So whoever gets it whole has heard its beginning before.
    """

    def __init__(self, behind: int) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        self.behind = behind
        """The port of the server."""
        self.heard: defaultdict[bytes, threading.Event] = defaultdict(threading.Event)
        """For each speech request, whether its beginning was."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def holding(behind: int) -> Iterator[HoldingRelay]:
    """A relay before the server at a port, for as long as this lasts."""
    with HoldingRelay(behind) as relay:
        thread = threading.Thread(target=relay.serve_forever)
        thread.start()
        try:
            yield relay
        finally:
            relay.shutdown()
            thread.join()
