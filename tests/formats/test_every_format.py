"""What holds for every format, as PyAV, libsndfile and ffmpeg see it."""

import numpy as np
import pytest

from firstword.core.types import AudioChunk, AudioFormat, AudioSpec
from firstword.formats import registry
from tests.formats.roundtrip import (
    FRAMED,
    VARIANTS,
    Decoded,
    blocks,
    by_av,
    by_ffmpeg,
    by_libsndfile,
    encode,
    frequency,
    likeness,
    marked,
    tone,
)

pytestmark = pytest.mark.unit

LIBSNDFILE_READS = [name for name in VARIANTS if name != "aac" and name != "opus-webm" and "pcm" not in name]

FIRST_BYTES_MS = {"pcm": 1, "wav": 1, "flac": 20, "opus": 20, "opus-webm": 20, "mp3": 36, "aac": 46}
FIRST_SOUND_MS = {"pcm": 1, "wav": 1, "flac": 20, "opus": 20, "opus-webm": 20, "mp3": 58, "aac": 65}
"""Milliseconds of audio in until something of it is out. Measured with 1 ms pieces."""

RATES = [
    (audio_format, sample_rate)
    for audio_format in AudioFormat
    for sample_rate in (8_000, 11_025, 12_000, 12_345, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
    if sample_rate in registry.rates(audio_format)
]


def assert_nothing_is_lost(name: str, decoded: Decoded) -> None:
    """As many samples as went in, behind the declared delay, the first and last 50 ms recognizable."""
    spec = VARIANTS[name]
    sent, got = marked(spec.sample_rate), decoded.at(spec.sample_rate)
    got = got[registry.encoder(spec).delay_frames :]
    padding = len(got) - len(sent)
    assert padding in range(1152) if name in FRAMED else padding == 0
    edge = spec.sample_rate // 20
    got = got[: len(sent)]
    assert likeness(got[:edge], sent[:edge]) > 0.9
    assert likeness(got[-edge:], sent[-edge:]) > 0.9


@pytest.mark.requirement("every-sample-survives", "encoder-delay-is-declared", "speech-six-formats")
@pytest.mark.parametrize("name", VARIANTS)
def test_pyav_finds_every_sample_and_both_ends(name: str) -> None:
    spec = VARIANTS[name]
    assert_nothing_is_lost(name, by_av(encode(spec, marked(spec.sample_rate)), spec))


@pytest.mark.parametrize("name", LIBSNDFILE_READS)
def test_libsndfile_finds_every_sample_and_both_ends(name: str) -> None:
    """With the true sizes in flac, whose unknown total libsndfile refuses."""
    spec = VARIANTS[name]
    encoder = registry.encoder(spec)
    body = b"".join(blocks(encoder, marked(spec.sample_rate)))
    whole = encoder.whole(body) if encoder.whole and name == "flac" else body
    assert_nothing_is_lost(name, by_libsndfile(whole, spec))


@pytest.mark.program("ffmpeg")
@pytest.mark.parametrize("name", VARIANTS)
def test_ffmpeg_finds_every_sample_and_has_nothing_to_say(name: str) -> None:
    """But that a wav's length is unknown, which is so; the sizes of a complete one silence it."""
    spec = VARIANTS[name]
    encoder = registry.encoder(spec)
    body = b"".join(blocks(encoder, marked(spec.sample_rate)))
    decoded, remarks = by_ffmpeg(body, spec)
    assert_nothing_is_lost(name, decoded)
    assert remarks == [] or spec.format is AudioFormat.WAV
    if encoder.whole:
        decoded, remarks = by_ffmpeg(encoder.whole(body), spec)
        assert_nothing_is_lost(name, decoded)
        assert remarks == []


@pytest.mark.parametrize(("audio_format", "sample_rate"), RATES)
def test_a_tone_keeps_its_pitch_at_every_rate(audio_format: AudioFormat, sample_rate: int) -> None:
    spec = AudioSpec(format=audio_format, sample_rate=sample_rate)
    decoded = by_av(encode(spec, tone(sample_rate, 0.5)), spec)
    assert frequency(decoded.samples, decoded.sample_rate) == pytest.approx(440, abs=1)


@pytest.mark.parametrize(("audio_format", "sample_rate"), RATES)
def test_the_delay_is_as_declared_at_every_rate(audio_format: AudioFormat, sample_rate: int) -> None:
    spec = AudioSpec(format=audio_format, sample_rate=sample_rate)
    encoder = registry.encoder(spec)
    sent = marked(sample_rate, 0.2)
    got = by_av(b"".join(blocks(encoder, sent)), spec).at(sample_rate)
    lags = np.correlate(got, sent, "full")
    assert int(np.argmax(lags)) - (len(sent) - 1) == encoder.delay_frames


@pytest.mark.parametrize("name", FIRST_BYTES_MS)
def test_the_first_bytes_leave_no_later_than_the_codec_allows(name: str) -> None:
    assert fed_until(name, 0) <= FIRST_BYTES_MS[name]


@pytest.mark.requirement("flac-frames-stream", "mp3-frames-stand-alone")
@pytest.mark.parametrize("name", FIRST_SOUND_MS)
def test_the_first_sound_can_be_decoded_no_later_than_the_codec_allows(name: str) -> None:
    assert fed_until(name, 1) <= FIRST_SOUND_MS[name]


def fed_until(name: str, sounding: int) -> int:
    """Milliseconds fed, one at a time, until there are bytes with as many source samples in them."""
    spec = VARIANTS[name]
    encoder = registry.encoder(spec)
    samples, step = tone(spec.sample_rate, 0.2), spec.sample_rate // 1000
    body = b""
    for fed_ms in range(1, 200):
        piece = samples[(fed_ms - 1) * step : fed_ms * step]
        made = b"".join(encoder.feed(AudioChunk(piece, spec.sample_rate)))
        body += made
        if made and (not sounding or decodable(body, spec) >= encoder.delay_frames + sounding):
            return fed_ms
    raise AssertionError(f"{name}: nothing came out")


def decodable(body: bytes, spec: AudioSpec) -> int:
    try:
        return len(by_av(body, spec).samples)
    except ValueError:  # FFmpeg's InvalidDataError: not one frame yet
        return 0


@pytest.mark.requirement("one-stream-per-response")
@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("wav", b"RIFF"),
        ("wav", b"data"),
        ("flac", b"fLaC"),
        ("opus", b"OpusHead"),
        ("opus", b"OpusTags"),
        ("opus-webm", b"\x1a\x45\xdf\xa3"),
        ("opus-webm", b"OpusHead"),
    ],
)
def test_the_header_comes_once_and_first(name: str, sign: bytes) -> None:
    made = blocks(registry.encoder(VARIANTS[name]), marked(24_000))
    assert [sign in block for block in made] == [True] + [False] * (len(made) - 1)
    assert b"".join(made).count(sign) == 1


