"""Samples as integers, and as telephony's bytes."""

import io

import numpy as np
import pytest
import soundfile

from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, SampleEncoding
from firstword.formats import pcm
from firstword.formats.pcm import PcmEncoder

pytestmark = pytest.mark.unit

COMPANDED = {SampleEncoding.MULAW: "ULAW", SampleEncoding.ALAW: "ALAW"}
EVERY_INT16 = np.arange(-32768, 32768).astype(np.int16)


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
def test_every_16_bit_value_has_the_code_that_libsndfile_gives_it(encoding: SampleEncoding) -> None:
    reference = io.BytesIO()
    soundfile.write(reference, EVERY_INT16, 8_000, format="RAW", subtype=COMPANDED[encoding])
    assert pcm.encode((EVERY_INT16 / 32768).astype(np.float32), encoding) == reference.getvalue()


@pytest.mark.parametrize(
    ("encoding", "silence", "loudest", "lowest"),
    [(SampleEncoding.MULAW, 0xFF, 0x80, 0x00), (SampleEncoding.ALAW, 0xD5, 0xAA, 0x2A)],
)
def test_telephony_has_the_codes_of_g711(
    encoding: SampleEncoding, silence: int, loudest: int, lowest: int
) -> None:
    extremes = np.array([0, 1, -1], np.float32)
    assert list(pcm.encode(extremes, encoding)) == [silence, loudest, lowest]


def test_each_chunk_is_one_block_of_whole_frames() -> None:
    encoder = PcmEncoder(AudioSpec(AudioFormat.PCM))
    made = [encoder.feed(AudioChunk(np.zeros(frames, np.float32), 24_000)) for frames in (3, 0, 5)]
    assert [[len(block) for block in items] for items in made] == [[6], [], [10]]
