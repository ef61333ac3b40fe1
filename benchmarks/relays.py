"""Through the examples' relays, and through what stands in front: how much later is the first audio?

    python benchmarks/relays.py [--rounds 40] [--quick] [--json FILE]

FastAPI, Django, Express and Vite as `examples/run` starts them, nginx and Caddy by the files of deploy/:
first audible sample of 15 words in pcm. And the serverless function under its shim: first event with audio of
a chat that a scripted server writes. Direct and through each in turns, in random order.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from rig.contenders import Server, firstword
from rig.recorder import record
from rig.report import Report, options
from rig.writer import writing

from firstword.bench.statistics import Summary
from firstword.bench.ttfa import sentence

ROOT = Path(__file__).parent.parent
TEXT = sentence(15)
STARTS_S = 120.0
LATER_MS = 20
BETWEEN_S = 0.2
HOST = "speech.example.org"
AUDIO = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}


@dataclass(frozen=True, slots=True)
class Way:
    """How the server is reached."""

    name: str
    port: int
    path: str = "/v1/audio/speech"
    text: str = "input"
    """The field that holds the text."""

    def first_ms(self) -> float:
        """From before the connection to the first audible sample."""
        voice = {"model": "tts-1", "voice": "alloy", "response_format": "pcm"}
        heard = record("127.0.0.1", self.port, {self.text: TEXT, **voice}, path=self.path)
        return 1000 * heard.first_audible_s("pcm")


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def listening(command: list[str], port: int, **more: str) -> Iterator[None]:
    """A child that serves on a port, from when it does."""
    child = subprocess.Popen(
        command,
        env={**os.environ, **more},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + STARTS_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                if child.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()


@contextmanager
def example(name: str, server: Server) -> Iterator[int]:
    """A relay of the examples; gives its port."""
    port, url = free_port(), f"http://{server.host}:{server.port}"
    with listening([str(ROOT / "examples/run"), name], port, PORT=str(port), FIRSTWORD_URL=url):
        yield port


@contextmanager
def nginx(server: Server, folder: Path) -> Iterator[int]:
    """The shipped site, in an otherwise plain nginx."""
    port = free_port()
    shipped = (ROOT / "deploy/nginx/firstword.conf").read_text("utf-8")
    site = shipped.replace("listen 80;", f"listen 127.0.0.1:{port};").replace(":8000;", f":{server.port};")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/errors; events {{ }}\n"
        f"http {{ access_log off; gzip on; {temporary}\n{site} }}",
        "utf-8",
    )
    with listening(["nginx", "-p", str(folder), "-c", str(file)], port):
        yield port


@contextmanager
def caddy(server: Server, folder: Path) -> Iterator[int]:
    """The shipped site, on loopback and without TLS."""
    port, file = free_port(), folder / "Caddyfile"
    shipped = (ROOT / "deploy/caddy/Caddyfile").read_text("utf-8")
    site = shipped.replace(f"{HOST} {{", f"http://:{port} {{").replace(":8000", f":{server.port}")
    file.write_text(f"{{\n\tadmin off\n}}\n{site}", "utf-8")
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with listening(["caddy", "run", "--config", str(file)], port, **homes):
        yield port


def chat_first_ms(port: int, path: str, body: dict[str, Any]) -> float:
    """From before the connection to the first event that carries audio."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    )
    began = perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode() + content)
        heard = b""
        while b'"data":"' not in heard:
            piece = connection.recv(65_536)
            if not piece:
                raise RuntimeError(f"no audio: {heard[-300:]!r}")
            heard += piece
        first_ms = 1000 * (perf_counter() - began)
    time.sleep(BETWEEN_S)  # until nobody works for it any more
    return first_ms


def timed(ways: dict[str, Callable[[], float]], rounds: int, order: random.Random) -> dict[str, Summary]:
    """Each way so many times, in random order; two rounds before they count."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 2):
        for name in order.sample(list(ways), len(ways)):
            once = ways[name]()
            if number >= 2:
                times[name].append(once)
    return {name: Summary.of(many) for name, many in times.items()}


def tell(report: Report, title: str, found: dict[str, Summary]) -> None:
    """A table, and whether each is late."""
    rows = [(name, s.count, s.minimum, s.median, s.p95) for name, s in found.items()]
    report.table(title, ("THROUGH", "RUNS", "MIN MS", "MEDIAN MS", "P95 MS"), rows)
    fields = ("through", "runs", "min_ms", "median_ms", "p95_ms")
    report.figures[title] = [dict(zip(fields, row, strict=True)) for row in rows]
    for name, summary in found.items():
        if name != "direct":
            later = summary.median - found["direct"].median
            report.claim(f"later through {name}", later, LATER_MS, " ms")


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, help="timings of each way (40; quick: 15)")
    chosen = parser.parse_args()
    report, order = Report("relays", chosen), random.Random(chosen.seed)
    rounds = chosen.rounds or (15 if chosen.quick else 40)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        writer = stack.enter_context(writing(tokens_per_s=500))
        config = folder / "firstword.toml"
        config.write_text(
            f'store = "{folder}/store.sqlite3"\ndefault_chat = "scripted"\n'
            f'[engine_options.upstream.models]\nscripted = {{ url = "{writer.url}", model = "scripted" }}\n'
        )
        server = stack.enter_context(firstword(recognizer="any", config=config))
        ways = [Way("direct", server.port)]
        ways.append(Way("fastapi", stack.enter_context(example("fastapi-relay", server)), "/speech"))
        django = stack.enter_context(example("django-relay", server))
        ways.append(Way("django", django, "/api/stream_audio/", "input_text"))
        for name, relay in (("express", "express-relay"), ("vite", "react-player")):
            ways.append(Way(name, stack.enter_context(example(relay, server)), "/speech"))
        for name, start in (("nginx", nginx), ("caddy", caddy)):
            if shutil.which(name) is None:
                print(f"{name} is not installed: left out", file=sys.stderr)
                continue
            own = folder / name
            own.mkdir()
            ways.append(Way(name, stack.enter_context(start(server, own))))
        tell(
            report,
            "First audible sample of 15 words",
            timed({way.name: way.first_ms for way in ways}, rounds, order),
        )
        function = stack.enter_context(example("push-to-talk-serverless", server))
        messages = {"messages": [{"role": "user", "content": "Tell me about trains."}]}
        whole = {"model": "gpt-audio", "stream": True, **AUDIO, **messages}
        chats: dict[str, Callable[[], float]] = {
            "direct": lambda: chat_first_ms(server.port, "/v1/chat/completions", whole),
            "serverless function": lambda: chat_first_ms(function, "/talk", messages),
        }
        tell(report, "First audio of a chat", timed(chats, rounds, order))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
