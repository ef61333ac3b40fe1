"""What `npm pack` makes of `web/`: the page's own player, and nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import firstword
from tests.browser.package import PLAYER, installed, packed
from tests.conftest import ROOT

pytestmark = [pytest.mark.unit, pytest.mark.program("npm")]


def test_the_package_holds_the_pages_own_player_and_needs_nothing(tmp_path: Path) -> None:
    (tmp_path / "clone").mkdir()

    package = installed(packed(tmp_path / "clone"), tmp_path / "site")

    told = json.loads((package / "package.json").read_text("utf-8"))
    assert "dependencies" not in told
    assert {path.name: path.read_bytes() for path in PLAYER.iterdir()} == {
        path.name: path.read_bytes() for path in (package / "player").iterdir()
    }
    for target in ("index.d.ts", "element.d.ts", "README.md", "LICENSE", "NOTICE"):
        assert (package / target).exists(), target
    for entry in told["exports"].values():
        for path in entry.values() if isinstance(entry, dict) else [entry]:
            assert "*" in path or (package / path).exists(), path


def test_the_package_can_be_imported_where_there_is_no_page(tmp_path: Path) -> None:
    (tmp_path / "clone").mkdir()
    installed(packed(tmp_path / "clone"), tmp_path / "site")
    code = "import 'firstword-player/element'; import { play, SpeechPlayer } from 'firstword-player';"
    code += "console.log(typeof play, await SpeechPlayer.decodes('pcm'), await SpeechPlayer.decodes('opus'))"

    ran = subprocess.run(
        ["node", "--input-type=module", "--eval", code],
        cwd=tmp_path / "site",
        capture_output=True,
        text=True,
        check=False,
    )

    assert ("function true false\n", "") == (ran.stdout, ran.stderr)


def test_the_package_has_the_projects_version_and_license() -> None:
    told = json.loads((ROOT / "web/package.json").read_text("utf-8"))

    assert firstword.__version__ == told["version"]
    assert told["license"] == "Apache-2.0"
