"""A client of any OpenAI-compatible server: bytes as they come, failures in words."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from firstword.client.asking.listing import list_models, list_voices, wait_until_ready
from firstword.client.asking.speech import stream_speech
from firstword.core import errors
from tests.client.conftest import Answering

pytestmark = pytest.mark.socket

AUDIO = b"HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\nTransfer-Encoding: chunked\r\n\r\n"


def refusal(status: int, body: bytes, *headers: bytes) -> bytes:
    """A whole answer of HTTP."""
    lines = [b"HTTP/1.1 %d Refused" % status, b"Content-Length: %d" % len(body), *headers, b"", body]
    return b"\r\n".join(lines)


def openai_error(status: int, message: str, code: str | None = None, *headers: bytes) -> bytes:
    """An answer with OpenAI's error object."""
    error = {"message": message, "type": "invalid_request_error", "param": "voice", "code": code}
    return refusal(status, json.dumps({"error": error}).encode(), *headers)


def speak(url: str) -> bytes:
    """All the audio of a request."""
    with stream_speech(url, text="Hello.", response_format="pcm") as pieces:
        return b"".join(pieces)


def test_audio_comes_through_as_it_was_sent(answering: Answering) -> None:
    assert b"abcde" == speak(answering(AUDIO, b"3\r\nabc\r\n", b"2\r\nde\r\n", b"0\r\n\r\n"))


def test_an_address_may_end_in_v1(answering: Answering) -> None:
    assert b"a" == speak(answering(AUDIO, b"1\r\na\r\n0\r\n\r\n") + "/v1/")


def test_audio_that_breaks_off_is_an_error(answering: Answering) -> None:
    with pytest.raises(errors.EngineError, match="broke off") as raised:
        speak(answering(AUDIO, b"3\r\nabc\r\n"))

    assert "incomplete" == raised.value.code


def test_what_came_before_the_break_has_been_handed_over(answering: Answering) -> None:
    heard: list[bytes] = []

    def hear() -> None:
        with stream_speech(answering(AUDIO, b"3\r\nabc\r\n"), text="Hello.") as pieces:
            heard.extend(pieces)

    with pytest.raises(errors.EngineError):
        hear()
    assert [b"abc"] == heard


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, None, errors.InvalidRequest),
        (400, "unspeakable_text", errors.UnspeakableText),
        (401, "invalid_api_key", errors.Unauthorized),
        (403, None, errors.Forbidden),
        (404, "model_not_found", errors.UnknownModel),
        (404, "voice_not_found", errors.UnknownVoice),
        (404, None, errors.NotFound),
        (413, None, errors.TooLarge),
        (422, None, errors.InvalidRequest),
        (429, None, errors.RateLimited),
        (500, None, errors.EngineError),
        (502, None, errors.EngineError),
        (503, None, errors.ServerBusy),
    ],
)
def test_a_refusal_becomes_our_error_with_the_servers_words(
    answering: Answering, status: int, code: str | None, kind: type[errors.FirstwordError]
) -> None:
    with pytest.raises(errors.FirstwordError) as raised:
        speak(answering(openai_error(status, "Because.", code)))

    assert (kind, "Because.", "voice") == (type(raised.value), raised.value.message, raised.value.param)


def test_a_full_server_says_when_to_come_back(answering: Answering) -> None:
    with pytest.raises(errors.CapacityError) as raised:
        speak(answering(openai_error(503, "Full.", None, b"Retry-After: 7")))

    assert 7 == raised.value.retry_after_s


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"detail":"Not Found"}', "answered 404: Not Found"),
        (b'{"error":"no such thing"}', "answered 404: no such thing"),
        (b"<html> <b>nothing</b>\nhere</html>", "answered 404: <html> <b>nothing</b> here</html>"),
        (b"", "answered 404."),
    ],
)
def test_other_servers_refusals_are_shown_as_they_are(answering: Answering, body: bytes, shown: str) -> None:
    with pytest.raises(errors.NotFound) as raised:
        speak(answering(refusal(404, body)))

    assert raised.value.message.endswith(shown)


def test_a_page_is_not_taken_for_audio(answering: Answering) -> None:
    with pytest.raises(errors.EngineError, match="text/html instead of audio"):
        speak(answering(refusal(200, b"<html>", b"Content-Type: text/html; charset=utf-8")))


def test_nobody_there_is_told_with_the_reason() -> None:
    with pytest.raises(errors.EngineError, match="connection refused") as raised:
        speak("http://127.0.0.1:1")

    assert "unreachable" == raised.value.code


@pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1", "http://", "http://[::1"])
def test_what_is_no_address_is_the_callers_mistake(url: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="no server's address"):
        speak(url)


def test_the_key_is_sent_as_a_bearer_and_the_request_as_openai_has_it(answering: Answering) -> None:
    url = answering(AUDIO, b"0\r\n\r\n")

    with stream_speech(
        url, text="Hello.", speed=2.0, extensions={"bitrate": 64_000}, api_key="Secret"
    ) as pieces:
        assert [] == list(pieces)

    head, _, body = answering.requests[0].partition(b"\r\n\r\n")

    assert b"POST /v1/audio/speech HTTP/1.1" == head.split(b"\r\n")[0]
    assert b"\r\nauthorization: bearer secret\r\n" in head.lower() + b"\r\n"
    assert {
        "model": "tts-1",
        "input": "Hello.",
        "voice": "alloy",
        "response_format": "mp3",
        "speed": 2.0,
        "model_extensions": {"bitrate": 64_000},
    } == json.loads(body)


def test_voices_may_be_bare_names(answering: Answering) -> None:
    url = answering(refusal(200, b'{"voices":["anna",{"id":"bert","gender":"male"}]}'))

    assert [{"id": "anna"}, {"id": "bert", "gender": "male"}] == list_voices(url)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"data":3}', b"<html>"])
def test_a_listing_of_another_shape_is_an_error(answering: Answering, body: bytes) -> None:
    with pytest.raises(errors.EngineError, match="did not answer with"):
        list_models(answering(refusal(200, body)))


def test_waiting_for_a_server_that_never_comes_ends() -> None:
    with pytest.raises(errors.EngineError, match="is not ready"):
        wait_until_ready("http://127.0.0.1:1", timeout_s=0.0)


def test_importing_the_client_loads_nothing_heavy() -> None:
    heavy = ("av", "numpy", "onnxruntime", "fastapi", "uvicorn", "pydantic")
    program = (
        "import sys, firstword, firstword.client.asking.speech, firstword.client.saving.part, "
        "firstword.client.asking.transcription; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert b"[]\n" == done.stdout
