"""Short-lived tokens, and the address that `<audio src>` fetches."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import openai
import pytest
from websockets.sync.client import connect

from firstword.server import logs
from firstword.server.auth import new_key
from tests.sockets.conftest import WAIT_S, Running, StartServer, servers

pytestmark = pytest.mark.socket

KEY = new_key()
SECRETS = "/v1/realtime/client_secrets"
SPEECH = {"model": "tone", "voice": "sine", "input": "one two", "response_format": "pcm"}


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server that asks for a key."""
    with servers() as start:
        yield start(api_keys=(KEY,))


def ask(running: Running, body: object = None, key: str = KEY) -> dict[str, Any]:
    answer = running.request("POST", SECRETS, body, {"Authorization": f"Bearer {key}"})
    told: dict[str, Any] = json.loads(answer.read())
    return told | {"status": answer.status}


def get(
    running: Running, token: str | None = None, headers: dict[str, str] | None = None, **fields: Any
) -> Any:
    query = urlencode({**SPEECH, **fields, **({"token": token} if token else {})})
    answer = running.request("GET", f"/v1/audio/speech?{query}", headers=headers)
    return answer.status, answer.read()


@pytest.mark.requirement("token-short-lived")
def test_the_official_sdk_gets_one_with_the_key(server: Running) -> None:
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY)
    before = int(time.time())
    secret = client.realtime.client_secrets.create(
        expires_after={"anchor": "created_at", "seconds": 60}, session={"type": "transcription"}
    )
    assert before + 60 <= secret.expires_at <= int(time.time()) + 60
    assert secret.session.type == "transcription"
    assert openai.OpenAI(base_url=f"{server.url}/v1", api_key=secret.value).models.list().data


def test_by_default_it_lasts_ten_minutes_and_may_do_all(server: Running) -> None:
    before = int(time.time())
    secret = ask(server)
    assert before + 600 <= secret["expires_at"] <= int(time.time()) + 600
    assert (secret["status"], secret["scope"], secret["session"]["type"]) == (200, None, "realtime")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_after": {"seconds": 3601}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": 1}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "now", "seconds": 60}}, "expires_after.anchor"),
        ({"scope": ["everything"]}, "scope.0"),
    ],
)
def test_what_cannot_be_had_is_refused(server: Running, body: object, param: str) -> None:
    refused = ask(server, body)
    assert (refused["status"], refused["error"]["param"]) == (400, param)


@pytest.mark.requirement("token-short-lived")
def test_a_token_makes_no_tokens_and_reads_no_metrics(server: Running) -> None:
    token = ask(server)["value"]
    refused = ask(server, key=token)
    assert (refused["status"], refused["error"]["code"]) == (403, "key_needed")
    headers = {"Authorization": f"Bearer {token}"}
    assert server.request("GET", "/metrics", headers=headers).status == 403
    assert ask(server, key="wrong")["status"] == 401


def test_a_token_is_for_what_its_scope_says(server: Running) -> None:
    transcribes = {"Authorization": f"Bearer {ask(server, {'scope': ['transcription']})['value']}"}
    speaks = {"Authorization": f"Bearer {ask(server, {'scope': ['speech']})['value']}"}
    assert server.request("GET", "/v1/models", headers=transcribes).status == 200
    assert server.request("POST", "/v1/audio/speech", SPEECH, speaks).status == 200
    refused = server.request("POST", "/v1/audio/speech", SPEECH, transcribes)
    assert (refused.status, json.loads(refused.read())["error"]["code"]) == (403, "token_scope")


@pytest.mark.requirement("speech-by-get")
def test_a_page_s_audio_element_fetches_speech_with_a_token(server: Running) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    status, spoken = get(server, ask(server)["value"], elsewhere)
    posted = server.request("POST", "/v1/audio/speech", SPEECH, {"Authorization": f"Bearer {KEY}"})
    assert (status, spoken) == (200, posted.read())


def test_numbers_in_an_address_are_numbers(server: Running) -> None:
    token = ask(server)["value"]
    _, usual = get(server, token)
    _, quick = get(server, token, speed="2", sample_rate="12000")
    assert len(quick) == pytest.approx(len(usual) / 4, rel=0.1)


@pytest.mark.requirement("key-never-in-a-url")
def test_a_key_that_lasts_is_not_taken_from_an_address(server: Running) -> None:
    status, body = get(server, KEY)
    assert (status, json.loads(body)["error"]["code"]) == (401, "key_in_url")
    assert get(server)[0] == 401


@pytest.mark.parametrize(
    ("change", "param"), [({"speed": "fast"}, "speed"), ({"speed": "9"}, "speed"), ({"voice": ""}, "voice")]
)
def test_a_wrong_address_is_refused_by_name(server: Running, change: dict[str, str], param: str) -> None:
    status, body = get(server, ask(server)["value"], **change)
    assert (status in (400, 404), json.loads(body)["error"]["param"]) == (True, param)


def test_a_stranger_s_page_makes_an_open_server_speak_only_with_a_token(start_server: StartServer) -> None:
    running = start_server()
    stranger = {"Sec-Fetch-Site": "cross-site"}
    status, body = get(running, headers=stranger)
    assert (status, json.loads(body)["error"]["code"]) == (403, "origin_not_allowed")
    answer = running.request("POST", SECRETS, {})
    token = json.loads(answer.read())["value"]
    assert get(running, token, stranger)[0] == 200
    assert get(running, headers={"Sec-Fetch-Site": "same-origin"})[0] == 200
    assert get(running)[0] == 200


def test_servers_with_the_same_secret_know_each_other_s_tokens(start_server: StartServer) -> None:
    secret = "the same secret for all of us"
    one, two, other = (start_server(api_keys=(KEY,), token_key=s) for s in (secret, secret, None))
    token = ask(one)["value"]
    assert [get(running, token)[0] for running in (one, two, other)] == [200, 200, 401]


def test_a_token_ends_with_its_key(start_server: StartServer) -> None:
    secret = "the same secret for all of us"
    token = ask(start_server(api_keys=(KEY,), token_key=secret))["value"]
    status, body = get(start_server(api_keys=(new_key(),), token_key=secret), token)
    assert (status, json.loads(body)["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.requirement("token-never-logged")
def test_no_token_is_logged(start_server: StartServer, capfd: pytest.CaptureFixture[str]) -> None:
    import logging.config

    running = start_server(api_keys=(KEY,), log_level="debug")
    logging.config.dictConfig(logs.config("debug", "text"))
    try:
        token = ask(running)["value"]
        assert get(running, token)[0] == 200
        url = f"ws://127.0.0.1:{running.port}/v1/audio/speech/stream?x=1&token={token}"
        with connect(url, open_timeout=WAIT_S) as socket:
            socket.send(json.dumps(SPEECH | {"input": None}))
            socket.recv(timeout=WAIT_S)
    finally:
        logging.config.dictConfig(logs.config("warning", "text"))
    logged = capfd.readouterr().err
    assert "/v1/audio/speech?" in logged
    assert "/v1/audio/speech/stream?x=1&token=..." in logged
    assert token not in logged
    assert KEY not in logged
