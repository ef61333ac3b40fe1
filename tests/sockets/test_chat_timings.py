"""Word timings in a streamed chat: what is told, when, and of which text and audio."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from threading import Event
from typing import Any

import numpy as np
import pytest
from openai import OpenAI

from firstword.core.protocols import Engine, Files
from firstword.core.types import EngineInfo, Voice
from firstword.engines import tone
from firstword.engines.tone import ToneEngine, pitch
from tests.pipeline.scripted import ScriptedChat, words
from tests.sockets import scripted_plugin
from tests.sockets.conftest import Running, servers
from tests.sockets.installing import as_package
from tests.sockets.scripted_plugin import chat_of, opened
from tests.sockets.uploading import refused

pytestmark = pytest.mark.socket

PATH = "/v1/chat/completions"
TIMED: dict[str, Any] = {
    "model": "gpt-audio",
    "messages": [{"role": "user", "content": "Is a golden retriever a good family dog?"}],
    "modalities": ["text", "audio"],
    "audio": {"voice": "alloy", "format": "pcm16"},
    "stream": True,
    "model_extensions": {"timings": "word", "max_lead_s": 3_600.0},
}
SAID = "It is a good dog. It likes us."
WRITTEN = (
    "# A **good** dog 🐕\n\nIt costs $5, or 12 € a day; see [here](https://a.example/b).\n\nIt likes us."
)
"""As models write: marks, signs, figures, an address, a character of two UTF-16 units."""


class Untimed:
    """A plugin of a voice that does not know when its words sound."""

    def infos(self) -> Sequence[EngineInfo]:
        known = tone.plugin.infos()[0]
        return [
            replace(
                known, model_id="untimed", voices=(Voice("hum", "Hum", "mul", "neutral"),), word_timings=False
            )
        ]

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> Engine:
        return ToneEngine(info, tone.Options())


plugin = Untimed()
untimed = as_package("untimed", __name__)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with two voices and a script."""
    packages = [tmp_path_factory.mktemp(name) for name in ("chatting", "untimed")]
    settings: dict[str, Any] = {
        "engines": ("tone", "untimed", "scripted"),
        "default_chat": "scripted",
        "store": tmp_path_factory.mktemp("store") / "store.sqlite3",
    }
    with scripted_plugin.installed(packages[0]), untimed(packages[1]), servers() as start:
        yield start(**settings)


@pytest.fixture
def chat(server: Running) -> ScriptedChat:
    """The model, which says the same thing to everybody."""
    model = chat_of(server)
    model.lines = words(SAID)
    model.requests.clear()
    model.written.clear()
    return model


def ask(running: Running, **fields: Any) -> list[dict[str, Any]]:
    """The chunks of an answer that ended well."""
    answer = running.request("POST", PATH, TIMED | fields)
    assert answer.status == 200
    lines = answer.read().decode().split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]


