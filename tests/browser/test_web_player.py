"""`firstword-player`, installed from its tarball, on another server's page, before a relay that lies."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from tests.browser.driving import FIREFOX, SCRIPTS, driven, needs_sound
from tests.browser.package import installed, packed, page, relay
from tests.sockets.conftest import Running, servers

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.program("node", "npm", "chromium"),
    pytest.mark.timeout(150),
]

TEXT = "one two three four five"
EXACT = ("pcm", "wav", "flac")
LIES = {
    "application/octet-stream": ("wav", "flac", "opus"),
    "text/plain": ("mp3", "aac", "webm"),
    "audio/opus": ("mp3", "wav"),
    "audio/pcm": ("mp3", "aac"),
    "text/event-stream": ("flac",),
}
"""What a relay calls what."""
NAME = "firstword.test"
"""Of this machine, as Chromium is told; what is there is not secure, unlike at localhost."""
TSC = SCRIPTS / "node_modules/.bin/tsc"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small page and the package, as npm installs it."""
    folder = tmp_path_factory.mktemp("site")
    installed(packed(tmp_path_factory.mktemp("clone")), folder)
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where that page is."""
    with page(site) as found:
        yield found


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server that speaks twice as fast as it is heard: answers end in the middle of the playing."""
    with servers() as start:
        yield start(tone={"realtime_factor": 0.5})


@pytest.fixture(scope="module")
def speech(server: Running) -> Iterator[str]:
    """Where the relay is."""
    with relay(server.port) as found:
        yield found


@pytest.fixture(scope="module")
def sent(server: Running) -> np.ndarray:
    """The samples that the server makes of the text."""
    return np.frombuffer(server.speak(TEXT).read(), "<i2").astype(float)


def asked(response_format: str, *, told: str | None = None, **fields: object) -> str:
    """A request of the relay, and by what name the answer is to go."""
    body = {"model": "tone", "voice": "sine", "input": TEXT, "response_format": response_format, **fields}
    return "?" + urlencode({"body": json.dumps(body), **({"as": told} if told else {})})


def webm(**fields: Any) -> str:
    return asked("opus", model_extensions={"container": "webm"}, **fields)


def played(
    address: str, cases: list[list[object]], *, missing: str = "", **where: Any
) -> list[dict[str, Any]]:
    """What came of each case, in a browser that lacks something."""
    told = driven("package.mjs", address, missing, json.dumps(cases), hosts=2, **where)
    runs: list[dict[str, Any]] = told["runs"]
    for run in runs:
        run["heard"] = np.frombuffer(base64.b64decode(run["samples"]), "<i2").astype(float)
    return runs


def likeness(heard: np.ndarray, sent: np.ndarray) -> float:
    """How alike two sounds are where they fit best: 1 for the same."""
    size = len(heard) + len(sent)
    fits = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sent, size)), size)
    return float(fits.max() / np.linalg.norm(heard) / np.linalg.norm(sent))


def test_every_format_is_heard_as_it_was_sent_whatever_it_is_called(
    address: str, speech: str, sent: np.ndarray
) -> None:
    formats = {name: asked(name) for name in ("wav", "flac", "mp3", "aac", "opus")} | {"webm": webm()}
    cases = {
        (name, told): f"{speech}{formats[name]}&{urlencode({'as': told})}"
        for told, names in LIES.items()
        for name in names
    }

    runs = played(address, [[url] for url in cases.values()])

    for (name, told), run in zip(cases, runs, strict=True):
        assert "failure" not in run, (name, told, run.get("failure"))
        assert run["early"] is True, (name, told)
        assert run["underruns"] == 0, (name, told)
        if name in EXACT:
            assert np.array_equal(sent, run["heard"]), (name, told)
        else:
            assert likeness(run["heard"], sent) > 0.99, (name, told)


def test_samples_and_events_too_and_answers_that_were_fetched_by_others(
    address: str, speech: str, sent: np.ndarray
) -> None:
    raw = f"{speech}{asked('pcm', told='application/octet-stream')}"
    events = f"{speech}{asked('wav', told='application/json', stream_format='sse')}"
    post = {"method": "POST", "body": "x"}
    cases: list[list[object]] = [
        [raw, {}, {"mediaType": "audio/pcm"}],
        [events, post],
        [f"{speech}{asked('pcm')}", {}],
        [f"{speech}{asked('flac')}", {}, {"as": "response"}],
        [f"{speech}{asked('wav')}", post, {"as": "stream"}],
    ]

    runs = played(address, cases)
    (refused, error) = played(address, [[raw], [f"{speech}{asked('wav', voice='nobody')}"]])

    for run in runs:
        assert np.array_equal(sent, run["heard"]), run
        assert run["complete"]
    assert "UnplayableAudio" in refused["failure"]
    assert "SpeechError" in error["failure"]


