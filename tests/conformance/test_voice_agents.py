"""The OpenAI services of voice agent frameworks, unmodified: LiveKit's plugin, Pipecat's service.

Each is started once, since importing it takes seconds, and speaks several texts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import BREAKS, KEY, LONG, House, client

pytestmark = pytest.mark.conformance

CLIENTS = Path(__file__).parent / "clients"
MP3_FRAME = 576
"""Samples of an mp3 frame at 24 kHz."""
MP3_DELAY = 1105
"""Samples of silence that decoding mp3 puts in front."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What an agent got: a report for each text (Pipecat: for all), and the audio where it was kept."""

    reports: list[dict[str, Any]]
    audio: bytes = b""


@pytest.fixture(scope="module")
def livekit(house: House, conformance_python: Path) -> Heard:
    """LiveKit's plugin after five texts; the first was held while its first frame came."""
    spoken = (
        *("gpt-4o-mini-tts", "mp3", LONG),
        *("tts-1", "mp3", LONG),
        *("tts-1", "wav", LONG),
        *("tts-1", "mp3", BREAKS),
        *("gpt-4o-mini-tts", "mp3", BREAKS),
    )
    command = (conformance_python, CLIENTS / "livekit_tts.py", house.base_url, KEY, *spoken)
    with house.tone.held() as let_go, client(command) as printed:
        assert "first" in json.loads(printed.readline())
        let_go()
        lines = [json.loads(line) for line in printed]
    return Heard([line for line in lines if "first" not in line])


@pytest.fixture(scope="module")
def pipecat(house: House, conformance_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """Pipecat's service after two texts; the first was held while its first frame came, and broke off."""
    saved = tmp_path_factory.mktemp("pipecat") / "heard.pcm"
    command = (conformance_python, CLIENTS / "pipecat_tts.py", house.base_url, KEY, saved, BREAKS, LONG)
    with house.tone.held() as let_go, client(command) as printed:
        assert {"first": 24_000} == json.loads(printed.readline())
        let_go()
        report = json.loads(printed.readline())
    return Heard([report], saved.read_bytes())


@pytest.mark.requirement("livekit-plugin-speaks", "audio-before-synthesis-ends")
@pytest.mark.parametrize("place", [pytest.param(0, id="by events"), pytest.param(1, id="by audio")])
def test_livekits_plugin_hears_all_of_it(house: House, livekit: Heard, place: int) -> None:
    report = livekit.reports[place]
    made = len(house.body("pcm")) // 2

    assert ([[24_000, 1]], None) == (report["shapes"], report["failed"])
    assert made <= report["samples"] <= made + MP3_DELAY + MP3_FRAME


@pytest.mark.requirement("livekit-plugin-speaks", "every-sample-survives")
def test_livekits_plugin_hears_the_exact_samples_of_a_wav(house: House, livekit: Heard) -> None:
    assert len(house.body("pcm")) // 2 == livekit.reports[2]["samples"]


@pytest.mark.requirement(
    "livekit-plugin-speaks", "failure-after-audio-aborts-the-body", "failure-after-audio-is-an-sse-error"
)
@pytest.mark.parametrize("place", [pytest.param(3, id="by audio"), pytest.param(4, id="by events")])
def test_livekits_plugin_reports_speech_that_breaks_off(livekit: Heard, place: int) -> None:
    assert "APIConnectionError" == livekit.reports[place]["failed"]


@pytest.mark.requirement(
    "pipecat-service-speaks", "speech-pcm-is-24k-mono-s16le", "audio-before-synthesis-ends"
)
def test_pipecats_service_hears_every_sample(house: House, pipecat: Heard) -> None:
    assert [[24_000, 1]] == pipecat.reports[0]["shapes"]
    assert pipecat.audio.endswith(house.body("pcm"))


@pytest.mark.requirement("pipecat-service-speaks", "failure-after-audio-aborts-the-body")
def test_pipecats_service_reports_speech_that_breaks_off(pipecat: Heard) -> None:
    (error,) = pipecat.reports[0]["errors"]

    assert "incomplete" in error
