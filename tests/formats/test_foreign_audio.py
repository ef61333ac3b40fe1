"""Recordings as ffmpeg writes them: every container, every codec, films too."""

import io
from itertools import accumulate

import numpy as np
import pytest

from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.core.transcripts import AudioSource, InputEncoding
from firstword.core.types import AudioFormat, AudioSpec
from firstword.formats.files import Recording
from firstword.formats.sniff import SNIFF_BYTES, sniff
from tests.formats.incoming import by_ffmpeg, hear, spoiled
from tests.formats.roundtrip import encode, likeness, marked

pytestmark = [pytest.mark.unit, pytest.mark.program("ffmpeg")]

RATE = 48_000
SENT = marked(RATE)
FRAGMENTS = "frag_keyframe+empty_moov+default_base_moof"

EXACT = {
    "wav of 8 bits": "-c:a pcm_u8 -f wav",
    "wav of 24 bits": "-c:a pcm_s24le -f wav",
    "wav of floats": "-c:a pcm_f32le -f wav",
    "wav with six channels": "-af pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0 -c:a pcm_s24le -f wav",
    "rf64": "-rf64 always -f wav",
    "wav mulaw": "-c:a pcm_mulaw -f wav",
    "mp3 with a Xing frame": "-c:a libmp3lame -b:a 128k -id3v2_version 3 -metadata title=x -f mp3",
    "flac": "-c:a flac -f flac",
    "flac, stereo of 24 bits": "-c:a flac -sample_fmt s32 -af pan=stereo|c0=c0|c1=c0 -f flac",
    "ogg opus, 60 ms": "-c:a libopus -b:a 64k -frame_duration 60 -f ogg",
    "ogg opus, stereo": "-c:a libopus -b:a 96k -af pan=stereo|c0=c0|c1=c0 -f ogg",
    "ogg vorbis": "-c:a libvorbis -q:a 6 -f ogg",
    "ogg flac": "-c:a flac -f ogg",
    "webm as a browser records it": "-c:a libopus -b:a 64k -live 1 -frame_duration 60 -f webm",
    "webm opus": "-c:a libopus -b:a 64k -f webm",
    "mkv pcm": "-c:a pcm_s16le -f matroska",
    "mkv flac": "-c:a flac -f matroska",
}
"""As many samples as were sent, in their places."""

PADDED = {
    "mp3 without a Xing frame": ("-c:a libmp3lame -b:a 128k -write_xing 0 -f mp3", 1105),
    "mp2": ("-c:a mp2 -b:a 192k -f mp2", 481),
    "aac": ("-c:a aac -b:a 96k -f adts", 1024),
    "webm vorbis": ("-c:a libvorbis -q:a 6 -f webm", 0),
    "mkv aac": ("-c:a aac -b:a 96k -f matroska", 1024),
    "mkv mp3": ("-c:a libmp3lame -b:a 128k -f matroska", 1105),
    "mkv ac3": ("-c:a ac3 -b:a 192k -f matroska", 256),
    "mp4 in fragments, aac": (f"-c:a aac -b:a 96k -movflags {FRAGMENTS} -frag_duration 200000 -f mp4", 1024),
    "mp4 in fragments, opus": (
        f"-c:a libopus -b:a 64k -strict -2 -movflags {FRAGMENTS} -frag_duration 200000 -f mp4",
        0,
    ),
}
"""Formats of whole frames: the end is padded, and the start late by so many samples."""


@pytest.fixture(scope="module")
def wav() -> bytes:
    return encode(AudioSpec(AudioFormat.WAV, RATE), SENT)


def sniffed(body: bytes) -> AudioSource:
    encoding = sniff(body[:SNIFF_BYTES], name=None, media_type=None)
    assert encoding is not None
    return AudioSource(encoding)


@pytest.mark.parametrize("name", EXACT)
def test_every_sample_is_in_its_place(wav: bytes, name: str) -> None:
    body = by_ffmpeg(wav, *EXACT[name].split())
    heard = hear(body, sniffed(body), 1, 300, 77)
    assert (heard.error, heard.sample_rate, len(heard.samples)) == (None, RATE, len(SENT))
    assert likeness(heard.samples, SENT) > 0.99
    assert np.array_equal(heard.samples, hear(body, sniffed(body)).samples)


@pytest.mark.parametrize("name", PADDED)
def test_nothing_is_lost_of_what_is_padded(wav: bytes, name: str) -> None:
    arguments, delay = PADDED[name]
    body = by_ffmpeg(wav, *arguments.split())
    heard = hear(body, sniffed(body), 1, 300, 77)
    assert (heard.error, heard.sample_rate) == (None, RATE)
    assert 0 <= len(heard.samples) - delay - len(SENT) < 3_000
    assert likeness(heard.samples[delay : delay + len(SENT)], SENT) > 0.99
    assert np.array_equal(heard.samples, hear(body, sniffed(body)).samples)


