"""A listener who breaks in ends the server's work at once, however its answer is being read."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import httpx2
import pytest
from openai import AsyncOpenAI, OpenAI

from firstword.client import AsyncClient, Client
from firstword.client.asking.chat import stream_chat
from firstword.client.playing.playback import Playback
from firstword.engines.tone import ToneEngine
from tests.client.loudspeaker import Loudspeaker
from tests.pipeline.scripted import ScriptedChat
from tests.sockets import scripted_plugin
from tests.sockets.conftest import Running, servers, until
from tests.sockets.scripted_plugin import chat_of

pytestmark = pytest.mark.socket

FIRST = "One two three four five six."
BODY: dict[str, Any] = {
    "model": "gpt-audio",
    "messages": [{"role": "user", "content": "Hello!"}],
    "modalities": ["text", "audio"],
    "audio": {"voice": "alloy", "format": "pcm16"},
    "stream": True,
}
TIMED = {"model_extensions": {"timings": "word", "max_lead_s": 3_600.0}}
FIRST_MS = 1_580 - 1
"""What is heard before the model thinks."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a voice and a script."""
    settings: dict[str, Any] = {
        "engines": ("tone", "scripted"),
        "default_chat": "scripted",
        "store": tmp_path_factory.mktemp("store") / "store.sqlite3",
        "tone": {"realtime_factor": 0.2},
    }
    folder: Path = tmp_path_factory.mktemp("chatting")
    with scripted_plugin.installed(folder), servers() as start:
        yield start(**settings)


@pytest.fixture
def thinking(server: Running) -> ScriptedChat:
    """A model that says something, and then thinks for as long as it is let."""
    model = chat_of(server)
    model.lines = [FIRST + " ", anyio.sleep_forever]
    return model


def idle(running: Running) -> bool:
    """Whether nobody works for anybody."""
    voice = running.application.host._places["tone"].engine
    assert isinstance(voice, ToneEngine)
    return (voice.running, chat_of(running).running, running.application.admission.active) == (0, 0, 0)


@contextmanager
def by_the_sdk(running: Running) -> Iterator[object]:
    with OpenAI(base_url=f"{running.url}/v1", api_key="none", max_retries=0) as client:
        yield client.chat.completions.create(**BODY, extra_body=TIMED)


@contextmanager
def by_the_sdk_s_helper(running: Running) -> Iterator[object]:
    body = {name: value for name, value in BODY.items() if name != "stream"}
    with (
        OpenAI(base_url=f"{running.url}/v1", api_key="none", max_retries=0) as client,
        client.chat.completions.stream(**body, extra_body=TIMED) as stream,
    ):
        yield stream


@contextmanager
def by_our_own_client(running: Running) -> Iterator[object]:
    more = {"voice": "alloy", "timings": True, "extensions": {"max_lead_s": 3_600.0}}
    with Client(running.url) as client, client.chat(BODY["messages"], **more) as answer:
        yield answer


@contextmanager
def by_httpx(running: Running) -> Iterator[object]:
    with (
        httpx2.Client() as client,
        client.stream("POST", f"{running.url}/v1/chat/completions", json=BODY | TIMED) as response,
    ):
        yield response


@contextmanager
def by_the_standard_library(running: Running) -> Iterator[object]:
    sent = json.dumps(BODY | TIMED).encode()
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{running.url}/v1/chat/completions", sent, headers)
    with urllib.request.urlopen(asked) as response:
        yield response


Ask = Callable[[Running], AbstractContextManager[object]]


@pytest.mark.parametrize(
    "ask", [by_the_sdk, by_the_sdk_s_helper, by_our_own_client, by_httpx, by_the_standard_library]
)
def test_a_reader_that_waits_for_more_ends_the_work_of_both_models(
    server: Running, thinking: ScriptedChat, ask: Ask
) -> None:
    device = Loudspeaker()
    with ask(server) as response:
        playback = device.player.play(response)
        until(lambda: playback.buffered_ms > FIRST_MS, "all there is")
        device.run(0.9)
        heard = playback.interrupt()
        until(lambda: idle(server), "the server to be idle")

    assert heard.text
    assert FIRST.startswith(heard.text)
    until(lambda: playback.arrived, "the reader to end")
    assert playback.wait(0)


