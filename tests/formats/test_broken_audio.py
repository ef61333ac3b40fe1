"""Whatever comes in: audio comes out, or an error that says where it went wrong, and nothing else."""

import struct
import tracemalloc

import numpy as np
import pytest

from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.core.transcripts import AudioSource, InputEncoding
from firstword.formats import decoding
from firstword.formats.ogg import crc, page
from firstword.formats.reading.stream import MAX_PACKET_BYTES
from tests.formats.incoming import SOURCES, Heard, hear, mp4, spoiled
from tests.formats.roundtrip import VARIANTS, encode, tone

pytestmark = pytest.mark.unit

WITH_HEADER = [InputEncoding.WAV, InputEncoding.MP3, InputEncoding.FLAC, InputEncoding.AAC]
WITH_HEADER += [InputEncoding.OGG, InputEncoding.WEBM, InputEncoding.MP4]

NO_AUDIO = {
    "nothing": b"",
    "a page": b"<!DOCTYPE html><html><body>404 not found</body></html>" * 20,
    "an archive": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(range(256)) * 8,
    "a text": "Ünï, one two three. ".encode() * 100,
    "json": b'{"error": {"message": "busy"}}',
    "zeros": bytes(100_000),
    "one byte": b"\xff",
    "noise": np.random.default_rng(0).bytes(200_000),
}


def bodies() -> dict[str, tuple[bytes, AudioSource]]:
    """A short recording in each container."""
    made = {
        name: (encode(spec, tone(spec.sample_rate, 0.3)), SOURCES[name]) for name, spec in VARIANTS.items()
    }
    return {**made, "mp4": (mp4(tone(48_000, 0.3)), AudioSource(InputEncoding.MP4))}


BODIES = bodies()


@pytest.mark.parametrize("encoding", WITH_HEADER)
@pytest.mark.parametrize("name", NO_AUDIO)
def test_what_is_no_audio_is_said_to_be_none(encoding: InputEncoding, name: str) -> None:
    heard = hear(NO_AUDIO[name], AudioSource(encoding), 1_000)
    assert isinstance(heard.error, UndecodableAudio)
    assert "byte" in heard.error.message or "empty" in heard.error.message
    assert heard.chunks == ()


@pytest.mark.parametrize("name", [name for name in BODIES if not name.startswith("pcm")])
def test_a_header_alone_is_no_audio(name: str) -> None:
    body, source = BODIES[name]
    size = next(n for n in range(len(body)) if hear(body[:n], source).chunks) - 1
    heard = hear(body[:size], source, 1_000)
    assert heard.chunks == ()
    assert isinstance(heard.error, UndecodableAudio)


CUT = ["flac", "mp3", "aac", "opus", "opus-webm", "mp4"]


