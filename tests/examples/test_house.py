"""Every example is a folder that one command runs, says which, and is in the table of all."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.examples.conftest import EXAMPLES

pytestmark = pytest.mark.unit

FOLDERS = sorted(start.parent.name for start in EXAMPLES.glob("*/start"))
PAGES = sorted([*EXAMPLES.glob("README.md"), *EXAMPLES.glob("*/README.md")])
TABLE = EXAMPLES / "README.md"
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def rows() -> list[list[str]]:
    """The cells of the table, without its head."""
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def leading_nowhere(text: str, page: Path) -> list[str]:
    """The relative links of a text that lead to nothing."""
    return [target for target in LINK.findall(text) if not (page.parent / target).exists()]


@pytest.mark.parametrize("name", FOLDERS)
def test_an_example_begins_with_its_one_command(name: str) -> None:
    text = (EXAMPLES / name / "README.md").read_text("utf-8")
    block = re.search(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)

    assert block, "there is no command"
    (first, *_) = re.findall(r"^examples/run (\S+)", block[1], re.MULTILINE) or [None]
    assert first == name
    assert os.access(EXAMPLES / name / "start", os.X_OK)


@pytest.mark.parametrize("name", FOLDERS)
def test_what_an_example_installs_is_locked_without_addresses(name: str) -> None:
    folder = EXAMPLES / name
    if not (folder / "package.json").exists():
        assert not (folder / "package-lock.json").exists()
        return
    lock = json.loads((folder / "package-lock.json").read_text("utf-8"))
    wanted = json.loads((folder / "package.json").read_text("utf-8"))
    assert lock["packages"][""].get("dependencies") == wanted.get("dependencies")
    packages = {path: package for path, package in lock["packages"].items() if path}
    assert [path for path, package in packages.items() if "integrity" not in package] == []
    assert [path for path, package in packages.items() if "resolved" in package] == []
    assert "omit-lockfile-registry-resolved=true" in (folder / ".npmrc").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(EXAMPLES)))
def test_every_link_of_an_example_leads_somewhere(page: Path) -> None:
    assert leading_nowhere(page.read_text("utf-8"), page) == []


@pytest.mark.parametrize("name", FOLDERS)
def test_every_example_is_in_the_table(name: str) -> None:
    linked = {target.strip("./").split("/")[0] for row in rows() for target in LINK.findall(" ".join(row))}

    assert name in linked


def test_every_file_that_the_table_names_exists() -> None:
    for row in rows():
        text = " ".join(row)
        named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text)
        assert leading_nowhere(text, TABLE) == [], row
        assert [path for path in named if not (ROOT / path).exists()] == [], row


def test_every_row_of_the_table_names_its_test_or_says_that_it_was_not_run() -> None:
    for row in rows():
        assert re.search(r"tests/\S+\.py|not run here", row[-1]), row
