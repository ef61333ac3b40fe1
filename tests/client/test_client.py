"""The typed clients against a real server: speech, text as it is written, chats, and what is there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from openai import AsyncOpenAI, OpenAI

from firstword import client as firstword
from firstword.client import AsyncClient, Client
from firstword.client.incoming.source import incoming
from firstword.core import errors
from firstword.core.conversation import ChatEnd, FinishReason, ToolCallDelta
from tests.client.conftest import Answering
from tests.client.loudspeaker import Loudspeaker
from tests.client.loudspeaker import until as heard_until
from tests.client.test_speech import AUDIO, openai_error
from tests.client.test_transcription import HEAD, events
from tests.pipeline.scripted import ScriptedChat, words
from tests.pipeline.whistling import pcm, whistle
from tests.sockets import scripted_plugin, whistling_plugin
from tests.sockets.conftest import Running, servers
from tests.sockets.scripted_plugin import chat_of

pytestmark = [pytest.mark.socket, pytest.mark.anyio]

TEXT = "It is a good dog. It likes us."
ASK = [{"role": "user", "content": "Is a golden retriever a good family dog?"}]
VOICE: dict[str, Any] = {"model": "tone", "voice": "sine"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with ears, a voice and a script."""
    hearing, chatting, folder = (tmp_path_factory.mktemp(name) for name in ("hearing", "chatting", "store"))
    settings = scripted_plugin.SETTINGS | {"store": folder / "store.sqlite3"}
    with whistling_plugin.installed(hearing), scripted_plugin.installed(chatting), servers() as start:
        yield start(**settings)


@pytest.fixture
def chat(server: Running) -> ScriptedChat:
    """The model, which says the same thing to everybody."""
    model = chat_of(server)
    model.lines = words(TEXT)
    return model


@pytest.fixture
async def client(server: Running) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(server.url + "/v1") as opened:
        yield opened


@pytest.fixture
def blocking(server: Running) -> Iterator[Client]:
    with Client(server.url) as opened:
        yield opened


def audio_in(told: list[Any]) -> bytes:
    kinds = (firstword.SpeechAudio, firstword.ChatAudio)
    return b"".join(event.data for event in told if isinstance(event, kinds))


def of_kind(told: list[Any], kind: type[Any]) -> list[Any]:
    return [event for event in told if isinstance(event, kind)]


def spelt(told: list[Any], kind: type[Any]) -> list[str]:
    return [word.text for event in of_kind(told, kind) for word in event.words]


async def test_what_is_there_is_listed(client: AsyncClient) -> None:
    assert {"sine", "alloy"} <= {voice["id"] for voice in await client.voices()}
    assert {"tone", "whistle", "scripted"} <= {model["id"] for model in await client.models()}
    assert "tone" not in {model["id"] for model in await client.models(task="transcription")}


async def test_speech_is_what_the_server_sends(client: AsyncClient, server: Running) -> None:
    async with client.speech(TEXT, response_format="wav", **VOICE) as speech:
        told = [event async for event in speech]

    assert server.speak(TEXT, response_format="wav").read() == audio_in(told)
    assert "audio/wav" == speech.media_type


async def test_words_come_before_the_audio_in_which_they_begin(client: AsyncClient) -> None:
    async with client.speech(TEXT, response_format="pcm", timings=True, sr=16_000, **VOICE) as speech:
        told = [event async for event in speech]

    assert TEXT.split() == spelt(told, firstword.SpeechWords)
    assert isinstance(told[0], firstword.SpeechWords)
    assert isinstance(told[-1], firstword.SpeechDone)
    assert told[-1].usage["output_tokens"] > 0
    assert "audio/pcm; rate=16000; channels=1" == speech.media_type
    heard_ms = 0.0
    for event in told:
        if isinstance(event, firstword.SpeechAudio):
            heard_ms += len(event.data) / 32
        if isinstance(event, firstword.SpeechWords):
            assert all(word.start_ms >= heard_ms - 1 for word in event.words)
            assert all(TEXT[word.start_char : word.end_char] == word.text for word in event.words)


