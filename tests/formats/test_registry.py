"""The table of formats: what it allows, what it refuses, what it costs to import."""

import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

from firstword.core.errors import InvalidRequest
from firstword.core.types import AudioFormat, AudioSpec, Container, SampleEncoding
from firstword.formats import aac, mp3, opus, registry
from tests.formats.roundtrip import VARIANTS

pytestmark = pytest.mark.unit

MEDIA_TYPES = {
    "pcm": "audio/pcm; rate=24000; channels=1",
    "pcm-mulaw": "audio/PCMU; rate=24000; channels=1",
    "pcm-alaw": "audio/PCMA; rate=24000; channels=1",
    "wav": "audio/wav",
    "wav-mulaw": "audio/wav",
    "wav-alaw": "audio/wav",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "opus": "audio/ogg; codecs=opus",
    "opus-webm": "audio/webm; codecs=opus",
}

BITRATES: dict[AudioFormat, Callable[[int], Sequence[int]]] = {
    AudioFormat.MP3: mp3.bitrates,
    AudioFormat.AAC: aac.bitrates,
    AudioFormat.OPUS: lambda sample_rate: opus.BITRATES,
}


@pytest.mark.requirement("speech-media-types")
@pytest.mark.parametrize("name", VARIANTS)
def test_the_media_type_is_known_before_an_encoder_is_built(name: str) -> None:
    assert MEDIA_TYPES[name] == registry.encoder(VARIANTS[name]).media_type
    assert MEDIA_TYPES[name] == registry.encoder(VARIANTS[name]).media_type


@pytest.mark.parametrize("name", VARIANTS)
def test_an_encoder_works_at_the_rate_of_its_spec(name: str) -> None:
    spec = VARIANTS[name]
    assert spec.sample_rate == registry.encoder(spec).sample_rate


@pytest.mark.parametrize("audio_format", AudioFormat)
def test_a_format_carries_its_default_rate(audio_format: AudioFormat) -> None:
    expected = 48_000 if audio_format is AudioFormat.AAC else 24_000
    assert expected == registry.default_rate(audio_format)
    assert expected in registry.rates(audio_format)


@pytest.mark.parametrize("audio_format", AudioFormat)
def test_every_format_carries_telephony_rates_and_48_khz(audio_format: AudioFormat) -> None:
    assert {8_000, 16_000, 24_000, 48_000} <= set(registry.rates(audio_format))


@pytest.mark.parametrize(
    ("spec", "field", "hint"),
    [
        (AudioSpec(AudioFormat.PCM, 7_999), "sample_rate", "anything from 8000 to 48000 Hz is"),
        (AudioSpec(AudioFormat.WAV, 96_000), "sample_rate", "anything from 8000 to 48000 Hz is"),
        (AudioSpec(AudioFormat.OPUS, 44_100), "sample_rate", "8000, 12000, 16000, 24000, 48000 Hz are"),
        (AudioSpec(AudioFormat.MP3, 23_000), "sample_rate", "22050, 24000, 32000"),
        (AudioSpec(AudioFormat.AAC, 47_999), "sample_rate", "44100, 48000 Hz are"),
        (AudioSpec(AudioFormat.MP3, 24_000, 320_000), "bitrate", "144000, 160000 bits per second are"),
        (AudioSpec(AudioFormat.MP3, 48_000, 8_000), "bitrate", "32000, 40000"),
        (AudioSpec(AudioFormat.MP3, 8_000, 128_000), "bitrate", "56000, 64000 bits per second are"),
        (AudioSpec(AudioFormat.MP3, 24_000, 128), "bitrate", "128000"),
        (AudioSpec(AudioFormat.OPUS, 24_000, 5_999), "bitrate", "anything from 6000 to 256000"),
        (AudioSpec(AudioFormat.AAC, 8_000, 64_000), "bitrate", "anything from 8000 to 48000"),
        (AudioSpec(AudioFormat.FLAC, 24_000, 64_000), "bitrate", "only mp3, opus and aac"),
        (AudioSpec(AudioFormat.PCM, 24_000, 64_000), "bitrate", "only mp3, opus and aac"),
        (AudioSpec(AudioFormat.MP3, container=Container.WEBM), "container", "only opus"),
        (AudioSpec(AudioFormat.WAV, container=Container.WEBM), "container", "only opus"),
        (AudioSpec(AudioFormat.MP3, encoding=SampleEncoding.MULAW), "encoding", "only pcm and wav"),
        (AudioSpec(AudioFormat.FLAC, encoding=SampleEncoding.ALAW), "encoding", "only pcm and wav"),
    ],
    ids=str,
)
def test_what_a_format_cannot_carry_is_refused_with_what_it_can(
    spec: AudioSpec, field: str, hint: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        registry.encoder(spec)
    assert (field, f"unsupported_{field}") == (refusal.value.param, refusal.value.code)
    assert hint in refusal.value.message


@pytest.mark.parametrize(
    "spec",
    [
        AudioSpec(audio_format, sample_rate, bitrate)
        for audio_format in BITRATES
        for sample_rate in registry.rates(audio_format)
        for bitrate in (None, 8_000, 32_000, 48_000, 64_000, 256_000)
    ],
    ids=str,
)
def test_a_lossy_format_is_either_built_as_asked_or_refused(spec: AudioSpec) -> None:
    """The table never allows what the codec then refuses."""
    if spec.bitrate is None or spec.bitrate in BITRATES[spec.format](spec.sample_rate):
        assert registry.encoder(spec).sample_rate == spec.sample_rate
    else:
        with pytest.raises(InvalidRequest, match="bits per second"):
            registry.check(spec)


def test_importing_formats_loads_no_codec_library_of_ffmpeg_and_pcm_needs_none() -> None:
    script = (
        "import sys, firstword.formats\n"
        "from firstword.core.types import AudioFormat, AudioSpec\n"
        "from firstword.formats import registry\n"
        "registry.encoder(AudioSpec(AudioFormat.PCM)), registry.encoder(AudioSpec(AudioFormat.MP3))\n"
        "before = 'av' in sys.modules\n"
        "registry.warm()\n"
        "print(before, 'av' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]
