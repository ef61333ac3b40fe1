"""The pages of examples in a real browser: heard before there is more, whatever the audio is called."""

from __future__ import annotations

import re
import shutil
import subprocess
import wave
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from anyio import to_thread

from firstword.core.conversation import Role
from firstword.engines.tone import ToneEngine
from tests.browser.driving import driven
from tests.browser.package import packed
from tests.conformance.conftest import KEY, LONG, House, opened
from tests.examples.conftest import EXAMPLES, Run, Serve
from tests.pipeline.scripted import words
from tests.sockets import scripted_plugin
from tests.sockets.conftest import StartServer, servers, until
from tests.sockets.scripted_plugin import chat_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.program("node", "npm", "chromium", "curl"),
    pytest.mark.timeout(150),
]

FIRST, SECOND = "one two three four five six seven eight.", " nine ten eleven twelve."
SPEECH = Path(__file__).parents[1] / "data" / "speech"
RATE = 16_000
"""Hz of the recordings in there."""


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Starts servers for one test."""
    with servers() as start:
        yield start


def heard_while_held(house: House, address: str, gate: Path, called: str = "") -> dict[str, Any]:
    """What a visitor saw and heard of a page, whose engine went on only when the beginning had been heard."""
    with house.tone.held() as let_go, ThreadPoolExecutor(1) as beside:

        def go_on() -> None:
            until(gate.exists, "the first sound")
            let_go()

        going_on = beside.submit(go_on)
        try:
            told = driven("example.mjs", address, "spoken", called, LONG, str(gate))
        finally:
            gate.touch()
        going_on.result()
    return told


@pytest.mark.slow
@pytest.mark.parametrize("called", ["", "application/octet-stream"])
def test_the_page_of_the_django_relay_sounds_while_the_rest_is_not_made_yet(
    house: House, serve_example: Serve, tmp_path: Path, called: str
) -> None:
    with serve_example("django-relay") as url:
        told = heard_while_held(house, url, tmp_path / "gate", called)

    assert told["worklet"]


@pytest.mark.parametrize("way", ["dev", pytest.param("preview", marks=pytest.mark.slow)])
def test_the_react_component_sounds_while_the_relay_says_audio_opus(
    house: House, run_example: Run, serve_example: Serve, tmp_path: Path, way: str
) -> None:
    if way == "preview":
        run_example("react-player", "build")
    with serve_example("react-player", way) as url:
        told = heard_while_held(house, url, tmp_path / "gate")

    assert told["called"] == "audio/opus"
    assert told["worklet"]


@pytest.mark.slow
def test_the_react_component_stops_and_says_what_was_refused(
    start_server: StartServer, serve_example: Serve
) -> None:
    running = start_server(tone={"realtime_factor": 0.5}, api_keys=(KEY,))
    engine = running.application.host._places["tone"].engine
    assert isinstance(engine, ToneEngine)

    with serve_example("react-player", url=running.url) as url:
        told = driven("example.mjs", url, "stopped", "", f"{LONG}. " * 10)
        until(lambda: engine.running == 0, "the engine to be let go")

    assert told["speaking"] == "Stop"
    assert engine.made_ms < 40_000
    assert "input" in told["refused"]


@pytest.mark.slow
def test_vite_builds_the_component_with_the_package_as_npm_installs_it(
    run_example: Run, tmp_path: Path
) -> None:
    run_example("react-player", "build")  # which brings Vite
    (tmp_path / "clone").mkdir()
    tarball = packed(tmp_path / "clone")
    app = shutil.copytree(EXAMPLES / "react-player", tmp_path / "app", symlinks=True)
    (app / "vite.config.js").write_text(
        "import react from '@vitejs/plugin-react'; export default { plugins: [react()] };"
    )

    for command in (
        ["npm", "install", "--offline", "--no-save", "--silent", tarball],
        ["node_modules/.bin/vite", "build"],
    ):
        subprocess.run(command, cwd=app, check=True, capture_output=True)

    (worklet,) = app.glob("dist/assets/ring-worklet-*.js")
    (page,) = app.glob("dist/assets/index-*.js")
    assert worklet.name in page.read_text("utf-8")
    assert "registerProcessor" in worklet.read_text("utf-8")
    assert not re.search(r"\bimport\b", worklet.read_text("utf-8")), "it is whole"


@pytest.fixture
def talking(tmp_path: Path) -> Iterator[House]:
    """A server that hears words, and answers from a script."""
    (tmp_path / "plugin").mkdir()
    engines = ("tone", "scripted", "moonshine", "silero")
    settings = {"engines": engines, "default_chat": "scripted", "store": tmp_path / "store.sqlite3"}
    with scripted_plugin.installed(tmp_path / "plugin"), opened(**settings) as house:
        yield house


def after(gate: Path) -> Callable[[], Awaitable[None]]:
    """A line of a script: to wait until somebody has made a file."""

    async def wait() -> None:
        await to_thread.run_sync(until, gate.exists, "the gate to be opened", abandon_on_cancel=True)

    return wait


def microphone(place: Path) -> tuple[Path, int]:
    """A file that is a microphone's, and the milliseconds that somebody speaks into it."""
    samples, rate = soundfile.read(SPEECH / "librivox_0930.flac", dtype="int16")
    assert rate == RATE
    with wave.open(str(place), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.pad(samples, (RATE // 2, 20 * RATE)).tobytes())
    return place, 1000 * len(samples) // RATE


@pytest.mark.slow
def test_push_to_talk_is_answered_aloud_and_whoever_talks_into_the_answer_interrupts_it(
    talking: House, serve_example: Serve, tmp_path: Path
) -> None:
    chat, gate = chat_of(talking.running), tmp_path / "gate"
    chat.lines = [*words(FIRST), after(gate), *words(SECOND)]
    sound, spoken_ms = microphone(tmp_path / "microphone.wav")

    with serve_example("push-to-talk-serverless", url=talking.running.url) as url:
        arguments = (str(sound), str(spoken_ms + 2_000), FIRST, FIRST + SECOND, str(gate))
        told = driven("example.mjs", url, "talked", *arguments)
        assert "hold the button" in told["refused"], "a tap is no question"
        until(lambda: chat.running == 0, "the model to be let go")

    [asked], [kept, answered, again] = [
        [one for one in request.messages if one.role is not Role.SYSTEM] for request in chat.requests
    ]
    assert asked.text == kept.text
    for heard in (asked, again):
        assert "made amiable himself" in heard.text
    assert (answered.role, answered.text) == (Role.ASSISTANT, FIRST)
    assert chat.left == 1, "the first answer was broken off"
