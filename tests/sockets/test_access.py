"""Keys, origins, and the paths that orchestrators ask."""

import json
import logging
import re
import ssl
import subprocess
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from firstword.catalog.names import OPENAI_VOICES
from firstword.core.errors import ConfigurationError
from firstword.server.auth import new_key
from firstword.server.serve import make_server
from firstword.settings import hashed, load
from tests.sockets.conftest import Running, StartServer, until

pytestmark = pytest.mark.socket


@pytest.mark.requirement("key-is-ignored-without-keys")
def test_without_keys_a_bearer_is_ignored(server: Running) -> None:
    assert server.request("GET", "/v1/models", headers={"Authorization": "Bearer sk-x"}).status == 200


@pytest.mark.requirement("keys-are-checked")
@pytest.mark.parametrize("kept", ["plain", "hashed"])
@pytest.mark.parametrize("path", ["/v1/models", "/v1/audio/voices", "/metrics"])
def test_with_keys_only_they_may_call(start_server: StartServer, kept: str, path: str) -> None:
    key = new_key()
    running = start_server(api_keys=(key if kept == "plain" else hashed(key),))

    def status(authorization: str | None) -> int:
        headers = {"Authorization": authorization} if authorization else {}
        response = running.request("GET", path, headers=headers)
        response.read()
        return response.status

    assert status(f"Bearer {key}") == 200
    assert [
        status(None),
        status("Bearer wrong"),
        status(f"Basic {key}"),
        status(f"Bearer {hashed(key)}"),
    ] == [401] * 4


def test_speech_is_refused_without_the_key_before_anything_else(start_server: StartServer) -> None:
    response = start_server(api_keys=("secret",)).speak(model="nope")
    assert response.status == 401
    assert json.loads(response.read())["error"]["code"] == "missing_api_key"


def test_health_and_readiness_need_no_key(start_server: StartServer) -> None:
    running = start_server(api_keys=("secret",))
    assert [running.request("GET", path).status for path in ("/health", "/ready")] == [200, 200]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_a_server_without_keys_refuses_to_open_itself_to_a_network(host: str) -> None:
    with pytest.raises(ConfigurationError, match="API key"):
        make_server(load(flags={"host": host, "engines": ("tone",), "default_model": "tone"}))


