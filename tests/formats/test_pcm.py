"""Samples as integers, and as telephony's bytes."""

import io

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, SampleEncoding
from firstword.formats import pcm
from firstword.formats.pcm import PcmEncoder

pytestmark = pytest.mark.unit

COMPANDED = {SampleEncoding.MULAW: "ULAW", SampleEncoding.ALAW: "ALAW"}
EVERY_INT16 = np.arange(-32768, 32768)


def codes(integers: NDArray[np.int_], encoding: SampleEncoding) -> NDArray[np.uint8]:
    return np.frombuffer(pcm.encode((integers / 32768).astype(np.float32), encoding), np.uint8)


def levels(body: NDArray[np.uint8], encoding: SampleEncoding) -> NDArray[np.int_]:
    """What libsndfile makes of the codes."""
    raw = io.BytesIO(body.tobytes())
    samples, _ = soundfile.read(
        raw, dtype="int16", format="RAW", subtype=COMPANDED[encoding], samplerate=8_000, channels=1
    )
    return samples.astype(np.int_)


@pytest.mark.parametrize(
    ("sample", "integer"),
    [
        (0.0, 0),
        (0.5, 16384),
        (0.6 / 32768, 1),
        (-0.6 / 32768, -1),
        (1.0, 32767),
        (-1.0, -32768),
        (1.01, 32767),
        (-1.01, -32768),
        (np.nan, 0),
        (np.inf, 32767),
        (-np.inf, -32768),
    ],
)
def test_a_sample_is_rounded_and_clipped_never_wrapped(sample: float, integer: int) -> None:
    assert pcm.to_int16(np.array([sample], np.float32)).tolist() == [integer]


def test_integers_made_into_floats_come_back_unchanged() -> None:
    assert np.array_equal(pcm.to_int16((EVERY_INT16 / 32768).astype(np.float32)), EVERY_INT16)


def test_16_bit_samples_are_little_endian() -> None:
    assert pcm.encode(np.array([258 / 32768], np.float32), SampleEncoding.S16LE) == b"\x02\x01"


@pytest.mark.requirement("telephony-encodings")
@pytest.mark.parametrize("encoding", COMPANDED)
def test_every_code_of_telephony_is_the_code_of_its_own_level(encoding: SampleEncoding) -> None:
    """All 256 but mu-law's second zero."""
    every = np.arange(256, dtype=np.uint8)
    again = codes(levels(every, encoding), encoding)
    second_zero = {0x7F} if encoding is SampleEncoding.MULAW else set()
    assert set(every[again != every].tolist()) == second_zero


@pytest.mark.parametrize("encoding", COMPANDED)
def test_telephony_rises_with_the_sample_and_is_never_a_step_off(encoding: SampleEncoding) -> None:
    heard = levels(codes(EVERY_INT16, encoding), encoding)
    known = np.unique(levels(np.arange(256, dtype=np.uint8), encoding))
    steps = np.diff(known)[np.clip(np.searchsorted(known, EVERY_INT16) - 1, 0, len(known) - 2)]
    inside = (EVERY_INT16 >= known[0]) & (EVERY_INT16 <= known[-1])
    assert np.diff(heard).min() >= 0
    assert np.all(np.abs(heard - EVERY_INT16)[inside] <= steps[inside] * 2 / 3)


@pytest.mark.parametrize(
    ("encoding", "silence", "loudest", "lowest"),
    [(SampleEncoding.MULAW, 0xFF, 0x80, 0x00), (SampleEncoding.ALAW, 0xD5, 0xAA, 0x2A)],
)
def test_telephony_has_the_codes_of_g711(
    encoding: SampleEncoding, silence: int, loudest: int, lowest: int
) -> None:
    assert codes(np.array([0, 32767, -32768]), encoding).tolist() == [silence, loudest, lowest]


def test_each_chunk_is_one_block_of_whole_frames() -> None:
    encoder = PcmEncoder(AudioSpec(AudioFormat.PCM))
    made = [encoder.feed(AudioChunk(np.zeros(frames, np.float32), 24_000)) for frames in (3, 0, 5)]
    assert [[len(block) for block in items] for items in made] == [[6], [], [10]]
