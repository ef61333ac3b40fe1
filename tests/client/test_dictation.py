"""Live speech over a socket, to firstword and to whoever speaks as the guide says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from firstword.client.asking.dictation import dictation
from firstword.core import errors
from firstword.core.transcripts import Transcript, Word
from firstword.server.auth import new_key
from tests.pipeline.whistling import pcm, whistle
from tests.sockets.conftest import Running, servers
from tests.sockets.whistling_plugin import SETTINGS, installed

pytestmark = [pytest.mark.socket, pytest.mark.anyio]

TEXT = "alder birch cedar ... dogwood elm fir ..."
FINAL = {
    "message_type": "FinalTranscript",
    "text": "So.",
    "audio_start": 100,
    "audio_end": 900.5,
    "confidence": 0.5,
    "words": [{"start": 100, "end": 300, "confidence": 0.5, "text": "So."}],
    "created": "2026-01-01T00:00:00",
}
"""As the guide has it."""

Play = Callable[[ServerConnection], None]
Playing = Callable[[Play], str]


@pytest.fixture
def playing() -> Iterator[Playing]:
    """Servers that do with a connection what a test wants."""
    running: list[tuple[Server, Thread]] = []

    def start(play: Play) -> str:
        def handle(socket: ServerConnection) -> None:
            with suppress(ConnectionClosed):
                play(socket)

        server = serve(handle, "127.0.0.1", 0)
        thread = Thread(target=server.serve_forever)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.socket.getsockname()[1]}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installed(tmp_path_factory.mktemp("plugin")), servers() as start:
        yield start(**SETTINGS)


async def hear(url: str, audio: bytes = b"\0\0", **fields: Any) -> list[Transcript]:
    """Everything that is said of some audio."""
    async with dictation(url, model="whisper-1", sample_rate=16_000, **fields) as session:
        with suppress(errors.EngineError):
            await session.send(audio)
            await session.end()
        return [transcript async for transcript in session]


async def collect(url: str, heard: list[Transcript]) -> None:
    """Everything that is said, as it comes."""
    async with dictation(url, model="whisper-1", sample_rate=16_000) as session:
        async for transcript in session:
            heard.append(transcript)  # noqa: PERF401  # they are kept although it fails


def to_the_end(socket: ServerConnection) -> list[Any]:
    """What a client sends until it is done: text as JSON, audio as its length."""
    heard: list[Any] = []
    for message in socket:
        heard.append(len(message) if isinstance(message, bytes) else json.loads(message))
        if heard[-1] == {"done": True}:
            break
    return heard


async def test_open_text_comes_before_it_is_final(server: Running) -> None:
    heard = await hear(server.url, pcm(whistle(TEXT)))

    assert ["alder birch cedar", "dogwood elm fir"] == [one.text for one in heard if one.final]
    assert not heard[0].final
    assert all(one.stable_words == len(one.words) for one in heard if one.final)


async def test_finals_alone_can_be_had_and_asked_for(server: Running) -> None:
    async with dictation(server.url + "/v1", model="whisper-1", sample_rate=16_000) as session:
        await session.send(pcm(whistle("alder birch")))
        await session.flush()
        finals = session.finals()

        assert "alder birch" == (await anext(finals)).text
        await session.send(pcm(whistle("cedar")))
        await session.end()
        assert ["cedar"] == [one.text async for one in finals]


async def test_the_key_is_sent(tmp_path_factory: pytest.TempPathFactory) -> None:
    key = new_key()
    with installed(tmp_path_factory.mktemp("plugin")), servers() as start:
        url = start(**SETTINGS, api_keys=(key,)).url

        with pytest.raises(errors.Unauthorized):
            await hear(url)
        assert [] == await hear(url, api_key=key)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"language": "fr"}, errors.InvalidRequest),
        ({"options": {"nonsense": 1}}, errors.InvalidRequest),
        ({"encoding": "nonsense"}, errors.InvalidRequest),
    ],
)
async def test_a_refusal_is_ours_with_the_servers_words(
    server: Running, fields: dict[str, Any], kind: type[errors.FirstwordError]
) -> None:
    with pytest.raises(kind) as raised:
        await hear(server.url, **fields)

    assert raised.value.param


async def test_the_guides_server_is_understood(playing: Playing) -> None:
    """It sends no more than transcripts, and closes when all has been said."""
    heard: list[Any] = []

    def play(socket: ServerConnection) -> None:
        assert socket.request
        heard.append(socket.request.path)
        heard.extend(to_the_end(socket))
        socket.send(json.dumps(FINAL))
        socket.close()

    transcripts = await hear(playing(play), b"\0" * 10)

    assert [
        "/v1/audio/transcriptions-realtime?model=whisper-1",
        {"sample_rate": 16_000},
        10,
        {"done": True},
    ] == heard
    words = (Word("So.", 100, 300, 0.5),)
    assert [Transcript("So.", 100, 900.5, True, words, stable_words=1, confidence=0.5)] == transcripts


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011])
async def test_a_session_that_ends_too_early_is_an_error(playing: Playing, code: int) -> None:
    def play(socket: ServerConnection) -> None:
        socket.recv()
        socket.send(json.dumps(FINAL))
        if code == 1006:
            socket.socket.close()
        socket.close(code)

    heard: list[Transcript] = []
    with pytest.raises(errors.EngineError, match="broke off") as raised:
        await collect(playing(play), heard)

    assert ("incomplete", ["So."]) == (raised.value.code, [one.text for one in heard])


@pytest.mark.parametrize(
    ("code", "close_code", "kind"),
    [
        (None, 4400, errors.InvalidRequest),
        ("model_not_found", 4404, errors.UnknownModel),
        ("idle_timeout", 4408, errors.RequestTimeout),
        ("rate_limit_exceeded", 4429, errors.RateLimited),
        (None, 1009, errors.TooLarge),
        (None, 1011, errors.EngineError),
        ("server_closing", 1012, errors.ServerClosing),
        ("server_busy", 1013, errors.ServerBusy),
        ("session_too_long", 4413, errors.SessionTooLong),
    ],
)
async def test_an_error_and_its_close_code_become_our_error(
    playing: Playing, code: str | None, close_code: int, kind: type[errors.FirstwordError]
) -> None:
    def play(socket: ServerConnection) -> None:
        error = {"message": "Because.", "type": "x", "param": None, "code": code}
        socket.send(json.dumps({"message_type": "Error", "text": "", "error": error}))
        socket.close(close_code)

    with pytest.raises(errors.FirstwordError, match=r"^Because\.$") as raised:
        await hear(playing(play))

    assert kind is type(raised.value)


async def test_what_is_no_json_is_an_error(playing: Playing) -> None:
    with pytest.raises(errors.EngineError, match="no JSON object"):
        await hear(playing(lambda socket: socket.send("hello")))


async def test_a_server_without_such_a_socket_says_so_by_its_status(server: Running) -> None:
    with pytest.raises(errors.FirstwordError, match="answered"):
        await hear(server.url + "/elsewhere")


async def test_nobody_there_is_told_with_the_reason() -> None:
    with pytest.raises(errors.EngineError, match="connection refused") as raised:
        await hear("http://127.0.0.1:1")

    assert "unreachable" == raised.value.code


@pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1", "http://", "http://[::1"])
async def test_what_is_no_address_is_the_callers_mistake(url: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="no server's address"):
        await hear(url)
