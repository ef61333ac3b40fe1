"""`WS /v1/audio/transcriptions-realtime`: audio in as it is spoken, transcripts out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from firstword.server.auth import new_key
from tests.pipeline.whistling import pcm, silence, whistle
from tests.sockets.conftest import WAIT_S, Running, servers, until
from tests.sockets.whistling_plugin import SETTINGS, engine_of, installed

pytestmark = pytest.mark.socket

PATH = "/v1/audio/transcriptions-realtime"
TEXT = "alder birch cedar dogwood"
START = {"sample_rate": 16_000}
FRAMES_BYTES = 6_400
"""What the guide's client sends at once: 200 ms."""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Starts servers that hear whistles."""
    with installed(tmp_path_factory.mktemp("plugin")), servers() as started:
        yield lambda **fields: started(**(SETTINGS | fields))


@pytest.fixture(scope="module")
def server(start: Any) -> Running:
    return start()  # type: ignore[no-any-return]


@contextmanager
def connection(
    running: Running, query: str = "?model=whisper-1", **options: Any
) -> Iterator[ClientConnection]:
    url = f"ws://127.0.0.1:{running.port}{PATH}{query}"
    with connect(url, open_timeout=WAIT_S, compression=None, max_size=None, **options) as socket:
        yield socket


@contextmanager
def session(running: Running, **fields: Any) -> Iterator[ClientConnection]:
    """A socket on which the first message has been answered."""
    with connection(running) as socket:
        say(socket, **(START | fields))
        begins = hear(socket)
        assert begins["message_type"] == "SessionBegins", begins
        yield socket


def say(socket: ClientConnection, **message: Any) -> None:
    with suppress(ConnectionClosed):  # a server that has refused closes; why is heard, not said
        socket.send(json.dumps(message))


def send(socket: ClientConnection, audio: bytes, size: int = FRAMES_BYTES) -> None:
    with suppress(ConnectionClosed):
        for at in range(0, len(audio), size):
            socket.send(audio[at : at + size])


def hear(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=WAIT_S))
    assert isinstance(message["text"], str), "the guide's client reads it from every message"
    return message


def hear_all(socket: ClientConnection) -> tuple[list[dict[str, Any]], int]:
    """Everything to the end, and the close code."""
    heard: list[dict[str, Any]] = []
    with suppress(ConnectionClosed):
        while True:
            heard.append(hear(socket))
    return heard, socket.close_code or 0


def hear_until(socket: ClientConnection, kind: str) -> list[dict[str, Any]]:
    heard = [hear(socket)]
    while heard[-1]["message_type"] != kind:
        heard.append(hear(socket))
    return heard


def finals(heard: list[dict[str, Any]]) -> list[str]:
    return [one["text"] for one in heard if one["message_type"] == "FinalTranscript"]


def partials(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in heard if one["message_type"] == "PartialTranscript"]


