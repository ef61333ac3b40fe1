"""`firstword models`: fetch, check, list and remove, with a catalogue of one small model."""

import json
from pathlib import Path

import pytest

from firstword.catalog import entries
from firstword.catalog.entries import Folder
from firstword.settings import Settings
from tests.catalog.making import FILES, WORDS, entry_of, put
from tests.cli.conftest import Run

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the models are kept; the catalogue has one, whose files are on disk."""
    source = Folder(str(put(tmp_path / "origin")))
    monkeypatch.setattr(entries, "ENTRIES", (entry_of(source),))
    monkeypatch.setenv("FIRSTWORD_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def listed(run: Run, *arguments: object) -> dict[str, object]:
    """The small model, as JSON tells of it."""
    models = json.loads(run("models", *arguments, "--json").stdout)["models"]
    return next(model for model in models if model["id"] == "small")


def test_pull_fetches_and_says_where_it_is(run: Run, folder: Path) -> None:
    done = run("models", "pull", "small")

    assert 0 == done.code
    assert f"small: 1.0 MB, folder {folder.parent / 'origin'}, in {folder / 'small'}" in done.stdout
    assert "small: copying 0.0 of 1.0 MB" == done.stderr.splitlines()[0]
    assert WORDS == (folder / "small/words.txt").read_bytes()


def test_pull_of_what_is_there_does_nothing(run: Run, folder: Path) -> None:
    run("models", "pull", "small")

    done = run("models", "pull", "small")

    assert (0, f"small is in {folder / 'small'}\n", "") == (done.code, done.stdout, done.stderr)


def test_pull_can_copy_from_another_machines_folder(run: Run, folder: Path, tmp_path: Path) -> None:
    put(tmp_path / "usb/small")

    done = run("models", "pull", "small", "--from", tmp_path / "usb")

    assert 0 == done.code
    assert f"folder {tmp_path / 'usb'}" == listed(run)["source"]


def test_a_failed_pull_is_one_line_and_exit_code_1(run: Run, folder: Path, tmp_path: Path) -> None:
    put(tmp_path / "wrong", FILES | {"words.txt": WORDS.upper()})

    done = run("models", "pull", "small", "--from", tmp_path / "wrong")

    assert 1 == done.code
    assert "firstword: small cannot be fetched: words.txt has the sha256" in done.stderr.splitlines()[-1]
    assert not (folder / "small").exists()


def test_pull_wants_to_know_what(run: Run) -> None:
    done = run("models", "pull")

    assert (2, True) == (done.code, "Name models, or --defaults." in done.stderr)


def test_defaults_leave_out_what_is_not_one(run: Run, folder: Path) -> None:
    done = run("models", "pull", "--defaults")

    assert (0, "") == (done.code, done.stdout)
    assert not folder.exists()


@pytest.mark.parametrize("verb", ["pull", "rm", "verify"])
def test_an_unknown_model_is_refused_with_those_there_are(run: Run, folder: Path, verb: str) -> None:
    done = run("models", verb, "large")

    assert (2, "firstword: The catalogue has no model 'large'; it has small.\n") == (done.code, done.stderr)


def test_verify_reads_all_that_is_here(run: Run, folder: Path) -> None:
    run("models", "pull", "small")

    assert (0, "✓ small: 1.0 MB as they must be\n") == (
        run("models", "verify").code,
        run("models", "verify").stdout,
    )

    (folder / "small/words.txt").write_bytes(WORDS.upper())
    done = run("models", "verify")

    assert 1 == done.code
    assert done.stdout.startswith("✗ small: words.txt has the sha256")


def test_rm_removes(run: Run, folder: Path) -> None:
    run("models", "pull", "small")

    assert "small: removed\n" == run("models", "rm", "small").stdout
    assert "small: was not here\n" == run("models", "rm", "small").stdout
    assert not (folder / "small").exists()


@pytest.mark.parametrize("arguments", [(), ("list",)])
def test_the_list_tells_what_is_here_and_what_can_be(
    run: Run, folder: Path, arguments: tuple[str, ...]
) -> None:
    assert "available" == listed(run, *arguments)["state"]

    run("models", "pull", "small")

    rows = [line.split() for line in run("models", *arguments).stdout.splitlines()]
    assert ["ID", "TASK", "LANGUAGES", "LICENSE", "SIZE", "STATE", "FROM", "ALSO", "CALLED"] == rows[0]
    assert ["small", "chat", "en", "MIT", "1.0", "MB", "installed", "folder"] in [row[:8] for row in rows]
    assert "installed" == listed(run, *arguments)["state"]


def test_models_are_kept_with_the_users_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FIRSTWORD_MODELS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert tmp_path / "firstword/models" == Settings().models_folder

    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in Settings().models_folder.parents

    monkeypatch.setenv("FIRSTWORD_MODELS", "~/models")
    assert tmp_path / "models" == Settings().models_folder
