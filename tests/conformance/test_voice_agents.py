"""The OpenAI services of voice agent frameworks, unmodified: LiveKit's plugin, Pipecat's service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import BREAKS, KEY, LONG, House, client

pytestmark = pytest.mark.conformance

CLIENTS = Path(__file__).parent / "clients"
MP3_FRAME = 576
"""Samples of an mp3 frame at 24 kHz."""
MP3_DELAY = 1105


def lines(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.mark.requirement("livekit-plugin-speaks", "audio-before-synthesis-ends")
@pytest.mark.parametrize(
    "model",
    [
        pytest.param("gpt-4o-mini-tts", id="by events"),
        pytest.param("tts-1", id="by audio"),
    ],
)
def test_livekits_plugin_pushes_frames_while_the_rest_is_made(
    house: House, conformance_python: Path, model: str
) -> None:
    made = len(house.body("pcm")) // 2
    command = [conformance_python, CLIENTS / "livekit_tts.py", house.base_url, KEY, model, LONG]
    with house.tone.held() as let_go, client(command) as livekit:
        assert livekit.stdout
        assert "first" in json.loads(livekit.stdout.readline())
        let_go()
        (last,) = lines(livekit.stdout.read())

    assert (24_000, 1) == (last["sample_rate"], last["channels"])
    assert made <= last["samples"] <= made + MP3_DELAY + MP3_FRAME


@pytest.mark.requirement("livekit-plugin-speaks", "failure-after-audio-aborts-the-body")
def test_livekits_plugin_reports_speech_that_breaks_off(house: House, conformance_python: Path) -> None:
    command = [conformance_python, CLIENTS / "livekit_tts.py", house.base_url, KEY, "tts-1", BREAKS]
    with client(command) as livekit:
        assert livekit.stdout
        *_, last = lines(livekit.stdout.read())

    assert "APIConnectionError" == last["failed"]


@pytest.mark.requirement(
    "pipecat-service-speaks", "speech-pcm-is-24k-mono-s16le", "audio-before-synthesis-ends"
)
def test_pipecats_service_pushes_frames_while_the_rest_is_made(
    house: House, conformance_python: Path, tmp_path: Path
) -> None:
    heard = tmp_path / "heard.pcm"
    command = [conformance_python, CLIENTS / "pipecat_tts.py", house.base_url, KEY, LONG, heard]
    with house.tone.held() as let_go, client(command) as pipecat:
        assert pipecat.stdout
        assert {"first": 24_000} == json.loads(pipecat.stdout.readline())
        let_go()
        (last,) = lines(pipecat.stdout.read())

    assert {"shapes": [[24_000, 1]], "errors": []} == last
    assert house.body("pcm") == heard.read_bytes()


@pytest.mark.requirement("pipecat-service-speaks", "failure-after-audio-aborts-the-body")
def test_pipecats_service_reports_speech_that_breaks_off(
    house: House, conformance_python: Path, tmp_path: Path
) -> None:
    command = [
        conformance_python,
        CLIENTS / "pipecat_tts.py",
        house.base_url,
        KEY,
        BREAKS,
        tmp_path / "heard",
    ]
    with client(command) as pipecat:
        assert pipecat.stdout
        *_, last = lines(pipecat.stdout.read())

    assert "incomplete" in last["errors"][0]
