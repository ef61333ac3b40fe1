"""Engines: loaded in the background, warmed, handed out, let go."""

import threading

import anyio
import pytest

from firstword.core.concurrency import task_group
from firstword.core.errors import ConfigurationError, ServerBusy, UnknownModel
from firstword.engines import tone
from firstword.runtime.host import EngineHost
from firstword.runtime.places import State, Status
from firstword.testing import no_files

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

INFO = tone.plugin.infos()[0]


def make() -> tone.ToneEngine:
    return tone.plugin.load(INFO, no_files, {})


def broken() -> tone.ToneEngine:
    raise ConfigurationError("The weights are missing; run `firstword doctor`.")


async def test_a_model_is_ready_once_it_has_spoken_for_the_first_time() -> None:
    host = EngineHost({"tone": (INFO, make)})
    assert host.status("tone") == Status(State.AVAILABLE)
    await host.start()
    assert host.status("tone") == Status(State.READY)
    async with host.use_tts("tone") as engine:
        assert isinstance(engine, tone.ToneEngine)
        assert engine.made_ms > 0
    await host.aclose()


async def test_codecs_are_warmed_before_any_model_counts_as_ready() -> None:
    order: list[str] = []
    host = EngineHost(
        {"tone": (INFO, lambda: (order.append("model"), make())[1])},
        warm_first=lambda: order.append("codecs"),
    )
    await host.start()
    assert order == ["codecs", "model"]
    await host.aclose()


async def test_while_a_model_loads_it_is_503_and_the_loop_is_free() -> None:
    loading, go_on = threading.Event(), threading.Event()

    def slowly() -> tone.ToneEngine:
        loading.set()
        assert go_on.wait(10)
        return make()

    host = EngineHost({"tone": (INFO, slowly)})
    async with task_group() as tasks:
        tasks.start_soon(host.start)
        with anyio.fail_after(5):
            await anyio.to_thread.run_sync(loading.wait)
        with pytest.raises(ServerBusy) as refused:
            async with host.use_tts("tone"):
                pass
        assert refused.value.code == "model_loading"
        assert not host.settled
        go_on.set()
    assert host.settled
    await host.aclose()


async def test_a_model_that_fails_to_load_says_why_and_stops_no_other() -> None:
    host = EngineHost({"broken": (INFO, broken), "tone": (INFO, make)})
    await host.start()
    assert host.settled
    assert host.status("broken") == Status(State.FAILED, "The weights are missing; run `firstword doctor`.")
    with pytest.raises(ServerBusy, match="weights are missing") as refused:
        async with host.use_tts("broken"):
            pass
    assert refused.value.code == "model_failed"
    await host.aclose()


async def test_a_model_that_cannot_speak_its_first_sentence_has_failed() -> None:
    host = EngineHost({"tone": (INFO, lambda: tone.plugin.load(INFO, no_files, {"fail_after_ms": 0}))})
    await host.start()
    assert host.status("tone").state is State.FAILED
    assert host.settled
    assert not host.speaks


async def test_codecs_that_cannot_work_are_told_as_failures_with_their_reason() -> None:
    def no_codecs() -> None:
        raise OSError("libav is broken")

    host = EngineHost({"tone": (INFO, make)}, warm_first=no_codecs)
    await host.start()
    status = host.status("tone")
    assert status.state is State.FAILED
    assert "libav is broken" in (status.remedy or "")


async def test_an_unknown_model_is_unknown() -> None:
    with pytest.raises(UnknownModel):
        async with EngineHost({}).use_tts("nope"):
            pass


async def test_closing_waits_for_whoever_uses_an_engine() -> None:
    host = EngineHost({"tone": (INFO, make)})
    await host.start()
    order: list[str] = []

    async def close() -> None:
        await host.aclose()
        order.append("closed")

    async with task_group() as tasks, host.use_tts("tone") as engine:
        tasks.start_soon(close)
        await anyio.wait_all_tasks_blocked()
        assert engine.health()
        order.append("used")
    assert order == ["used", "closed"]
    assert not engine.health()