def test_leaving_our_own_answer_ends_it_too_whoever_reads_it(server: Running, thinking: ScriptedChat) -> None:
    device, read = Loudspeaker(), list[str]()

    def shown(pieces: Iterator[Any]) -> Iterator[object]:
        for piece in pieces:
            read.append(piece.text)
            yield piece

    asked: Any = {"model": "gpt-audio", "voice": "alloy", "extensions": TIMED["model_extensions"]}
    with stream_chat(server.url, BODY["messages"], **asked) as pieces:
        playback = device.player.play(shown(pieces))
        until(lambda: playback.buffered_ms > FIRST_MS, "all there is")
        device.run(0.9)
        heard = playback.interrupt()
    until(lambda: idle(server), "the server to be idle")

    assert heard.text == "One two three"
    assert "".join(read) == FIRST + " "
    until(lambda: playback.arrived, "the reader to end")


@pytest.mark.parametrize("on_the_loop", [True, False])
async def test_an_asynchronous_reader_ends_it_too(
    server: Running, thinking: ScriptedChat, on_the_loop: bool
) -> None:
    device = Loudspeaker()

    async def interrupted(playback: Playback) -> str | None:
        await asyncio.to_thread(until, lambda: playback.buffered_ms > FIRST_MS, "all there is")
        device.run(0.9)
        heard = playback.interrupt() if on_the_loop else await asyncio.to_thread(playback.interrupt)
        await asyncio.to_thread(until, lambda: idle(server), "the server to be idle")
        return heard.text

    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        stream = await client.chat.completions.create(**BODY, extra_body=TIMED)
        assert await interrupted(device.player.play(stream)) == "One two three"


async def test_our_own_asynchronous_answer_ends_with_the_playback(
    server: Running, thinking: ScriptedChat
) -> None:
    device = Loudspeaker()
    more: dict[str, Any] = {"voice": "alloy", "timings": True, "extensions": {"max_lead_s": 3_600.0}}
    async with AsyncClient(server.url) as client, client.chat(BODY["messages"], **more) as answer:
        playback = device.player.play(answer)
        await asyncio.to_thread(until, lambda: playback.buffered_ms > FIRST_MS, "all there is")
        device.run(0.9)
        assert playback.interrupt().text == "One two three"
        await asyncio.to_thread(until, lambda: idle(server), "the server to be idle")


def test_text_that_is_still_being_written_is_heard_in_its_own_spelling(server: Running) -> None:
    device, written = Loudspeaker(), "One, two: three four five. "
    with Client(server.url) as client, client.speech_stream(timings=True) as session:
        playback = device.player.play(session)
        session.write(written)
        playback.add_text(written)
        session.flush()
        until(lambda: playback.buffered_ms > 900, "some audio")
        device.run(0.9)
        heard = playback.interrupt()
        until(lambda: idle(server), "the server to be idle")
    assert heard.text == "One, two: three"
    until(lambda: playback.arrived, "the reader to end")


def test_speech_that_is_being_made_is_made_no_further(server: Running) -> None:
    device, text = Loudspeaker(), "One two three four five six. " * 100
    body = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm"}
    events = {"stream_format": "sse", "model_extensions": {"timings": "word"}}
    with (
        httpx2.Client() as client,
        client.stream("POST", f"{server.url}/v1/audio/speech", json=body | events) as response,
    ):
        playback = device.player.play(response, text=text)
        until(lambda: playback.buffered_ms > 900, "some audio")
        device.run(0.5)
        heard = playback.interrupt()
        until(lambda: idle(server), "the server to be idle")
    assert heard.text == "One two"


def test_a_response_that_has_come_whole_is_left_alone(server: Running) -> None:
    device = Loudspeaker()
    body = {"model": "tts-1", "voice": "alloy", "input": "One two.", "response_format": "pcm"}
    with httpx2.Client() as client:
        with client.stream("POST", f"{server.url}/v1/audio/speech", json=body) as response:
            playback = device.player.play(response)
            until(lambda: playback.arrived, "all of it")
            first = response.extensions["network_stream"]
            playback.interrupt()
        with client.stream("GET", f"{server.url}/health") as response:
            assert response.extensions["network_stream"] is first


def test_a_file_stays_open_for_whoever_opened_it(tmp_path: Path) -> None:
    device = Loudspeaker()
    (tmp_path / "a.pcm").write_bytes(bytes(48_000 * 60))
    with (tmp_path / "a.pcm").open("rb") as file:
        playback = device.player.play(file)
        until(lambda: playback.buffered_ms > 900, "some audio")
        playback.stop()
        until(lambda: playback.arrived, "the reader to end")
        assert not file.closed


def test_a_generator_is_closed() -> None:
    device, closed = Loudspeaker(), Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield bytes(48_000)
        finally:
            closed.set()

    playback = device.player.play(endless())
    until(lambda: playback.buffered_ms > 900, "some audio")
    playback.stop()
    until(closed.is_set, "the generator to be closed")
