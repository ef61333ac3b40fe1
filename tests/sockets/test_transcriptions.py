"""`POST /v1/audio/transcriptions` and `/v1/audio/translations`: a recording in, its words out."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterator
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.pipeline.whistling import WhistleEngine, silence, whistle
from tests.sockets.conftest import Running, servers, until
from tests.sockets.uploading import (
    APART,
    BOUNDARY,
    MULTIPART,
    PATH,
    events,
    form,
    refused,
    told,
    upload,
    wav,
    whistled,
)
from tests.sockets.whistling_plugin import SETTINGS, engine_of, installed

pytestmark = pytest.mark.socket

TEXT = "alder birch cedar"
TWO = f"{TEXT}{APART}elm fir"
"""Two pieces."""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Starts servers that hear whistles."""
    with installed(tmp_path_factory.mktemp("plugin")), servers() as started:
        yield lambda **fields: started(**(SETTINGS | fields))


@pytest.fixture(scope="module")
def server(start: Any) -> Running:
    return start()  # type: ignore[no-any-return]


def read_broken(answer: HTTPResponse) -> bytes:
    """A body that must not end as if it were whole."""
    heard = b""
    try:
        while piece := answer.read1():
            heard += piece
    except IncompleteRead:
        return heard
    raise AssertionError("the body ended as if it were whole")


class Turnstile(threading.Event):
    """A gate for an engine that lets some pieces through before it is set."""

    def __init__(self, engine: WhistleEngine, pieces: int = 0) -> None:
        super().__init__()
        engine.requests.clear()  # of its trial
        engine.gate = self
        self._engine = engine
        self._pieces = pieces

    def wait(self, timeout: float | None = None) -> bool:
        return len(self._engine.requests) <= self._pieces or super().wait(timeout)


@pytest.mark.requirement("transcribe-five-formats")
def test_json_is_the_default(server: Running) -> None:
    answer = upload(server, whistled(TEXT))
    assert told(answer) == {
        "text": TEXT,
        "languages": [{"code": "en"}],
        "usage": {"type": "duration", "seconds": 0.96},
    }
    assert answer.getheader("x-model") == "whistle"
    assert answer.getheader("content-length")


@pytest.mark.requirement("transcribe-usage")
def test_models_of_openai_that_are_counted_by_tokens_are(server: Running) -> None:
    usage = told(upload(server, whistled(TEXT), model="gpt-4o-transcribe", prompt="Trees."))["usage"]
    assert usage == {
        "type": "tokens",
        "input_tokens": 12,
        "input_token_details": {"text_tokens": 2, "audio_tokens": 10},
        "output_tokens": 5,
        "total_tokens": 17,
    }


@pytest.mark.requirement("transcribe-five-formats")
def test_text_is_the_text(server: Running) -> None:
    answer = upload(server, whistled(TEXT), response_format="text")
    assert (answer.read(), answer.getheader("content-type")) == (
        f"{TEXT}\n".encode(),
        "text/plain; charset=utf-8",
    )


@pytest.mark.requirement("transcribe-five-formats")
@pytest.mark.parametrize(
    ("response_format", "media_type", "begins"),
    [
        ("srt", "application/x-subrip", "1\n00:00:00,000 --> 00:00:00,"),
        ("vtt", "text/vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:00."),
    ],
)
def test_subtitles_have_a_cue_for_each_piece(
    server: Running, response_format: str, media_type: str, begins: str
) -> None:
    answer = upload(server, whistled(TWO), response_format=response_format)
    text = answer.read().decode()
    assert str(answer.getheader("content-type")).startswith(media_type)
    assert text.startswith(begins)
    assert (text.count("-->"), f"\n{TEXT}\n" in text, "\nelm fir\n" in text) == (2, True, True)


@pytest.mark.requirement("transcribe-verbose")
def test_verbose_json_tells_segments_in_seconds(server: Running) -> None:
    body = told(upload(server, whistled(TWO), response_format="verbose_json"))
    assert (body["task"], body["language"], body["text"]) == ("transcribe", "english", f"{TEXT} elm fir")
    assert body["duration"] == pytest.approx(6.6, abs=0.01)
    assert body["usage"] == {"type": "duration", "seconds": body["duration"]}
    assert [segment["text"] for segment in body["segments"]] == [TEXT, "elm fir"]
    assert body["segments"][1]["start"] == pytest.approx(5.9, abs=0.35)
    assert body["segments"][0]["avg_logprob"] == -0.02
    assert body["segments"][0]["unknown"] == ["no_speech_prob"]
    assert "words" not in body


