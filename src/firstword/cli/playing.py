"""Speech on this machine's loudspeaker, as it is made."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from queue import Full, Queue

from firstword.core.errors import ConfigurationError

PIECES = 64
"""At most so many wait; then whoever makes them waits, at the pace of what is heard."""
LOOK_S = 0.2
PLAYED_RATE = 24_000
"""Hz, of pcm that is asked for without a rate."""


@contextmanager
def played(
    *, device: str | int | None, latency: float, encoding: str, sample_rate: int
) -> Generator[Callable[[bytes], object]]:
    """Plays the bytes that are written; leaving waits until all has been heard.

    Args:
        device: an output device; None for the default one.
        latency: seconds that it should hold.
        encoding: the format of the bytes.
        sample_rate: Hz, where they do not tell.

    Raises:
        ConfigurationError: there is no such device, or no library to reach it.
        KeyboardInterrupt: the user ended it; it is silent at once.
    """
    from firstword.client.playing.devices import find_device
    from firstword.client.playing.player import Player

    try:
        find_device(device)
    except ConfigurationError as failure:
        raise ConfigurationError(f"{failure.message} -o FILE writes the audio instead.") from failure
    pieces: Queue[bytes | None] = Queue(PIECES)
    with Player(device=device, latency=latency) as player:
        playback = player.play(iter(pieces.get, None), encoding=encoding, sample_rate=sample_rate)

        def write(data: bytes | None) -> None:
            while not playback.arrived:
                try:
                    pieces.put(data, timeout=LOOK_S)
                except Full:
                    continue
                return
            playback.wait()

        try:
            yield write
        except BaseException:  # it is silent before anything is waited for
            playback.stop()
            raise
        finally:
            write(None)
        playback.wait()
