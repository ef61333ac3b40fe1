"""Single keys of a terminal, and the terminal as it was before."""

from __future__ import annotations

import os
import signal

import pytest

from firstword.cli.keys import keys
from tests.cli.conftest import WAIT_S
from tests.cli.terminal import Seat, Terminal, seat

termios = pytest.importorskip("termios")

__all__ = ["seat"]

pytestmark = pytest.mark.unit

SHOWING = """
import time
from firstword.cli.keys import keys
with keys(lambda key: print(repr(key), flush=True)) as there_are:
    print("ready", there_are, flush=True)
    time.sleep(60)
"""
STOPPED = """
import time
from firstword.cli.keys import stopped_by_key
with stopped_by_key():
    print("ready", flush=True)
    time.sleep(60)
"""


def flags(one: Terminal) -> int:
    return int(termios.tcgetattr(one.keyboard)[3]) & (termios.ICANON | termios.ECHO)


def test_keys_come_without_enter_and_are_not_shown(seat: Seat) -> None:
    shown = seat(SHOWING)
    shown.until("ready True")
    for key in ("x", " ", "\x1b[A", "é"):
        shown.type(key)
        shown.until(f"\n{key!r}")

    assert "\n" == shown.screen


def test_the_terminal_is_as_it_was_also_after_ctrl_c(seat: Seat) -> None:
    shown = seat(SHOWING)
    before = termios.ICANON | termios.ECHO
    shown.until("ready")
    assert flags(shown) == 0
    shown.type("\x03")

    shown.until("KeyboardInterrupt")
    assert flags(shown) == before
    assert shown.process.wait(WAIT_S) in (-signal.SIGINT, 130)


def test_the_terminal_is_as_it_was_also_after_sigterm(seat: Seat) -> None:
    shown = seat(STOPPED)
    shown.until("ready")
    assert flags(shown) == 0
    shown.process.terminate()

    shown.until("KeyboardInterrupt")
    assert flags(shown) == termios.ICANON | termios.ECHO


@pytest.mark.parametrize("keys", ["\x1b", " ", "\n", "q", "zzq"])
def test_a_key_that_stops_does_what_ctrl_c_does(seat: Seat, keys: str) -> None:
    shown = seat(STOPPED)
    shown.until("ready")
    shown.type(keys)

    shown.until("KeyboardInterrupt")


def test_where_there_is_no_terminal_there_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        with keys(lambda key: pytest.fail("a key")) as there_are:
            assert not there_are


def test_a_program_in_the_background_is_not_halted_by_looking_for_keys(seat: Seat) -> None:
    background = "import os; os.setpgid(0, 0) if os.fork() == 0 else (os.wait(), os._exit(0))\n"
    shown = seat(background + "from firstword.cli.keys import keys\nwith keys(print) as k: print('there', k)")

    shown.until("there False")
