"""The header of FLAC while its total is unknown, and once it is known."""

import numpy as np
import pytest

from firstword.core.types import AudioFormat, AudioSpec
from firstword.formats.flac import FlacEncoder
from firstword.formats.pcm import to_int16
from tests.formats.roundtrip import VARIANTS, blocks, by_av, by_libsndfile, tone

pytestmark = pytest.mark.unit


def total(body: bytes) -> int:
    """The 36 bits at the end of the eighth field of STREAMINFO."""
    return int.from_bytes(body[8 + 13 : 8 + 18], "big") & (1 << 36) - 1


def test_the_header_is_42_bytes_with_the_rate_and_an_unknown_total() -> None:
    header, *_ = blocks(FlacEncoder(VARIANTS["flac"]), tone(24_000, 0.1))
    assert header[:8] == b"fLaC\x80\0\0\x22"
    assert len(header) == 42
    assert int.from_bytes(header[18:21], "big") >> 4 == 24_000
    assert total(header) == 0


@pytest.mark.requirement("flac-frames-stream")
def test_each_block_is_a_frame_of_20_ms() -> None:
    _, *frames = blocks(FlacEncoder(VARIANTS["flac"]), tone(24_000, 1))
    assert len(frames) == 50
    assert {frame[:2] for frame in frames} == {b"\xff\xf8"}


@pytest.mark.parametrize("frames", [0, 1, 480, 24_000, 24_017])
def test_a_complete_body_states_its_total(frames: int) -> None:
    encoder = FlacEncoder(VARIANTS["flac"])
    body = b"".join(blocks(encoder, tone(24_000, 1.1)[:frames]))
    whole = encoder.whole(body)
    assert total(whole) == frames
    assert whole[:21] + whole[26:] == body[:21] + body[26:]
    assert int.from_bytes(whole[18:21], "big") >> 4 == 24_000


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 12_345, 24_000, 44_100, 48_000])
def test_not_one_bit_is_lost(sample_rate: int) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, sample_rate // 3).astype(np.float32)
    spec = AudioSpec(AudioFormat.FLAC, sample_rate)
    encoder = FlacEncoder(spec)
    body = b"".join(blocks(encoder, noise))
    expected = to_int16(noise).astype(np.float32) / 32768
    assert np.array_equal(by_av(body, spec).samples, expected)
    assert np.array_equal(by_libsndfile(encoder.whole(body), spec).samples, expected)