def told(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [word for chunk in chunks for word in chunk.get("audio_words", ())]


def audio(chunk: dict[str, Any]) -> dict[str, Any]:
    """What a chunk has of the answer's audio."""
    found: dict[str, Any] = chunk["choices"][0]["delta"].get("audio", {}) if chunk["choices"] else {}
    return found


def transcript(chunks: list[dict[str, Any]]) -> str:
    return "".join(audio(chunk).get("transcript", "") for chunk in chunks)


def pcm(chunks: list[dict[str, Any]]) -> bytes:
    return b"".join(base64.b64decode(audio(chunk).get("data", "")) for chunk in chunks)


@pytest.mark.requirement("chat-tells-when-its-words-sound")
def test_every_word_is_told_with_its_place_in_the_text_and_in_the_audio(
    server: Running, chat: ScriptedChat
) -> None:
    chunks = ask(server)
    text, samples = transcript(chunks), np.frombuffer(pcm(chunks), np.int16)
    found = told(chunks)
    assert [word["text"] for word in found] == text.split()
    for word in found:
        assert text[word["start_char"] : word["end_char"]] == word["text"]
        sound = samples[24 * word["start_ms"] : 24 * word["end_ms"]]
        loudest = np.argmax(np.abs(np.fft.rfft(sound, 24_000)))
        assert loudest == pytest.approx(pitch(word["text"]), abs=3), word


@pytest.mark.requirement("chat-tells-when-its-words-sound")
def test_words_come_after_their_transcript_and_before_their_audio(
    server: Running, chat: ScriptedChat
) -> None:
    chat.lines = words("One two three four five. Six seven eight nine ten. " * 3)
    written, heard_ms = "", 0.0
    for chunk in ask(server):
        for word in chunk.get("audio_words", ()):
            assert written[word["start_char"] : word["end_char"]] == word["text"]
            assert word["start_ms"] >= round(heard_ms) - 1
        written += audio(chunk).get("transcript", "")
        heard_ms += len(base64.b64decode(audio(chunk).get("data", ""))) / 48
    assert len(written.split()) == 30


@pytest.mark.requirement("chat-tells-when-its-words-sound")
def test_the_first_words_are_told_while_the_second_sentence_is_not_yet_written(
    server: Running, chat: ScriptedChat
) -> None:
    gate = Event()
    chat.lines = ["A good dog. ", opened(gate), "It likes us."]
    answer = server.request("POST", PATH, TIMED)
    read = b""
    while b'"data":' not in read:
        read += answer.read1()
    assert b'"audio_words":[{"text":"A"' in read
    assert chat.written == ["A good dog. "]
    gate.set()
    answer.read()


@pytest.mark.parametrize("size", [1, 3, 7, 1_000])
def test_offsets_are_those_of_what_the_model_wrote_however_it_is_read_aloud(
    server: Running, chat: ScriptedChat, size: int
) -> None:
    chat.lines = [WRITTEN[at : at + size] for at in range(0, len(WRITTEN), size)]
    chunks = ask(server)
    assert transcript(chunks) == WRITTEN
    found = told(chunks)
    assert found
    for word in found:
        assert WRITTEN[word["start_char"] : word["end_char"]] == word["text"]
    places = [(word["start_char"], word["end_char"]) for word in found]
    assert all(before[1] <= after[0] for before, after in pairwise(places))
    said = "".join(word["text"] for word in found)
    assert all(word in said for word in ("good", "$5", "12", "likes"))


def test_times_are_of_the_audio_that_is_sent(server: Running, chat: ScriptedChat) -> None:
    plain = told(ask(server))
    for more in ({"sr": 8_000}, {"sr": 48_000}):
        resampled = told(ask(server, model_extensions=TIMED["model_extensions"] | more))
        assert [word["text"] for word in resampled] == [word["text"] for word in plain]
        assert all(
            other["start_ms"] == pytest.approx(word["start_ms"], abs=1)
            for word, other in zip(plain, resampled, strict=True)
        )


@pytest.mark.parametrize("sent", ["wav", "mp3", "opus", "flac", "aac"])
def test_words_are_told_in_every_format(server: Running, chat: ScriptedChat, sent: str) -> None:
    found = told(ask(server, audio={"voice": "alloy", "format": sent}))
    assert [word["text"] for word in found] == SAID.split()


@pytest.mark.requirement("chat-accumulates-in-the-sdk", "chat-tells-when-its-words-sound")
@pytest.mark.parametrize("usage", [True, False])
def test_the_official_helper_is_not_disturbed(server: Running, chat: ScriptedChat, usage: bool) -> None:
    fields: Any = {name: value for name, value in TIMED.items() if name not in ("stream", "model_extensions")}
    extra = {"model_extensions": TIMED["model_extensions"]}
    with (
        OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client,
        client.chat.completions.stream(
            **fields, extra_body=extra, stream_options={"include_usage": usage}
        ) as stream,
    ):
        found = [
            word
            for event in stream
            if event.type == "chunk"
            for word in (event.chunk.model_extra or {}).get("audio_words", ())
        ]
        whole = stream.get_final_completion()
    said = whole.choices[0].message.audio
    assert said is not None
    assert said.transcript == SAID
    assert base64.b64decode(said.data) == pcm(ask(server))
    assert whole.choices[0].finish_reason == "stop"
    assert (whole.usage is not None) == usage
    assert [word["text"] for word in found] == said.transcript.split()


def test_nobody_is_told_who_did_not_ask(server: Running, chat: ScriptedChat) -> None:
    assert told(ask(server, model_extensions={})) == []


@pytest.mark.requirement("word-timings-only-where-known")
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"stream": False}, "timings_need_events"),
        ({"modalities": ["text"]}, "timings_need_audio"),
        ({"modalities": None, "audio": None}, "timings_need_audio"),
        ({"audio": {"voice": "hum", "format": "pcm16"}}, "timings_unsupported"),
    ],
)
def test_without_events_or_audio_or_a_voice_that_knows_it_is_a_400(
    server: Running, chat: ScriptedChat, fields: dict[str, Any], code: str
) -> None:
    asked = server.request("POST", PATH, TIMED | fields)
    assert refused(asked) == (400, code, "model_extensions.timings")
    assert chat.requests == []
