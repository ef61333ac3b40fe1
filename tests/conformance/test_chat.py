"""Chat that speaks, by the official Node SDK, and by the snippet that users found."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from tests.conformance.conftest import KEY, House, client, opened
from tests.pipeline.scripted import ScriptedChat, words
from tests.sockets import scripted_plugin
from tests.sockets.scripted_plugin import chat_of

pytestmark = [pytest.mark.conformance, pytest.mark.program("node")]

SCRIPTS = Path(__file__).parent / "node"
FIRST, SECOND = "It is a good dog. ", "It likes us."


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One server with a script for the tests of this module."""
    folder, store = tmp_path_factory.mktemp("plugin"), tmp_path_factory.mktemp("store")
    settings = {
        "engines": ("tone", "scripted"),
        "default_chat": "scripted",
        "store": store / "store.sqlite3",
    }
    with scripted_plugin.installed(folder), opened(**settings) as house:
        yield house


@pytest.fixture
def chat(house: House) -> ScriptedChat:
    """The model."""
    return chat_of(house.running)


@pytest.mark.requirement("chat-answers-whole")
def test_the_snippet_for_node_writes_a_wav_file(house: House, chat: ScriptedChat, tmp_path: Path) -> None:
    chat.lines = words(FIRST + SECOND)
    environment = {"PATH": os.environ["PATH"], "OPENAI_BASE_URL": house.base_url, "OPENAI_API_KEY": KEY}
    done = subprocess.run(
        ["node", SCRIPTS / "dog.mjs"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, check=True
    )
    assert FIRST + SECOND in done.stdout.decode()
    with wave.open(io.BytesIO((tmp_path / "dog.wav").read_bytes())) as saved:
        assert (saved.getframerate(), saved.getnchannels(), saved.getsampwidth()) == (24_000, 1, 2)
        samples = saved.readframes(saved.getnframes())
    assert samples == house.body("pcm", FIRST + SECOND)


@pytest.mark.requirement("chat-speaks-while-it-writes", "chat-streams-words-and-audio")
def test_node_hears_the_first_sentence_while_the_second_is_not_written(
    house: House, chat: ScriptedChat
) -> None:
    gate = Event()
    chat.lines = [FIRST, scripted_plugin.opened(gate), SECOND]
    with client(["node", SCRIPTS / "chat.mjs", house.base_url, KEY]) as printed:
        assert json.loads(printed.readline()) == {"heard": FIRST}
        gate.set()
        last = json.loads(printed.readline())
    assert last["transcript"] == FIRST + SECOND
    assert len(base64.b64decode(last["audio"])) >= len(house.body("pcm", FIRST) + house.body("pcm", SECOND))
    assert last["reason"] == "stop"
    assert last["usage"]["completion_tokens_details"]["audio_tokens"] > 0


@pytest.mark.requirement("chat-accumulates-in-the-sdk")
@pytest.mark.parametrize("timings", [[], ["timings"]])
def test_nodes_own_helper_puts_the_answer_together(
    house: House, chat: ScriptedChat, timings: list[str]
) -> None:
    chat.lines = words(FIRST + SECOND)
    command = ["node", SCRIPTS / "accumulated.mjs", house.base_url, KEY, *timings]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    audio = json.loads(done.stdout)
    assert audio["ids"] == [audio["id"]]
    assert audio["transcript"] == FIRST + SECOND
    assert base64.b64decode(audio["data"]) == house.body("pcm", FIRST + SECOND)
    assert (audio["reason"], type(audio["expires_at"])) == ("stop", int)