async def test_speech_is_saved_as_it_comes(client: AsyncClient, tmp_path: Path) -> None:
    async with client.speech(TEXT, response_format="pcm", sr=16_000, **VOICE) as speech:
        await firstword.save_async(speech.audio(), tmp_path / "said.flac")

    assert 16_000 == soundfile.info(tmp_path / "said.flac").samplerate


@pytest.mark.parametrize("timings", [False, True])
def test_an_answer_is_played_as_it_is(blocking: Client, timings: bool) -> None:
    """Without being told, a player takes the rate that was asked for."""
    device = Loudspeaker()
    with blocking.speech(TEXT, response_format="pcm", timings=timings, sr=16_000, **VOICE) as speech:
        playback = device.player.play(speech)
        heard_until(lambda: playback.arrived)
        device.run(8)

    assert ([16_000], True) == (device.opened_at, playback.wait(0))
    assert (TEXT if timings else None) == playback.heard.text


def test_the_audio_of_speech_is_played_while_its_words_are_shown(blocking: Client) -> None:
    device = Loudspeaker()
    with blocking.speech(TEXT, response_format="pcm", timings=True, sr=16_000, **VOICE) as speech:
        told: list[Any] = []
        playback = device.player.play(speech.audio(told.append))
        heard_until(lambda: playback.arrived)
        device.run(8)

    assert ([16_000], True) == (device.opened_at, playback.wait(0))
    assert TEXT.split() == spelt(told, firstword.SpeechWords)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"voice": "nobody"}, errors.UnknownVoice),
        ({"model": "nothing"}, errors.UnknownModel),
        ({"nonsense": 1}, errors.InvalidRequest),
    ],
)
async def test_a_refusal_is_typed(
    client: AsyncClient, fields: dict[str, Any], kind: type[errors.FirstwordError]
) -> None:
    with pytest.raises(kind):
        await client.speech(TEXT, **VOICE | fields).__aenter__()

    async with client.speech_stream(**VOICE | fields) as speech:
        with pytest.raises(kind):
            await anext(aiter(speech))


async def test_a_full_server_says_when_to_come_back(answering: Answering) -> None:
    async with AsyncClient(answering(openai_error(503, "Full.", None, b"Retry-After: 7"))) as client:
        with pytest.raises(firstword.CapacityError, match=r"^Full\.$") as raised:
            await client.voices()

    assert 7 == raised.value.retry_after_s


async def test_nobody_there_is_told_with_the_reason(nowhere: str) -> None:
    async with AsyncClient(nowhere) as client:
        with pytest.raises(firstword.EngineError, match="connection refused") as raised:
            await client.models()
        with pytest.raises(firstword.EngineError, match="connection refused"):
            await client.speech_stream().__aenter__()

    assert "unreachable" == raised.value.code


@pytest.mark.parametrize("timings", [False, True])
async def test_speech_that_breaks_off_is_an_error(answering: Answering, timings: bool) -> None:
    event = b'data: {"type":"speech.audio.delta","audio":"YWJj"}\n\n'
    url = answering(HEAD, event) if timings else answering(AUDIO, b"3\r\nabc\r\n")
    heard: list[Any] = []

    async def hear() -> None:
        async with AsyncClient(url) as client, client.speech("Hello.", timings=timings) as speech:
            async for event in speech:
                heard.append(event)  # noqa: PERF401  # they are kept although it fails

    with pytest.raises(firstword.EngineError, match="broke off") as raised:
        await hear()

    assert ("incomplete", b"abc") == (raised.value.code, audio_in(heard))


async def test_the_key_is_sent(answering: Answering) -> None:
    url = answering(AUDIO, b"0\r\n\r\n")
    async with AsyncClient(url, "Secret") as client, client.speech("Hello.") as speech:
        assert [] == [event async for event in speech]

    assert b"\r\nauthorization: bearer secret\r\n" in answering.requests[0].lower()