@pytest.mark.parametrize("more", [{"allow_anonymous": True}, {"api_keys": ("k",)}])
def test_with_a_key_or_when_told_it_opens_itself(more: dict[str, object]) -> None:
    server = make_server(
        load(flags={"host": "0.0.0.0", "engines": ("tone",), "default_model": "tone", **more})
    )
    server.config.app.state.context.application.scheduler.close()  # type: ignore[union-attr]  # our own app


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:5173", True),
        ("http://127.0.0.1", True),
        ("https://mine.example", True),
        ("https://evil.example", False),
        ("http://localhost.evil.example", False),
    ],
)
def test_only_listed_origins_and_localhost_may_read(
    start_server: StartServer, origin: str, allowed: bool
) -> None:
    running = start_server(cors_origins=("https://mine.example",))
    response = running.request("GET", "/v1/models", headers={"Origin": origin})
    assert (response.getheader("access-control-allow-origin") == origin) is allowed
    preflight = running.request(
        "OPTIONS",
        "/v1/audio/speech",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert (preflight.status == 200) is allowed


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://localhost:5173", 200),
        ("https://mine.example", 200),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
def test_pages_of_strangers_cannot_set_the_server_to_work(
    start_server: StartServer, origin: str | None, status: int
) -> None:
    """A page may send plain text anywhere without asking; the answer alone would be kept from it."""
    running = start_server(cors_origins=("https://mine.example",))
    headers = {"Content-Type": "text/plain", **({"Origin": origin} if origin else {})}
    body = {"model": "tone", "voice": "sine", "input": "one", "response_format": "pcm"}
    response = running.request("POST", "/v1/audio/speech", body, headers)
    assert response.status == status
    response.read()


def test_a_page_of_the_servers_own_address_may_call(server: Running) -> None:
    own = {"Origin": f"http://127.0.0.1:{server.port}", "Host": f"127.0.0.1:{server.port}"}
    assert server.request("GET", "/v1/models", headers=own).status == 200


def test_a_name_that_was_pointed_here_by_a_stranger_is_no_address_of_ours(server: Running) -> None:
    rebound = {"Origin": f"http://evil.example:{server.port}", "Host": f"evil.example:{server.port}"}
    assert server.request("GET", "/v1/models", headers=rebound).status == 403


@pytest.mark.requirement("framework-errors-are-rewritten")
def test_a_failure_nobody_foresaw_is_named_and_may_be_read_by_pages(start_server: StartServer) -> None:
    running = start_server()
    app = running.server.config.app

    @app.get("/broken")  # type: ignore[union-attr]  # our own app
    async def broken(n: int = 0) -> None:
        raise ZeroDivisionError

    failed = running.request("GET", "/broken", headers={"Origin": "http://localhost"})
    assert failed.status == 500
    assert failed.getheader("x-request-id")
    assert failed.getheader("access-control-allow-origin") == "http://localhost"
    assert json.loads(failed.read())["error"]["code"] == "internal_error"
    unfit = running.request("GET", "/broken?n=x")
    assert unfit.status == 400
    assert json.loads(unfit.read())["error"]["code"] == "invalid_value"


@pytest.mark.requirement("models-list-shape", "models-tell-more")
def test_models_are_listed_with_openais_fields_and_ours(server: Running) -> None:
    listing = json.loads(server.request("GET", "/v1/models").read())
    assert listing["object"] == "list"
    by_id = {model["id"]: model for model in listing["data"]}
    assert by_id["tts-1"]["alias_of"] == "tone"
    assert by_id["tone"]["state"] == "ready"
    for model in by_id.values():
        assert model["object"] == "model"
        assert isinstance(model["created"], int)
        assert model["shutdown_date"] is None
        assert model["owned_by"]


@pytest.mark.requirement("models-filter")
def test_models_are_filtered_by_task_and_capability(server: Running) -> None:
    def ids(query: str) -> set[str]:
        listing = json.loads(server.request("GET", f"/v1/models?{query}").read())
        return {model["id"] for model in listing["data"]}

    assert "tone" in ids("task=speech")
    assert "tone" in ids("capability=word_timings")
    assert ids("task=transcription") == set()


@pytest.mark.requirement("one-model")
def test_one_model_is_an_object_and_an_unknown_one_a_404(server: Running) -> None:
    assert json.loads(server.request("GET", "/v1/models/tts-1").read())["id"] == "tts-1"
    missing = server.request("GET", "/v1/models/some/where")
    assert missing.status == 404
    assert json.loads(missing.read())["error"]["code"] == "model_not_found"


@pytest.mark.requirement("voices-list-shape", "speech-voice-aliases")
def test_voices_list_every_openai_name_and_who_answers(server: Running) -> None:
    listing = json.loads(server.request("GET", "/v1/audio/voices").read())
    by_id = {voice["id"]: voice for voice in listing["voices"]}
    names = set(OPENAI_VOICES)
    assert names <= set(by_id)
    assert {by_id[name]["alias_of"] for name in names} <= {"sine", "square"}
    assert set(by_id["sine"]) == {"id", "name", "model", "language", "gender", "alias_of"}


@pytest.mark.requirement("cloning-is-400")
def test_making_voices_is_a_clear_400(server: Running) -> None:
    response = server.request("POST", "/v1/audio/voices", {"name": "me"})
    assert response.status == 400
    assert json.loads(response.read())["error"]["code"] == "voice_cloning_unsupported"


def test_metrics_count_what_was_spoken(server: Running) -> None:
    server.speak("one two three").read()
    text = server.request("GET", "/metrics").read().decode()
    assert 'firstword_ttfa_seconds_count{model="tone"}' in text
    assert 'firstword_streams_total{model="tone",outcome="done"}' in text


def test_the_schema_shows_the_request_with_an_example(server: Running) -> None:
    document = json.loads(server.request("GET", "/openapi.json").read())
    content = document["paths"]["/v1/audio/speech"]["post"]["requestBody"]["content"]["application/json"]
    assert content["example"]["voice"] == "alloy"
    named = content["schema"]["$ref"].removeprefix("#/components/schemas/")
    assert {"model", "input", "voice"} == set(document["components"]["schemas"][named]["required"])


def test_the_schema_promises_no_status_that_is_never_sent(server: Running) -> None:
    document = json.loads(server.request("GET", "/openapi.json").read())
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert [operation for operation in operations if "422" in operation["responses"]] == []


def test_every_reference_in_the_schema_leads_somewhere(server: Running) -> None:
    raw = server.request("GET", "/openapi.json").read().decode()
    schemas = json.loads(raw)["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', raw)) <= set(schemas)
    assert raw.count('"$ref"') == raw.count('"#/components/schemas/')


def test_the_page_of_the_schema_asks_no_other_host(server: Running) -> None:
    page = server.request("GET", "/docs").read().decode()
    assert "swagger-ui" in page
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", page) == []


def test_a_request_is_named_in_its_answer(server: Running) -> None:
    assert server.speak().getheader("x-request-id", "").startswith("req_")
    named = server.request("GET", "/health", headers={"X-Request-Id": "mine-1"})
    assert named.getheader("x-request-id") == "mine-1"


@pytest.mark.program("openssl")
def test_tls_serves_the_same(start_server: StartServer, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=me -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*make.split(), "-keyout", key, "-out", cert], check=True, capture_output=True)
    running = start_server(tls_cert=cert, tls_key=key)
    trusting = ssl.create_default_context(cafile=str(cert))
    connection = HTTPSConnection("127.0.0.1", running.port, timeout=10, context=trusting)
    connection.request("GET", "/ready")
    assert connection.getresponse().status == 200
    connection.close()


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="none"):
        make_server(load(flags={"tls_cert": tmp_path / "none.pem", "tls_key": tmp_path / "none.pem"}))


def test_a_certificate_without_its_key_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="go together"):
        make_server(load(flags={"tls_cert": tmp_path / "cert.pem"}))


def test_the_log_tells_of_every_response_and_never_what_was_said(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    def lines(request: str | None) -> list[logging.LogRecord]:
        speech = [record for record in caplog.records if record.getMessage() == "speech"]
        return [record for record in speech if vars(record)["request"] == request]

    logger = logging.getLogger("firstword")
    logger.addHandler(caplog.handler)
    caplog.set_level(logging.DEBUG, "firstword")
    try:
        response = server.speak("Zanzibar is a secret.")
        name = response.getheader("x-request-id")
        response.read()
        server.speak("Zanzibar", voice="nobody").read()
        until(lambda: lines(name), "the line of the response")
    finally:
        logger.removeHandler(caplog.handler)
    assert [vars(line)["outcome"] for line in lines(name)] == ["done"]
    assert not [r for r in caplog.records if "zanzibar" in str(vars(r)).lower()]
