"""What bytes say about themselves, and what their name may say for them."""

import pytest

from firstword.core.transcripts import InputEncoding
from firstword.formats.sniff import SNIFF_BYTES, sniff
from tests.formats.incoming import SOURCES, mp4
from tests.formats.roundtrip import VARIANTS, encode, tone

pytestmark = pytest.mark.unit

WITH_HEADER = [name for name in VARIANTS if not name.startswith("pcm")]


@pytest.mark.parametrize("name", WITH_HEADER)
def test_the_bytes_decide_whatever_they_are_called(name: str) -> None:
    body = encode(VARIANTS[name], tone(VARIANTS[name].sample_rate, 0.2))
    found = sniff(body[:SNIFF_BYTES], name="speech.txt", media_type="audio/pcm")
    assert found == SOURCES[name].encoding


def test_an_mp4_is_known_by_its_first_box() -> None:
    body = mp4(tone(48_000, 0.2))
    assert sniff(body[:SNIFF_BYTES], name="a.mp3", media_type=None) == InputEncoding.MP4


@pytest.mark.parametrize(
    ("name", "media_type", "expected"),
    [
        ("a.M4A", None, InputEncoding.MP4),
        ("a.mpga", None, InputEncoding.MP3),
        (None, "audio/webm;codecs=opus", InputEncoding.WEBM),
        (None, "audio/PCMU; rate=8000", InputEncoding.MULAW),
        ("blob", "Audio/Basic", InputEncoding.MULAW),
        ("a.opus", "application/octet-stream", InputEncoding.OGG),
        ("a.txt", "text/plain", None),
        (None, "text/wav", None),
        (None, None, None),
        ("", "", None),
    ],
)
def test_bytes_that_say_nothing_are_what_they_are_called(
    name: str | None, media_type: str | None, expected: InputEncoding | None
) -> None:
    for data in (b"", b"\0", bytes(SNIFF_BYTES)):
        assert sniff(data, name=name, media_type=media_type) == expected


def test_an_id3_tag_may_be_before_other_things_than_mp3() -> None:
    assert sniff(b"ID3\4\0\0\0\0\0\0", name=None, media_type=None) == InputEncoding.MP3
    assert sniff(b"ID3\4\0\0\0\0\0\0", name="a.aac", media_type=None) == InputEncoding.AAC
    assert sniff(b"ID3\4\0\0\0\0\0\0", name="a.wav", media_type="audio/flac") == InputEncoding.MP3


def test_a_film_of_mpeg_is_no_mp3_though_both_may_be_called_so() -> None:
    assert sniff(b"\0\0\1\xba\x44\0\4\0\4\1\0\x52", name="a.mpeg", media_type="video/mpeg") is None


@pytest.mark.parametrize("data", [b"<!DOCTYPE html>", b"PK\x03\x04\x14\0\0\0\x08\0\0\0", b"Hello, world!"])
def test_pages_archives_and_texts_are_nothing(data: bytes) -> None:
    assert sniff(data, name=None, media_type=None) is None
