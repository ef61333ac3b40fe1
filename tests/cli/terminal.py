"""A terminal with a program in its foreground, as a person has it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.cli.conftest import ENVIRONMENT, WAIT_S

IN_FRONT = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
PROGRAM = "from firstword.cli.entry import main; main()"


@dataclass
class Terminal:
    """What a person types into, and looks at."""

    process: subprocess.Popen[bytes]
    keyboard: int
    screen: str = ""

    def type(self, text: str) -> None:
        """Presses keys."""
        os.write(self.keyboard, text.encode())

    def until(self, shown: str) -> None:
        """Looks until something is shown after what was looked at before."""
        deadline = time.monotonic() + WAIT_S
        while shown not in self.screen:
            assert time.monotonic() < deadline, self.screen
            assert self._look(), self.screen
        self.screen = self.screen.partition(shown)[2]

    def end(self) -> int:
        """The exit code, when the program has ended; what it showed at last is on the screen."""
        deadline = time.monotonic() + WAIT_S
        while self._look():
            assert time.monotonic() < deadline, self.screen
        return self.process.wait(WAIT_S)

    def _look(self) -> bool:
        try:
            if select.select([self.keyboard], [], [], 0.1)[0]:
                self.screen += os.read(self.keyboard, 4_096).decode("utf-8", "replace").replace("\r\n", "\n")
        except OSError:  # the other side has closed
            return False
        return True


Seat = Callable[..., Terminal]


@pytest.fixture
def seat() -> Iterator[Seat]:
    """Runs Python code in a terminal of its own, with arguments."""
    started: list[Terminal] = []

    def start(code: str, *arguments: object, env: Mapping[str, str] = ENVIRONMENT) -> Terminal:
        keyboard, inside = os.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", f"{IN_FRONT}{code}", *map(str, arguments)],
            stdin=inside, stdout=inside, stderr=inside, env={"TERM": "dumb", **env}, start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        os.close(inside)
        started.append(Terminal(process, keyboard))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        os.close(one.keyboard)
