"""A vendor's guide: its live transcription, with nothing changed but the host and the microphone."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.pipeline.whistling import pcm, whistle
from tests.sockets.conftest import Running, servers
from tests.sockets.whistling_plugin import SETTINGS, installed

pytestmark = pytest.mark.conformance

GUIDE = ROOT / "examples/vendor-guide"
HOST = "ws://127.0.0.1:8000"
MICROPHONE = Path(__file__).parent / "clients/microphone"
NAME = "assemblyai/assemblyai"
TEXT = "alder birch cedar dogwood elm fir"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server with the guide's name for its recognizer, that asks for the guide's key."""
    (tmp_path / "plugin").mkdir()
    with installed(tmp_path / "plugin"), servers() as start:
        yield start(**SETTINGS, model_aliases={NAME: "whistle"}, api_keys=("sk-...",))


def program() -> str:
    """The only snippet of the guide that opens a socket."""
    snippets = re.findall(r"```python\n(.*?)```", (GUIDE / "README.md").read_text("utf-8"), re.DOTALL)
    (found,) = [snippet for snippet in snippets if "WebSocketApp" in snippet]
    assert HOST in found
    return str(found)


@pytest.mark.requirement("vendor-guide-listens")
def test_the_guide_s_program_prints_partials_and_finals(
    server: Running, conformance_python: Path, tmp_path: Path
) -> None:
    recording = tmp_path / "speech.raw"
    recording.write_bytes(pcm(whistle(TEXT)))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(MICROPHONE),
        "PYTHONUNBUFFERED": "1",
        "MICROPHONE": str(recording),
    }
    source = program().replace(HOST, server.url.replace("http", "ws"))
    command = [conformance_python, "-c", source]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            printed = []
            for line in running.stdout:  # it runs for ever; the final comes when silence has followed
                printed.append(line.strip())
                if line.startswith("Final"):
                    break
        finally:
            running.kill()
    assert printed[0] == "Opened connection"
    assert printed[-1] == f"Final transcript received: {TEXT}"
    partials = [line.removeprefix("Partial transcript received: ") for line in printed[1:-1]]
    assert partials
    assert all(TEXT.startswith(partial) for partial in partials), printed


@pytest.mark.requirement("vendor-guide-listens")
def test_the_settings_file_gives_the_guide_s_name_a_meaning() -> None:
    aliases = tomllib.loads((GUIDE / "firstword.toml").read_text("utf-8"))["model_aliases"]
    assert aliases[NAME] == "moonshine-base"
