"""Recordings over HTTP to any compatible server: what is sent, what comes back, failures in words."""

from __future__ import annotations

import io
import json
from typing import BinaryIO

import pytest

from firstword.client.asking.transcription import Asked, stream_transcription, transcribe
from firstword.core import errors
from tests.client.conftest import Answering
from tests.client.test_speech import openai_error, refusal

pytestmark = pytest.mark.socket

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
JSON = b"Content-Type: application/json"
TEXT = b"Content-Type: text/plain"


def events(*sent: object) -> bytes:
    """Server-sent events, as one piece of a body."""
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in sent)


def delta(text: str) -> dict[str, str]:
    return {"type": "transcript.text.delta", "delta": text}


def done(text: str) -> dict[str, str]:
    return {"type": "transcript.text.done", "text": text}


def hear(url: str, asked: Asked | None = None) -> list[str]:
    """All the pieces of a streamed text."""
    with stream_transcription(
        url, io.BytesIO(b"RIFF"), name="talk.wav", asked=asked or Asked("gpt-4o-transcribe")
    ) as pieces:
        return list(pieces)


def write_down(url: str, asked: Asked | None = None, response_format: str = "json") -> str:
    return transcribe(
        url,
        io.BytesIO(b"RIFF"),
        name="talk.wav",
        asked=asked or Asked(),
        response_format=response_format,
        api_key="Secret",
    )


def form_of(request: bytes) -> list[tuple[str, bytes]]:
    """The fields of a form, in their order, with the name of the file where there is one."""
    head, _, body = request.partition(b"\r\n\r\n")
    boundary = head.split(b"boundary=")[1].split(b"\r\n")[0]
    parts = [part.partition(b"\r\n\r\n") for part in body.split(b"--" + boundary)[1:-1]]
    return [(part[0].split(b'name="', 1)[1].split(b'"')[0].decode(), part[2][:-2]) for part in parts]


def test_a_text_comes_piece_by_piece(answering: Answering) -> None:
    url = answering(HEAD, events(delta("And"), {"type": "unknown"}), events(delta(" so"), done("And so")))

    assert ["And", " so"] == hear(url)


def test_a_text_without_pieces_comes_with_its_end(answering: Answering) -> None:
    assert ["And so"] == hear(answering(HEAD, events(done("And so"))))


def test_the_marker_of_other_streams_is_passed_over(answering: Answering) -> None:
    assert ["a"] == hear(answering(HEAD, b": hello\n\n", events(delta("a"), done("a")), b"data: [DONE]\n\n"))


@pytest.mark.parametrize(
    ("body", "kind"), [(b'{"text":"And so"}', JSON), (b"And so", TEXT), (b'{"text":"And so"}', TEXT)]
)
def test_a_server_that_does_not_stream_gives_all_at_once(
    answering: Answering, body: bytes, kind: bytes
) -> None:
    assert ["And so"] == hear(answering(refusal(200, body, kind)))


def test_a_text_that_breaks_off_is_an_error(answering: Answering) -> None:
    with pytest.raises(errors.EngineError, match="broke off") as raised:
        hear(answering(HEAD, events(delta("And"))))

    assert "incomplete" == raised.value.code


@pytest.mark.parametrize(
    ("code", "kind"), [("engine_failed", errors.EngineError), ("undecodable_audio", errors.UndecodableAudio)]
)
def test_a_failure_on_the_way_is_told_in_the_servers_words(
    answering: Answering, code: str, kind: type[errors.FirstwordError]
) -> None:
    failure = {"error": {"message": "Because.", "type": "server_error", "param": None, "code": code}}

    with pytest.raises(kind, match=r"^Because\.$"):
        hear(answering(HEAD, events(delta("And"), failure)))


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"text":3}'])
def test_an_answer_of_another_shape_is_an_error(answering: Answering, body: bytes) -> None:
    with pytest.raises(errors.EngineError, match="did not answer with a text"):
        hear(answering(refusal(200, body, JSON)))


def test_a_page_is_not_taken_for_text(answering: Answering) -> None:
    with pytest.raises(errors.EngineError, match="text/html instead of text"):
        write_down(answering(refusal(200, b"<html>", b"Content-Type: text/html; charset=utf-8")))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "undecodable_audio", errors.UndecodableAudio),
        (415, "unsupported_audio", errors.UnsupportedAudio),
        (404, "model_not_found", errors.UnknownModel),
        (413, None, errors.TooLarge),
        (503, "model_loading", errors.ServerBusy),
    ],
)
def test_a_refusal_becomes_our_error(
    answering: Answering, status: int, code: str | None, kind: type[errors.FirstwordError]
) -> None:
    for ask in (hear, write_down):
        with pytest.raises(kind, match=r"^Because\.$"):
            ask(answering(openai_error(status, "Because.", code)))


def test_the_form_is_the_one_openai_has(answering: Answering) -> None:
    asked = Asked(language="en", prompt="larch", words=True)

    write_down(answering(refusal(200, b"{}", JSON)), asked, "verbose_json")

    assert b"POST /v1/audio/transcriptions HTTP/1.1" == answering.requests[0].split(b"\r\n")[0]
    assert b"\r\nauthorization: bearer secret\r\n" in answering.requests[0].lower()
    assert b'filename="talk.wav"' in answering.requests[0]
    assert [
        ("model", b"whisper-1"),
        ("prompt", b"larch"),
        ("language", b"en"),
        ("response_format", b"verbose_json"),
        ("timestamp_granularities[]", b"segment"),
        ("timestamp_granularities[]", b"word"),
        ("file", b"RIFF"),
    ] == form_of(answering.requests[0])


def test_a_stream_is_asked_for_as_json(answering: Answering) -> None:
    hear(answering(HEAD, events(done(""))))

    fields = dict(form_of(answering.requests[0]))
    assert (b"json", b"true") == (fields["response_format"], fields["stream"])


def test_a_translation_has_its_own_path_and_no_language(answering: Answering) -> None:
    hear(answering(refusal(200, b'{"text":"So."}', JSON)), Asked(language="de", translate=True))

    assert b"POST /v1/audio/translations HTTP/1.1" == answering.requests[0].split(b"\r\n")[0]
    assert ["model", "response_format", "file"] == [name for name, _ in form_of(answering.requests[0])]


class Watched(io.BytesIO):
    """A file that notes how much is read of it at once."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.largest = max(self.largest, len(data))
        return data


def test_a_recording_is_sent_while_it_is_read(answering: Answering) -> None:
    file, sent = Watched(bytes(3_000_000)), list[int]()

    transcribe(answering(refusal(200, b"{}", JSON)), file, name="talk.wav", asked=Asked(), sent=sent.append)

    assert file.largest <= 65_536
    assert (sorted(sent), 3_000_000) == (sent, sent[-1])
    assert 3_000_000 == len(dict(form_of(answering.requests[0]))["file"])


@pytest.fixture
def tape() -> BinaryIO:
    return io.BytesIO(b"RIFF")


def test_nobody_there_is_told_with_the_reason(tape: BinaryIO) -> None:
    with pytest.raises(errors.EngineError, match="connection refused"):
        transcribe("http://127.0.0.1:1", tape, name="talk.wav", asked=Asked())