async def test_text_is_spoken_while_it_is_written(client: AsyncClient, server: Running) -> None:
    async with client.speech_stream(timings=True, **VOICE) as speech:
        told: list[Any] = []
        await speech.write("It is a good dog. ")
        async for event in speech:
            told.append(event)
            if isinstance(event, firstword.SpeechAudio) and not of_kind(told, firstword.SpeechText)[1:]:
                await speech.write("It likes us.")
                await speech.end()

    assert (
        speech.started
        == told[0]
        == firstword.SpeechStarted("audio/pcm; rate=24000; channels=1", 24_000, "sine")
    )
    slices = [TEXT[event.start : event.end] for event in of_kind(told, firstword.SpeechText)]
    assert slices == ["It is a good dog. ", "It likes us."]
    assert TEXT.split() == spelt(told, firstword.SpeechWords)
    assert isinstance(told[-1], firstword.SpeechDone)


async def test_what_a_model_writes_is_spoken_as_one_iterates(client: AsyncClient, server: Running) -> None:
    async def written() -> AsyncIterator[str]:
        for word in words(TEXT):
            yield word

    for text in (words(TEXT), written(), iter(words(TEXT))):
        async with client.speech_stream(text, **VOICE) as speech:
            data = b"".join([data async for data in speech.audio()])
        assert server.speak(TEXT).read() == data


async def test_a_long_text_in_one_piece_is_spoken(client: AsyncClient) -> None:
    text = "Abc. " * 2_000
    async with client.speech_stream([text], speed=4, **VOICE) as speech:
        async for event in speech:
            if isinstance(event, firstword.SpeechText):
                break
        assert isinstance(event, firstword.SpeechText)


async def test_a_flush_and_a_cancel_are_answered(client: AsyncClient) -> None:
    async with client.speech_stream(**VOICE) as speech:
        told = aiter(speech)
        await speech.write("It is a good")
        await speech.flush()
        assert await first(told, firstword.SpeechFlushed)
        await speech.write("One two three four five. Six seven eight nine ten. " * 4)
        await first(told, firstword.SpeechText)
        await speech.cancel()
        assert (await first(told, firstword.SpeechCancelled)).spoken_chars >= len("It is a good")
        await speech.end()
        assert await first(told, firstword.SpeechDone)


async def first(told: AsyncIterator[Any], kind: type[Any]) -> Any:
    async for event in told:
        if isinstance(event, kind):
            return event
    return None


async def test_a_model_that_fails_while_it_writes_ends_the_speech_with_its_failure(
    client: AsyncClient,
) -> None:
    async def written() -> AsyncIterator[str]:
        yield "It is "
        raise RuntimeError("out of ideas")

    async def listen() -> None:
        async with client.speech_stream(written(), **VOICE) as speech:
            assert not [event async for event in speech]

    with pytest.raises(RuntimeError, match="out of ideas"):
        await listen()


async def test_a_chat_gives_text_audio_and_words(client: AsyncClient, chat: ScriptedChat) -> None:
    usage = {"stream_options": {"include_usage": True}}
    async with client.chat(ASK, voice="alloy", timings=True, **usage) as answer:
        told = [event async for event in answer]

    assert TEXT == "".join(event.text for event in of_kind(told, firstword.ChatText))
    assert len(audio_in(told)) > 48_000
    assert TEXT.split() == spelt(told, firstword.ChatWords)
    done = told[-1]
    assert isinstance(done, firstword.ChatDone)
    assert ("stop", True) == (done.finish_reason, (done.audio_id or "").startswith("audio_"))
    assert done.expires_at
    assert done.usage
    assert done.usage["completion_tokens_details"]["audio_tokens"] > 0


async def test_an_answer_stands_in_the_next_turn(client: AsyncClient, chat: ScriptedChat) -> None:
    async with client.chat(ASK, voice="alloy") as answer:
        done = await first(aiter(answer), firstword.ChatDone)
    history = [
        *ASK,
        {"role": "assistant", "audio": {"id": done.audio_id}},
        {"role": "user", "content": "Why?"},
    ]
    async with client.chat(history) as answer:
        assert await first(aiter(answer), firstword.ChatDone)

    assert TEXT == chat.requests[-1].messages[-2].text


async def test_a_chat_without_a_voice_only_writes(client: AsyncClient, chat: ScriptedChat) -> None:
    """Characters that end a line elsewhere do not end an event."""
    chat.lines = ["One\u2028two", "\u0085three\x0cfour"]
    async with client.chat(ASK) as answer:
        told = [event async for event in answer]

    assert "One\u2028two\u0085three\x0cfour" == "".join(
        event.text for event in of_kind(told, firstword.ChatText)
    )
    assert b"" == audio_in(told)


