"""The package `firstword-player`, packed and installed, on another page; and a relay that lies."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.conftest import ROOT

PLAYER = ROOT / "src/firstword/server/static/player"
SITE = Path(__file__).parent / "site"
POLICY = "default-src 'none'; script-src 'self'; connect-src http:; img-src 'self'; media-src blob: http:"
"""All that the player needs; `media-src` only where there is no WebCodecs."""
PACED = 16_384


def packed(folder: Path) -> Path:
    """The tarball that `npm pack` makes of what a fresh clone has."""
    shutil.copytree(PLAYER, folder / PLAYER.relative_to(ROOT))
    (folder / "web").mkdir()
    for name in ("package.json", "pack.mjs", "README.md", "index.d.ts", "element.d.ts"):
        shutil.copy(ROOT / "web" / name, folder / "web")
    for name in ("LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, folder)
    before = sorted((folder / "web").iterdir())
    _npm("pack", "--silent", "--pack-destination", str(folder), cwd=folder / "web")
    assert before == sorted((folder / "web").iterdir()), "packing leaves nothing behind"
    (tarball,) = folder.glob("*.tgz")
    return tarball


def installed(tarball: Path, folder: Path) -> Path:
    """A site that has nothing but the package."""
    shutil.copytree(SITE, folder, dirs_exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    _npm("install", "--offline", "--no-audit", "--no-fund", "--silent", str(tarball), cwd=folder)
    return folder / "node_modules/firstword-player"


def _npm(*arguments: str, cwd: Path) -> None:
    ran = subprocess.run(["npm", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


class _Page(SimpleHTTPRequestHandler):
    """Files, under a strict policy."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


class _Relay(BaseHTTPRequestHandler):
    """Passes a speech request on, and what comes back as it comes, under whatever name it is told."""

    protocol_version = "HTTP/1.1"
    port = 0

    def do_OPTIONS(self) -> None:
        self.send_response(204)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.end_headers()

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self._pass_on()

    def _pass_on(self) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query))
        upstream = HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Content-Type": "application/json"}
        upstream.request("POST", "/v1/audio/speech", asked["body"].encode(), headers)
        answer = upstream.getresponse()
        self.send_response(answer.status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", asked.get("as", answer.headers["Content-Type"]))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while piece := answer.read1(PACED):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the listener has left
        finally:
            upstream.close()

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def page(folder: Path) -> Iterator[str]:
    """The address of a site."""
    with _served(partial(_Page, directory=str(folder))) as port:
        yield f"http://localhost:{port}/"


@contextmanager
def relay(port: int) -> Iterator[str]:
    """The address of a relay before a speech server."""
    with _served(type("Relay", (_Relay,), {"port": port})) as own:
        yield f"http://127.0.0.1:{own}/speech"


@contextmanager
def _served(handler: object) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:  # type: ignore[arg-type]  # a factory is one
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
