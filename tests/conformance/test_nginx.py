"""A real nginx before the server: buffering as it is by default, gzip on for everything."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import BREAKS, KEY, LONG, House
from tests.conformance.listening import comparable
from tests.conftest import find_program
from tests.sockets.conftest import WAIT_S

pytestmark = [pytest.mark.conformance, pytest.mark.program("nginx")]

CONFIGURATION = """
daemon off;
pid nginx.pid;
error_log stderr error;
events {{ }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    gzip on;
    gzip_types *;
    gzip_min_length 1;
    server {{
        listen 127.0.0.1:{port};
        location /as-it-is/ {{
            proxy_pass http://127.0.0.1:{upstream}/;
        }}
        location /kept-alive/ {{
            proxy_pass http://127.0.0.1:{upstream}/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""
WAYS = ("as-it-is", "kept-alive")


class Proxy:
    """nginx, listening."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connections: list[HTTPConnection] = []

    def speak(self, way: str, text: str = LONG, accept_encoding: str = "", **fields: Any) -> HTTPResponse:
        """A speech request through one of `WAYS`."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=WAIT_S)
        self._connections.append(connection)
        body = json.dumps({"model": "tts-1", "voice": "alloy", "input": text, **fields})
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        if accept_encoding:
            headers["Accept-Encoding"] = accept_encoding
        connection.request("POST", f"/{way}/v1/audio/speech", body, headers)
        return connection.getresponse()

    def close(self) -> None:
        """Hangs up."""
        for connection in self._connections:
            connection.close()


@pytest.fixture(scope="module")
def nginx(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """An nginx that inherits its socket, so that it can be called before it is up."""
    folder = tmp_path_factory.mktemp("nginx")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        port = listening.getsockname()[1]
        written = folder / "nginx.conf"
        written.write_text(CONFIGURATION.format(port=port, upstream=house.running.port), "utf-8")
        handed = listening.fileno()
        process = subprocess.Popen(
            [find_program("nginx") or "nginx", "-p", folder, "-e", "stderr", "-c", written],
            env={**os.environ, "NGINX": f"{handed};"},
            pass_fds=[handed],
        )
    proxy = Proxy(port)
    with process:
        try:
            yield proxy
        finally:
            proxy.close()
            process.terminate()


@pytest.mark.requirement("buffering-proxy-passes-audio-on", "audio-before-synthesis-ends")
@pytest.mark.parametrize("accept_encoding", ["", "gzip, deflate"])
@pytest.mark.parametrize("response_format", ["mp3", "opus", "wav", "pcm"])
@pytest.mark.parametrize("way", WAYS)
def test_nginx_passes_audio_on_while_the_rest_is_made(
    house: House, nginx: Proxy, way: str, response_format: str, accept_encoding: str
) -> None:
    whole = house.body(response_format)
    with house.tone.held() as let_go:
        response = nginx.speak(way, response_format=response_format, accept_encoding=accept_encoding)
        heard = response.read(len(whole) // 4)
        let_go()
        heard += response.read()

    assert response.getheader("Content-Encoding") is None
    assert comparable(whole) == comparable(heard)
