"""A vendor's guide, its names and its Korean, with the settings file that is shipped for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from numpy.typing import NDArray

from firstword.cli.server_process import running_server
from tests.conftest import ROOT

pytestmark = [pytest.mark.conformance, pytest.mark.program("espeak-ng")]

GUIDE = ROOT / "examples/vendor-guide"
SNIPPETS = re.findall(r"```(python|bash)\n(.*?)```", (GUIDE / "README.md").read_text("utf-8"), re.DOTALL)
PROGRAMS = {"python": (sys.executable, "-c"), "bash": ("sh", "-c")}
HOST = "http://127.0.0.1:8000"
ESPEAK_HZ = 22_050


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server in a process of its own, with the guide's settings file as it is."""
    with running_server(GUIDE / "firstword.toml") as url:
        yield url


def samples(file: Path) -> tuple[int, NDArray[np.int16]]:
    """The rate and the samples of a mono wav."""
    with wave.open(str(file)) as opened:
        assert (1, 2) == (opened.getnchannels(), opened.getsampwidth())
        return opened.getframerate(), np.frombuffer(opened.readframes(opened.getnframes()), "<i2")


def spoken_by_espeak(text: str) -> NDArray[np.int16]:
    """What the program itself says in Korean."""
    command = ["espeak-ng", "-v", "ko", "-b", "1", "-z", "--stdin", "--stdout"]
    whole = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(whole[44:], "<i2")


def spectrum(audio: NDArray[np.int16], rate: int) -> NDArray[np.float64]:
    """Where the energy lies: 40 bands up to 4 kHz, of unit length."""
    power = np.abs(np.fft.rfft(audio.astype(np.float64))) ** 2
    band = np.fft.rfftfreq(len(audio), 1 / rate) // 100
    bands = np.array([power[band == number].sum() for number in range(40)])
    return np.sqrt(bands) / np.linalg.norm(np.sqrt(bands))


@pytest.mark.requirement("vendor-guide-speaks-korean", "vendor-guide-snippets-run")
@pytest.mark.program("curl")
@pytest.mark.parametrize(
    ("number", "rate", "text"),
    [
        pytest.param(0, 24_000, "안녕하세요", id="sdk"),
        pytest.param(1, 24_000, "안녕하세요!", id="curl"),
        pytest.param(2, 16_000, "안녕하세요!", id="extensions"),
    ],
)
def test_the_guides_snippets_speak_korean_with_nothing_changed_but_the_host(
    url: str, tmp_path: Path, number: int, rate: int, text: str
) -> None:
    language, source = SNIPPETS[number]
    assert HOST in source

    environment = {"PATH": os.environ["PATH"], "API_KEY": "sk-..."}
    command = [*PROGRAMS[language], source.replace(HOST, url)]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)

    heard_rate, heard = samples(tmp_path / "out.wav")
    expected = spoken_by_espeak(text)
    assert rate == heard_rate
    assert len(expected) / ESPEAK_HZ == pytest.approx(len(heard) / rate, abs=0.001)
    assert spectrum(expected, ESPEAK_HZ) @ spectrum(heard, rate) > 0.99


@pytest.mark.requirement("vendor-guide-speaks-korean")
def test_the_guides_names_are_listed_and_openai_s_stay_with_the_default_model(url: str) -> None:
    with urlopen(f"{url}/v1/models/skt/axtts-2-6") as answer:
        model = json.load(answer)
    with urlopen(f"{url}/v1/audio/voices") as answer:
        voices = {voice["id"]: voice for voice in json.load(answer)["voices"]}

    assert ("espeak", "ready") == (model["alias_of"], model["state"])
    assert ("espeak-ko", "ko") == (voices["aria"]["alias_of"], voices["aria"]["language"])
    assert "hibari" == voices["alloy"]["model"]
