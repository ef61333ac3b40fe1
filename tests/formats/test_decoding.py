"""What we write is what we read, sample for sample, however the bytes are cut."""

import numpy as np
import pytest

from firstword.core.errors import UndecodableAudio
from firstword.core.transcripts import AudioSource, InputEncoding
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec
from firstword.formats import decoding, registry
from tests.formats.incoming import SOURCES, hear, mp4
from tests.formats.roundtrip import FRAMED, VARIANTS, encode, frequency, likeness, marked, tone

pytestmark = pytest.mark.unit

EXACT = ("pcm", "wav", "flac")
COMPANDED = ("pcm-mulaw", "pcm-alaw", "wav-mulaw", "wav-alaw")

LAG_MS = {"pcm": 0, "wav": 0, "flac": 0, "mp3": 104, "aac": 65, "opus": 26, "opus-webm": 26}
"""How far what has been decoded is behind what was given to the encoder in pieces of 20 ms: what the codec
costs, and nothing for reading."""


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("sizes", [(), (1,), (7, 1, 500)])
def test_every_sample_comes_back(name: str, sizes: tuple[int, ...]) -> None:
    spec = VARIANTS[name]
    sent = marked(spec.sample_rate)
    heard = hear(encode(spec, sent), SOURCES[name], *sizes)
    assert heard.error is None
    assert heard.sample_rate is not None
    step = heard.sample_rate // spec.sample_rate
    got = heard.samples[::step][registry.encoder(spec).delay_frames :]
    padding = len(got) - len(sent)
    assert padding in range(1152) if name in FRAMED else padding == 0
    difference = np.abs(got[: len(sent)] - sent).max()
    assert difference <= (2**-16 if name in EXACT else 2**-7 if name in COMPANDED else 2**-5)
    assert likeness(got[: len(sent)], sent) > 0.999


@pytest.mark.parametrize("name", EXACT)
def test_what_has_no_loss_comes_back_bit_by_bit(name: str) -> None:
    sent = np.random.default_rng(0).integers(-32_768, 32_768, 30_001).astype(np.float32) / 32_768
    assert np.array_equal(hear(encode(VARIANTS[name], sent), SOURCES[name], 1000).samples, sent)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_chunks_follow_each_other(name: str) -> None:
    heard = hear(encode(VARIANTS[name], marked(VARIANTS[name].sample_rate)), SOURCES[name], 333)
    at = 0
    for chunk in heard.chunks:
        assert (chunk.start, chunk.sample_rate) == (at, heard.sample_rate)
        assert chunk.samples.dtype == np.float32
        at += len(chunk.samples)


@pytest.mark.parametrize("audio_format", AudioFormat)
@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 24_000, 48_000])
def test_a_tone_keeps_its_pitch_at_every_rate(audio_format: AudioFormat, sample_rate: int) -> None:
    spec = AudioSpec(audio_format, sample_rate)
    source = AudioSource(SOURCES[audio_format.value].encoding, sample_rate)
    heard = hear(encode(spec, tone(sample_rate, 1)), source, 4096)
    assert heard.sample_rate == (48_000 if audio_format is AudioFormat.OPUS else sample_rate)
    assert frequency(heard.samples, heard.sample_rate) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("name", LAG_MS)
def test_what_has_arrived_is_decoded_at_once(name: str) -> None:
    spec = VARIANTS[name]
    encoder, stage = registry.encoder(spec), decoding.decoder(SOURCES[name])
    samples, piece, got_s, lags = tone(spec.sample_rate, 2), spec.sample_rate // 50, 0.0, []
    for at in range(0, len(samples), piece):
        chunk = AudioChunk(samples[at : at + piece], spec.sample_rate, at)
        for block in encoder.feed(chunk):
            got_s += sum(decoded.duration_s for decoded in stage.feed(block))
        lags.append((at + piece + encoder.delay_frames) / spec.sample_rate - got_s)
    assert max(lags) * 1000 <= LAG_MS[name] + 1e-6


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_channels_are_averaged(channels: int) -> None:
    parts = np.random.default_rng(1).uniform(-1, 1, (1_000, channels)).astype("<f4")
    heard = hear(parts.tobytes(), AudioSource(InputEncoding.F32LE, 44_100, channels), 1, 5, 1000)
    assert np.allclose(heard.samples, parts.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_number_is_an_error_after_those_before_it(bad: float) -> None:
    samples = np.full(16_000, 0.25, "<f4")
    samples[8_000] = bad
    for size in (1, 4096, 10**6):
        heard = hear(samples.tobytes(), AudioSource(InputEncoding.F32LE), size)
        assert isinstance(heard.error, UndecodableAudio)
        assert "after 0.50 s" in heard.error.message
        assert len(heard.samples) == 8_000


def test_raw_samples_may_end_within_one_or_never_begin() -> None:
    heard = hear(b"\0\x40\0\x40\x12", SOURCES["pcm"], 1)
    assert (heard.error, heard.samples.tolist()) == (None, [0.5, 0.5])
    assert hear(b"", SOURCES["pcm"]).error is None


def test_the_rate_is_known_from_the_header_on() -> None:
    body = encode(VARIANTS["wav"], tone(24_000, 0.1))
    stage = decoding.decoder(SOURCES["wav"])
    stage.feed(body[:43])
    before = stage.sample_rate
    stage.feed(body[43:44])
    assert (before, stage.sample_rate) == (None, 24_000)


def test_an_mp4_in_fragments_streams() -> None:
    sent = tone(48_000, 1)
    body = mp4(sent)
    stage = decoding.decoder(AudioSource(InputEncoding.MP4))
    first_half = sum(len(chunk.samples) for chunk in stage.feed(body[: len(body) // 2]))
    rest = sum(len(chunk.samples) for chunk in [*stage.feed(body[len(body) // 2 :]), *stage.flush()])
    assert first_half > len(sent) / 4
    got = hear(body, AudioSource(InputEncoding.MP4), 100).samples
    assert len(got) == first_half + rest
    assert likeness(got[1024 : 1024 + len(sent)], sent) > 0.99
