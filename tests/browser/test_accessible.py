"""The page for everybody: axe-core finds nothing wrong in it, whatever it shows and however it is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.driving import driven
from tests.sockets import scripted_plugin
from tests.sockets.conftest import StartServer
from tests.sockets.scripted_plugin import chat_of

pytestmark = [pytest.mark.browser, pytest.mark.program("node", "chromium"), pytest.mark.timeout(150)]

TEXT = "one two three four five six seven eight nine ten. " * 8
"""Long enough to be looked at while it is spoken."""
RECORDING = Path(__file__).parents[1] / "data/speech/librivox_0930.flac"
TABS = {"speak", "listen", "converse", "status"}
STATES = ("", " in use", " interrupted")
LOOKS = 4
"""Light and dark, wide and narrow."""


def test_nothing_in_any_tab_keeps_anybody_out(start_server: StartServer, tmp_path: Path) -> None:
    (tmp_path / "plugin").mkdir()
    engines = ("tone", "moonshine", "silero", "scripted")
    with scripted_plugin.installed(tmp_path / "plugin"):
        server = start_server(engines=engines, default_chat="scripted", store=tmp_path / "store.sqlite3")
    chat_of(server).lines = [TEXT]

    told = driven("accessible.mjs", server.url, TEXT, str(RECORDING), "Is it so?")

    looks = told["found"]
    assert {} == {look: wrong for look, wrong in looks.items() if wrong}
    seen = {look.split(",")[0] for look in looks}
    assert {tab + state for tab in TABS for state in STATES} == seen
    assert len(seen) * LOOKS == len(looks)
