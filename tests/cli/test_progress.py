"""How a fetch is told of: a bar on a terminal, a few lines in a log."""

import sys

import pytest

from firstword.catalog.fetch import Step
from firstword.cli.progress import LOGGED_PARTS, reporting

pytestmark = pytest.mark.unit

STEPS = [Step("small", "fetching", done_bytes, 10_000_000) for done_bytes in range(0, 10_000_001, 10_000)]


def test_a_log_is_told_a_few_times(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting() as report:
        for step in STEPS:
            report(step)

    lines = capsys.readouterr().err.splitlines()
    assert LOGGED_PARTS + 1 == len(lines)
    assert ("small: fetching 0.0 of 10.0 MB", "small: fetching 10.0 of 10.0 MB") == (lines[0], lines[-1])


def test_a_servers_log_gets_the_steps_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    logged: list[Step] = []
    with reporting(logged.append) as report:
        for step in STEPS:
            report(step)

    assert (LOGGED_PARTS + 1, "") == (len(logged), capsys.readouterr().err)


def test_a_terminal_has_a_bar_for_each_step_which_is_left_standing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with reporting() as report:
        for step in (*STEPS, Step("small", "unpacking", 1, 2)):
            report(step)

    fetching, unpacking, after = capsys.readouterr().err.split("\n")
    assert "" == after
    assert fetching.endswith(f"\r[{'#' * 30}] small: fetching 10.0 of 10.0 MB\033[K")
    assert f"[{'#' * 15:30}] small: unpacking" in unpacking