def refusal(heard: list[dict[str, Any]]) -> dict[str, Any]:
    assert heard[-1]["message_type"] == "Error", heard
    error: dict[str, Any] = heard[-1]["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


@pytest.mark.requirement("listen-guide-s-messages")
def test_a_session_begins_tells_what_it_hears_and_ends_with_1000(server: Running) -> None:
    with connection(server) as socket:
        say(socket, **START)
        begins = hear(socket)
        assert {**begins, "session_id": "", "expires_at": ""} == {
            "message_type": "SessionBegins",
            "text": "",
            "session_id": "",
            "expires_at": "",
            "limits": {"idle_s": 300.0, "max_session_s": 86_400.0, "max_message_bytes": 2_000_000},
        }
        audio = pcm(whistle(TEXT))
        send(socket, audio)
        say(socket, done=True)
        heard, code = hear_all(socket)
    assert (finals(heard), code) == ([TEXT], 1000)
    final = next(one for one in heard if one["message_type"] == "FinalTranscript")
    assert set(final) == {
        *("message_type", "text", "audio_start", "audio_end", "confidence", "words", "created"),
        *("stable_words", "language", "lag_ms"),
    }
    assert [word["text"] for word in final["words"]] == TEXT.split()
    assert 0 <= final["audio_start"] <= final["words"][0]["start"] < final["words"][0]["end"]
    assert final["audio_end"] <= len(audio) / 32
    assert heard[-1] == {
        "message_type": "SessionTerminated",
        "text": "",
        "session_id": begins["session_id"],
        "audio_duration_ms": round(len(audio) / 32),
    }


@pytest.mark.requirement("listen-partials-before-the-end")
def test_partials_come_while_audio_is_still_to_come(server: Running) -> None:
    with session(server) as socket:
        send(socket, pcm(whistle(TEXT)))
        heard = hear_until(socket, "PartialTranscript")
        assert heard[-1]["text"].split() == TEXT.split()[: len(heard[-1]["text"].split())]
        say(socket, done=True)
        rest, _ = hear_all(socket)
    assert finals(rest) == [TEXT]


def test_without_interim_results_there_are_no_partials(server: Running) -> None:
    with session(server, interim_results=False) as socket:
        send(socket, pcm(whistle(TEXT)))
        say(socket, done=True)
        heard, _ = hear_all(socket)
    assert (partials(heard), finals(heard)) == ([], [TEXT])


@pytest.mark.requirement("listen-several-finals")
def test_every_utterance_has_a_final_and_times_from_the_start_of_the_session(server: Running) -> None:
    with session(server) as socket:
        send(socket, pcm(whistle("alder birch ... ... elm fir ... ...")))
        say(socket, done=True)
        heard, code = hear_all(socket)
    told = [one for one in heard if one["message_type"] == "FinalTranscript"]
    assert ([one["text"] for one in told], code) == (["alder birch", "elm fir"], 1000)
    assert told[1]["words"][0]["start"] == pytest.approx(2_640, abs=50)


@pytest.mark.requirement("listen-flush-keeps-the-session")
def test_a_flush_makes_a_final_of_what_was_heard_and_keeps_the_session(server: Running) -> None:
    with session(server) as socket:
        send(socket, pcm(whistle("alder birch")))
        say(socket, flush=True)
        assert finals(hear_until(socket, "FinalTranscript")) == ["alder birch"]
        send(socket, pcm(whistle("cedar")))
        say(socket, done=True)
        heard, code = hear_all(socket)
    assert (finals(heard), code) == (["cedar"], 1000)


def test_a_session_without_audio_ends_as_well(server: Running) -> None:
    with session(server) as socket:
        say(socket, keepalive=True)
        say(socket, flush=True)
        say(socket, done=True)
        heard, code = hear_all(socket)
    assert ([one["message_type"] for one in heard], code) == (["SessionTerminated"], 1000)
    assert heard[0]["audio_duration_ms"] == 0


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("pcm_s16le", lambda samples: pcm(samples)),
        ("pcm_f32le", lambda samples: samples.astype("<f4").tobytes()),
        ("pcm16", lambda samples: pcm(samples)),
    ],
)
def test_samples_may_be_written_in_several_ways_and_cut_anywhere(
    server: Running, encoding: str, written: Any
) -> None:
    with session(server, encoding=encoding) as socket:
        send(socket, written(whistle(TEXT)), size=1_237)
        say(socket, done=True)
        heard, _ = hear_all(socket)
    assert finals(heard) == [TEXT]


def test_another_rate_and_several_channels_are_understood(server: Running) -> None:
    at_8k = whistle(TEXT)[::2]
    stereo = np.repeat(at_8k[:, None], 2, axis=1).ravel()
    with session(server, sample_rate=8_000, channels=2) as socket:
        send(socket, pcm(stereo))
        say(socket, done=True)
        heard, _ = hear_all(socket)
    assert finals(heard) == [TEXT]


@pytest.mark.requirement("listen-back-pressure")
def test_a_file_may_be_sent_faster_than_it_is_heard_and_waits_outside(start: Any) -> None:
    running: Running = start()
    engine = engine_of(running)
    engine.gate = threading.Event()
    minute = pcm(np.concatenate([whistle("alder birch cedar dogwood ... ...")] * 100))
    with session(running) as socket:
        sent = threading.Event()

        def send_all() -> None:
            send(socket, minute, size=32_000)
            say(socket, done=True)
            sent.set()

        sender = threading.Thread(target=send_all)
        sender.start()
        until(lambda: engine.running > 0, "the recognizer to be at work")
        assert not sent.wait(0.3), "ten megabytes were swallowed"
        engine.gate.set()
        heard, code = hear_all(socket)
        sender.join()
    assert (finals(heard), code) == ([TEXT] * 100, 1000)


