"""The page's Listen tab, with a real recognizer: Chromium's microphone, and recordings."""

from __future__ import annotations

import json
import re
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from firstword.core.protocols import Files
from firstword.formats.files import open_recording
from tests.browser.driving import driven
from tests.sockets.conftest import Running, StartServer, servers, until
from tests.sockets.uploading import upload

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.program("node", "chromium"),
    pytest.mark.timeout(150),
]

SPEECH = Path(__file__).parent.parent / "data/speech"
FIRST, SECOND = "librivox_0880.flac", "librivox_0930.flac"
SAID = {
    FIRST: "he was not an ill disposed young man",
    SECOND: "he might even have been made amiable himself",
    "jfk.flac": "and so my fellow americans ask not what your country can do for you "
    "ask what you can do for your country",
}
RATE = 16_000
BETWEEN_S, AFTER_S = 1.2, 60.0
"""Silence that ends an utterance; and more of it than anybody waits, as Chromium's microphone beeps when its
file is over."""
MOONSHINE = {"engines": ("tone", "moonshine", "silero")}
MAY_DIFFER = 2
"""Words: processors round a quantized model differently."""


@pytest.fixture(scope="module")
def listening(model_files: Files) -> Iterator[Running]:
    """A server that hears."""
    model_files("moonshine-base")
    with servers() as start:
        yield start(**MOONSHINE)


def plain(text: str) -> list[str]:
    """Its words, without case and marks."""
    return re.findall(r"\w+", text.lower())


def is_said(wanted: str, heard: str) -> bool:
    """Whether nearly all words were understood, and few others."""
    wanted_words, heard_words = set(plain(wanted)), set(plain(heard))
    return len(wanted_words ^ heard_words) <= 2 * MAY_DIFFER


def samples(name: str) -> np.ndarray:
    """A recording's samples."""
    with (SPEECH / name).open("rb") as file:
        return np.concatenate([chunk.samples for chunk in open_recording(file, name=name, media_type=None)])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two sentences with a pause between them, as Chromium takes them for a microphone."""
    silence = [np.zeros(round(seconds * RATE), np.float32) for seconds in (BETWEEN_S, AFTER_S)]
    whole = np.concatenate([samples(FIRST), silence[0], samples(SECOND), silence[1]])
    path = tmp_path / "clip.wav"
    with wave.open(str(path), "wb") as written:
        written.setparams((1, 2, RATE, 0, "NONE", ""))
        written.writeframes(np.round(whole * 32767).astype("<i2").tobytes())
    return path


def test_what_is_spoken_is_shown_while_it_is_spoken_and_stopping_loses_nothing(
    listening: Running, clip: Path
) -> None:
    told = driven("listen.mjs", listening.url, str(clip), "amiable")

    first, second = told["finals"]
    assert is_said(SAID[FIRST], first.partition(" ")[2]), first
    assert "amiable" in plain(second), "the sentence in which it was stopped was not written to its end"
    assert is_said(SAID[SECOND], second.partition(" ")[2]), second
    assert re.match(r"0:0\d ", second)
    assert told["heard"] in {f"0:{seconds:02}" for seconds in range(5, 60)}
    assert 0.5 < told["loudest"] <= 1

    texts = ["".join(parts) for parts in told["partials"]]
    assert len(set(texts)) >= 3, texts
    settled = [plain(stable) for stable, _ in told["partials"]]
    assert any(settled), "no word was shown as stable"
    assert any(still_open for _, still_open in told["partials"])
    for stable in settled:
        assert any(stable == plain(final)[2:][: len(stable)] for final in told["finals"]), stable

    assert "Stop" == told["button"], "the keyboard's place changed"
    assert "Start listening" == told["after"]
    assert told["aloud"] == ["Asking for the microphone.", "Listening.", "Writing the last words.", "Done."]
    assert "polite" == told["live"]
    assert not told["partialLive"], "a screen reader would read every partial"
    assert any(re.fullmatch(r"\d+ ms", lag) for lag in told["lags"])


def test_a_recording_is_written_down_saved_as_the_server_would_and_played_by_its_words(
    listening: Running, tmp_path: Path
) -> None:
    file = SPEECH / "jfk.flac"
    broken = tmp_path / "broken.flac"
    broken.write_bytes(file.read_bytes()[:5_000])

    told = driven("recording.mjs", listening.url, str(file), str(broken))

    assert is_said(SAID["jfk.flac"], told["chosen"][0].partition(" ")[2])
    assert told["chosen"] == told["dropped"]
    assert "0:11" == told["heard"]
    assert "off" == told["live"], "a screen reader would read the whole recording at once"
    for kind in ("srt", "vtt"):
        answer = upload(listening, file.read_bytes(), model="moonshine-base", response_format=kind)
        assert [f"jfk.{kind}", answer.read().decode()] == told["saved"][kind]
    name, text = told["saved"]["txt"]
    assert ("jfk.txt", plain(told["chosen"][0])[2:]) == (name, plain(text))

    marked = [word for word in told["played"]["marked"] if word]
    heard = told["chosen"][0].split()[1:]
    assert heard[2:][: len(marked)] == marked, "not from the word that was clicked, or not in order"
    assert "Play the recording" == told["played"]["button"]

    assert "cannot be decoded" in told["problem"]
    assert "Start listening" == told["start"]


@pytest.mark.parametrize(
    ("what", "advice"),
    [
        ("denied", "allow it for this page"),
        ("missing", "connect one"),
        ("busy", "end the program that uses it"),
        ("unreachable", "start again"),
    ],
)
def test_without_a_microphone_or_a_server_it_says_what_to_do(
    listening: Running, what: str, advice: str
) -> None:
    told = driven("refused.mjs", listening.url, what)

    assert told["secure"]
    assert advice in told["problem"]
    assert ("", "Start listening") == (told["said"], told["button"])


def test_on_an_insecure_origin_it_says_how_to_switch_on_tls(listening: Running) -> None:
    told = driven("refused.mjs", f"http://firstword.test:{listening.port}", "insecure")

    assert not told["secure"], "nothing was shown"
    assert "--tls-cert" in told["problem"]
    assert f"localhost:{listening.port}" in told["problem"]


@pytest.mark.parametrize("how", ["tab", "page"])
def test_leaving_closes_the_microphone_and_the_socket_and_no_key_is_in_its_address(
    start_server: StartServer, model_files: Files, how: str
) -> None:
    model_files("moonshine-base")
    key = "fw-listening"
    server = start_server(**MOONSHINE, api_keys=(key,))

    told = driven("leaving.mjs", server.url, how, key)

    assert key not in json.dumps([told["url"], told["protocols"]])
    assert "firstword" in told["protocols"]
    assert any(name.startswith("openai-insecure-api-key.ek_") for name in told["protocols"])
    if how == "tab":
        assert ["ended"] == told["tracks"]
    until(lambda: server.application.admission.active == 0, "the session to end")