async def test_calls_come_in_pieces(client: AsyncClient, chat: ScriptedChat) -> None:
    chat.lines = [
        ToolCallDelta(0, "call_1", "fetch", '{"what"'),
        ToolCallDelta(0, None, None, ': "ball"}'),
        ChatEnd(FinishReason.TOOL_CALLS, None),
    ]
    tools = [{"type": "function", "function": {"name": "fetch", "parameters": {"type": "object"}}}]
    async with client.chat(ASK, tools=tools) as answer:
        told = [event async for event in answer]

    calls = of_kind(told, firstword.ChatToolCall)
    assert [(0, "call_1", "fetch"), (0, None, None)] == [(call.index, call.id, call.name) for call in calls]
    assert '{"what": "ball"}' == "".join(call.arguments for call in calls)
    assert "tool_calls" == told[-1].finish_reason


async def test_a_chat_of_the_official_sdk_is_typed_the_same(server: Running, chat: ScriptedChat) -> None:
    fields: dict[str, Any] = {
        "model": "gpt-audio",
        "messages": ASK,
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "pcm16"},
        "stream": True,
        "extra_body": {"model_extensions": {"timings": "word"}},
    }
    with OpenAI(base_url=f"{server.url}/v1", api_key="none") as sdk:
        told: list[Any] = list(firstword.typed_chat(sdk.chat.completions.create(**fields)))
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none") as sdk_async:
        stream = await sdk_async.chat.completions.create(**fields)
        again: list[Any] = [event async for event in firstword.typed_chat_async(stream)]

    for events_told in (told, again):
        assert TEXT == "".join(event.text for event in of_kind(events_told, firstword.ChatText))
        assert TEXT.split() == spelt(events_told, firstword.ChatWords)
        assert len(audio_in(events_told)) > 48_000
        assert "stop" == events_told[-1].finish_reason
        assert events_told[-1].audio_id


async def test_an_answer_in_another_format_is_one_file(client: AsyncClient, chat: ScriptedChat) -> None:
    written: list[Any] = []
    async with client.chat(ASK, voice="alloy", audio_format="opus") as answer:
        data = b"".join([piece async for piece in answer.audio(written.append)])

    assert data.startswith(b"OggS")
    assert sum(chunk.duration_s for chunk in incoming(data).chunks()) > 1
    assert TEXT == "".join(event.text for event in of_kind(written, firstword.ChatText))


async def test_a_model_that_fails_later_is_an_error_after_what_it_said(
    client: AsyncClient, chat: ScriptedChat
) -> None:
    chat.lines = [*words(TEXT), errors.EngineError("It fell over.")]
    told: list[Any] = []

    async def listen() -> None:
        async with client.chat(ASK) as answer:
            async for event in answer:
                told.append(event)  # noqa: PERF401  # they are kept although it fails

    with pytest.raises(firstword.EngineError, match="fell over"):
        await listen()
    assert TEXT == "".join(event.text for event in told)


async def test_a_chat_that_breaks_off_is_an_error(answering: Answering) -> None:
    url = answering(HEAD, events({"choices": [{"delta": {"content": "It is"}}]}))
    async with AsyncClient(url) as client, client.chat(ASK) as answer:
        told = aiter(answer)
        assert firstword.ChatText("It is") == await anext(told)
        with pytest.raises(firstword.EngineError, match="broke off"):
            await anext(told)


def test_without_an_event_loop_all_is_the_same(
    blocking: Client, server: Running, chat: ScriptedChat, tmp_path: Path
) -> None:
    assert "sine" in {voice["id"] for voice in blocking.voices()}
    assert ["tone"] == [
        model["id"] for model in blocking.models(capability="word_timings") if model["id"] == "tone"
    ]
    with blocking.speech(TEXT, response_format="pcm", **VOICE) as speech:
        assert server.speak(TEXT).read() == audio_in(list(speech))
    with blocking.speech_stream(words(TEXT), **VOICE) as spoken:
        firstword.save(spoken.audio(), tmp_path / "said.pcm")
    assert server.speak(TEXT).read() == (tmp_path / "said.pcm").read_bytes()
    with blocking.chat(ASK, voice="alloy") as answer:
        assert isinstance(list(answer)[-1], firstword.ChatDone)