@pytest.mark.parametrize(
    ("query", "first", "close", "code", "param"),
    [
        ("", START, 4400, "missing_field", "model"),
        ("?model=nobody", START, 4404, "model_not_found", "model"),
        ("?model=tone", START, 4400, None, "model"),
        ("?model=gpt-4o-transcribe-diarize", START, 4400, "diarization_unsupported", "model"),
        ("?model=whistle", {}, 4400, "missing_field", "sample_rate"),
        ("?model=whistle", {"sample_rate": 1}, 4400, "invalid_value", "sample_rate"),
        ("?model=whistle", {"sample_rate": 16000, "encoding": "midi"}, 4400, "invalid_value", "encoding"),
        ("?model=whistle", {"sample_rate": 16000, "rate": 1}, 4400, "unknown_field", "rate"),
        ("?model=whistle", {"sample_rate": 16000, "language": "de"}, 4400, None, "language"),
        (
            "?model=whistle",
            {"sample_rate": 16000, "endpointing": {"threshold": 7}},
            4400,
            "invalid_value",
            "endpointing.threshold",
        ),
        ("?model=whistle", b"RIFF", 4400, "init_needed", None),
        ("?model=whistle", "hello", 4400, "invalid_json", None),
    ],
)
def test_what_is_wrong_with_the_beginning_is_said_before_the_close(
    server: Running, query: str, first: Any, close: int, code: str | None, param: str | None
) -> None:
    with connection(server, query) as socket:
        with suppress(ConnectionClosed):  # some are refused before they have said anything
            socket.send(json.dumps(first) if isinstance(first, dict) else first)
        heard, closed = hear_all(socket)
    error = refusal(heard)
    assert (closed, error["param"]) == (close, param)
    assert error["code"] == code or code is None


@pytest.mark.parametrize(
    ("message", "code"),
    [('{"stop": true}', "unknown_field"), ("{", "invalid_json"), ("{}", "invalid_value")],
)
def test_a_bad_message_ends_the_session(server: Running, message: str, code: str) -> None:
    with session(server) as socket:
        socket.send(message)
        heard, closed = hear_all(socket)
    assert (closed, refusal(heard)["code"]) == (4400, code)


def test_audio_that_is_not_what_it_was_called_is_refused(server: Running) -> None:
    with session(server, encoding="flac") as socket:
        send(socket, pcm(whistle(TEXT)))
        say(socket, done=True)
        heard, closed = hear_all(socket)
    assert (closed, refusal(heard)["code"]) == (4400, "undecodable_audio")


def test_a_model_that_fails_is_our_fault(start: Any) -> None:
    running: Running = start()
    engine_of(running).fail_at = "cedar"
    with session(running) as socket:
        send(socket, pcm(whistle(TEXT)))
        say(socket, done=True)
        heard, closed = hear_all(socket)
    assert (closed, refusal(heard)["code"]) == (1011, "engine_failed")


def test_a_message_over_the_limit_closes_with_1009_and_its_reason(start: Any) -> None:
    running: Running = start(max_message_bytes=10_000)
    with session(running) as socket:
        socket.send(bytes(10_001))
        _, closed = hear_all(socket)
    assert (closed, "10000" in (socket.close_reason or "")) == (1009, True)


@pytest.mark.requirement("listen-idle-keepalive")
def test_a_client_that_says_nothing_is_told_its_last_words_and_closed(start: Any) -> None:
    running: Running = start(idle_timeout_s=0.4)
    with session(running) as socket:
        send(socket, pcm(whistle(TEXT)))
        heard, closed = hear_all(socket)
    assert finals(heard) == [TEXT]
    assert (closed, refusal(heard)["code"]) == (4408, "idle_timeout")


@pytest.mark.requirement("listen-idle-keepalive")
def test_a_keepalive_is_as_good_as_audio(start: Any) -> None:
    running: Running = start(idle_timeout_s=1.0)
    with session(running) as socket:
        end = time.monotonic() + 1.6
        while time.monotonic() < end:
            say(socket, keepalive=True)
            threading.Event().wait(0.1)
        say(socket, done=True)
        heard, closed = hear_all(socket)
    assert ([one["message_type"] for one in heard], closed) == (["SessionTerminated"], 1000)


def test_a_client_that_never_begins_is_closed(start: Any) -> None:
    running: Running = start(idle_timeout_s=0.2)
    with connection(running) as socket:
        heard, closed = hear_all(socket)
    assert (closed, refusal(heard)["code"]) == (4408, "idle_timeout")


def test_a_session_that_lasts_too_long_is_told_its_last_words(start: Any) -> None:
    running: Running = start(max_session_s=1.5)
    with session(running) as socket:
        send(socket, pcm(whistle(TEXT)))
        heard, closed = hear_all(socket)
    assert finals(heard) == [TEXT]
    assert (closed, refusal(heard)["code"]) == (4413, "session_too_long")


@pytest.mark.requirement("listen-drain")
def test_a_server_that_goes_down_tells_the_last_words_first(start: Any) -> None:
    running: Running = start()
    with session(running, partial_every_ms=100) as socket:
        send(socket, pcm(np.concatenate((whistle(TEXT), silence(0.35)))))
        while hear(socket)["text"] != TEXT:
            pass
        running.server.should_exit = True
        heard, closed = hear_all(socket)
    assert finals(heard) == [TEXT]
    assert (closed, refusal(heard)["code"]) == (1012, "server_closing")


