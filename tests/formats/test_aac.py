"""The frames of ADTS."""

import pytest

from firstword.core.types import AudioFormat, AudioSpec
from firstword.formats import aac
from firstword.formats.aac import AacEncoder, adts
from tests.formats.roundtrip import VARIANTS, blocks, tone

pytestmark = pytest.mark.unit

RATES_BY_INDEX = {
    3: 48_000,
    4: 44_100,
    5: 32_000,
    6: 24_000,
    7: 22_050,
    8: 16_000,
    9: 12_000,
    10: 11_025,
    11: 8_000,
}


@pytest.mark.parametrize("sample_rate", aac.RATES)
def test_each_block_is_one_frame_of_low_complexity_mono(sample_rate: int) -> None:
    for block in blocks(AacEncoder(AudioSpec(AudioFormat.AAC, sample_rate)), tone(sample_rate, 0.3)):
        assert block[:2] == b"\xff\xf1"
        assert block[2] >> 6 == 1, "object type LC"
        assert RATES_BY_INDEX[block[2] >> 2 & 15] == sample_rate
        assert (block[2] & 1) << 2 | block[3] >> 6 == 1, "one channel"
        assert (block[3] & 3) << 11 | block[4] << 3 | block[5] >> 5 == len(block)


def test_a_frame_states_its_length_with_its_header() -> None:
    assert adts(bytes(1_000), 48_000) == bytes.fromhex("fff14c407dfffc") + bytes(1_000)


def test_a_frame_is_1024_samples_and_one_more_carries_the_delay() -> None:
    assert len(blocks(AacEncoder(VARIANTS["aac"]), tone(48_000, 1.024))) == 48 + 1


@pytest.mark.parametrize(("sample_rate", "default"), [(8_000, 32_000), (16_000, 64_000), (48_000, 64_000)])
def test_the_default_bitrate_is_one_the_rate_can_carry(sample_rate: int, default: int) -> None:
    assert default == aac.default_bitrate(sample_rate)
    assert default in aac.bitrates(sample_rate)