def test_without_an_event_loop_text_is_spoken_while_it_is_written(blocking: Client) -> None:
    with blocking.speech_stream(**VOICE) as speech:
        told = iter(speech)
        speech.write("It is a good")
        speech.flush()
        assert any(isinstance(event, firstword.SpeechFlushed) for event in told)
        speech.write("One two three four five. Six seven eight nine ten. " * 4)
        assert any(isinstance(event, firstword.SpeechAudio) for event in told)
        speech.cancel()
        assert any(isinstance(event, firstword.SpeechCancelled) for event in told)
        speech.end()
        assert any(isinstance(event, firstword.SpeechDone) for event in told)
        assert speech.started


def test_without_an_event_loop_speech_is_written_down(blocking: Client) -> None:
    """Audio comes from a plain iterator, callbacks are plain functions in a thread of their own."""
    audio = pcm(whistle("alder birch cedar ... dogwood elm fir ..."))
    finals: list[str] = []
    partials: list[str] = []
    pieces = (audio[at : at + 3_200] for at in range(0, len(audio), 3_200))
    with blocking.transcribe_live(
        pieces, on_partial=lambda one: partials.append(one.text), on_final=lambda one: finals.append(one.text)
    ) as session:
        session.wait()
        assert ["alder birch cedar", "dogwood elm fir"] == [one.text for one in session.finals()]
        assert 0 == session.reconnects

    assert ["alder birch cedar", "dogwood elm fir"] == finals
    assert partials


def test_without_an_event_loop_audio_is_sent_by_hand(blocking: Client) -> None:
    with blocking.transcribe_live() as session:
        session.send(pcm(whistle("alder birch")))
        session.flush()
        told = session.finals()
        assert "alder birch" == next(told).text
        session.send(pcm(whistle("cedar")))
        session.end()
        assert ["cedar"] == [one.text for one in told]
        session.stop()


def test_without_an_event_loop_failures_are_the_same(blocking: Client) -> None:
    with pytest.raises(errors.UnknownVoice), blocking.speech(TEXT, voice="nobody"):
        pass
    with pytest.raises(errors.UnknownModel), blocking.transcribe_live(model="nobody") as session:
        session.wait()


def test_a_client_that_was_not_closed_keeps_no_program_from_ending(server: Running) -> None:
    program = f"from firstword.client import Client; print(len(Client({server.url!r}).voices()) > 1)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=50)

    assert b"True\n" == done.stdout


def test_the_program_in_the_documents_runs(server: Running, chat: ScriptedChat, tmp_path: Path) -> None:
    text = (
        (Path(__file__).parents[2] / "docs/clients.md")
        .read_text("utf-8")
        .split("## firstword's own client in Python")[1]
    )
    program = text.split("```python\n")[1].split("```")[0]
    program = program.replace("http://localhost:8000", server.url).replace(
        "price.opus", str(tmp_path / "it.opus")
    )
    assert "play(speech).wait()" in program

    done = subprocess.run(
        [sys.executable, "-c", program.replace("play(speech).wait()", "list(speech)")],
        capture_output=True,
        timeout=50,
    )

    assert (b"", 0) == (done.stderr, done.returncode)
    assert done.stdout.decode().endswith(TEXT)
    assert (tmp_path / "it.opus").read_bytes().startswith(b"OggS")


def test_importing_the_clients_loads_nothing_heavy() -> None:
    heavy = ("av", "numpy", "onnxruntime", "fastapi", "uvicorn", "pydantic", "sounddevice", "openai")
    program = (
        "import sys; from firstword.client import AsyncClient, Client, SpeechAudio, FirstwordError; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert b"[]\n" == done.stdout


def test_every_name_is_found_where_it_is_said_to_be() -> None:
    assert all(getattr(firstword, name).__name__ == name for name in firstword.__all__)
