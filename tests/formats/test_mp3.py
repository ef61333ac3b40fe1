"""The frames that LAME makes."""

import pytest

from firstword.core.errors import EngineError
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec
from firstword.formats import mp3
from firstword.formats.mp3 import Mp3Encoder
from tests.formats.roundtrip import VARIANTS, blocks, tone

pytestmark = pytest.mark.unit

KBPS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    0: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
BASE_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
MONO = 3


def frames(body: bytes) -> list[tuple[int, int, int]]:
    """Rate, bitrate and channel mode of every frame; each must begin where the one before it ends."""
    found, at = [], 0
    while at < len(body):
        assert (body[at], body[at + 1] & 0xE6) == (0xFF, 0xE2), "layer III"
        version = body[at + 1] >> 3 & 3
        kbps = KBPS[version][body[at + 2] >> 4]
        sample_rate = BASE_RATES[version][body[at + 2] >> 2 & 3]
        found.append((sample_rate, kbps * 1000, body[at + 3] >> 6))
        at += (144 if version == 3 else 72) * kbps * 1000 // sample_rate + (body[at + 2] >> 1 & 1)
    assert at == len(body)
    return found


@pytest.mark.parametrize("sample_rate", mp3.RATES)
def test_frames_follow_each_other_with_the_rate_and_bitrate_of_the_spec(sample_rate: int) -> None:
    for bitrate in (mp3.bitrates(sample_rate)[0], mp3.bitrates(sample_rate)[-1]):
        encoder = Mp3Encoder(AudioSpec(AudioFormat.MP3, sample_rate, bitrate))
        found = frames(b"".join(blocks(encoder, tone(sample_rate, 0.3))))
        assert set(found) == {(sample_rate, bitrate, MONO)}


@pytest.mark.parametrize(("sample_rate", "bitrate"), [(8_000, 64_000), (24_000, 128_000), (48_000, 128_000)])
def test_the_default_bitrate_is_128k_or_the_most_a_low_rate_has(sample_rate: int, bitrate: int) -> None:
    encoder = Mp3Encoder(AudioSpec(AudioFormat.MP3, sample_rate))
    assert set(frames(b"".join(blocks(encoder, tone(sample_rate, 0.3))))) == {(sample_rate, bitrate, MONO)}


@pytest.mark.requirement("one-stream-per-response")
def test_no_frame_pretends_to_know_the_length() -> None:
    body = b"".join(blocks(Mp3Encoder(VARIANTS["mp3"]), tone(24_000, 0.5)))
    assert [sign for sign in (b"Xing", b"Info", b"LAME3") if sign in body[:1_000]] == []


def test_an_encoder_that_fails_says_so_in_our_words() -> None:
    encoder = Mp3Encoder(VARIANTS["mp3"])
    blocks(encoder, tone(24_000, 0.1))
    with pytest.raises(EngineError, match="mp3"):
        encoder.flush()
    with pytest.raises(EngineError, match="mp3"):
        encoder.feed(AudioChunk(tone(24_000, 0.1), 24_000))
