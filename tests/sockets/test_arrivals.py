"""A server that speaks while other models are still coming."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firstword import assembly
from firstword.catalog import entries
from firstword.catalog.entries import Folder, ModelEntry
from firstword.client.asking.listing import wait_for_model
from firstword.core.errors import EngineError
from firstword.engines import tone
from tests.catalog.conftest import LoopbackHub
from tests.catalog.conftest import hub as hub
from tests.catalog.making import entry_of, left_in, put
from tests.catalog.pulling import CONTENT, SOURCE
from tests.runtime.small import SmallPlugin, wanted
from tests.sockets.conftest import WAIT_S, Running, servers, until

pytestmark = pytest.mark.socket

Start = Callable[..., Running]


@pytest.fixture
def start(
    hub: LoopbackHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Start]:
    """Starts servers with the tone engine and a recognizer, whose model is to come from the loopback hub."""
    monkeypatch.setattr(assembly, "discover", lambda names: {"tone": tone.plugin, "small": SmallPlugin()})
    hub.content = CONTENT
    with servers() as start_server:

        def start(entry: ModelEntry, **fields: Any) -> Running:
            monkeypatch.setattr(entries, "ENTRIES", (entry,))
            given = {"fetch": True, "default_recognizer": "scribe", "hub_url": hub.url, **fields}
            return start_server(models=tmp_path / "models", **given)

        yield start
        hub.open.set()


def get(running: Running, path: str) -> tuple[int, Any]:
    """The status and the JSON of an answer."""
    response = running.request("GET", path)
    return response.status, json.loads(response.read())


@pytest.mark.requirement("speech-while-models-arrive")
def test_speech_is_served_while_another_model_comes(start: Start, hub: LoopbackHub) -> None:
    hub.open.clear()
    running = start(wanted(SOURCE), settled=False)
    until(hub.arrived.is_set, "the fetch")

    assert (200, {"status": "ok"}) == get(running, "/health")
    models = {"tone": "ready", "tone-at-once": "ready", "scribe": "fetching"}
    assert (503, {"status": "loading", "models": models}) == get(running, "/ready")
    _, scribe = get(running, "/v1/models/scribe")
    assert ("fetching", 0.0, None) == (scribe["state"], scribe["progress"], scribe["remedy"])
    spoken = running.speak()
    assert 200 == spoken.status
    assert spoken.read()

    wait_for_model(running.url, "tts-1", timeout_s=0)  # which is ready, whatever else is not

    hub.open.set()
    until(lambda: running.application.host.settled, "the model")

    models["scribe"] = "ready"
    assert (200, {"status": "ready", "models": models}) == get(running, "/ready")
    _, scribe = get(running, "/v1/models/scribe")
    assert ("ready", None) == (scribe["state"], scribe["progress"])


def test_a_server_is_ready_when_what_it_could_not_fetch_has_failed(start: Start, tmp_path: Path) -> None:
    running = start(wanted(Folder(str(tmp_path / "nowhere"))))

    status, body = get(running, "/ready")

    assert (200, "ready", "failed") == (status, body["status"], body["models"]["scribe"])
    _, scribe = get(running, "/v1/models/whisper-1")
    assert "small cannot be fetched: graph.onnx is neither in" in scribe["remedy"]
    assert "firstword models pull small" in scribe["remedy"]
    with pytest.raises(EngineError, match="'scribe' is failed"):
        wait_for_model(running.url, "scribe", timeout_s=WAIT_S)


@pytest.mark.requirement("requests-never-fetch")
def test_a_server_that_may_not_fetch_asks_nobody(start: Start, hub: LoopbackHub) -> None:
    running = start(wanted(SOURCE), fetch=False)

    status, body = get(running, "/ready")

    assert (200, "failed") == (status, body["models"]["scribe"])
    assert [] == hub.asked


def test_what_is_left_to_the_operator_keeps_nobody_waiting(start: Start, hub: LoopbackHub) -> None:
    running = start(entry_of(SOURCE))

    status, body = get(running, "/ready")

    assert (200, "available") == (status, body["models"]["scribe"])
    _, scribe = get(running, "/v1/models/scribe")
    assert "Run `firstword models pull small`, then start the server again." == scribe["remedy"]
    assert [] == hub.asked


def test_a_server_that_cannot_speak_is_never_ready(start: Start, tmp_path: Path) -> None:
    source = Folder(str(put(tmp_path / "origin")))

    running = start(wanted(source), tone={"fail_after_ms": 0})

    models = {"tone": "failed", "tone-at-once": "failed", "scribe": "ready"}
    assert (503, {"status": "failed", "models": models}) == get(running, "/ready")


def test_a_server_ends_while_it_fetches(
    start: Start,
    hub: LoopbackHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("firstword.runtime.host.CLOSING_S", 0.01)
    hub.open.clear()
    running = start(wanted(SOURCE), settled=False)
    until(hub.arrived.is_set, "the fetch")

    running.server.should_exit = True
    until(lambda: running.server.lifespan.shutdown_event.is_set(), "the end")

    assert not hub.open.is_set()
    hub.open.set()
    until(lambda: not list((tmp_path / "models/.partial").glob("work-*")), "the thread's end")
    assert not [name for name in left_in(tmp_path / "models") if not name.startswith(".partial")]


def test_recognizers_stand_in_the_list_with_openais_names(start: Start, tmp_path: Path) -> None:
    running = start(wanted(Folder(str(put(tmp_path / "origin")))))

    _, listing = get(running, "/v1/models?task=transcription")

    by_id = {model["id"]: model for model in listing["data"]}
    assert by_id["scribe"] | {"voices": [], "sample_rate": 16_000, "alias_of": None} == by_id["scribe"]
    assert {"scribe"} == {by_id[name]["alias_of"] for name in ("whisper-1", "gpt-4o-transcribe")}
    assert not {"tone", "tts-1"} & set(by_id)


def test_a_recognizers_name_speaks_nothing(start: Start, tmp_path: Path) -> None:
    running = start(wanted(Folder(str(put(tmp_path / "origin")))))

    response = running.speak(model="whisper-1", voice="alloy")

    error = json.loads(response.read())["error"]
    assert (400, "wrong_task", "model") == (response.status, error["code"], error["param"])
    assert "is for transcription, not for speech. Models that are: tone, tone-at-once." in error["message"]
