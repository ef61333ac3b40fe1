"""The measuring listener: what it hears, when, and what it misses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from firstword.bench.audible import Audible
from firstword.bench.listener import Heard, _Chunked, _Player, listen
from firstword.core.errors import EngineError

pytestmark = pytest.mark.unit

RATE = 24_000
SECOND = np.full(RATE, 1000, "<i2").tobytes()
SILENCE = bytes(2 * RATE)


def played(arrivals: Sequence[tuple[float, bytes]], pace: float | None = 1.0) -> Heard:
    """What a player makes of bytes that came at these times, in seconds."""
    heard = Heard()
    player = _Player(heard, Audible("pcm"), pace)
    for now, data in arrivals:
        player.arrived(data, now)
    return heard


def test_audio_in_time_is_no_underrun() -> None:
    heard = played([(0.1, SECOND), (1.0, SECOND), (2.0, SECOND)])

    assert (0.1, 0, 0.0, 3.0) == (heard.first_audible_s, heard.underruns, heard.underrun_s, heard.audio_s)


def test_a_late_block_is_an_underrun_after_which_the_clock_starts_anew() -> None:
    heard = played([(0.0, SECOND), (1.25, SECOND), (2.25, SECOND), (3.75, SECOND)])

    assert (2, 0.75) == (heard.underruns, heard.underrun_s)


def test_silence_before_the_first_word_is_played_like_anything_else() -> None:
    heard = played([(5.0, SILENCE), (6.0, SECOND), (7.5, SECOND)])

    assert (6.0, 1, 0.5) == (heard.first_audible_s, heard.underruns, heard.underrun_s)


def test_twice_the_pace_needs_the_audio_in_half_the_time() -> None:
    arrivals = [(0.0, SECOND), (0.75, SECOND)]

    assert (0, 1) == (played(arrivals).underruns, played(arrivals, pace=2.0).underruns)


def test_a_player_waits_before_it_takes_more_than_it_needs() -> None:
    player = _Player(Heard(), Audible("pcm"), 1.0)
    player.arrived(SECOND, 0.0)

    assert 2.0 == pytest.approx(player.arrived(SECOND * 2, 0.0))


def test_a_reader_without_pace_never_waits() -> None:
    player = _Player(Heard(), Audible("pcm"), None)

    assert [0.0, 0.0] == [player.arrived(SECOND * 9, 0.0), player.arrived(SECOND * 9, 99.0)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_chunks_are_put_together_however_they_are_cut(size: int) -> None:
    body = b"3\r\nabc\r\n10;name=value\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n"
    framing = _Chunked()

    content = b"".join(framing.feed(body[at : at + size]) for at in range(0, len(body), size))

    assert (b"abc0123456789abcdef", True) == (content, framing.done)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_the_first_loud_sample_is_found_however_the_bytes_are_cut(size: int) -> None:
    samples = np.zeros(500, "<i2")
    samples[[100, 321]] = 200, -201
    body = bytes(range(44)) + samples.tobytes()
    heard = Audible("wav")

    for at in range(0, len(body), size):
        heard.feed(body[at : at + size])

    assert 321 == heard.at


def test_of_coded_audio_the_first_byte_counts() -> None:
    heard = Audible("mp3")

    assert [False, True, 0] == [heard.feed(b""), heard.feed(b"\xff"), heard.at]


def test_nobody_there_is_told() -> None:
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:1"):
        asyncio.run(listen("127.0.0.1", 1, {}))
