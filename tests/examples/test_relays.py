"""Relays that stand between a page and the server: they keep the key, and hold nothing back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from typing import Any

import pytest

from tests.conformance.conftest import BREAKS, HELD_AFTER_MS, LONG, House
from tests.conformance.listening import bytes_by, comparable
from tests.examples.conftest import Serve
from tests.sockets.conftest import WAIT_S, until

pytestmark = [pytest.mark.conformance, pytest.mark.program("curl")]

LOOK_AHEAD_MS = 100
"""No encoder keeps more than this to itself."""


@dataclass(frozen=True, slots=True)
class Relay:
    """An example, and how it is asked."""

    name: str
    path: str
    text: str
    """The field that holds the text."""
    more: Mapping[str, str] = field(default_factory=dict)
    """What else must be said, because the relay decides nothing."""


NODE = pytest.mark.program("node", "npm")
RELAYS = [
    pytest.param(Relay("fastapi-relay", "/speech", "input"), id="fastapi"),
    pytest.param(Relay("django-relay", "/api/stream_audio/", "input_text"), id="django"),
    pytest.param(Relay("express-relay", "/speech", "input"), id="express", marks=NODE),
    pytest.param(
        Relay("react-player", "/speech", "input", {"model": "tts-1", "voice": "alloy"}), id="vite", marks=NODE
    ),
]


class Page:
    """What a page can do: ask, without a key."""

    def __init__(self, relay: Relay, url: str) -> None:
        self._relay, self._port = relay, int(url.rpartition(":")[2])

    @contextmanager
    def asks(self, text: str = LONG, **fields: Any) -> Iterator[HTTPResponse]:
        """One request."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=WAIT_S)
        body = json.dumps({self._relay.text: text, **self._relay.more, **fields})
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip, br"}
        connection.request("POST", self._relay.path, body, headers)
        response = connection.getresponse()
        try:
            yield response
        finally:
            response.close()
            connection.close()


@pytest.fixture(scope="module", params=RELAYS)
def page(request: pytest.FixtureRequest, serve_example: Serve) -> Iterator[Page]:
    """A page before one of the relays."""
    with serve_example(request.param.name) as url:
        yield Page(request.param, url)


@pytest.mark.parametrize("response_format", ["opus", "mp3", "pcm"])
def test_what_has_been_made_is_heard_while_the_rest_is_not_made_yet(
    house: House, page: Page, response_format: str
) -> None:
    whole = house.body(response_format)
    made = bytes_by(HELD_AFTER_MS - LOOK_AHEAD_MS, whole, len(house.body("pcm")) / 48)
    with house.tone.held() as let_go, page.asks(response_format=response_format) as response:
        heard = response.read(made)
        let_go()
        heard += response.read()

    assert (response.status, response.getheader("Content-Encoding")) == (200, None)
    assert comparable(whole) == comparable(heard)


def test_a_refusal_keeps_its_status_and_its_words(page: Page) -> None:
    with page.asks(voice="nobody") as response:
        error = json.loads(response.read())["error"]

    assert (response.status, error["param"]) == (404, "voice")


def test_an_answer_that_breaks_off_is_a_broken_answer_here_too(page: Page) -> None:
    with page.asks(BREAKS) as response:
        assert response.status == 200
        with pytest.raises(IncompleteRead) as broken:
            response.read()

    assert broken.value.partial


def test_a_listener_who_leaves_ends_the_work_behind_it(house: House, page: Page) -> None:
    with page.asks(f"{LONG}. " * 20, response_format="pcm") as response:
        response.read(1_000)
        assert house.tone.running

    until(lambda: not house.tone.running, "the engine to be let go")
