"""Hub repositories over a real connection, which breaks, lies and comes back."""

import subprocess
import sys
from pathlib import Path

import pytest

from firstword.catalog.hub import TRIES, Hub
from firstword.catalog.store import ModelStore, State
from firstword.core.errors import ConfigurationError
from tests.catalog.conftest import WAIT_S, LoopbackHub
from tests.catalog.making import GRAPH, WORDS, entry_of, left_in
from tests.catalog.pulling import CONTENT, SOURCE

pytestmark = pytest.mark.socket

ROOT = Path(__file__).parent.parent.parent
GRAPH_PATH, WORDS_PATH = CONTENT
INSTALLED = {"small/graph.onnx", "small/words.txt", "small/LICENSE", "small/model.json"}


@pytest.fixture
def store(tmp_path: Path, hub: LoopbackHub) -> ModelStore:
    """A store at a hub that has the model; it asks again at once."""
    hub.content = CONTENT
    return ModelStore(tmp_path / "store", entries=[entry_of(SOURCE)], hub=Hub(hub.url, pause_s=0))


def pull(store: ModelStore) -> Path:
    return store.pull(store.entries["small"])


def test_a_repository_is_fetched_at_its_revision(store: ModelStore, hub: LoopbackHub) -> None:
    pull(store)

    assert [] == store.verify(store.entries["small"])
    assert INSTALLED == left_in(store.folder)
    assert [(GRAPH_PATH, None), (WORDS_PATH, None)] == hub.asked


def test_a_broken_download_goes_on_where_it_stopped(store: ModelStore, hub: LoopbackHub) -> None:
    hub.cuts = [100_000, 200_000]

    pull(store)

    assert [] == store.verify(store.entries["small"])
    ranges = [asked for path, asked in hub.asked if path == GRAPH_PATH]
    assert [None, "bytes=100000-", "bytes=300000-"] == ranges


def test_what_came_is_kept_for_another_day(store: ModelStore, hub: LoopbackHub) -> None:
    entry = store.entries["small"]
    hub.cuts = [100_000] + [0] * TRIES

    with pytest.raises(ConfigurationError, match=r"graph\.onnx"):
        store.pull(entry)
    assert (State.PARTIAL, None) == (store.state(entry), store.installed("small"))
    later = ModelStore(store.folder, entries=[entry], hub=hub.url)
    later.pull(entry)

    assert (GRAPH_PATH, "bytes=100000-") == hub.asked[-2]
    assert [] == later.verify(entry)
    assert INSTALLED == left_in(store.folder)


def test_a_server_without_ranges_sends_the_whole_again(store: ModelStore, hub: LoopbackHub) -> None:
    hub.ranges, hub.cuts = False, [100_000]

    assert GRAPH == (pull(store) / "graph.onnx").read_bytes()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_is_busy_is_asked_again(store: ModelStore, hub: LoopbackHub, status: int) -> None:
    hub.refusals = [status] * (TRIES - 1)

    assert WORDS == (pull(store) / "words.txt").read_bytes()


def test_a_busy_hub_costs_nothing_of_what_has_come(store: ModelStore, hub: LoopbackHub) -> None:
    put = store.folder / ".partial/small/graph.onnx"
    put.parent.mkdir(parents=True)
    put.write_bytes(GRAPH[:500_000])
    hub.refusals = [503]

    pull(store)

    assert [(GRAPH_PATH, "bytes=500000-")] * 2 == hub.asked[:2]


def test_a_hub_is_not_asked_for_ever(store: ModelStore, hub: LoopbackHub) -> None:
    hub.refusals = [503] * 100

    with pytest.raises(ConfigurationError, match="the hub answered 503"):
        pull(store)

    assert TRIES == len(hub.asked)


@pytest.mark.parametrize("status", [401, 404])
def test_a_refusal_is_told_at_once(store: ModelStore, hub: LoopbackHub, status: int) -> None:
    hub.refusals = [status]

    with pytest.raises(ConfigurationError, match=rf"graph\.onnx answered {status}"):
        pull(store)

    assert 1 == len(hub.asked)


def test_a_file_of_another_hash_is_thrown_away(store: ModelStore, hub: LoopbackHub) -> None:
    hub.content = CONTENT | {GRAPH_PATH: GRAPH[::-1]}

    with pytest.raises(ConfigurationError, match=r"graph\.onnx has the sha256"):
        pull(store)

    assert set() == left_in(store.folder)
    assert State.AVAILABLE is store.state(store.entries["small"])


def test_a_page_in_the_place_of_a_file_is_not_even_read(store: ModelStore, hub: LoopbackHub) -> None:
    hub.content = CONTENT | {GRAPH_PATH: b"<html>Please log in.</html>"}

    with pytest.raises(ConfigurationError, match=f"has 27 bytes, not {len(GRAPH)}"):
        pull(store)

    assert set() == left_in(store.folder)


def test_a_beginning_that_is_too_long_is_begun_anew(store: ModelStore, hub: LoopbackHub) -> None:
    left = store.folder / ".partial/small/graph.onnx"
    left.parent.mkdir(parents=True)
    left.write_bytes(GRAPH + b"x")

    assert GRAPH == (pull(store) / "graph.onnx").read_bytes()
    assert (GRAPH_PATH, None) == hub.asked[0]


def test_a_hub_that_is_not_there_is_named(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, entries=[entry_of(SOURCE)], hub=Hub("http://127.0.0.1:9", pause_s=0))

    with pytest.raises(ConfigurationError, match=r"small cannot be fetched: http://127\.0\.0\.1:9/makers"):
        pull(store)


def test_a_disk_that_fills_up_is_said_and_given_back(store: ModelStore) -> None:
    """`/dev/full` stands in for the disk: whatever is written to it meets the system's own ENOSPC."""
    begun = store.folder / ".partial/small"
    begun.mkdir(parents=True)
    (begun / "words.txt").symlink_to("/dev/full")

    with pytest.raises(ConfigurationError, match=r"the disk is full\. .*FIRSTWORD_MODELS"):
        pull(store)

    assert set() == left_in(store.folder)
    assert State.AVAILABLE is store.state(store.entries["small"])


def test_of_two_processes_one_fetches_and_the_other_waits(tmp_path: Path, hub: LoopbackHub) -> None:
    hub.content = CONTENT
    hub.open.clear()
    command = [sys.executable, "-m", "tests.catalog.pulling", hub.url, str(tmp_path / "store")]

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as first:
        assert hub.arrived.wait(WAIT_S)
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as second:
            assert second.stdout is not None
            assert "waiting\n" == second.stdout.readline()
            hub.open.set()
            said = [first.communicate(timeout=WAIT_S)[0], second.communicate(timeout=WAIT_S)[0]]

    place = f"{tmp_path / 'store/small'}\n"
    assert (0, 0) == (first.returncode, second.returncode)
    assert [True, True] == [text.endswith(place) for text in said]
    assert [(GRAPH_PATH, None), (WORDS_PATH, None)] == hub.asked
    assert INSTALLED == left_in(tmp_path / "store")


def test_a_killed_process_frees_the_store(store: ModelStore, hub: LoopbackHub) -> None:
    hub.open.clear()
    command = [sys.executable, "-m", "tests.catalog.pulling", hub.url, str(store.folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as killed:
        assert hub.arrived.wait(WAIT_S)
        killed.kill()
    hub.open.set()

    pull(store)

    assert INSTALLED == left_in(store.folder)
