"""A stream of Ogg Opus in Chromium: how soon is it heard through the player, and how soon by `<audio src>`?

    python benchmarks/opus_in_browser.py [--rounds 15] [--speed 1.5] [--quick] [--json FILE]

Some seconds of speech of our server, kept, and sent page by page at `--speed` times the pace of hearing, to
both ways in the same Chromium (its Debian package), in random order; a worklet listens before the device.
Needs Node, and once `npm ci --prefix tests/browser/node`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rig.contenders import firstword
from rig.report import Report, options

from firstword import server as package
from firstword.bench.statistics import Summary
from firstword.bench.ttfa import sentence

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "tests/browser/node/first_sound.mjs"
RECORDER = ROOT / "tests/browser/site/recorder.js"
PLAYER = Path(package.__file__).parent / "static/player"
WAYS = ("player", "element")
NAMES = {"player": "firstword-player", "element": "<audio src>"}
WORDS = 22
CLOCK = 48_000
PAGE_HEAD = 27


def recorded() -> bytes:
    """Speech as our server sends it."""
    with firstword() as server:
        connection = HTTPConnection(server.host, server.port, timeout=60)
        body = json.dumps(server.request(sentence(WORDS), "opus"))
        connection.request("POST", "/v1/audio/speech", body, {"Content-Type": "application/json"})
        stream = connection.getresponse().read()
        connection.close()
    return stream


def timed(stream: bytes) -> list[tuple[float, bytes]]:
    """The pages of an Ogg stream, and the second of sound at which each begins. Source: RFC 3533."""
    pages, at, begins_s = [], 0, 0.0
    while at < len(stream):
        segments = stream[at + PAGE_HEAD - 1]
        lacing = stream[at + PAGE_HEAD : at + PAGE_HEAD + segments]
        end = at + PAGE_HEAD + segments + sum(lacing)
        pages.append((begins_s, stream[at:end]))
        begins_s = int.from_bytes(stream[at + 6 : at + 14], "little") / CLOCK
        at = end
    return pages


class Handler(BaseHTTPRequestHandler):
    """The page, the player, and the stream at its pace."""

    protocol_version = "HTTP/1.1"
    pages: list[tuple[float, bytes]]
    speed: float

    def do_GET(self) -> None:
        """Answers."""
        path = self.path.partition("?")[0]
        if path == "/stream":
            self._stream()
        elif path == "/recorder.js":
            self._whole(RECORDER.read_bytes(), "text/javascript")
        elif path.startswith("/player/"):
            self._whole((PLAYER / Path(path).name).read_bytes(), "text/javascript")
        else:
            self._whole(b"<!doctype html><title>Opus</title>", "text/html")

    def _whole(self, content: bytes, media_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "audio/ogg; codecs=opus")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        began = time.monotonic()
        for at_s, page in self.pages:
            time.sleep(max(0.0, began + at_s / self.speed - time.monotonic()))
            self.wfile.write(b"%x\r\n%b\r\n" % (len(page), page))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""


@contextmanager
def paced(pages: list[tuple[float, bytes]], speed: float) -> Iterator[str]:
    """The address of a server that sends the stream."""
    handler = type("Paced", (Handler,), {"pages": pages, "speed": speed})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def heard(address: str, order: list[str]) -> list[tuple[str, float]]:
    """Each way's milliseconds, as Chromium tells them."""
    environment = {**os.environ, "CHROMIUM": shutil.which("chromium") or "chromium"}
    ran = subprocess.run(
        ["node", SCRIPT, address, json.dumps(order)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [(way, float(ms)) for way, ms in json.loads(ran.stdout.splitlines()[-1])["found"]]


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, help="of each way (15; quick: 4)")
    parser.add_argument("--speed", type=float, default=1.5, help="of the stream, against hearing")
    chosen = parser.parse_args()
    if shutil.which("chromium") is None or not (SCRIPT.parent / "node_modules").exists():
        print("needs chromium, and npm ci --prefix tests/browser/node", file=sys.stderr)
        return 2
    report, order = Report("opus_in_browser", chosen), random.Random(chosen.seed)
    pages = timed(recorded())
    lasts_s = pages[-1][0]
    rounds = (chosen.rounds or (4 if chosen.quick else 15)) + 1
    turns = [way for _ in range(rounds) for way in order.sample(WAYS, len(WAYS))]
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    with paced(pages, chosen.speed) as address:
        for way, ms in heard(address, turns)[len(WAYS) :]:  # the first round is to warm up
            times[way].append(ms)
    found = {way: Summary.of(many) for way, many in times.items()}
    rows = [(NAMES[way], s.count, s.minimum, s.median, s.p95) for way, s in found.items()]
    headings = ("BY", "RUNS", "MIN MS", "MEDIAN MS", "P95 MS")
    report.table(
        f"First audible sample; {lasts_s:.1f} s of speech, sent in {lasts_s / chosen.speed:.1f} s",
        headings,
        rows,
    )
    report.figures["first_audible"] = [
        dict(zip(("by", "runs", "min_ms", "median_ms", "p95_ms"), row, strict=True)) for row in rows
    ]
    report.claim("the player's time, of the element's", found["player"].median / found["element"].median, 0.1)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
