"""A chat that speaks, by programs that people copy, and by a serverless function without a socket."""

from __future__ import annotations

import base64
import json
import re
import sys
import wave
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from tests.conformance.conftest import House, opened
from tests.examples.conftest import EXAMPLES, Run, Serve
from tests.pipeline.scripted import ScriptedChat, words
from tests.pipeline.whistling import whistle
from tests.sockets import scripted_plugin, whistling_plugin
from tests.sockets.conftest import WAIT_S, until
from tests.sockets.scripted_plugin import chat_of
from tests.sockets.uploading import wav

NODE = pytest.mark.program("node", "npm")
CARD = Path(__file__).parent / "soundcard"
FIRST, SECOND = "It is a good dog. ", "It likes us."
pytestmark = [pytest.mark.conformance, pytest.mark.program("curl")]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One server that hears whistles, and answers from a script."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "scripted").mkdir()
    (folder / "whistling").mkdir()
    settings = {**scripted_plugin.SETTINGS, "store": folder / "store.sqlite3"}
    with (
        scripted_plugin.installed(folder / "scripted"),
        whistling_plugin.installed(folder / "whistling"),
        opened(**settings) as house,
    ):
        yield house


@pytest.fixture
def chat(house: House) -> ScriptedChat:
    """The model, about to say two sentences."""
    model = chat_of(house.running)
    model.lines = words(FIRST + SECOND)
    model.requests.clear()
    return model


@pytest.mark.parametrize("language", ["python", pytest.param("node", marks=NODE)])
def test_the_request_is_answered_in_words_and_audio_with_usage(
    house: House, chat: ScriptedChat, run_example: Run, language: str
) -> None:
    transcript, audio, usage = run_example("chat-request", language).stdout.splitlines()

    assert transcript == FIRST + SECOND
    assert audio.startswith(f"{len(house.body('pcm', FIRST + SECOND)) / 48_000:.1f} s of audio")
    assert json.loads(usage)["completion_tokens_details"]["audio_tokens"] > 0


def test_curl_sees_the_events_to_their_end(chat: ScriptedChat, run_example: Run) -> None:
    events = run_example("chat-request", "curl").stdout.split("\n\n")

    assert events[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
    told = [chunk["choices"][0]["delta"].get("audio", {}) for chunk in chunks if chunk["choices"]]
    assert "".join(one.get("transcript", "") for one in told) == FIRST + SECOND
    assert chunks[-1]["usage"]["total_tokens"] > 0


@pytest.mark.parametrize("way", [pytest.param("node", marks=NODE), "streamed"])
def test_the_answer_becomes_a_wav_file(house: House, chat: ScriptedChat, run_example: Run, way: str) -> None:
    printed = run_example("chat-to-wav", way).stdout

    saved = EXAMPLES / "chat-to-wav/dog.wav"
    with wave.open(str(saved)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        samples = file.readframes(file.getnframes())
    saved.unlink()
    assert FIRST + SECOND in printed
    assert samples == house.body("pcm", FIRST + SECOND)


def test_the_answer_is_heard_while_it_comes(
    house: House, chat: ScriptedChat, run_example: Run, tmp_path: Path
) -> None:
    speakers = tmp_path / "heard.raw"
    card = {"PYTHONPATH": str(CARD), "HEARD": str(speakers), "SPEED": "10"}

    printed = run_example("chat-to-wav", "aloud", EXAMPLES_PYTHON=sys.executable, **card).stdout

    assert re.fullmatch(r"first sound after \d+ ms, \d+ underruns\n", printed)
    samples = np.frombuffer(house.body("pcm", FIRST + SECOND), "<i2")
    heard = np.fromfile(speakers, "<i2")
    assert np.array_equal(samples[samples != 0], heard[heard != 0])


@NODE
def test_what_is_said_into_a_serverless_function_is_answered_while_the_answer_is_written(
    chat: ScriptedChat, serve_example: Serve
) -> None:
    said = base64.b64encode(wav(whistle("alder birch"))).decode()
    content = [{"type": "input_audio", "input_audio": {"data": said, "format": "wav"}}]
    gate = Event()
    chat.lines = [FIRST, scripted_plugin.opened(gate), SECOND]
    with serve_example("push-to-talk-serverless") as url:
        connection = HTTPConnection(url.removeprefix("http://"), timeout=WAIT_S)
        connection.request("POST", "/talk", json.dumps({"messages": [{"role": "user", "content": content}]}))
        response = connection.getresponse()
        lines = iter(response.readline, b"")
        heard = next(line for line in lines if b'"data":"' in line)
        gate.set()
        rest = b"".join(lines)
        connection.close()

    assert response.status == 200
    assert FIRST.encode() not in rest
    assert b"choices" in heard
    assert rest.rstrip().endswith(b"data: [DONE]")
    assert chat.requests[-1].messages[-1].text == "alder birch"


@NODE
def test_whoever_leaves_the_function_ends_the_answer(chat: ScriptedChat, serve_example: Serve) -> None:
    chat.lines = [FIRST, scripted_plugin.opened(Event()), SECOND]
    with serve_example("push-to-talk-serverless") as url:
        connection = HTTPConnection(url.removeprefix("http://"), timeout=WAIT_S)
        connection.request("POST", "/talk", json.dumps({"messages": [{"role": "user", "content": "Hello"}]}))
        response = connection.getresponse()
        response.readline()
        until(lambda: chat.running == 1, "the model to be asked")
        response.close()
        connection.close()
        until(lambda: chat.running == 0, "the model to be let go")