def test_a_browser_without_decoders_is_given_streams_while_they_come(
    address: str, speech: str, sent: np.ndarray
) -> None:
    formats = {name: asked(name, told="text/plain") for name in ("mp3", "aac", "opus", "wav")}
    formats["webm"] = webm(told="application/octet-stream")

    runs = played(address, [[speech + query] for query in formats.values()], missing="AudioDecoder")

    for name, run in zip(formats, runs, strict=True):
        assert "failure" not in run, (name, run.get("failure"))
        assert run["early"] is True, name
        assert run["underruns"] == 0, name
        assert ("raw samples" if name == "wav" else "MediaSource") in run["way"], name
        assert likeness(run["heard"], sent) > 0.99, name


def test_a_page_from_an_insecure_origin_plays_every_format_too(
    address: str, speech: str, sent: np.ndarray
) -> None:
    insecure, speech = (
        url.replace("localhost", NAME).replace("127.0.0.1", NAME) for url in (address, speech)
    )
    formats = [asked(name, told="text/plain") for name in ("wav", "mp3", "opus")]

    wav, *coded = played(insecure, [[speech + query] for query in formats])

    assert wav["way"] == "pcm-s16, raw samples, scheduled buffers"
    assert np.array_equal(sent, wav["heard"])
    for run in coded:
        assert "MediaSource" in run["way"]
        assert run["early"] is True
        assert run["playedMs"] >= len(sent) / 24


@needs_sound
@pytest.mark.program(FIREFOX)
def test_firefox_without_decoders_is_given_opus_while_it_comes_and_mp3_as_a_whole(
    address: str, speech: str, sent: np.ndarray, speakers: dict[str, str]
) -> None:
    cases: list[list[object]] = [
        [speech + asked("opus")],
        [speech + asked("mp3"), {"method": "POST", "body": "x"}],
    ]

    opus, mp3 = played(address, cases, missing="AudioDecoder", browser=FIREFOX, env=speakers)

    assert opus["way"] == "opus, MediaSource, <audio>"
    assert opus["early"] is True
    assert likeness(opus["heard"], sent) > 0.7, (
        "Firefox itself moves some of it by the 6.5 ms of the pre-skip"
    )
    assert mp3["way"] == "mp3, <audio>, whole"
    assert likeness(mp3["heard"], sent) > 0.99


def test_a_long_stream_in_a_media_source_is_neither_all_ahead_nor_all_kept(
    address: str,
) -> None:
    with servers() as start:
        quick = start()
        with relay(quick.port) as speech:
            url = f"{speech}{asked('mp3', input=f'{TEXT}. ' * 100)}"
            (run,) = played(address, [[url, {}, {"rate": 12}]], missing="AudioDecoder")

    assert run["complete"], run
    assert run["playedMs"] > 125_000
    assert 20 < run["kept"] < 90


def test_a_browser_without_anything_gets_an_address_or_the_whole(
    address: str, speech: str, sent: np.ndarray
) -> None:
    post = {"method": "POST", "body": "x"}
    formats = [asked(name) for name in ("mp3", "flac", "opus")]
    cases = [[speech + query, post] for query in formats] + [[speech + formats[0]]]
    missing = "AudioDecoder,MediaSource,ManagedMediaSource,AudioWorkletNode"

    *whole, by_itself = played(address, cases, missing=missing)

    for run in whole:
        assert "failure" not in run, run.get("failure")
        assert run["way"].endswith("<audio>, whole")
        assert likeness(run["heard"], sent) > 0.99, run["way"]
    assert by_itself["way"] == "mp3, <audio src>"
    assert by_itself["playedMs"] == pytest.approx(len(sent) / 24, abs=150)


def test_the_element_speaks_by_keyboard_one_at_a_time_and_shows_what_went_wrong(
    address: str, speech: str
) -> None:
    good, bad = speech + asked("mp3", told="text/plain"), speech + asked("mp3", voice="nobody")

    told = driven("element.mjs", address, good, bad, hosts=2)

    kinds = [(name, kind) for name, kind, _ in told["seen"]]
    assert kinds[:3] == [("first", "start"), ("second", "start"), ("second", "end")]
    assert kinds[-2:] == [("first", "error"), ("third", "start")]
    assert told["quiet"]
    assert "nobody" in told["shown"]
    assert [] == told["faults"]


def test_the_types_are_those_of_the_modules(site: Path, tmp_path: Path) -> None:
    shutil.copytree(site / "node_modules", tmp_path / "node_modules")
    shutil.copytree(site / "node_modules/firstword-player/player", tmp_path / "source")
    shutil.copy(SCRIPTS / "types/consumer.ts", tmp_path)
    common = ["--target", "es2022", "--module", "nodenext", "--types", "", "--lib", "es2022,dom,dom.iterable"]
    made = ["--allowJs", "--declaration", "--emitDeclarationOnly", "--outDir", "made"]
    for arguments in (
        [*made, "source/index.js", "source/element.js"],
        ["--strict", "--noEmit", "consumer.ts"],
    ):
        ran = subprocess.run(
            [TSC, *common, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout
