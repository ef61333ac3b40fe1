"""A device in memory, on a clock that goes only when the test says so."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from firstword.client.playing.output import Fill
from firstword.client.playing.player import Player
from firstword.client.playing.ring import Frames
from firstword.core.errors import ConfigurationError

PATIENCE_S = 20.0
"""A bound on waiting for threads; nothing is measured with it."""
LATENCY_S = 0.02


class Loudspeaker:
    """Keeps what is played on it.

    Args:
        own_rate: Hz; None: any.
    """

    def __init__(self, own_rate: int | None = None) -> None:
        self.now_s = 100.0
        self.sample_rate = own_rate or 0
        self.latency_s = LATENCY_S
        self.underflows = 0
        self.state = "closed"
        self.broken = False
        """It can be opened, and not be started."""
        self.opened_at: list[int] = []
        self.sounded: list[Frames] = []
        self._own_rate = own_rate
        self.fill: Fill = lambda out: None
        self.player = Player(open_output=self.open, clock=lambda: self.now_s, threaded=False)

    def open(self, sample_rate: int, fill: Fill) -> Loudspeaker:
        """Opens it, again and again."""
        self.sample_rate = self._own_rate or sample_rate
        self.opened_at.append(sample_rate)
        self.fill, self.state = fill, "closed"
        return self

    def start(self) -> None:
        """From now on it asks for samples."""
        if self.broken:
            raise ConfigurationError("It is broken.")
        self.state = "open"

    def finish(self) -> None:
        """Closes it."""
        self.state = "finished"

    def abort(self) -> None:
        """Closes it."""
        self.state = "aborted"

    def run(self, seconds: float) -> Frames:
        """Lets time go by; gives what could be heard."""
        heard = []
        for _ in range(round(seconds * 100)):
            self.player.step()
            out = np.full((self.sample_rate or 24_000) // 100, 99, np.int16)
            if self.state == "open":
                self.fill(out)
            else:
                out.fill(0)
            heard.append(out)
            self.now_s += 0.01
        self.player.step()
        self.sounded += heard
        return np.concatenate(heard)

    @property
    def everything(self) -> Frames:
        """All that was ever heard."""
        return np.concatenate(self.sounded)


def until(happened: Callable[[], bool]) -> None:
    """Waits for a thread."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.001)
