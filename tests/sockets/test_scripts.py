"""`"language": "auto"`: each script of a text by a voice that speaks it, over HTTP and on the socket."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from websockets.sync.client import connect

from firstword.core.types import Samples
from tests.sockets.conftest import WAIT_S, Running, servers

pytestmark = [pytest.mark.socket, pytest.mark.program("espeak-ng")]

TEXT = "Hello 안녕하세요, this is Привет мир."
PARTS = (("Hello ", "en-us"), ("안녕하세요, ", "ko"), ("this is ", "en-us"), ("Привет мир.", "ru"))


@pytest.fixture(scope="module")
def espeak() -> Iterator[Running]:
    """A server that speaks a hundred languages."""
    with servers() as start:
        yield start(engines=("espeak",), default_model="espeak", engine_options={})


def speak(
    server: Running, text: str, voice: str = "espeak-en-us", **fields: object
) -> tuple[dict[str, str], bytes]:
    """The headers and the body; 22,050 Hz and no pauses, so that nothing is resampled or added."""
    extensions = {"pause_ms": 0, "sr": 22_050, "normalize": False}
    given = {"model": "espeak", "voice": voice, "model_extensions": extensions, **fields}
    answer = server.speak(text, **given)
    return {"status": str(answer.status), **dict(answer.headers)}, answer.read()


def samples(body: bytes) -> Samples:
    return np.frombuffer(body, "<i2").astype(np.float32) / 32768


@pytest.mark.requirement("each-script-by-its-voice")
def test_each_script_is_spoken_by_its_own_voice_without_a_gap(espeak: Running) -> None:
    """The answer is what the voices say alone, end to end, to the sample."""
    headers, body = speak(espeak, TEXT, language="auto")
    assert headers["status"] == "200"
    assert headers["x-voice"] == "espeak-en-us"
    alone = [speak(espeak, text, f"espeak-{code}")[1] for text, code in PARTS]
    assert body == b"".join(alone)
    for part in alone:
        assert np.sqrt(np.mean(samples(part) ** 2)) > 0.01


def test_where_auto_is_not_said_one_voice_speaks_everything(espeak: Running) -> None:
    mixed = "This is a sentence in which 안녕 is one word."
    usual, asked = speak(espeak, mixed)[1], speak(espeak, mixed, language="auto")[1]
    assert usual == speak(espeak, mixed, language="en")[1]
    assert usual != asked
    assert json.loads(speak(espeak, TEXT)[1])["error"]["code"] == "unsupported_language"


def test_latin_text_sounds_the_same_with_auto(espeak: Running) -> None:
    text = "Nothing but Latin letters, déjà vu, 12 of them."
    assert speak(espeak, text, language="auto")[1] == speak(espeak, text)[1]


def test_a_real_voice_gives_way_where_the_text_has_nothing_for_it(espeak: Running) -> None:
    headers, body = speak(espeak, "안녕하세요, 반갑습니다.", language="auto")
    assert headers["x-voice"] == "espeak-ko"
    assert body == speak(espeak, "안녕하세요, 반갑습니다.", "espeak-ko")[1]


def test_numbers_are_read_in_the_language_around_them(espeak: Running) -> None:
    extensions = {"pause_ms": 0, "sr": 22_050}
    written, said = (
        speak(espeak, text, language="auto", model_extensions=extensions)[1]
        for text in ("Wait 15 seconds, 무게는 15 입니다.", "Wait fifteen seconds, 무게는 십오 입니다.")
    )
    assert written == said


def test_a_script_that_nobody_speaks_is_a_400_with_what_to_install(espeak: Running) -> None:
    headers, body = speak(espeak, "Hello. ខ្មែរ means Khmer.", language="auto")
    error = json.loads(body)["error"]
    assert (headers["status"], error["code"], error["param"]) == ("400", "unsupported_language", "input")
    assert "install" in error["message"]


def test_it_works_in_a_compressed_format_and_at_another_rate(espeak: Running) -> None:
    headers, body = speak(espeak, TEXT, language="auto", response_format="wav", model_extensions={"sr": 8000})
    assert headers["x-sample-rate"] == "8000"
    whole = speak(espeak, TEXT, language="auto")[1]
    assert (len(body) - 44) / 2 == pytest.approx(len(whole) / 2 * 8000 / 22_050, abs=2)


def test_on_the_socket_each_script_is_spoken_as_it_comes(espeak: Running) -> None:
    extensions = {"pause_ms": 0, "sr": 22_050, "language": "auto", "normalize": False}
    start = {"model": "espeak", "voice": "espeak-en-us", "response_format": "pcm"}
    url = f"ws://127.0.0.1:{espeak.port}/v1/audio/speech/stream"
    with connect(url, open_timeout=WAIT_S, compression=None) as socket:
        socket.send(json.dumps(start | {"model_extensions": extensions}))
        assert json.loads(socket.recv(WAIT_S))["voice"] == "espeak-en-us"
        socket.send(json.dumps({"text": TEXT, "flush": True}))
        heard = b""
        while not (isinstance(message := socket.recv(WAIT_S), str) and "speech.flushed" in message):
            heard += message if isinstance(message, bytes) else b""
        whole = speak(espeak, TEXT, language="auto")[1]
        assert heard.startswith(whole)
        assert not any(heard[len(whole) :])  # the silence of a flush
        socket.send(json.dumps({"text": "ខ្មែរ.", "done": True}))
        while "error" not in (message := json.loads(socket.recv(WAIT_S))):
            pass
    assert message["error"]["code"] == "unsupported_language"