@pytest.mark.parametrize("name", CUT)
def test_what_was_whole_comes_before_the_error_of_a_cut(name: str) -> None:
    body, source = BODIES[name]
    whole = hear(body, source).samples
    heard = hear(body[: len(body) * 2 // 3 - 5], source, 100)
    assert isinstance(heard.error, UndecodableAudio)
    assert "byte" in heard.error.message
    assert "after 0." in heard.error.message
    assert len(whole) / 2 < len(heard.samples) < len(whole)
    assert np.array_equal(heard.samples, whole[: len(heard.samples)])


def test_an_error_is_raised_again_whatever_follows() -> None:
    stage = decoding.decoder(SOURCES["wav"])
    stage.feed(b"<!DOCTYPE html>")
    for _ in range(3):
        with pytest.raises(UndecodableAudio, match="at byte 0"):
            stage.feed(b"RIFF")
    with pytest.raises(UndecodableAudio, match="at byte 0"):
        stage.flush()


def is_audio_or_error(heard: Heard) -> bool:
    kinds = (UndecodableAudio, UnsupportedAudio, type(None))
    return isinstance(heard.error, kinds) and bool(np.isfinite(heard.samples).all())


@pytest.mark.parametrize("name", BODIES)
def test_spoiled_bytes_give_audio_or_an_error_and_no_noise_in_the_log(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    body, source = BODIES[name]
    random = np.random.default_rng(7)
    for _ in range(120):
        data = spoiled(body, random)
        one, many = hear(data, source), hear(data, source, 1_000, 1, 77)
        assert is_audio_or_error(one)
        assert is_audio_or_error(many)
        assert len(one.samples) == len(many.samples)
        assert str(one.error) == str(many.error)
    assert capfd.readouterr().err == ""


WEBM = BODIES["opus-webm"][0]
CLAIMS = {
    "wav": (b"RIFF\xff\xff\xff\x7fWAVEfmt \xff\xff\xff\x7f", InputEncoding.WAV),
    "id3": (b"ID3\x04\0\0\x7f\x7f\x7f\x7f", InputEncoding.MP3),
    "flac": (
        b"fLaC\0\0\0\x22" + bytes(10) + b"\x0b\xb8\x01\x70" + bytes(20) + b"\x84\xff\xff\xff",
        InputEncoding.FLAC,
    ),
    "webm": (WEBM[: WEBM.index(b"\x1f\x43\xb6\x75")] + b"\xa3\x08\xff\xff\xff\xff\x81", InputEncoding.WEBM),
    "mp4 box": (
        struct.pack(">I4sI", 12, b"ftyp", 0) + struct.pack(">I4s", 0x7FFFFFFF, b"moov"),
        InputEncoding.MP4,
    ),
    "mp4 index": (
        struct.pack(">I4sI", 12, b"ftyp", 0) + struct.pack(">I4s", 60 << 20, b"moov"),
        InputEncoding.MP4,
    ),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_header_that_claims_gigabytes_allocates_nothing(name: str) -> None:
    body, encoding = CLAIMS[name]
    hear(body, AudioSource(encoding))
    tracemalloc.start()
    heard = hear(body + bytes(1_000), AudioSource(encoding), 100)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(heard.error, UndecodableAudio)
    assert peak < 1_000_000


def endless(serial: int, number: int) -> bytes:
    """A page in the middle of a packet that has no end."""
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, 1 if number else 0, -1, serial, 2 + number, 0, 255)
    blank = head + b"\xff" * 255 + bytes(255 * 255)
    return blank[:22] + struct.pack("<I", crc(blank)) + blank[26:]


@pytest.mark.parametrize(("skipped", "expected"), [("tags", type(None)), ("audio", UndecodableAudio)])
def test_a_packet_over_endless_pages_is_not_collected(skipped: str, expected: type) -> None:
    """A picture may be in the tags, and is passed over; an endless packet of audio is an error."""
    body, source = BODIES["opus"]
    second = body.index(b"OggS", 4)
    third = body.index(b"OggS", second + 4)
    stage = decoding.decoder(source)
    stage.feed(body[: second if skipped == "tags" else third])
    tracemalloc.start()
    error: Exception | None = None
    try:
        for number in range(2 * MAX_PACKET_BYTES // 65_025):
            stage.feed(endless(int.from_bytes(body[14:18], "little"), number))
    except UndecodableAudio as raised:
        error = raised
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(error, expected)
    assert peak < 3 * MAX_PACKET_BYTES


def test_a_few_bytes_that_stand_for_hours_come_out_as_they_are_asked_for() -> None:
    body, source = BODIES["opus"]
    serial = int.from_bytes(body[14:18], "little")
    silent = page(b"\x18", serial=serial, number=2, granule=-1)  # 60 ms in one byte
    bomb = body[: body.index(b"OggS", body.index(b"OpusTags"))] + silent * 20_000
    stage = decoding.decoder(source)
    tracemalloc.start()
    seconds = sum(chunk.duration_s for chunk, _ in zip(stage.read(bomb), range(3_000), strict=False))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds > 150
    assert peak < 20 * len(bomb)