@pytest.mark.parametrize("name", ["wav", "flac", "opus", "opus-webm"])
def test_a_header_alone_never_leaves(name: str) -> None:
    encoder = registry.encoder(VARIANTS[name])
    pieces = np.split(tone(24_000, 0.04), 40)
    made = [encoder.feed(AudioChunk(piece, 24_000)) for piece in pieces]
    assert next(len(items) for items in made if items) == 2


@pytest.mark.parametrize("name", VARIANTS)
def test_an_empty_piece_makes_nothing(name: str) -> None:
    encoder = registry.encoder(VARIANTS[name])
    assert list(encoder.feed(AudioChunk(np.empty(0, np.float32), encoder.sample_rate))) == []


@pytest.mark.parametrize("name", ["wav", "flac", "opus", "opus-webm"])
def test_nothing_said_is_a_valid_file_of_silence(name: str) -> None:
    """Of no samples; only, FFmpeg does not take both ends off a WebM of a single packet."""
    spec = VARIANTS[name]
    got = by_av(b"".join(registry.encoder(spec).flush()), spec).samples
    assert np.count_nonzero(got) == 0
    assert len(got) == 0 or name == "opus-webm"


@pytest.mark.parametrize("name", ["pcm", "mp3", "aac"])
def test_nothing_said_is_no_byte_where_there_is_no_header(name: str) -> None:
    assert list(registry.encoder(VARIANTS[name]).flush()) == []


@pytest.mark.parametrize("name", VARIANTS)
def test_too_loud_is_clipped_and_never_wraps(name: str) -> None:
    spec = VARIANTS[name]
    loud = 4 * tone(spec.sample_rate, 0.3)
    got = by_av(encode(spec, loud), spec).at(spec.sample_rate)
    got = got[registry.encoder(spec).delay_frames :][: len(loud)]
    assert likeness(got, np.clip(loud, -1, 1)) > 0.95


@pytest.mark.parametrize("name", VARIANTS)
def test_not_a_number_is_silence(name: str) -> None:
    spec = VARIANTS[name]
    nans = np.full(spec.sample_rate // 5, np.nan, np.float32)
    got = by_av(encode(spec, nans), spec).samples
    assert float(np.abs(got).max()) < 1e-3
