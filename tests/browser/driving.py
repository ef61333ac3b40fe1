"""Real browsers, from Debian, each driven by a script of `tests/browser/node`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import sound
from tests.conftest import find_program

SCRIPTS = Path(__file__).parent / "node"
CHROMIUM, FIREFOX = "chromium", "firefox-esr"
_VARIABLES = {CHROMIUM: "CHROMIUM", FIREFOX: "FIREFOX"}
PATIENCE_S = 120.0
"""A bound on what one script does; nothing is measured with it."""
GONE_S = 10.0

in_both = pytest.mark.parametrize(
    "browser",
    [
        pytest.param(CHROMIUM, marks=pytest.mark.program(CHROMIUM)),
        pytest.param(FIREFOX, marks=pytest.mark.program(FIREFOX)),
    ],
)
"""For tests that have both browsers do the same."""
needs_sound = pytest.mark.program(*sound.PROGRAMS)
"""Firefox plays only where there is a sound server, and gets its microphone from one."""


def driven(
    script: str,
    address: str,
    *arguments: str,
    hosts: int = 1,
    browser: str = CHROMIUM,
    env: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """What a script saw in the page at an address, which asked nobody but so many hosts.

    Args:
        script: a module of the folder.
        address: of the page.
        arguments: the script's further ones.
        hosts: how many are asked, and no more.
        browser: which.
        env: where the browser finds its sound server.
    """
    assert (SCRIPTS / "node_modules").exists(), f"npm ci --prefix {SCRIPTS.relative_to(Path.cwd())}, once"
    with subprocess.Popen(
        ["node", SCRIPTS / script, address, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**env, _VARIABLES[browser]: find_program(browser) or ""},
    ) as process:
        try:
            printed, complaints = process.communicate(timeout=PATIENCE_S)
        finally:
            _end(process)
    assert 0 == process.returncode, complaints
    told: dict[str, Any] = json.loads(printed.splitlines()[-1])
    assert [] == told["problems"]
    assert len(told["hosts"]) == hosts, told["hosts"]
    assert told["wide"] <= 0, "the page is wider than a telephone"
    return told


def _end(process: subprocess.Popen[str]) -> None:
    """Ends a script that is still at work, gently: it takes its browser with it."""
    process.terminate()
    try:
        process.wait(GONE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
