"""The program as its users have it: a process, its pipes and its exit code."""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile

from firstword.cli import entry
from firstword.cli.server_process import running_server
from tests.conftest import ROOT
from tests.pipeline.whistling import WORDS, whistle
from tests.sockets.conftest import servers
from tests.sockets.whistling_plugin import SETTINGS, installed

WAIT_S = 30.0
"""A bound on every wait; nothing is measured with it."""

KEPT = "FIRSTWORD_FETCH"
ENVIRONMENT = {n: value for n, value in os.environ.items() if not n.startswith("FIRSTWORD_") or n == KEPT}


@pytest.fixture(scope="session")
def tone_settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A settings file in which the tone engine stands for every model name."""
    file = tmp_path_factory.mktemp("settings") / "firstword.toml"
    file.write_text('engines = ["tone"]\ndefault_model = "tone"\n', encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def tone_server(tone_settings: Path) -> Iterator[str]:
    """The URL of a server with the tone engine, in a process of its own."""
    with running_server(tone_settings) as url:
        yield url


def command_line(arguments: tuple[object, ...]) -> list[str]:
    """What starts the program with `arguments`."""
    return [sys.executable, "-m", "firstword.cli.entry", *map(str, arguments)]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command line."""

    code: int
    stdout: str
    stderr: str


Run = Callable[..., Done]
Execute = Callable[..., "subprocess.CompletedProcess[bytes]"]
Start = Callable[..., "subprocess.Popen[bytes]"]
Whistled = Callable[..., Path]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line in this process, where it costs no start of Python."""
    for name in set(os.environ) - set(ENVIRONMENT):
        monkeypatch.delenv(name)
    for name in ("firstword", "uvicorn"):  # a server that another test ran here has left its own
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)

    def run(*arguments: object) -> Done:
        code = entry.run([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Done(code, shown.out, shown.err)

    return run


@pytest.fixture(scope="session")
def execute() -> Execute:
    """Runs a command line in a process of its own, to its end."""

    def execute(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command_line(arguments),
            input=stdin,
            capture_output=True,
            timeout=WAIT_S,
            env=ENVIRONMENT,
            check=False,
        )

    return execute


def _heed_interrupts() -> None:
    """A test run in the background of a shell ignores Ctrl-C, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the program with pipes on all sides; ends it with the test."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command_line(arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            preexec_fn=_heed_interrupts,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with suppress(OSError):  # what nobody will read
                pipe.close()  # type: ignore[union-attr]  # all three are pipes


@pytest.fixture(scope="module")
def whistles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A settings file in which the recognizer of whistles stands for every transcription model."""
    folder = tmp_path_factory.mktemp("whistling")
    file = folder / "firstword.toml"
    file.write_text(
        'engines = ["tone", "whistling"]\ndefault_model = "tone"\ndefault_recognizer = "whistle"\n',
        encoding="utf-8",
    )
    with installed(folder), pytest.MonkeyPatch.context() as patch:
        patch.setitem(ENVIRONMENT, "PYTHONPATH", os.pathsep.join((str(folder), str(ROOT))))
        yield file


@pytest.fixture(scope="module")
def whistle_server(whistles: Path) -> Iterator[str]:
    """The URL of a server that hears whistles."""
    with servers() as start_server:
        yield start_server(**SETTINGS).url


@pytest.fixture
def whistled(tmp_path: Path) -> Whistled:
    """Makes recordings of whistles."""

    def whistled(text: str, name: str = "talk.wav") -> Path:
        soundfile.write(tmp_path / name, whistle(text), 16_000)
        return tmp_path / name

    return whistled


def chatter(words: int) -> str:
    """Words as they come, with a pause now and then."""
    chosen = random.Random(7).choices(WORDS, k=words)
    return " ".join(f"{word} ..." if number % 5 == 4 else word for number, word in enumerate(chosen))
