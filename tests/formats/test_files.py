"""Recordings in files: the same audio as in a stream, in memory that does not grow with them."""

import io
import itertools
import tracemalloc

import numpy as np
import pytest

from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.core.transcripts import AudioSource, InputEncoding
from firstword.core.types import AudioFormat, AudioSpec
from firstword.formats import registry
from firstword.formats.files import Recording, open_recording
from tests.formats.incoming import SOURCES, hear, mp4
from tests.formats.roundtrip import VARIANTS, blocks, encode, likeness, marked, tone

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("name", VARIANTS)
def test_a_file_gives_what_a_stream_gives(name: str) -> None:
    body = encode(VARIANTS[name], marked(VARIANTS[name].sample_rate))
    recording = Recording(io.BytesIO(body), SOURCES[name])
    samples = np.concatenate([chunk.samples for chunk in recording])
    assert np.array_equal(samples, hear(body, SOURCES[name]).samples)
    assert recording.sample_rate == hear(body, SOURCES[name]).sample_rate


@pytest.mark.parametrize("name", ["wav", "wav-mulaw", "flac"])
def test_the_duration_is_told_where_the_header_tells_it(name: str) -> None:
    encoder = registry.encoder(VARIANTS[name])
    body = b"".join(blocks(encoder, marked(24_000)))
    assert Recording(io.BytesIO(body), SOURCES[name]).duration_s is None
    assert encoder.whole is not None
    assert Recording(io.BytesIO(encoder.whole(body)), SOURCES[name]).duration_s == pytest.approx(0.61)


REPEATABLE = [name for name in VARIANTS if name != "flac"]
"""What can be written several times behind itself; FLAC numbers its frames."""


@pytest.mark.parametrize("name", REPEATABLE)
def test_hours_cost_no_more_memory_than_minutes(name: str) -> None:
    spec = VARIANTS[name]
    body = encode(spec, tone(spec.sample_rate, 1))
    header_bytes = {"wav": 44, "wav-mulaw": 58, "wav-alaw": 58}.get(name, 0)
    repeated = body[header_bytes:] * 45
    recording = Recording(io.BytesIO(body[:header_bytes] + repeated), SOURCES[name])
    tracemalloc.start()
    frames = sum(len(chunk.samples) for chunk in recording)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert frames * 4 > 4_000_000
    assert peak < 1_000_000


def test_the_audio_before_a_cut_is_read_and_then_the_error() -> None:
    body = encode(VARIANTS["mp3"], tone(24_000, 2))[:-100]
    chunks = iter(Recording(io.BytesIO(body), SOURCES["mp3"]))
    read = sum(len(chunk.samples) for chunk in itertools.islice(chunks, 80))
    assert read == 80 * 576
    with pytest.raises(UndecodableAudio, match=r"cut off at byte \d+.*after 2\.\d\d s"):
        list(chunks)


def test_an_mp4_with_its_index_behind_its_audio_is_read() -> None:
    sent = marked(48_000)
    recording = Recording(io.BytesIO(mp4(sent, movflags="")), AudioSource(InputEncoding.MP4))
    samples = np.concatenate([chunk.samples for chunk in recording])
    assert recording.duration_s == pytest.approx(0.61, abs=0.03)
    assert likeness(samples[1024 : 1024 + len(sent)], sent) > 0.99


def test_what_only_a_library_can_read_is_left_to_it_and_to_no_other() -> None:
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"
    for encoding in (None, InputEncoding.MP4, InputEncoding.WEBM, InputEncoding.WAV):
        with pytest.raises((UndecodableAudio, UnsupportedAudio)):
            Recording(io.BytesIO(playlist), AudioSource(encoding) if encoding else None)


def test_a_file_is_what_its_first_bytes_say_and_not_its_name() -> None:
    sent = marked(24_000)
    recording = open_recording(io.BytesIO(encode(AudioSpec(AudioFormat.WAV), sent)), name="x.mp3")
    assert recording.sample_rate == 24_000
    assert sum(len(chunk.samples) for chunk in recording) == len(sent)


@pytest.mark.parametrize(("name", "media_type"), [("x.pcm", None), (None, "audio/pcm")])
def test_a_file_of_raw_samples_is_refused(name: str | None, media_type: str | None) -> None:
    with pytest.raises(UnsupportedAudio, match="do not tell their rate"):
        open_recording(io.BytesIO(bytes(1_000)), name=name, media_type=media_type)


@pytest.mark.parametrize("name", ["x.wav", "x.pcm", None])
def test_a_file_without_a_byte_is_told_as_such(name: str | None) -> None:
    with pytest.raises(UndecodableAudio) as refusal:
        open_recording(io.BytesIO(), name=name)
    assert refusal.value.code == "empty_file"


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"<html>", bytes(1_000)])
def test_what_nobody_knows_is_refused_before_anything_is_read(body: bytes) -> None:
    with pytest.raises((UnsupportedAudio, UndecodableAudio), match=r"wav, mp3, flac|empty"):
        Recording(io.BytesIO(body), None)


def test_a_wav_without_samples_is_an_error_at_once() -> None:
    with pytest.raises(UndecodableAudio, match="no audio in these 44 bytes"):
        Recording(io.BytesIO(encode(AudioSpec(AudioFormat.WAV), tone(24_000, 0))), SOURCES["wav"])
