"""Single keys of the terminal, without Enter, while something is being played."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from threading import Event, Thread, main_thread

from firstword.cli.interrupt import ended_in_order

LOOK_S = 0.05
"""Between two looks, where a keyboard has to be asked."""
ESCAPE = "\x1b"
END = "\x04"
"""Ctrl-D."""
STOPS = frozenset({ESCAPE, "\r", "\n", " "})
"""Keys that stop what is being played."""

Pressed = Callable[[str], object]


@contextmanager
def keys(pressed: Pressed) -> Generator[bool]:
    """While open, every key calls `pressed`, in a thread; gives whether there are keys to be pressed.

    There are none where stdin is no terminal, or this program is in its background. What a key sends as
    several characters (an arrow) comes at once. Ctrl-C stays what it is. The terminal is left as it was.
    """
    if not _foreground():
        yield False
        return
    watching = _console(pressed) if sys.platform == "win32" else _terminal(pressed)
    with watching:
        yield True


def interrupt() -> None:
    """What Ctrl-C does."""
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)
    else:
        ident = main_thread().ident
        assert ident is not None
        signal.pthread_kill(ident, signal.SIGINT)


@contextmanager
def stopped_by_key() -> Generator[None]:
    """While open, Esc, space, Enter, q and SIGTERM do what Ctrl-C does: the terminal is left in order."""
    with ended_in_order(), keys(lambda key: interrupt() if key in STOPS | {"q", "Q"} else None):
        yield


def _foreground() -> bool:
    """Whether keys come here: a program in the background would be halted for looking at them."""
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    if sys.platform == "win32":
        return True
    with suppress(OSError):
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return False


@contextmanager
def _terminal(pressed: Pressed) -> Generator[None]:
    import termios
    import tty

    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    ended, end = os.pipe()

    def watch() -> None:
        while ended not in select.select([keyboard, ended], [], [])[0]:
            typed = os.read(keyboard, 64).decode("utf-8", "replace")
            if not typed:
                return
            for key in [typed] if typed.startswith(ESCAPE) else typed:
                pressed(key)

    watcher = Thread(target=watch, name="firstword-keys", daemon=True)
    tty.setcbreak(keyboard, termios.TCSADRAIN)
    try:
        watcher.start()
        yield
    finally:
        os.write(end, b".")
        watcher.join()
        os.close(ended)
        os.close(end)
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


@contextmanager
def _console(pressed: Pressed) -> Generator[None]:
    if sys.platform != "win32":
        raise NotImplementedError
    import msvcrt

    ended = Event()

    def watch() -> None:
        while not ended.wait(LOOK_S):
            while msvcrt.kbhit():
                pressed(msvcrt.getwch())

    watcher = Thread(target=watch, name="firstword-keys", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
