"""FFmpeg's refusals, in our words."""

import numpy as np
import pytest

from firstword.core.errors import EngineError
from firstword.formats.libav import PacketCodec

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("name", "sample_rate"),
    [("no-such-encoder", 24_000), ("aac", 12_345), ("libopus", 44_100), ("mpeg4", 24_000)],
)
def test_an_encoder_that_cannot_be_opened_is_an_engine_error(name: str, sample_rate: int) -> None:
    with pytest.raises(EngineError, match=name):
        PacketCodec(name, sample_rate=sample_rate, sample_format="fltp", bit_rate=32_000, options={})


def test_an_encoder_that_fails_is_an_engine_error() -> None:
    codec = PacketCodec("flac", sample_rate=24_000, sample_format="s16", options={})
    codec.finish()
    with pytest.raises(EngineError, match="flac"):
        codec.encode(np.zeros(codec.block_frames, np.int16))
