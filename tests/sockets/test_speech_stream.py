"""`WS /v1/audio/speech/stream`: text in as it is written, audio out as it is made."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from firstword.engines.tone import ToneEngine
from tests.sockets.conftest import WAIT_S, Running, StartServer, until

pytestmark = pytest.mark.socket

START = {"model": "tone", "voice": "sine", "response_format": "pcm"}


@contextmanager
def session(running: Running, **fields: Any) -> Iterator[ClientConnection]:
    """A socket on which the first message has been sent."""
    with connection(running) as socket:
        socket.send(json.dumps(START | fields))
        yield socket


@contextmanager
def connection(running: Running, **options: Any) -> Iterator[ClientConnection]:
    url = f"ws://127.0.0.1:{running.port}/v1/audio/speech/stream"
    with connect(url, open_timeout=WAIT_S, compression=None, **options) as socket:
        yield socket


def say(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def hear(socket: ClientConnection) -> dict[str, Any] | bytes:
    message = socket.recv(timeout=WAIT_S)
    return message if isinstance(message, bytes) else json.loads(message)


def hear_all(socket: ClientConnection) -> tuple[list[dict[str, Any] | bytes], int]:
    """Everything to the end, and the close code."""
    heard: list[dict[str, Any] | bytes] = []
    with suppress(ConnectionClosed):
        while True:
            heard.append(hear(socket))
    return heard, socket.close_code or 0


def told(heard: list[dict[str, Any] | bytes], kind: str) -> list[dict[str, Any]]:
    return [message for message in heard if isinstance(message, dict) and message["type"] == kind]


def audio(heard: list[dict[str, Any] | bytes]) -> bytes:
    return b"".join(message for message in heard if isinstance(message, bytes))


def hear_until(socket: ClientConnection, kind: str) -> list[dict[str, Any] | bytes]:
    heard = [hear(socket)]
    while not told(heard[-1:], kind):
        heard.append(hear(socket))
    return heard


@pytest.mark.requirement("stream-order-of-messages")
def test_a_session_begins_with_what_is_sent_and_ends_with_usage_and_1000(server: Running) -> None:
    with session(server) as socket:
        say(socket, text="One two. ")
        say(socket, text="Three four.")
        say(socket, done=True)
        heard, code = hear_all(socket)
    assert heard[0] == {
        "type": "speech.started",
        "media_type": "audio/pcm; rate=24000; channels=1",
        "sample_rate": 24000,
        "voice": "sine",
    }
    slices = [(message["start"], message["end"]) for message in told(heard, "speech.text")]
    assert slices == [(0, 9), (9, 20)]
    last = heard[-1]
    assert isinstance(last, dict)
    assert last["type"] == "speech.done"
    assert last["usage"] == {
        "input_tokens": 5,
        "output_tokens": -(-len(audio(heard)) // 2400),
        "total_tokens": 5 + -(-len(audio(heard)) // 2400),
    }
    assert code == 1000


@pytest.mark.requirement("stream-speaks-while-text-is-written")
def test_the_first_sentence_sounds_while_the_second_is_being_written(server: Running) -> None:
    with session(server) as socket:
        say(socket, text="The first sentence is here. And the")
        heard = hear_until(socket, "speech.text")
        assert told(heard, "speech.text")[0]["end"] == len("The first sentence is here. ")
        assert isinstance(hear(socket), bytes)


@pytest.mark.requirement("stream-order-of-messages")
def test_what_is_said_is_what_the_same_text_says_over_http(server: Running) -> None:
    text = "One two three. Four five six."
    with session(server) as socket:
        for letter in text:
            say(socket, text=letter)
        say(socket, done=True)
        heard, _ = hear_all(socket)
    assert audio(heard) == server.speak(text).read()


@pytest.mark.requirement("stream-flush-and-cancel")
def test_a_flush_speaks_half_a_sentence_and_says_when_it_is_said(server: Running) -> None:
    with session(server) as socket:
        say(socket, text="half a sentence", flush=True)
        heard = hear_until(socket, "speech.flushed")
        assert len(audio(heard)) > 10_000
        say(socket, text=" and the rest", done=True)
        rest, code = hear_all(socket)
    assert (told(rest, "speech.text")[0]["start"], code) == (len("half a sentence"), 1000)


@pytest.mark.requirement("stream-flush-and-cancel")
def test_a_cancel_drops_what_is_unspoken_and_keeps_the_session(server: Running) -> None:
    story = "The first sentence. " + "And one more sentence. " * 200
    with session(server) as socket:
        say(socket, text=story)
        heard = hear_until(socket, "speech.text")
        say(socket, cancel=True)
        heard += hear_until(socket, "speech.cancelled")
        spoken = told(heard, "speech.cancelled")[0]["spoken_chars"]
        assert spoken == told(heard, "speech.text")[-1]["end"]
        assert spoken < len(story) / 4
        say(socket, text="After that.", done=True)
        rest, code = hear_all(socket)
    begins = [(message["start"], message["end"]) for message in told(rest, "speech.text")]
    assert begins == [(len(story), len(story) + len("After that."))]
    assert code == 1000


@pytest.mark.requirement("stream-base64")
def test_audio_can_be_had_as_base64(server: Running) -> None:
    with session(server, encoding="base64") as socket:
        say(socket, text="One two.", done=True)
        heard, _ = hear_all(socket)
    pieces = [base64.b64decode(message["audio"]) for message in told(heard, "speech.delta")]
    assert b"".join(pieces) == server.speak("One two.").read()


@pytest.mark.requirement("word-timings-match-the-audio")
def test_words_come_before_the_audio_in_which_they_begin(server: Running) -> None:
    text = "One two three. Four five six."
    with session(server, model_extensions={"timings": "word"}) as socket:
        say(socket, text=text, done=True)
        heard, _ = hear_all(socket)
    words = [word for message in told(heard, "speech.audio.words") for word in message["words"]]
    assert [word["text"] for word in words] == text.split()
    assert [text[word["start_char"] : word["end_char"]] for word in words] == text.split()
    received = 0
    for message in heard:
        if isinstance(message, bytes):
            received += len(message)
        elif message["type"] == "speech.audio.words":
            assert min(word["start_ms"] for word in message["words"]) >= received / 48 - 1
    samples = np.frombuffer(audio(heard), "<i2")
    for word in words:
        middle = (word["start_ms"] + word["end_ms"]) * 12
        assert np.abs(samples[middle - 50 : middle + 50]).max() > 1000


@pytest.mark.requirement("stream-errors-say-why-then-close")
@pytest.mark.parametrize(
    ("first", "code", "param"),
    [
        ({"model": "nope"}, 4404, "model"),
        ({"voice": "nope"}, 4404, "voice"),
        ({"speed": 9}, 4400, "speed"),
        ({"encoding": "morse"}, 4400, "encoding"),
        ({"model_extensions": {"nope": 1}}, 4400, "model_extensions.nope"),
        ({"response_format": "opus", "sample_rate": 44100}, 4400, "sample_rate"),
    ],
)
def test_a_bad_first_message_is_answered_by_name_and_a_close_code(
    server: Running, first: dict[str, Any], code: int, param: str
) -> None:
    with session(server, **first) as socket:
        heard, closed = hear_all(socket)
    assert closed == code
    (error,) = told(heard, "error")
    assert set(error["error"]) == {"message", "type", "param", "code"}
    assert error["error"]["param"] == param


@pytest.mark.requirement("stream-errors-say-why-then-close")
@pytest.mark.parametrize("message", ["{}", "[]", "{", '{"text": 1}', '{"txet": "x"}', '{"done": false}'])
def test_a_bad_later_message_is_4400(server: Running, message: str) -> None:
    with session(server) as socket:
        socket.send(message)
        heard, closed = hear_all(socket)
    assert (len(told(heard, "error")), closed) == (1, 4400)


def test_a_binary_message_is_4400(server: Running) -> None:
    with session(server) as socket:
        socket.send(b"\x00\x01")
        heard, closed = hear_all(socket)
    assert (len(told(heard, "error")), closed) == (1, 4400)


@pytest.mark.requirement("stream-errors-say-why-then-close")
def test_an_engine_that_fails_is_1011_after_the_audio_already_made(start_server: StartServer) -> None:
    with session(start_server(tone={"fail_at_word": "boom"})) as socket:
        say(socket, text="One two three. And boom it goes.", done=True)
        heard, closed = hear_all(socket)
    assert len(audio(heard)) > 10_000
    assert (told(heard, "error")[0]["error"]["code"], closed) == ("engine_failed", 1011)


@pytest.mark.requirement("stream-keys")
def test_a_key_is_taken_from_the_header_or_from_a_subprotocol_which_is_not_repeated(
    start_server: StartServer,
) -> None:
    running = start_server(api_keys=("secret",))
    with connection(running) as socket:
        heard, closed = hear_all(socket)
    assert (told(heard, "error")[0]["error"]["code"], closed) == ("missing_api_key", 4401)
    with connection(running, additional_headers={"Authorization": "Bearer secret"}) as socket:
        say(socket, **START)
        assert told([hear(socket)], "speech.started")
    offered = ["realtime", "openai-insecure-api-key.secret"]
    with connection(running, subprotocols=offered) as socket:
        assert socket.subprotocol == "realtime"
        say(socket, **START)
        assert told([hear(socket)], "speech.started")


def test_a_full_server_is_1013_and_a_caller_over_its_limit_4429(start_server: StartServer) -> None:
    for setting, code in (("max_streams", 1013), ("max_streams_per_caller", 4429)):
        running = start_server(**{setting: 1})
        with session(running) as first:
            hear(first)
            with session(running) as second:
                _, closed = hear_all(second)
        assert closed == code


def test_a_client_that_says_nothing_is_4408(start_server: StartServer) -> None:
    with session(start_server(idle_timeout_s=0.1)) as socket:
        heard, closed = hear_all(socket)
    assert (told(heard, "error")[0]["error"]["code"], closed) == ("idle_timeout", 4408)


@pytest.mark.requirement("disconnect-stops-the-model")
def test_a_client_that_leaves_stops_the_model(server: Running) -> None:
    tone = server.application.host._places["tone"].engine
    assert isinstance(tone, ToneEngine)
    with session(server) as socket:
        say(socket, text="A sentence of a long story. " * 300)
        hear_until(socket, "speech.text")
    until(lambda: tone.running == 0, "the engine to be let go")
    until(lambda: server.application.admission.active == 0, "the place to be free")


def test_audio_runs_no_further_ahead_than_can_be_cancelled(server: Running) -> None:
    tone = server.application.host._places["tone"].engine
    assert isinstance(tone, ToneEngine)
    before = tone.made_ms
    with session(server) as socket:
        say(socket, text="A sentence of a long story. " * 300)
        hear_until(socket, "speech.text")
        say(socket, cancel=True)
        hear_until(socket, "speech.cancelled")
    assert tone.made_ms - before < 10_000
