"""The lexicon of a request: over HTTP, on the socket, its bounds and its refusals."""

from __future__ import annotations

import json
from http.client import HTTPResponse

import pytest
from websockets.sync.client import connect

from tests.sockets.conftest import WAIT_S, Running

pytestmark = pytest.mark.socket


def refusal(response: HTTPResponse) -> dict[str, str | None]:
    assert response.status == 400
    found: dict[str, str | None] = json.load(response)["error"]
    return found


@pytest.mark.requirement("lexicon-says-words")
def test_a_lexicon_lengthens_what_is_said(server: Running) -> None:
    """The tone engine beeps for each word it gets."""
    plain = server.speak("One two.").read()
    longer = server.speak("One two.", model_extensions={"lexicon": {"two": "two three four"}}).read()

    assert longer == server.speak("One two three four.").read() != plain


def test_the_first_message_on_a_socket_takes_one_too(server: Running) -> None:
    start = {
        "model": "tone",
        "voice": "sine",
        "response_format": "pcm",
        "model_extensions": {"lexicon": {"two": "two three four"}},
    }
    with connect(f"ws://127.0.0.1:{server.port}/v1/audio/speech/stream", open_timeout=WAIT_S) as socket:
        for message in (start, {"text": "One t"}, {"text": "wo."}, {"done": True}):
            socket.send(json.dumps(message))
        heard = b"".join(message for message in socket if isinstance(message, bytes))

    assert heard == server.speak("One two three four.").read()


def test_phonemes_that_the_model_cannot_take_are_a_400_with_the_way_out(server: Running) -> None:
    found = refusal(server.speak(model_extensions={"lexicon": {"hello": "/həlˈO/"}}))

    assert ("phonemes_unsupported", "model_extensions.lexicon") == (found["code"], found["param"])
    assert "as it sounds" in str(found["message"])


@pytest.mark.parametrize(
    ("lexicon", "told"),
    [
        ({"": "x"}, "empty"),
        ({"a" * 101: "x"}, "longer than 100"),
        ({"a": "x" * 501}, "longer than 500"),
        ({f"word{n}": "x" for n in range(1_001)}, "1000"),
        ({f"{n:05}" + "a" * 90: "x" for n in range(300)}, "20000"),
        ({"a": 1}, "string"),
        (["a"], "object"),
    ],
    ids=["empty", "long word", "long respelling", "many", "much", "number", "list"],
)
def test_a_lexicon_out_of_bounds_is_refused_by_its_name(server: Running, lexicon: object, told: str) -> None:
    found = refusal(server.speak(model_extensions={"lexicon": lexicon}))

    assert str(found["param"]).startswith("model_extensions.lexicon")
    assert told in str(found["message"])