@pytest.mark.requirement("transcribe-verbose")
@pytest.mark.parametrize("spelling", ["timestamp_granularities", "timestamp_granularities[]"])
def test_words_come_where_they_are_asked_for(server: Running, spelling: str) -> None:
    words = (spelling, "word")
    body = told(upload(server, whistled(TEXT), words, response_format="verbose_json"))
    assert [word["word"] for word in body["words"]] == TEXT.split()
    assert body["words"][1]["start"] == pytest.approx(0.32, abs=0.03)
    assert "segments" not in body
    both = told(upload(server, whistled(TEXT), words, (spelling, "segment"), response_format="verbose_json"))
    assert (len(both["words"]), len(both["segments"])) == (3, 1)


def test_log_probabilities_are_those_of_the_engine_s_tokens(server: Running) -> None:
    body = told(upload(server, whistled("elm"), ("include[]", "logprobs")))
    assert [(token["token"], token["logprob"]) for token in body["logprobs"]] == [
        (" el", -0.02),
        ("m", -0.02),
    ]


def test_what_a_model_does_not_know_is_not_made_up(server: Running) -> None:
    asked = upload(server, whistled(TEXT), ("include[]", "logprobs"), model="wordless")
    assert refused(asked) == (400, "logprobs_unsupported", "include")
    words = ("timestamp_granularities[]", "word")
    asked = upload(server, whistled(TEXT), words, model="wordless", response_format="verbose_json")
    assert refused(asked) == (400, "timings_unsupported", "timestamp_granularities")
    (segment,) = told(upload(server, whistled(TEXT), model="wordless", response_format="verbose_json"))[
        "segments"
    ]
    assert segment["unknown"] == ["tokens", "avg_logprob", "no_speech_prob"]


@pytest.mark.requirement("transcribe-streams")
def test_a_stream_tells_a_piece_while_the_next_is_being_heard(start: Any) -> None:
    running: Running = start()
    gate = Turnstile(engine_of(running), pieces=1)
    answer = upload(running, whistled(TWO), model="gpt-4o-mini-transcribe", stream="true")
    assert answer.getheader("content-type") == "text/event-stream; charset=utf-8"
    first = answer.readline()
    assert json.loads(first.strip().removeprefix(b"data: ")) == {
        "type": "transcript.text.delta",
        "delta": TEXT,
    }
    gate.set()
    rest = events(answer.read().removeprefix(b"\n"))
    assert [event["type"] for event in rest] == ["transcript.text.delta", "transcript.text.done"]
    assert (rest[0]["delta"], rest[1]["text"]) == (" elm fir", f"{TEXT} elm fir")
    assert rest[1]["usage"]["type"] == "tokens"
    assert rest[1]["usage"]["input_token_details"]["audio_tokens"] == 66


def test_whisper_1_passes_stream_over_and_says_so(server: Running) -> None:
    answer = upload(server, whistled(TEXT), stream="true")
    assert (answer.getheader("x-ignored"), told(answer)["text"]) == ("stream", TEXT)


def test_silence_is_no_text(server: Running) -> None:
    quiet = wav(silence(3.0))
    assert told(upload(server, quiet))["text"] == ""
    assert told(upload(server, quiet, response_format="verbose_json"))["segments"] == []
    streamed = events(upload(server, quiet, model="whistle", stream="true").read())
    assert [event["type"] for event in streamed] == ["transcript.text.done"]


