"""The frame that tells how long an mp3 is."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from firstword.core.types import AudioChunk, AudioFormat, AudioSpec
from firstword.formats import registry
from firstword.formats.info import MARKS, Gaps, Survey, blank, checksum, corrected, written
from firstword.formats.reading.mpeg import frame_header, is_tag, tag_at

pytestmark = pytest.mark.unit


def first_frame(sample_rate: int, bitrate: int) -> bytes:
    encoder = registry.encoder(AudioSpec(AudioFormat.MP3, sample_rate, bitrate))
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, sample_rate).astype(np.float32)
    data = b"".join([*encoder.feed(AudioChunk(noise, sample_rate)), *encoder.flush()])
    header = frame_header(data)
    assert header is not None
    return data[: header.size]


def foreign_file() -> bytes:
    """As FFmpeg writes it; of stereo in MPEG-1, whose checksum it counts as the specification has it."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=44_100, layout="stereo")
        noise = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 30_000)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 44_100, 0, Fraction(1, 44_100)
        container.mux([*stream.encode(frame), *stream.encode(None)])
    data = file.getvalue()
    return data[data.index(b"\xff\xfb") :]


@pytest.mark.parametrize(
    ("sample_rate", "bitrate"),
    [
        (8_000, 8_000),
        (8_000, 64_000),
        (24_000, 8_000),
        (24_000, 160_000),
        (48_000, 32_000),
        (48_000, 320_000),
    ],
)
def test_there_is_room_for_a_tag_at_any_bitrate(sample_rate: int, bitrate: int) -> None:
    first = first_frame(sample_rate, bitrate)
    made = written(blank(first), Survey(), Gaps(576, 100))
    kind, told = frame_header(first), frame_header(made)

    assert kind is not None
    assert told is not None
    assert (kind.kind, len(made)) == (told.kind, told.size)
    assert is_tag(made)


def test_checksums_are_those_that_ffmpeg_states() -> None:
    data = foreign_file()
    header = frame_header(data)
    assert header is not None
    tag, music = data[: header.size], data[header.size :]
    end = tag_at(tag) + 8 + 4 + 4 + 100 + 4 + 36

    assert int.from_bytes(tag[end - 4 : end - 2], "big") == checksum([music[:1000], music[1000:]])
    assert int.from_bytes(tag[end - 2 : end], "big") == checksum([tag[: end - 2]])


def test_a_corrected_tag_has_a_checksum_that_fits() -> None:
    data, survey = foreign_file(), Survey()
    header = frame_header(data)
    assert header is not None
    tag = data[: header.size]
    survey.add(tag)
    end = tag_at(tag) + 8 + 4 + 4 + 100 + 4 + 36
    made = corrected(tag, survey)

    assert made != tag
    assert int.from_bytes(made[end - 2 : end], "big") == checksum([made[: end - 2]])
    assert made == corrected(made, survey)


@pytest.mark.parametrize("count", [1, 99, 399, 400, 401, 12_345])
def test_the_table_tells_where_each_hundredth_begins(count: int) -> None:
    random, survey, begins = np.random.default_rng(2), Survey(), []
    for _ in range(count):
        begins.append(survey.bytes)
        size = int(random.integers(24, 1_000))
        survey.add(bytes([0xFF, 0xF3, size % 14 + 1 << 4, 0xC4]).ljust(size, b"\0"))
    before = 200
    table, total = survey.table(before), before + survey.bytes

    step = 2 * count / MARKS * 1_000 + total / 256 if count >= MARKS else total / 256
    for percent, found in enumerate(table):
        assert total * found / 256 == pytest.approx(before + begins[percent * count // 100], abs=step)
    assert list(table) == sorted(table)


def test_one_bitrate_is_told_from_many() -> None:
    constant, varying = Survey(), Survey()
    for kind in (0x94, 0x94, 0x96):
        constant.add(bytes([0xFF, 0xF3, kind, 0xC4]))
    for kind in (0x94, 0x84):
        varying.add(bytes([0xFF, 0xF3, kind, 0xC4]))
    first = blank(first_frame(24_000, 64_000))

    assert b"Info" == written(first, constant, None)[13:17]
    assert b"Xing" == written(first, varying, None)[13:17]


def test_gaps_that_a_tag_cannot_state_are_not_stated() -> None:
    assert Gaps(576, 47) == Gaps.around(24_000, delay_frames=1_105, held=24_623)
    assert Gaps(576, 529) == Gaps.around(None, delay_frames=1_105, held=24_623)
    assert Gaps.around(24_000, delay_frames=0, held=24_623) is None
    assert Gaps.around(24_000, delay_frames=5_000, held=24_623) is None
    assert Gaps.around(10_000, delay_frames=1_105, held=24_623) is None
    assert Gaps.around(24_623, delay_frames=1_105, held=24_623) is None
