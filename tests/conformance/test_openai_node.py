"""The official Node SDK, unmodified."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import BREAKS, KEY, LONG, House, client
from tests.conformance.listening import comparable

pytestmark = [pytest.mark.conformance, pytest.mark.program("node")]

SCRIPTS = Path(__file__).parent / "node"


def run(script: str, *arguments: str) -> dict[str, Any]:
    """The last line that a script prints."""
    done = subprocess.run(["node", SCRIPTS / script, *arguments], stdout=subprocess.PIPE, check=True)
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return last


@pytest.mark.requirement("openai-node-streams", "audio-before-synthesis-ends")
@pytest.mark.parametrize("response_format", ["mp3", "opus", "wav"])
def test_the_body_is_read_before_the_rest_is_made(house: House, tmp_path: Path, response_format: str) -> None:
    saved = tmp_path / "speech"
    command = ["node", SCRIPTS / "speech.mjs", house.base_url, KEY, response_format, LONG, saved]
    with house.tone.held() as let_go, client(command) as printed:
        first = json.loads(printed.readline())
        let_go()
        last = json.loads(printed.readline())

    assert first["first"] < last["bytes"]
    assert comparable(house.body(response_format)) == comparable(saved.read_bytes())


@pytest.mark.requirement("failure-after-audio-aborts-the-body")
def test_speech_that_breaks_off_rejects(house: House, tmp_path: Path) -> None:
    last = run("speech.mjs", house.base_url, KEY, "mp3", BREAKS, str(tmp_path / "speech"))

    assert {"failed": "TypeError", "message": "terminated"} == last


@pytest.mark.requirement("sse-deltas-carry-the-asked-format", "sse-ends-with-done-and-usage")
def test_the_sdks_own_event_reader_reads_speech_events(house: House) -> None:
    read = run("events.mjs", house.base_url, KEY, "mp3", LONG)

    assert house.body("mp3") == base64.b64decode(read["audio"])
    assert ("speech.audio.done", len(LONG) // 4) == (
        read["last"]["type"],
        read["last"]["usage"]["input_tokens"],
    )


@pytest.mark.requirement("failure-after-audio-is-an-sse-error")
def test_events_that_break_off_are_an_api_error(house: House) -> None:
    last = run("events.mjs", house.base_url, KEY, "mp3", BREAKS)

    assert "APIError" == last["failed"]
    assert "fails here" in last["message"]


@pytest.mark.requirement("models-list-shape", "one-model", "error-object-has-all-four-keys")
def test_models_are_listed_and_errors_have_their_classes(house: House) -> None:
    told = run("listings.mjs", house.base_url, KEY)

    assert {"tone", "tts-1", "gpt-4o-mini-tts", "skt/axtts-2-6"} <= set(told["ids"])
    assert "tts-1" == told["one"]
    assert {
        "model": ["NotFoundError", 404, "model"],
        "voice": ["NotFoundError", 404, "voice"],
        "speed": ["BadRequestError", 400, "speed"],
        "extension": ["BadRequestError", 400, "model_extensions.pitch"],
        "key": ["AuthenticationError", 401, None],
    } == told["errors"]
