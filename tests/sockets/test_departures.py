"""Listeners that leave, never read, or send nothing; and a server that ends."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from firstword.engines.tone import ToneEngine
from tests.sockets.conftest import Running, StartServer, until

pytestmark = pytest.mark.socket

HOUR = "This is one more sentence of a very long text. " * 1500
"""Some hours of beeps."""


def request_bytes(text: str, response_format: str = "pcm") -> bytes:
    body = json.dumps(
        {"model": "tone", "voice": "sine", "input": text, "response_format": response_format}
    ).encode()
    return b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def engine(running: Running) -> ToneEngine:
    loaded = running.application.host._places["tone"].engine
    assert isinstance(loaded, ToneEngine)
    return loaded


def open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0


def resident_mb() -> float:
    """Of this process, the server's threads and all; 0 where the kernel does not tell."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6 if status.exists() else 0.0


@pytest.mark.requirement("disconnect-stops-the-model")
@pytest.mark.parametrize("response_format", ["pcm", "mp3", "opus"])
def test_a_listener_that_leaves_stops_the_model(server: Running, response_format: str) -> None:
    tone = engine(server)
    made_before = tone.made_ms
    with server.open_socket() as client:
        client.sendall(request_bytes(HOUR, response_format))
        assert client.recv(4096)
    until(lambda: tone.running == 0, "the engine to be let go")
    until(lambda: server.application.admission.active == 0, "the place to be free")
    whole_ms = len(HOUR) * 60
    assert tone.made_ms - made_before < 0.05 * whole_ms


def test_a_listener_that_leaves_before_the_first_audio_stops_the_model(start_server: StartServer) -> None:
    running = start_server(tone={"realtime_factor": 0.2})
    with running.open_socket() as client:
        client.sendall(request_bytes(HOUR))
        until(lambda: engine(running).running == 1, "the engine to begin")
    until(lambda: engine(running).running == 0, "the engine to be let go")


def test_a_hundred_departures_leave_nothing_behind(server: Running) -> None:
    def depart() -> None:
        with server.open_socket() as client:
            client.sendall(request_bytes(HOUR))
            client.recv(100)

    for _ in range(20):
        depart()
    until(lambda: engine(server).running == 0, "the first to be over")
    threads, files, memory = threading.active_count(), open_files(), resident_mb()
    for _ in range(100):
        depart()
    until(lambda: engine(server).running == 0, "the last to be over")
    until(lambda: not server.server.server_state.tasks, "its tasks to end")
    until(lambda: open_files() <= files, "its sockets to be closed")
    assert threading.active_count() == threads
    assert resident_mb() - memory < 20


@pytest.mark.requirement("silent-readers-delay-nobody")
def test_listeners_that_never_read_cost_a_bounded_lead_and_delay_nobody(server: Running) -> None:
    tone = engine(server)
    made_before = tone.made_ms
    sleepers = [server.open_socket() for _ in range(16)]
    for sleeper in sleepers:
        sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sleeper.sendall(request_bytes(HOUR))
    until(lambda: tone.running == 16, "all of them to be running")
    response = server.speak("one two three")
    assert len(response.read()) > 10_000
    assert (tone.made_ms - made_before) / 17 < 60_000
    for sleeper in sleepers:
        sleeper.close()
    until(lambda: tone.running == 0, "them to be over")


def test_a_reader_that_stalls_for_too_long_is_given_up(start_server: StartServer) -> None:
    running = start_server(stall_timeout_s=0.2)
    with running.open_socket() as client:
        client.sendall(request_bytes(HOUR))
        until(lambda: engine(running).running == 1, "it to begin")
        until(lambda: running.application.admission.active == 0, "it to be given up")
        until(lambda: not running.server.server_state.connections, "its connection to be dropped")


def test_a_short_answer_that_nobody_reads_does_not_hold_its_connection(start_server: StartServer) -> None:
    running = start_server(stall_timeout_s=0.5)
    with running.open_socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.sendall(request_bytes("word " * 7))
        until(lambda: engine(running).made_ms > 1900, "it to be made")
        until(lambda: running.application.admission.active == 0, "it to be over")
        if not hasattr(socket, "TCP_USER_TIMEOUT"):
            client.close()  # a kernel without such a timer keeps the connection until its peer goes
        until(lambda: not running.server.server_state.connections, "its connection to be dropped")


def test_bytes_that_trickle_in_after_an_answer_do_not_keep_a_connection(start_server: StartServer) -> None:
    running = start_server(request_timeout_s=0.3)
    with running.open_socket() as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
        answer = b""
        while not answer:
            client.sendall(b"\r\n")
            client.settimeout(0.05)
            with suppress(TimeoutError):
                answer = client.recv(4096)
        assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_client_that_sends_no_request_is_closed(start_server: StartServer) -> None:
    running = start_server(request_timeout_s=0.2)
    with running.open_socket() as client:
        client.sendall(b"POST /v1/audio/speech HTTP/1.1\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 408 ")


@pytest.mark.requirement("idle-upload-is-408")
def test_a_client_that_stops_in_its_body_is_told_408(start_server: StartServer) -> None:
    running = start_server(request_timeout_s=0.2)
    with running.open_socket() as client:
        client.sendall(b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in answer


def test_headers_without_end_are_431(start_server: StartServer) -> None:
    running = start_server(max_header_bytes=2048)
    with running.open_socket() as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 4000)
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "head_too_large"


def test_a_connection_that_is_kept_alive_may_be_used_again(server: Running) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(3):
        connection.request("POST", "/v1/audio/speech", request_bytes("one two").split(b"\r\n\r\n")[1])
        response = connection.getresponse()
        assert response.status == 200
        assert response.read()
    connection.close()


@pytest.mark.requirement("overload-is-429-or-503", "retry-headers")
def test_a_full_server_is_503_and_a_caller_over_its_limit_429(start_server: StartServer) -> None:
    for setting, status in (("max_streams", 503), ("max_streams_per_caller", 429)):
        running = start_server(**{setting: 1})
        with running.open_socket() as client:
            client.sendall(request_bytes(HOUR))
            until(lambda running=running: running.application.admission.active == 1, "the first to run")
            response = running.speak()
            assert response.status == status
            assert int(response.getheader("retry-after") or 0) >= 1
            assert response.getheader("x-should-retry") == "true"
            response.read()


def test_sigterm_lets_a_running_response_finish(tmp_path: Path) -> None:
    config = tmp_path / "firstword.toml"
    config.write_text(
        'port = 0\nengines = ["tone"]\ndefault_model = "tone"\nlog_level = "warning"\n'
        "[engine_options.tone]\nrealtime_factor = 0.1\n"
    )
    program = (
        "import sys; from pathlib import Path; from firstword.settings import load;"
        "from firstword.server.serve import serve;"
        "serve(load(Path(sys.argv[1])), lambda url: print(url, flush=True))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(config)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as out:
        port = int(out.readline().rsplit(":", 1)[1])
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        until(lambda: _ready(port), "the server to be ready")
        body = request_bytes("word " * 100).split(b"\r\n\r\n", 1)[1]
        connection.request("POST", "/v1/audio/speech", body)
        response = connection.getresponse()
        process.send_signal(signal.SIGTERM)
        audio = response.read()
        connection.close()
        assert process.wait(30) in {0, -signal.SIGTERM}
    assert len(audio) > 100 * 4 * 60 * 48 * 0.9


def _ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
