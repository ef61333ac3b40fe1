"""What stands in front of the server, by the files of `deploy/`: nothing is held back, nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.conformance.conftest import BREAKS, HELD_AFTER_MS, KEY, LONG, House, opened
from tests.conformance.listening import bytes_by, comparable
from tests.conftest import ROOT, find_program
from tests.examples.conftest import free_port, listening
from tests.pipeline.whistling import pcm, whistle
from tests.sockets.conftest import WAIT_S, until
from tests.sockets.whistling_plugin import SETTINGS, installed

DEPLOY = ROOT / "deploy"
LOOK_AHEAD_MS = 100
"""No encoder keeps more than this to itself."""
HOST = "speech.example.org"
TEXT = "alder birch cedar dogwood elm fir"
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
SPEECH = {"model": "tts-1", "voice": "alloy", "input": LONG}

pytestmark = pytest.mark.conformance


def nginx(folder: Path, port: int, upstream: int) -> list[str]:
    """The command that runs the shipped file, with other ports, in a server that gzips whatever it may."""
    shipped = (DEPLOY / "nginx/firstword.conf").read_text("utf-8")
    site = shipped.replace("listen 80;", f"listen 127.0.0.1:{port};").replace(":8000;", f":{upstream};")
    temporary = "".join(
        f"{name}_temp_path {name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid nginx.pid; error_log stderr error; events {{ }}\n"
        f"http {{ access_log off; gzip on; gzip_types *; gzip_proxied any; {temporary}\n{site} }}",
        "utf-8",
    )
    return [
        find_program("nginx") or "nginx",
        "-p",
        str(folder),
        "-e",
        "stderr",
        "-c",
        str(folder / "nginx.conf"),
    ]


def caddy(folder: Path, port: int, upstream: int) -> list[str]:
    """The command that runs the shipped file on loopback, without TLS."""
    shipped = (DEPLOY / "caddy/Caddyfile").read_text("utf-8")
    site = shipped.replace(f"{HOST} {{", f"http://{HOST}:{port} {{").replace(":8000", f":{upstream}")
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{site}", "utf-8")
    return [find_program("caddy") or "caddy", "run", "--config", str(folder / "Caddyfile")]


IN_FRONT: dict[str, Callable[[Path, int, int], list[str]]] = {"nginx": nginx, "caddy": caddy}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server that speaks, and hears whistles."""
    with installed(tmp_path_factory.mktemp("plugin")), opened(**SETTINGS) as house:
        yield house


@contextmanager
def running(name: str, folder: Path, upstream: int) -> Iterator[int]:
    """One of them, listening on a port."""
    port = free_port()
    process = subprocess.Popen(
        IN_FRONT[name](folder, port, upstream),
        env={**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        listening(process, port)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=WAIT_S)


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.program(name)) for name in IN_FRONT]
)
def port(
    request: pytest.FixtureRequest, house: House, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """Where one of them listens."""
    with running(request.param, tmp_path_factory.mktemp(request.param), house.running.port) as port:
        yield port


@contextmanager
def asked(port: int, path: str, body: dict[str, Any], **headers: str) -> Iterator[HTTPResponse]:
    """A request that would take gzip."""
    connection = HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    sent = {"Content-Type": "application/json", "Accept-Encoding": "gzip, zstd", "Host": HOST}
    connection.request("POST", path, json.dumps(body), {**sent, **AUTHORIZED, **headers})
    try:
        yield connection.getresponse()
    finally:
        connection.close()


def bare(port: int) -> socket.socket:
    """A connection to it, whatever name is asked for."""
    return socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)


@pytest.mark.parametrize("response_format", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
def test_what_has_been_made_is_heard_while_the_rest_is_not_made_yet(
    house: House, port: int, response_format: str
) -> None:
    whole = house.body(response_format)
    made = bytes_by(HELD_AFTER_MS - LOOK_AHEAD_MS, whole, len(house.body("pcm")) / 48)
    body = {**SPEECH, "response_format": response_format}
    with house.tone.held() as let_go, asked(port, "/v1/audio/speech", body) as response:
        heard = response.read(made)
        let_go()
        heard += response.read()

    assert response.getheader("Content-Encoding") is None
    assert comparable(whole) == comparable(heard)


def test_events_pass_as_they_are_told(house: House, port: int) -> None:
    body = {**SPEECH, "stream_format": "sse"}
    with house.tone.held() as let_go, asked(port, "/v1/audio/speech", body) as response:
        first = response.readline()
        let_go()
        rest = response.read()

    assert json.loads(first.removeprefix(b"data: "))["type"] == "speech.audio.delta"
    assert b"speech.audio.done" in rest


def test_a_failure_half_way_is_told(port: int) -> None:
    with asked(port, "/v1/audio/speech", {**SPEECH, "input": BREAKS, "stream_format": "sse"}) as response:
        events = b""
        with suppress(IncompleteRead):  # the body is broken as well, where that is passed on
            for line in response:
                events += line

    assert b"speech.audio.delta" in events
    assert b'"code":"engine_failed"' in events
    assert b"speech.audio.done" not in events


@pytest.mark.program("nginx")
def test_behind_nginx_it_is_a_broken_body_too(house: House, tmp_path: Path) -> None:
    with (
        running("nginx", tmp_path, house.running.port) as port,
        asked(port, "/v1/audio/speech", {**SPEECH, "input": BREAKS}) as response,
    ):
        assert response.status == 200
        with pytest.raises(IncompleteRead) as broken:
            response.read()

    assert broken.value.partial


def test_a_refusal_keeps_its_status_and_its_words(port: int) -> None:
    with asked(port, "/v1/audio/speech", {**SPEECH, "speed": 9}) as response:
        assert (response.status, json.loads(response.read())["error"]["param"]) == (400, "speed")


def test_a_listener_who_leaves_stops_the_engine(house: House, port: int) -> None:
    endless = {**SPEECH, "input": f"{LONG}. " * 100, "response_format": "pcm"}
    with asked(port, "/v1/audio/speech", endless) as response:
        response.read(1_000)
        assert house.tone.running

    until(lambda: not house.tone.running, "the engine to be let go")


def test_speech_is_heard_over_a_socket(port: int) -> None:
    audio = pcm(whistle(TEXT))
    url = f"ws://{HOST}:{port}/v1/audio/transcriptions-realtime?model=whistle"
    with connect(url, additional_headers=AUTHORIZED, sock=bare(port), compression=None) as session:
        session.send('{"sample_rate": 16000}')
        for at in range(0, len(audio), 3_200):
            session.send(audio[at : at + 3_200])
        session.send('{"done": true}')
        heard = [json.loads(message) for message in session]

    assert TEXT == " ".join(one["text"] for one in heard if one["message_type"] == "FinalTranscript")


@pytest.mark.program("systemd-analyze")
def test_the_unit_is_one_that_systemd_understands(tmp_path: Path) -> None:
    unit = tmp_path / "firstword.service"
    program = shutil.which("true")
    shipped = (DEPLOY / "systemd/firstword.service").read_text("utf-8")
    unit.write_text(shipped.replace("/opt/firstword/.venv/bin/firstword", str(program)), "utf-8")

    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )

    assert (told.returncode, told.stderr) == (0, "")
