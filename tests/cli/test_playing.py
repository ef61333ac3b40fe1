"""What a command plays, on a sound card in memory."""

from __future__ import annotations

from threading import Thread

import pytest

from firstword.cli.playing import PIECES, played
from tests.cli.soundcard import SoundCard, card, until

__all__ = ["card"]

pytestmark = pytest.mark.unit

RATE = 24_000


def test_an_interrupt_is_silent_at_once_however_much_waits(card: SoundCard) -> None:
    minute, written = b"\1\1" * 60 * RATE, list[int]()

    def interrupted() -> None:
        with played(device=None, latency=0.01, encoding="pcm", sample_rate=RATE) as write:

            def writing() -> None:
                for number in range(2 * PIECES):
                    write(minute)
                    written.append(number)

            Thread(target=writing, daemon=True).start()
            until(lambda: len(written) > PIECES)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert len(card.sound) < 20 * RATE
