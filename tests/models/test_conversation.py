"""The whole way round with real models: a question that is spoken, and an answer that is heard again."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Iterator
from typing import Any

import pytest

from tests.pipeline.scripted import STOP, Line
from tests.sockets import scripted_plugin
from tests.sockets.conftest import Running, servers
from tests.sockets.scripted_plugin import chat_of
from tests.sockets.test_chat import PATH
from tests.sockets.uploading import told, upload

pytestmark = pytest.mark.model

ENGINES = ("hibari", "moonshine", "silero", "llama", "scripted")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with the models that it has by default, and a script."""
    plugin, store = tmp_path_factory.mktemp("plugin"), tmp_path_factory.mktemp("store") / "store.sqlite3"
    with scripted_plugin.installed(plugin), servers() as start:
        yield start(engines=ENGINES, default_model="hibari", engine_options={}, store=store)


def plain(text: str) -> list[str]:
    """Its words, without case and marks."""
    return "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()


def asked(server: Running, *content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {
        "model": "gpt-audio",
        "messages": [{"role": "user", "content": list(content)}],
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "wav"},
        **fields,
    }
    return told(server.request("POST", PATH, body))


def test_a_spoken_question_gets_an_answer_that_can_be_heard(server: Running) -> None:
    """What the answer's audio says is what its transcript says."""
    question = server.speak(
        "Is a golden retriever a good family dog?", model="tts-1", voice="alloy", response_format="mp3"
    )
    data = base64.b64encode(question.read()).decode()
    recording = {"type": "input_audio", "input_audio": {"data": data, "format": "mp3"}}
    answer = asked(server, recording, max_tokens=24, temperature=0)
    audio = answer["choices"][0]["message"]["audio"]
    heard = told(upload(server, base64.b64decode(audio["data"])))["text"]

    said = plain(audio["transcript"])
    assert len(said) > 5
    assert len(set(said) & set(plain(heard))) >= 0.7 * len(set(said))
    assert answer["usage"]["prompt_tokens_details"]["audio_tokens"] > 20
    assert answer["usage"]["completion_tokens_details"]["audio_tokens"] > 20


def test_the_chat_model_reads_what_was_asked_aloud(server: Running) -> None:
    chat = chat_of(server)
    chat.lines = ["Yes."]
    question = server.speak("Is a golden retriever a good family dog?", model="tts-1", voice="alloy").read()
    file = io.BytesIO()
    with wave.open(file, "wb") as opened:
        opened.setparams((1, 2, 24_000, 0, "NONE", ""))
        opened.writeframes(question)
    data = base64.b64encode(file.getvalue()).decode()
    asked(server, {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}, model="scripted")
    assert plain(chat.requests[-1].messages[-1].text) == plain("Is a golden retriever a good family dog?")


def test_an_answer_in_a_script_the_voice_does_not_speak_is_written_and_then_told(server: Running) -> None:
    lines: list[Line] = ["Hello there, friend. ", "Привет, мир. ", "And good bye.", STOP]
    chat_of(server).lines = lines
    body = {
        "model": "scripted",
        "messages": [{"role": "user", "content": "Greet me."}],
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "pcm16"},
        "stream": True,
    }
    answer = server.request("POST", PATH, body)
    events: list[dict[str, Any]] = []
    while (line := answer.readline()) and "error" not in (events or [{}])[-1]:
        if line.startswith(b"data: "):
            events.append(json.loads(line[6:]))
    deltas = [event["choices"][0]["delta"].get("audio", {}) for event in events[:-1]]
    assert "".join(delta.get("transcript", "") for delta in deltas) == "".join(
        str(line) for line in lines[:3]
    )
    error = events[-1]["error"]
    assert (error["code"], error["param"]) == ("unspeakable_text", "audio.voice")
