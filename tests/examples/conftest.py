"""Examples as users run them: `examples/run NAME`, beside a real server, with the packages that all need."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.conformance.conftest import KEY, House, opened
from tests.sockets.conftest import WAIT_S

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
Run = Callable[..., subprocess.CompletedProcess[str]]
Serve = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """One server for the examples of a module; it asks for a key, as one on a network does."""
    with opened() as house:
        yield house


def environment(python: Path, url: str, **more: str) -> dict[str, str]:
    """What an example is told about where it is."""
    return {
        **os.environ,
        "EXAMPLES_PYTHON": str(python),
        "FIRSTWORD_URL": url,
        "FIRSTWORD_API_KEY": KEY,
        **more,
    }


@pytest.fixture(scope="module")
def run_example(conformance_python: Path, house: House) -> Run:
    """Runs one to its end: `run_example("name", "argument", url=...)`; gives what it printed."""

    def run(
        name: str, *arguments: str, url: str | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [EXAMPLES / "run", name, *arguments],
            env=environment(conformance_python, url or house.running.url, **more),
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran

    return run


@pytest.fixture(scope="module")
def serve_example(conformance_python: Path, house: House) -> Serve:
    """Starts one that is a server itself, on PORT; gives its address once it listens."""

    @contextmanager
    def serve(name: str, *arguments: str, url: str | None = None, **more: str) -> Iterator[str]:
        port = free_port()
        env = environment(conformance_python, url or house.running.url, PORT=str(port), **more)
        process = subprocess.Popen(
            [EXAMPLES / "run", name, *arguments],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            listening(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate(timeout=WAIT_S)

    return serve


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listening(process: subprocess.Popen[str], port: int) -> None:
    """Returns once somebody does on the port."""
    end = time.monotonic() + 2 * WAIT_S
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()[0]
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    process.kill()
    pytest.fail(f"nobody listens: {process.communicate()[0]}")