@pytest.mark.parametrize(
    ("fields", "more", "expected"),
    [
        ({"response_format": "diarized_json"}, (), (400, "diarization_unsupported", "response_format")),
        ({"model": "gpt-4o-transcribe-diarize"}, (), (400, "diarization_unsupported", "model")),
        ({}, (("known_speaker_names[]", "me"),), (400, "diarization_unsupported", "known_speaker_names")),
        (
            {},
            (("timestamp_granularities[]", "word"),),
            (400, "timestamps_need_verbose_json", "timestamp_granularities"),
        ),
        (
            {"response_format": "verbose_json"},
            (("include[]", "logprobs"),),
            (400, "logprobs_need_json", "include"),
        ),
        (
            {"model": "whistle", "stream": "true", "response_format": "vtt"},
            (),
            (400, "format_not_streamed", "stream"),
        ),
        ({"model": "nobody"}, (), (404, "model_not_found", "model")),
        ({"temperature": "2"}, (), (400, "invalid_value", "temperature")),
        ({"language": "de"}, (), (400, "invalid_request", "language")),
        (
            {"chunking_strategy[type]": "server_vad", "chunking_strategy[threshold]": "3"},
            (),
            (400, "invalid_value", "chunking_strategy.threshold"),
        ),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    server: Running, fields: dict[str, str], more: Any, expected: tuple[int, str, str | None]
) -> None:
    assert refused(upload(server, whistled(TEXT), *more, **fields)) == expected


@pytest.mark.requirement("transcribe-undecodable")
@pytest.mark.parametrize(
    ("file", "name", "expected"),
    [
        (b"", "a.wav", (400, "empty_file", "file")),
        (b"This is a letter, and no recording at all.", "a.txt", (415, "unsupported_audio", "file")),
        (b"%PDF-1.7 and so on", "a.pdf", (415, "unsupported_audio", "file")),
        (whistled(TEXT)[:30], "a.wav", (400, "undecodable_audio", "file")),
        (b"fLaC" + bytes(200), "a.flac", (400, "undecodable_audio", "file")),
        (bytes(3200), "a.pcm", (415, "unsupported_audio", "file")),
    ],
)
def test_what_is_no_recording_is_refused(
    server: Running, file: bytes, name: str, expected: tuple[int, str, str]
) -> None:
    body = form(file, [("model", "whisper-1")], name=name, media_type="application/octet-stream")
    assert refused(server.request("POST", PATH, body, MULTIPART)) == expected


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (form(None, [("model", "whisper-1")]), MULTIPART, (400, "missing_field", "file")),
        (form(whistled(TEXT), []), MULTIPART, (400, "missing_field", "model")),
        (form(whistled(TEXT), [("file", "a.wav"), ("model", "whisper-1")]), MULTIPART, None),
        (b"{}", {"Content-Type": "application/json"}, (400, "form_needed", None)),
        (b"nothing of the kind", MULTIPART, (400, "invalid_form", None)),
        (b"", {"Content-Type": "multipart/form-data"}, (400, "invalid_form", None)),
        (
            form(whistled(TEXT), [(f"field{n}", "x") for n in range(600)]),
            MULTIPART,
            (400, "invalid_form", None),
        ),
        (form(whistled(TEXT), [("prompt", "x" * 1_100_000)]), MULTIPART, (400, "invalid_form", None)),
    ],
    ids=["no-file", "no-model", "file-twice", "json", "noise", "no-boundary", "many-fields", "long-field"],
)
def test_what_is_no_form_with_a_file_is_refused(
    server: Running, body: bytes, headers: dict[str, str], expected: tuple[int, str, str | None] | None
) -> None:
    answer = server.request("POST", PATH, body, headers)
    if expected is None:
        assert told(answer)["text"] == TEXT
    else:
        assert refused(answer) == expected


@pytest.mark.requirement("transcribe-bounded-upload")
def test_a_form_over_the_limit_is_refused_before_it_is_read(start: Any) -> None:
    running: Running = start(max_upload_bytes=50_000)
    with running.open_socket() as connection:
        connection.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            "Content-Length: 50001\r\n\r\n".encode()
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")
    with running.open_socket() as connection:
        connection.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {MULTIPART['Content-Type']}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        head = form(b"", [("model", "whisper-1")]).removesuffix(f"\r\n--{BOUNDARY}--\r\n".encode())
        for piece in (head, *[bytes(8_000)] * 7):
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")
    until(lambda: running.application.admission.active == 0, "the place to be free again")


def test_a_form_that_stops_coming_is_given_up(start: Any) -> None:
    running: Running = start(request_timeout_s=0.3)
    with running.open_socket() as connection:
        connection.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {MULTIPART['Content-Type']}\r\n"
            "Content-Length: 5000\r\n\r\n".encode()
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
    until(lambda: running.application.admission.active == 0, "the place to be free again")


