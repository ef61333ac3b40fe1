"""Clients of OpenAI's transcription, unmodified: its Node SDK, LiveKit's plugin, Pipecat's service."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import KEY
from tests.pipeline.whistling import pcm, whistle
from tests.sockets.conftest import Running, servers
from tests.sockets.uploading import APART, whistled
from tests.sockets.whistling_plugin import SETTINGS, installed

pytestmark = pytest.mark.conformance

HERE = Path(__file__).parent
TEXT = "alder birch cedar"
BOTH = f"{TEXT} elm fir"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installed(tmp_path_factory.mktemp("plugin")), servers() as start:
        yield start(**SETTINGS, api_keys=(KEY,))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "speech.wav"
    file.write_bytes(whistled(f"{TEXT}{APART}elm fir"))
    return file


def run(*command: object) -> Any:
    """The last line that a program prints."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.requirement("openai-node-listens")
@pytest.mark.program("node")
def test_the_official_node_sdk_gets_every_shape(server: Running, recording: Path) -> None:
    told = run("node", HERE / "node/transcriptions.mjs", f"{server.url}/v1", KEY, recording)

    assert BOTH == told["json"]["text"]
    assert [TEXT, "elm fir"] == [segment["text"] for segment in told["verbose"]["segments"]]
    assert BOTH.split() == [word["word"] for word in told["verbose"]["words"]]
    assert told["srt"].startswith("1\n00:00:00,")
    assert ([TEXT, " elm fir"], BOTH) == (told["deltas"], told["done"]["text"])
    assert ["BadRequestError", 400, "diarization_unsupported"] == told["failed"]


@pytest.mark.requirement("livekit-plugin-listens")
def test_livekit_s_plugin_hears(server: Running, conformance_python: Path, tmp_path: Path) -> None:
    speech = tmp_path / "speech.raw"
    speech.write_bytes(pcm(whistle(TEXT)))
    told = run(conformance_python, HERE / "clients/livekit_stt.py", f"{server.url}/v1", KEY, speech)

    assert {"text": TEXT, "language": "en"} == told


@pytest.mark.requirement("pipecat-service-listens")
def test_pipecat_s_service_hears(server: Running, conformance_python: Path, recording: Path) -> None:
    told = run(conformance_python, HERE / "clients/pipecat_stt.py", f"{server.url}/v1", KEY, recording)

    assert [{"kind": "TranscriptionFrame", "text": BOTH}] == told
