"""The RIFF header while it is open, and once it is closed."""

import io
import struct
import wave

import pytest

from firstword.core.types import AudioFormat, AudioSpec, SampleEncoding
from firstword.formats.wav import WavEncoder
from tests.formats.roundtrip import VARIANTS, blocks, by_av, by_libsndfile, tone

pytestmark = pytest.mark.unit

WAVS = ["wav", "wav-mulaw", "wav-alaw"]


def chunks(body: bytes) -> dict[bytes, bytes]:
    """Every chunk of a complete file; the sizes must lead to its very end."""
    riff, size, kind = struct.unpack_from("<4sI4s", body)
    assert (riff, size, kind) == (b"RIFF", len(body) - 8, b"WAVE")
    found, at = {}, 12
    while at < len(body):
        name, size = struct.unpack_from("<4sI", body, at)
        found[name] = body[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    assert at == len(body)
    return found


@pytest.mark.requirement("wav-streams-with-open-length")
def test_the_header_of_16_bit_samples_is_the_44_bytes_everybody_knows() -> None:
    header, *_ = blocks(WavEncoder(VARIANTS["wav"]), tone(24_000, 0.1))
    unknown = 0xFFFFFFFF
    expected = struct.pack("<4sI4s", b"RIFF", unknown, b"WAVE")
    expected += struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 24_000, 48_000, 2, 16)
    expected += struct.pack("<4sI", b"data", unknown)
    assert header == expected


@pytest.mark.requirement("wav-streams-with-open-length")
@pytest.mark.parametrize("name", WAVS)
def test_a_wav_of_unknown_length_is_read_to_its_end(name: str) -> None:
    spec, sent = VARIANTS[name], tone(24_000, 0.1)[:2_399]
    body = b"".join(blocks(WavEncoder(spec), sent))
    assert len(by_libsndfile(body, spec).samples) == len(by_av(body, spec).samples) == 2_399


def test_the_standard_library_reads_a_wav_of_unknown_length() -> None:
    body = b"".join(blocks(WavEncoder(VARIANTS["wav"]), tone(24_000, 0.1)))
    with wave.open(io.BytesIO(body)) as reader:
        assert (reader.getnchannels(), reader.getframerate(), reader.getsampwidth()) == (1, 24_000, 2)
        assert reader.readframes(10_000) == body[44:]


@pytest.mark.requirement("complete-wav-has-true-sizes")
@pytest.mark.parametrize("name", WAVS)
@pytest.mark.parametrize("frames", [0, 1, 2_399, 2_400])
def test_a_complete_wav_has_true_sizes_and_an_even_length(name: str, frames: int) -> None:
    spec = VARIANTS[name]
    encoder = WavEncoder(spec)
    body = b"".join(blocks(encoder, tone(24_000, 0.1)[:frames]))
    found = chunks(encoder.whole(body))
    assert found[b"data"] == (body[44:] if name == "wav" else body[58:])
    assert len(found[b"data"]) == frames * (2 if name == "wav" else 1)


@pytest.mark.requirement("telephony-encodings")
@pytest.mark.parametrize(("encoding", "tag"), [(SampleEncoding.ALAW, 6), (SampleEncoding.MULAW, 7)])
def test_telephony_states_its_tag_its_extension_and_its_frames(encoding: SampleEncoding, tag: int) -> None:
    encoder = WavEncoder(AudioSpec(AudioFormat.WAV, 8_000, encoding=encoding))
    body = b"".join(blocks(encoder, tone(8_000, 0.1)))
    found = chunks(encoder.whole(body))
    assert found[b"fmt "] == struct.pack("<HHIIHHH", tag, 1, 8_000, 8_000, 1, 8, 0)
    assert found[b"fact"] == struct.pack("<I", 800)


def test_a_file_of_no_samples_is_its_header() -> None:
    encoder = WavEncoder(VARIANTS["wav"])
    (header,) = encoder.flush()
    assert chunks(encoder.whole(header))[b"data"] == b""