@pytest.mark.requirement("transcribe-bounded-upload")
def test_a_large_recording_is_on_disk_while_it_is_heard_and_gone_afterwards(
    start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    running: Running = start()
    gate = Turnstile(engine_of(running))
    long = wav(np.concatenate((whistle(TEXT), silence(60.0))))
    answer: list[Any] = []
    asking = threading.Thread(target=lambda: answer.append(told(upload(running, long))))
    asking.start()
    until(lambda: engine_of(running).running == 1, "the recognizer to be at work")
    on_disk = [
        Path(f"/proc/self/fd/{fd.name}").readlink()
        for fd in Path("/proc/self/fd").iterdir()
        if _is(fd, tmp_path)
    ]
    gate.set()
    asking.join()
    assert answer[0]["text"] == TEXT
    assert len(on_disk) == 1
    until(
        lambda: not any(_is(fd, tmp_path) for fd in Path("/proc/self/fd").iterdir()), "the file to be closed"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_server_without_room_for_the_recording_says_so(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    running: Running = start()
    monkeypatch.setattr(tempfile, "tempdir", "/no/such/folder")
    answer = upload(running, wav(silence(60.0)))
    assert (answer.getheader("retry-after"), refused(answer)[:2]) == ("60", (503, "no_space_for_upload"))
    assert told(upload(running, whistled(TEXT)))["text"] == TEXT


def _is(descriptor: Path, folder: Path) -> bool:
    try:
        return str(descriptor.readlink()).startswith(str(folder))
    except OSError:
        return False


@pytest.mark.requirement("transcribe-departure-stops-the-work")
@pytest.mark.parametrize("stream", ["true", "false"])
def test_a_client_that_leaves_stops_the_work(start: Any, stream: str) -> None:
    running: Running = start()
    engine = engine_of(running)
    gate = Turnstile(engine)
    body = form(whistled(TWO), [("model", "whistle"), ("stream", stream)])
    with running.open_socket() as connection:
        connection.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {MULTIPART['Content-Type']}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        until(lambda: engine.running == 1, "the recognizer to be at work")
    until(lambda: not running.server.server_state.connections, "the departure to be noticed")
    gate.set()
    until(lambda: running.application.admission.active == 0, "the place to be free again")
    assert (engine.running, len(engine.requests)) == (0, 1)


def test_a_model_that_fails_is_an_error_or_the_end_of_the_stream(start: Any) -> None:
    running: Running = start()
    engine_of(running).fail_at = "fir"
    whole = upload(running, whistled(TWO))
    assert (whole.status, whole.getheader("x-should-retry")) == (500, "false")
    assert refused(whole)[1] == "engine_failed"
    streamed = upload(running, whistled(TWO), model="whistle", stream="true")
    heard = events(read_broken(streamed))
    assert [event.get("type") or event["error"]["code"] for event in heard] == [
        "transcript.text.delta",
        "engine_failed",
    ]


def test_a_full_server_says_so_before_it_reads_the_recording(start: Any) -> None:
    running: Running = start(max_streams=1)
    with running.application.admission.admit("somebody"):
        answer = upload(running, whistled(TEXT))
        assert (answer.getheader("retry-after"), refused(answer)[:2]) == ("2", (503, "server_busy"))
    greedy: Running = start(max_streams_per_caller=1)
    with greedy.application.admission.admit("127.0.0.1"):
        assert refused(upload(greedy, whistled(TEXT)))[:2] == (429, "rate_limit_exceeded")


def test_a_key_is_asked_for_before_the_recording_is_read(start: Any) -> None:
    running: Running = start(api_keys=("secret-key",))
    assert refused(upload(running, whistled(TEXT)))[:2] == (401, "missing_api_key")
    key = {"Authorization": "Bearer secret-key"}
    assert told(upload(running, whistled(TEXT), headers=key))["text"] == TEXT


def test_how_it_is_cut_can_be_said(server: Running) -> None:
    quietly = wav(whistle(TEXT) * 0.5)
    deaf = {"chunking_strategy[type]": "server_vad", "chunking_strategy[threshold]": "0.97"}
    assert told(upload(server, quietly, chunking_strategy="auto"))["text"] == TEXT
    assert told(upload(server, quietly, **deaf))["text"] == ""


def test_prompt_keywords_and_languages_reach_the_model(start: Any) -> None:
    running: Running = start()
    more = (("keywords[]", "alder"), ("keywords[]", "elm"), ("languages[]", "en"), ("languages[]", "de"))
    told(upload(running, whistled(TEXT), *more, prompt="Trees.", temperature="0.5", language="en"))
    asked = engine_of(running).requests[-1]
    assert (asked.prompt, asked.languages, asked.temperature, asked.language) == (
        "Trees. alder, elm",
        ("en", "de"),
        0.5,
        "en",
    )


@pytest.mark.parametrize("response_format", ["json", "text", "srt", "verbose_json", "vtt"])
def test_a_translation_asks_the_model_for_english(start: Any, response_format: str) -> None:
    running: Running = start()
    answer = upload(running, whistled(TEXT), path="/v1/audio/translations", response_format=response_format)
    body = answer.read().decode()
    assert (answer.status, TEXT in body) == (200, True)
    assert engine_of(running).requests[-1].translate
    if response_format == "json":
        assert json.loads(body) == {"text": TEXT}
    if response_format == "verbose_json":
        assert (json.loads(body)["task"], json.loads(body)["language"]) == ("translate", "english")
    diarized = upload(running, whistled(TEXT), path="/v1/audio/translations", response_format="diarized_json")
    assert refused(diarized) == (400, "diarization_unsupported", "response_format")
