"""Real browsers, from Debian, each driven by a script of `tests/browser/node`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import sound
from tests.conftest import find_program

SCRIPTS = Path(__file__).parent / "node"
CHROMIUM, FIREFOX = "chromium", "firefox-esr"
_VARIABLES = {CHROMIUM: "CHROMIUM", FIREFOX: "FIREFOX"}
PATIENCE_S = {CHROMIUM: 120.0, FIREFOX: 70.0}
"""Bounds on what one script does; nothing is measured with them."""
GONE_S = 10.0
TRY_AGAIN = 75
"""What a script gives back when its browser lost its sound: Firefox may, where the machine is busy."""
LATE = 124
"""Where it was not done in time. Firefox may also get stuck when it begins, or when it is to end."""
TRIES = 4

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
    command = ["node", SCRIPTS / script, address, *arguments]
    env = {**env, _VARIABLES[browser]: find_program(browser) or ""}
    for _ in range(TRIES):
        code, printed, complaints = _run(command, env, PATIENCE_S[browser])
        if code != TRY_AGAIN and not (browser == FIREFOX and code == LATE):
            break
    assert 0 == code, complaints
    told: dict[str, Any] = json.loads(printed.splitlines()[-1])
    assert [] == told["problems"]
    assert len(told["hosts"]) == hosts, told["hosts"]
    assert told["wide"] <= 0, "the page is wider than a telephone"
    return told


def _run(command: Sequence[str | Path], env: Mapping[str, str], patience_s: float) -> tuple[int, str, str]:
    """Its exit status, or `LATE`, and what it printed on both ways."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env) as process:
        try:
            printed, complaints = process.communicate(timeout=patience_s)
        except subprocess.TimeoutExpired:
            return LATE, "", f"not done after {patience_s:.0f} s"
        finally:
            _end(process)
    return process.returncode, printed, complaints


def _end(process: subprocess.Popen[str]) -> None:
    """Ends a script that is still at work, gently: it takes its browser with it."""
    process.terminate()
    try:
        process.wait(GONE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