FILES = {
    "m4a, index last": "-c:a aac -b:a 96k -f ipod",
    "m4a, index first": "-c:a aac -b:a 96k -movflags faststart -f ipod",
    "m4a, lossless": "-c:a alac -movflags faststart -f ipod",
    "mp4 opus": "-c:a libopus -b:a 64k -strict -2 -movflags faststart -f mp4",
    "mp4 flac": "-c:a flac -strict -2 -movflags faststart -f mp4",
    "mp4 mp3": "-c:a libmp3lame -b:a 128k -movflags faststart -f mp4",
    "mov of pcm": "-c:a pcm_s16le -f mov",
    "wav of adpcm": "-c:a adpcm_ms -f wav",
}
FILMS = {
    "mp4": "-c:v mpeg4 -c:a aac -b:a 96k -f mp4",
    "webm": "-c:v libvpx -deadline realtime -c:a libopus -b:a 64k -f webm",
    "mpeg": "-c:v mpeg1video -c:a mp2 -b:a 192k -f mpeg",
    "transport stream": "-c:v mpeg1video -c:a mp2 -b:a 192k -f mpegts",
}


def recording_of(body: bytes) -> Recording:
    encoding = sniff(body[:SNIFF_BYTES], name=None, media_type=None)
    return Recording(io.BytesIO(body), AudioSource(encoding) if encoding else None)


@pytest.mark.parametrize("name", FILES)
def test_files_are_read_whatever_their_order(wav: bytes, name: str) -> None:
    recording = recording_of(by_ffmpeg(wav, *FILES[name].split()))
    samples = np.concatenate([chunk.samples for chunk in recording])
    assert recording.sample_rate == RATE
    assert recording.duration_s == pytest.approx(len(SENT) / RATE, abs=0.03)
    assert 0 <= len(samples) - len(SENT) < (1 if "faststart" in FILES[name] else 2_048)
    assert likeness(samples[: len(SENT)], SENT) > 0.98


@pytest.mark.parametrize("name", FILMS)
def test_the_sound_of_a_film_is_taken(wav: bytes, name: str) -> None:
    recording = recording_of(by_ffmpeg(wav, *FILMS[name].split(), film=True))
    samples = np.concatenate([chunk.samples for chunk in recording])
    assert recording.sample_rate == RATE
    delay = 481 if "mp2" in FILMS[name] else 0
    assert 0 <= len(samples) - delay - len(SENT) < 2_500
    assert likeness(samples[delay : delay + len(SENT)], SENT) > 0.98


def test_an_mp4_with_its_index_last_cannot_be_read_while_it_arrives(wav: bytes) -> None:
    body = by_ffmpeg(wav, *FILES["m4a, index last"].split())
    error = hear(body, AudioSource(InputEncoding.MP4), 100).error
    assert isinstance(error, UnsupportedAudio)
    assert "faststart" in error.message


@pytest.mark.parametrize("name", ["m4a, index last", "m4a, index first"])
def test_an_mp4_that_is_cut_off_is_an_error_however_it_is_read(wav: bytes, name: str) -> None:
    body = by_ffmpeg(wav, *FILES[name].split())
    with pytest.raises(UndecodableAudio, match=r"cut off|its end is missing"):
        list(recording_of(body[: len(body) * 2 // 3]))


@pytest.mark.parametrize("arguments", [*FILES.values(), *FILMS.values()])
def test_spoiled_files_give_audio_or_an_error(wav: bytes, arguments: str) -> None:
    body = by_ffmpeg(wav, *arguments.split(), film="-c:v" in arguments)
    random = np.random.default_rng(3)
    for _ in range(40):
        data = spoiled(body, random)
        try:
            starts = [(chunk.start, len(chunk.samples)) for chunk in recording_of(data)]
        except (UndecodableAudio, UnsupportedAudio):
            continue
        assert [start for start, _ in starts] == [0, *accumulate(length for _, length in starts[:-1])]


def test_speex_is_named_as_what_cannot_be_read(wav: bytes) -> None:
    body = by_ffmpeg(wav, "-c:a", "libspeex", "-ar", "16000", "-f", "ogg")
    error = hear(body, AudioSource(InputEncoding.OGG)).error
    assert isinstance(error, UnsupportedAudio)
    assert "Speex" in error.message