@pytest.mark.requirement("listen-drain")
def test_a_session_that_is_already_ending_ends_as_if_nothing_were(start: Any) -> None:
    running: Running = start()
    engine = engine_of(running)
    engine.gate = threading.Event()
    with session(running, interim_results=False) as socket:
        send(socket, pcm(whistle(TEXT)))
        say(socket, done=True)
        until(lambda: engine.running > 0, "the final to be begun")
        running.server.should_exit = True
        until(lambda: not running.server.servers[0].is_serving(), "the server to go down")
        engine.gate.set()
        heard, closed = hear_all(socket)
    assert (finals(heard), heard[-1]["message_type"], closed) == ([TEXT], "SessionTerminated", 1000)


def test_a_full_server_and_a_greedy_caller_are_told_apart(start: Any) -> None:
    full: Running = start(max_streams=1)
    greedy: Running = start(max_streams_per_caller=1)
    for running, close, code in ((full, 1013, "server_busy"), (greedy, 4429, "rate_limit_exceeded")):
        with session(running), connection(running) as second:
            say(second, **START)
            heard, closed = hear_all(second)
        assert (closed, refusal(heard)["code"]) == (close, code)


@pytest.mark.requirement("listen-departure-stops-the-work")
def test_a_client_that_leaves_takes_the_run_with_it(start: Any) -> None:
    running: Running = start()
    engine = engine_of(running)
    engine.gate = threading.Event()
    with session(running) as socket:
        send(socket, pcm(whistle(TEXT)))
        until(lambda: engine.running > 0, "the recognizer to be at work")
    engine.gate.set()
    until(lambda: running.application.admission.active == 0 and engine.running == 0, "the run to end")


@pytest.mark.requirement("token-short-lived")
def test_a_browser_can_bring_a_key_or_a_token(start: Any) -> None:
    key = new_key()
    running: Running = start(api_keys=(key,))
    answer = running.request(
        "POST",
        "/v1/realtime/client_secrets",
        {"scope": ["transcription"]},
        {"Authorization": f"Bearer {key}"},
    )
    token = json.loads(answer.read())["value"]
    ways: list[tuple[str, dict[str, Any]]] = [
        ("", {"additional_headers": {"Authorization": f"Bearer {token}"}}),
        ("", {"subprotocols": ["realtime", f"openai-insecure-api-key.{token}"]}),
        ("", {"subprotocols": [f"openai-insecure-api-key.{key}", "firstword"]}),
        (f"&token={token}", {}),
    ]
    for query, options in ways:
        with connection(running, f"?model=whistle{query}", **options) as socket:
            say(socket, **START)
            assert hear(socket)["message_type"] == "SessionBegins"
            assert socket.subprotocol in (None, "realtime", "firstword")
    for query, options, code in (
        ("", {}, "missing_api_key"),
        (f"&token={key}", {}, "key_in_url"),
        ("&token=ek_wrong", {}, "invalid_api_key"),
    ):
        with connection(running, f"?model=whistle{query}", **options) as socket:
            heard, closed = hear_all(socket)
        assert (closed, refusal(heard)["code"]) == (4401, code)


def test_what_the_socket_tells_is_what_a_file_of_it_would(server: Running, tmp_path: Path) -> None:
    """However the audio is cut, the finals are the same."""
    audio = pcm(np.concatenate((whistle("alder ... elm fir"), silence(1.0))))
    told = []
    for size in (640, 6_400, 1_000_000):
        with session(server) as socket:
            send(socket, audio, size)
            say(socket, done=True)
            heard, _ = hear_all(socket)
        told.append([(one["text"], one["audio_start"]) for one in heard if "Final" in one["message_type"]])
    assert told[0] == told[1] == told[2]
    assert [text for text, _ in told[0]] == ["alder", "elm fir"]


def test_a_client_that_is_made_to_wait_is_not_taken_for_dead(start: Any) -> None:
    """Its answer to a ping stands behind the audio that is not read."""
    running: Running = start()
    running.server.config.ws_ping_interval = running.server.config.ws_ping_timeout = 0.05
    engine = engine_of(running)
    engine.gate = threading.Event()
    with session(running) as socket:
        sender = threading.Thread(
            target=lambda: send(socket, pcm(np.tile(whistle(f"{TEXT} ... ..."), 30)), 32_000)
        )
        sender.start()
        until(lambda: engine.running > 0, "the recognizer to be at work")
        threading.Event().wait(0.5)  # ten pings
        engine.gate.set()
        sender.join()
        say(socket, done=True)
        heard, closed = hear_all(socket)
    assert (finals(heard), closed) == ([TEXT] * 30, 1000)
