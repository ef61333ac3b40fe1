"""A chat server that writes at the pace of a model: OpenAI-compatible, streamed, the same text every time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CLAUSE = "When the morning train leaves the harbour town,"
REST = (
    " it follows the river past the mill, and people with their coffee watch the light over the fields."
    " The hills behind the station turn blue. Nobody says much before the second stop."
)


@dataclass(slots=True)
class Writer:
    """What it writes, and when it was done with it."""

    url: str
    tokens_per_s: float
    tokens: list[str] = field(default_factory=lambda: _tokens(CLAUSE + REST))
    clause_over: list[float] = field(default_factory=list)
    """When the white space after the first clause had been sent, for each answer; `time.perf_counter()`."""
    text_over: list[float] = field(default_factory=list)


def _tokens(text: str) -> list[str]:
    """Words, each with the space before it, as models write them."""
    return [word if number == 0 else f" {word}" for number, word in enumerate(text.split(" "))]


@contextmanager
def writing(tokens_per_s: float = 20.0) -> Iterator[Writer]:
    """Such a server, on a free port, in threads."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(ConnectionError):  # whoever asked has left
                super().handle()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            self.close_connection = True
            begun, sent = time.perf_counter(), ""
            for number, token in enumerate(writer.tokens):
                time.sleep(max(0.0, begun + number / tokens_per_s - time.perf_counter()))
                sent += token
                self._event({"choices": [{"index": 0, "delta": {"content": token}, "finish_reason": None}]})
                if sent.startswith(CLAUSE + " ") and not (sent.removesuffix(token)).startswith(CLAUSE + " "):
                    writer.clause_over.append(time.perf_counter())
            writer.text_over.append(time.perf_counter())
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, content: dict[str, object]) -> None:
            self.wfile.write(b"data: " + json.dumps(content).encode() + b"\n\n")
            self.wfile.flush()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    writer = Writer(f"http://127.0.0.1:{server.server_address[1]}/v1", tokens_per_s)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield writer
    finally:
        server.shutdown()
        server.server_close()
