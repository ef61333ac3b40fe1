"""A vendor's guide by one command: its programs, word for word, against a server that knows its names."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import wave
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.conformance.conftest import House, opened
from tests.examples.conftest import EXAMPLES, Run, environment
from tests.pipeline.whistling import pcm, whistle
from tests.sockets.whistling_plugin import SETTINGS, installed

pytestmark = [pytest.mark.conformance, pytest.mark.program("curl")]

GUIDE = EXAMPLES / "vendor-guide"
MICROPHONE = EXAMPLES.parent / "tests/conformance/clients/microphone"
PROGRAMS = {
    "speak.py": "e95a34be91574f63d06728057be705d3a8634d9971f51218d88fbc54a2e63a19",
    "speak.sh": "0618f9e15604f27a830cbd7f60c50c733d6638cf0a7b143e7b25e206a73522b6",
    "extensions.sh": "fe4f48381c30e7ef916f356b284c2d7852c78bb40ddc234b6b62ddfd3212c5a2",
    "listen.py": "bd32ab9ae7bc60e421b81023ac7d259b9e70208e23a27a0bd2524621152c1da4",
}
"""The SHA-256 of each program as the vendor has it, with the vendor's host."""
SAID = "alder birch cedar"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with the guide's names: its voice beeps, and its recognizer hears whistles."""
    with (
        installed(tmp_path_factory.mktemp("plugin")),
        opened(
            **SETTINGS, model_aliases={"skt/axtts-2-6": "tone", "assemblyai/assemblyai": "whistle"}
        ) as house,
    ):
        yield house


@pytest.mark.requirement("vendor-guide-snippets-run")
@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_changed_but_the_host(name: str) -> None:
    program = (GUIDE / name).read_text("utf-8")
    original = program.replace("http://127.0.0.1:8000", "https://api.platform.a15t.com")
    original = original.replace("ws://127.0.0.1:8000", "wss://api.platform.a15t.com")

    assert program != original
    assert sha256(original.encode()).hexdigest() == PROGRAMS[name]


@pytest.mark.requirement("vendor-guide-snippets-run")
def test_the_guide_s_page_has_the_same_programs() -> None:
    page = (GUIDE / "README.md").read_text("utf-8")

    shown = re.findall(r"```(?:python|bash)\n(.*?)```", page, re.DOTALL)
    assert shown == [(GUIDE / name).read_text("utf-8") for name in PROGRAMS]


@pytest.mark.requirement("vendor-guide-snippets-run")
@pytest.mark.parametrize(("way", "rate"), [("speak", 24_000), ("curl", 24_000), ("extensions", 16_000)])
def test_speech_is_written_by_one_command(run_example: Run, way: str, rate: int) -> None:
    printed = run_example("vendor-guide", way).stdout

    saved = GUIDE / "out.wav"
    size = saved.stat().st_size
    with wave.open(str(saved)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (rate, 1, 2)
        assert len(file.readframes(size)) > rate // 2
    saved.unlink()
    assert printed.split() == [str(size), "out.wav"]


@pytest.mark.requirement("vendor-guide-listens")
def test_what_is_said_is_written_down_by_one_command(
    house: House, conformance_python: Path, tmp_path: Path
) -> None:
    recording = tmp_path / "said.raw"
    recording.write_bytes(pcm(whistle(SAID)))
    microphone = {"PYTHONPATH": str(MICROPHONE), "MICROPHONE": str(recording)}
    process = subprocess.Popen(
        [EXAMPLES / "run", "vendor-guide", "listen"],
        env=environment(conformance_python, house.running.url, **microphone),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stdout
        printed = []
        for line in process.stdout:  # it runs for ever; the final comes when silence has followed
            printed.append(line.strip())
            if line.startswith("Final"):
                break
        os.killpg(process.pid, signal.SIGKILL)

    assert printed[0] == "Opened connection"
    assert printed[-1] == f"Final transcript received: {SAID}"
