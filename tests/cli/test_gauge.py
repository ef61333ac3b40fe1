"""How the hearing of a recording is told of: a bar on a terminal, a few lines in a log."""

import sys

import pytest

from firstword.cli.gauge import Gauge, clock

pytestmark = pytest.mark.unit


def hear(gauge: Gauge) -> None:
    for second in range(101):
        gauge.show("heard", clock(second), second / 100)
    gauge.end()


def test_a_log_is_told_of_every_quarter(capsys: pytest.CaptureFixture[str]) -> None:
    hear(Gauge("talk", wanted=True))

    assert [f"talk: heard {place}" for place in ("0:00", "0:25", "0:50", "1:15", "1:40")] == (
        capsys.readouterr().err.splitlines()
    )


def test_a_log_is_told_of_each_thing_that_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    gauge = Gauge("talk", wanted=True)
    for doing in ("sent", "sent", "heard", "heard"):
        gauge.show(doing, "some", None)

    assert "talk: sent some\ntalk: heard some\n" == capsys.readouterr().err


def test_a_terminal_has_a_bar_that_is_taken_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    hear(Gauge("talk", wanted=True))

    *_, half, end, nothing = capsys.readouterr().err.split("\r")
    assert f"[{'#' * 30}] talk: heard 1:40\033[K" == end
    assert ("\033[K", f"[{'#' * 29:30}] talk: heard 1:39\033[K") == (nothing, half)


def test_nobody_is_told_who_does_not_want_it(capsys: pytest.CaptureFixture[str]) -> None:
    hear(Gauge("talk", wanted=False))

    assert "" == capsys.readouterr().err


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (62.9, "1:02"), (3602, "1:00:02")])
def test_a_place_is_told_for_people(seconds: float, shown: str) -> None:
    assert shown == clock(seconds)
