"""A real nginx before the server: buffering as it is by default, gzip on for everything."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from typing import Any, get_args

import pytest
from openai import OpenAI

from tests.conformance.conftest import BREAKS, HELD_AFTER_MS, KEY, LONG, Format, House
from tests.conformance.listening import bytes_by, comparable
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
LOOK_AHEAD_MS = 100
"""No encoder keeps more than this to itself."""


class Proxy:
    """nginx, listening."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connections: list[HTTPConnection] = []

    def speak(self, way: str, text: str = LONG, **fields: Any) -> HTTPResponse:
        """A speech request through one of `WAYS`."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=WAIT_S)
        self._connections.append(connection)
        body = json.dumps({"model": "tts-1", "voice": "alloy", "input": text, **fields})
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        connection.request("POST", f"/{way}/v1/audio/speech", body, headers)
        return connection.getresponse()

    def base_url(self, way: str) -> str:
        """For SDKs."""
        return f"http://127.0.0.1:{self._port}/{way}/v1"

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
@pytest.mark.parametrize("response_format", ["mp3", "opus", "wav"])
@pytest.mark.parametrize("way", WAYS)
def test_nginx_holds_nothing_of_what_is_made_back(
    house: House, nginx: Proxy, way: str, response_format: str
) -> None:
    whole = house.body(response_format)
    made = bytes_by(HELD_AFTER_MS - LOOK_AHEAD_MS, whole, len(house.body("pcm")) / 48)
    with house.tone.held() as let_go:
        response = nginx.speak(way, response_format=response_format)
        heard = response.read(made)
        let_go()
        heard += response.read()

    assert response.getheader("Content-Encoding") is None
    assert comparable(whole) == comparable(heard)


@pytest.mark.requirement("buffering-proxy-passes-audio-on", "audio-before-synthesis-ends")
@pytest.mark.parametrize("response_format", get_args(Format))
@pytest.mark.parametrize("way", WAYS)
def test_a_client_that_takes_gzip_hears_it_while_the_rest_is_made_too(
    house: House, nginx: Proxy, way: str, response_format: Format
) -> None:
    whole = house.body(response_format)
    with (
        OpenAI(api_key=KEY, base_url=nginx.base_url(way), max_retries=0) as sdk,
        house.tone.held() as let_go,
        sdk.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=LONG, response_format=response_format
        ) as response,
    ):
        assert "gzip" in response.http_request.headers["accept-encoding"]
        pieces = response.iter_bytes()
        heard = b""
        while len(heard) < len(whole) // 4:
            heard += next(pieces)
        let_go()
        heard += b"".join(pieces)

    assert comparable(whole) == comparable(heard)


@pytest.mark.requirement("buffering-proxy-passes-audio-on")
@pytest.mark.parametrize("way", WAYS)
def test_nginx_passes_events_on_while_the_rest_is_made(house: House, nginx: Proxy, way: str) -> None:
    with house.tone.held() as let_go:
        response = nginx.speak(way, stream_format="sse")
        first = response.readline()
        let_go()
        *rest, done = [line for line in response if line.strip()]

    deltas = [json.loads(line.removeprefix(b"data: ")) for line in (first, *rest)]
    assert house.body("mp3") == b"".join(base64.b64decode(delta["audio"]) for delta in deltas)
    assert b"speech.audio.done" in done


@pytest.mark.requirement("failure-after-audio-aborts-the-body")
@pytest.mark.parametrize("response_format", ["mp3", "wav"])
@pytest.mark.parametrize("way", WAYS)
def test_speech_that_breaks_off_is_incomplete_behind_nginx_too(
    nginx: Proxy, way: str, response_format: str
) -> None:
    response = nginx.speak(way, BREAKS, response_format=response_format)

    assert 200 == response.status
    with pytest.raises(IncompleteRead) as broken:
        response.read()
    assert broken.value.partial


@pytest.mark.requirement("failure-before-audio-is-a-proper-error")
@pytest.mark.parametrize("way", WAYS)
def test_errors_come_through_nginx_with_status_and_body(nginx: Proxy, way: str) -> None:
    response = nginx.speak(way, speed=9)

    assert (400, "speed") == (response.status, json.loads(response.read())["error"]["param"])
