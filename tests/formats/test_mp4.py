"""The index of a file of AAC, read by our own reader; tests/client/test_filing.py has other readers."""

from __future__ import annotations

import numpy as np
import pytest

from firstword.core.errors import UnsupportedAudio
from firstword.formats.mp4 import MEDIA_HEAD_BYTES, AacConfig, AacTrack, file_type, index, media_head
from firstword.formats.reading.mp4_tables import find, sound

pytestmark = pytest.mark.unit

CONFIG = AacConfig(object_type=2, rate_index=6, channels=1)


def track(sizes: list[int], delay_frames: int = 1024, frames: int | None = None) -> AacTrack:
    return AacTrack(CONFIG, 24_000, np.array(sizes, np.uint16), delay_frames, frames)


@pytest.mark.parametrize("count", [1, 47, 48, 49, 96, 1_000])
def test_every_packet_is_in_its_place(count: int) -> None:
    sizes = [100 + at % 77 for at in range(count)]
    begin = len(file_type())
    made = index(track(sizes), begin)
    first = begin + len(made) + MEDIA_HEAD_BYTES
    begins = (first + np.cumsum([0, *sizes[:-1]])).tolist()

    assert list(zip(begins, sizes, strict=True)) == list(sound(made[8:]).places)


def test_what_is_around_the_audio_is_left_out() -> None:
    told = sound(index(track([10] * 5, 1024, 4_000), 24)[8:])

    assert (24_000, 1024, 4_000) == (told.timescale, told.skip, told.keep)
    assert pytest.approx(4_000 / 24_000) == told.duration_s


def test_an_end_that_nobody_has_counted_is_that_of_the_last_packet() -> None:
    assert 4 * 1024 == sound(index(track([10] * 5), 24)[8:]).keep


def test_a_file_of_days_has_its_true_length() -> None:
    days = AacTrack(CONFIG, 24_000, np.full(1 << 22, 1_500, np.uint16), 1024)
    made = index(days, 24)
    table = find(made[8:], b"trak", b"mdia", b"minf", b"stbl", b"co64")

    assert pytest.approx(((1 << 32) - 1024) / 24_000) == sound(made[8:]).duration_s
    assert 24 + len(made) + MEDIA_HEAD_BYTES == int.from_bytes(table[8:16], "big")
    assert 1_500 * 48 == int.from_bytes(table[16:24], "big") - int.from_bytes(table[8:16], "big")
    assert (1 << 32) < int.from_bytes(table[-8:], "big")


def test_the_head_of_the_media_tells_its_length() -> None:
    assert MEDIA_HEAD_BYTES == len(media_head(1 << 40))
    assert (1 << 40) + MEDIA_HEAD_BYTES == int.from_bytes(media_head(1 << 40)[8:], "big")


@pytest.mark.parametrize("header", ["fff14c0001bffc", "fff14c4001bffd"])
def test_what_only_adts_can_carry_is_refused(header: str) -> None:
    with pytest.raises(UnsupportedAudio, match=r"save it as \.aac"):
        AacConfig.of(bytes.fromhex(header))
