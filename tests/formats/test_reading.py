"""The corners of each container that real recordings have."""

import itertools
import struct

import numpy as np
import pytest

from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.core.transcripts import AudioSource, InputEncoding
from firstword.core.types import AudioFormat, AudioSpec, Samples
from firstword.formats.flac import FlacEncoder
from firstword.formats.ogg import page
from firstword.formats.webm import element
from tests.formats.incoming import SOURCES, Heard, hear
from tests.formats.roundtrip import VARIANTS, blocks, encode, tone
from tests.formats.test_ogg import pages

pytestmark = pytest.mark.unit

WAV = AudioSource(InputEncoding.WAV)
RAMP = np.arange(-500, 500, dtype="<i2")
UNKNOWN_SIZES = [0, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFF - 36]


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(body) if size is None else size) + body + b"\0" * (len(body) % 2)


def fmt(tag: int = 1, channels: int = 1, rate: int = 16_000, width: int = 2) -> bytes:
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, 0, width * channels, 8 * width))


def riff(*chunks: bytes, size: int = 0) -> bytes:
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + b"".join(chunks)


def ramp_of(heard: Heard) -> list[int]:
    return (heard.samples * 32_768).astype(int).tolist()


@pytest.mark.parametrize("size", UNKNOWN_SIZES)
def test_a_wav_of_unknown_size_is_read_to_its_end(size: int) -> None:
    heard = hear(riff(fmt(), chunk(b"data", RAMP.tobytes(), size)), WAV, 3)
    assert heard.error is None
    assert ramp_of(heard) == RAMP.tolist()


def test_chunks_before_and_behind_the_samples_of_a_wav_are_passed_over() -> None:
    junk, listed = chunk(b"JUNK", bytes(27)), chunk(b"LIST", b"INFOISFT\x05\0\0\0abcde")
    heard = hear(riff(junk, fmt(), listed, chunk(b"data", RAMP.tobytes()), listed, b"tail"), WAV, 1)
    assert heard.error is None
    assert ramp_of(heard) == RAMP.tolist()


@pytest.mark.parametrize(
    ("tag", "width", "written"),
    [
        (1, 1, np.array([0, 128, 192], "u1")),
        (1, 2, np.array([-32_768, 0, 16_384], "<i2")),
        (1, 3, np.array([0, 0, 0x80, 0, 0, 0, 0, 0, 0x40], "u1")),
        (1, 4, np.array([-(2**31), 0, 2**30], "<i4")),
        (3, 4, np.array([-1, 0, 0.5], "<f4")),
        (3, 8, np.array([-1, 0, 0.5], "<f8")),
    ],
)
def test_every_width_of_a_sample_means_the_same(tag: int, width: int, written: Samples) -> None:
    data = chunk(b"data", written.tobytes())
    assert hear(riff(fmt(tag, 1, 8_000, width), data), WAV).samples.tolist() == [-1, 0, 0.5]
    guid = struct.pack("<H", tag) + bytes.fromhex("0000000010008000 00aa00389b71")
    parts = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 8_000, 0, width, 8 * width, 22, 8 * width, 0) + guid
    assert hear(riff(chunk(b"fmt ", parts), data), WAV).samples.tolist() == [-1, 0, 0.5]


def test_a_wav_that_ends_before_its_stated_size_is_an_error_behind_what_it_had() -> None:
    body = riff(fmt(), chunk(b"data", RAMP.tobytes()))
    heard = hear(body[:-101], WAV, 64)
    assert isinstance(heard.error, UndecodableAudio)
    assert f"cut off at byte {len(body) - 101}" in heard.error.message
    assert ramp_of(heard) == RAMP.tolist()[:-51]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (riff(fmt(0x55), chunk(b"data", bytes(100))), "0x0055"),
        (riff(fmt(1, 65), chunk(b"data", bytes(1000))), "65 channels"),
    ],
)
def test_a_wav_of_another_codec_is_unsupported(body: bytes, said: str) -> None:
    error = hear(body, WAV).error
    assert isinstance(error, UnsupportedAudio)
    assert said in error.message


@pytest.mark.parametrize("tail", [b"TAG" + bytes(125), b"APETAGEX" + bytes(24), bytes(300)])
def test_tags_around_an_mp3_are_passed_over(tail: bytes) -> None:
    body = encode(VARIANTS["mp3"], tone(24_000, 0.5))
    plain = hear(body, SOURCES["mp3"]).samples
    tagged = b"ID3\x04\0\0\0\0\x02\x01" + b"\xff\xfb\x90\x00" * 64 + b"\0" + body + tail
    heard = hear(tagged, SOURCES["mp3"], 100)
    assert heard.error is None
    assert np.array_equal(heard.samples, plain)


@pytest.mark.parametrize("name", ["mp3", "aac"])
def test_a_stream_that_is_joined_in_the_middle_is_found(name: str) -> None:
    body = encode(VARIANTS[name], tone(VARIANTS[name].sample_rate, 1))
    whole, joined = hear(body, SOURCES[name]), hear(body[555:], SOURCES[name], 9)
    assert joined.error is None
    missing = len(whole.samples) - len(joined.samples)
    assert 0 < missing <= 6 * 1024
    assert np.allclose(joined.samples[-9_000:], whole.samples[-9_000:], atol=1e-4)


def test_ogg_streams_that_were_joined_are_read_one_after_the_other() -> None:
    body = encode(VARIANTS["opus"], tone(24_000, 0.3))
    heard = hear(body + encode(VARIANTS["opus"], tone(24_000, 0.2)), SOURCES["opus"], 50)
    assert (heard.error, len(heard.samples)) == (None, 24_000)


def test_an_ogg_that_was_tapped_later_counts_from_where_it_begins() -> None:
    found = pages(encode(VARIANTS["opus"], tone(24_000, 0.5)))
    moved = [page(p.packet, serial=1, number=p.number, granule=p.granule, flags=p.flags) for p in found[:2]]
    moved += [
        page(p.packet, serial=1, number=p.number, granule=p.granule + 10**9, flags=p.flags) for p in found[2:]
    ]
    assert len(hear(b"".join(moved), SOURCES["opus"], 10).samples) == 24_000


def test_an_ogg_without_its_last_page_is_a_live_one_and_no_error() -> None:
    found = pages(encode(VARIANTS["opus"], tone(24_000, 0.5)))
    heard = hear(b"".join(p.raw for p in found[:-1]), SOURCES["opus"], 10)
    assert heard.error is None
    assert 0.4 < len(heard.samples) / 48_000 < 0.5


def test_a_damaged_page_is_named() -> None:
    found = pages(encode(VARIANTS["opus"], tone(24_000, 0.5)))
    begin = sum(len(p.raw) for p in found[:10])
    body = bytearray(b"".join(p.raw for p in found))
    body[begin + 40] ^= 1
    heard = hear(bytes(body), SOURCES["opus"], 77)
    assert isinstance(heard.error, UndecodableAudio)
    assert f"page at byte {begin} is damaged" in heard.error.message
    assert len(heard.samples) == 8 * 960 - 312


def unknown(identifier: bytes, width: int) -> bytes:
    """The beginning of an element of unknown size, in every number of bytes it can be written with."""
    return identifier + bytes([0xFF >> width - 1]) + b"\xff" * (width - 1)


def webm_parts() -> tuple[bytes, bytes, list[bytes]]:
    """The EBML header, the rest of our header without the segment's own, and the packets of a second."""
    body = encode(VARIANTS["opus-webm"], tone(24_000, 1))
    segment = body.index(b"\x18\x53\x80\x67")
    cluster = body.index(b"\x1f\x43\xb6\x75")
    packets = [p.packet for p in pages(encode(VARIANTS["opus"], tone(24_000, 1)))[2:]]
    return body[:segment], body[segment + 12 : cluster], packets


SEGMENT, CLUSTER = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
TIMESTAMP = element(0xE7, b"\0")


def simple(packet: bytes, flags: int = 0x80) -> bytes:
    return element(0xA3, b"\x81\0\0" + bytes([flags]) + packet)


@pytest.mark.parametrize("width", range(1, 9))
def test_unknown_sizes_of_every_length_are_known_as_such(width: int) -> None:
    ebml, info, packets = webm_parts()
    body = ebml + unknown(SEGMENT, width) + info
    for at in range(0, len(packets), 10):
        body += unknown(CLUSTER, width) + TIMESTAMP + b"".join(map(simple, packets[at : at + 10]))
    heard = hear(body, SOURCES["opus-webm"], 5)
    assert heard.error is None
    assert len(heard.samples) == len(packets) * 960 - 312


def lacings(packets: list[bytes]) -> dict[str, bytes]:
    """The same packets in one block, in each of the ways to tell their lengths."""
    sizes = [len(packet) for packet in packets]
    count, joined = bytes([len(packets) - 1]), b"".join(packets)
    xiph = b"".join(b"\xff" * (size // 255) + bytes([size % 255]) for size in sizes[:-1])
    steps = [after - before for before, after in itertools.pairwise(sizes[:-1])]
    ebml = (0x4000 | sizes[0]).to_bytes(2, "big")
    ebml += b"".join((0x4000 | step + 0x1FFF).to_bytes(2, "big") for step in steps)
    return {"xiph": simple(count + xiph + joined, 0x82), "ebml": simple(count + ebml + joined, 0x86)}


@pytest.mark.parametrize("kind", ["xiph", "ebml", "fixed"])
def test_laced_blocks_are_taken_apart(kind: str) -> None:
    ebml, info, packets = webm_parts()
    if kind == "fixed":
        packets = [packets[3]] * 4
        block = simple(b"\3" + b"".join(packets), 0x84)
    else:
        block = lacings(packets)[kind]
    start = ebml + unknown(SEGMENT, 1) + info + unknown(CLUSTER, 1) + TIMESTAMP
    laced = hear(start + block, SOURCES["opus-webm"], 11)
    assert laced.error is None
    assert np.array_equal(
        laced.samples, hear(start + b"".join(map(simple, packets)), SOURCES["opus-webm"]).samples
    )


def test_blocks_of_other_tracks_and_elements_of_no_interest_are_passed_over() -> None:
    ebml, info, packets = webm_parts()
    pictures = element(0xA3, b"\x82\0\0\x80" + bytes(5_000)) + element(0xEC, bytes(300))
    body = ebml + unknown(SEGMENT, 8) + element(0x114D9B74, bytes(9)) + info + unknown(CLUSTER, 8) + TIMESTAMP
    plain = hear(body + b"".join(map(simple, packets)), SOURCES["opus-webm"])
    mixed = hear(body + b"".join(pictures + simple(packet) for packet in packets), SOURCES["opus-webm"], 700)
    assert mixed.error is None
    assert np.array_equal(plain.samples, mixed.samples)


def test_a_recorder_that_was_started_again_goes_on() -> None:
    body = encode(VARIANTS["opus-webm"], tone(24_000, 0.25))
    heard = hear(body + body, SOURCES["opus-webm"], 40)
    assert (heard.error, len(heard.samples)) == (None, 24_000)


def test_a_flac_with_a_tag_at_each_end_is_exact() -> None:
    sent = RAMP.astype(np.float32) / 32_768
    body = b"ID3\x04\0\0\0\0\0\x09" + bytes(9) + encode(VARIANTS["flac"], sent) + b"TAG" + bytes(125)
    for size in (1, 64, 10**6):
        heard = hear(body, SOURCES["flac"], size)
        assert heard.error is None
        assert np.array_equal(heard.samples, sent)


def test_a_flac_that_ends_before_its_stated_length_is_cut_off() -> None:
    encoder = FlacEncoder(VARIANTS["flac"])
    made = blocks(encoder, tone(24_000, 1))
    whole = encoder.whole(b"".join(made))
    heard = hear(whole[: -len(made[-1])], SOURCES["flac"], 1000)
    assert isinstance(heard.error, UndecodableAudio)
    assert "23520 instead of 24000" in heard.error.message
    assert len(heard.samples) == 23_520


def test_streams_that_change_their_rate_are_refused_where_they_do() -> None:
    first, second = (encode(AudioSpec(AudioFormat.AAC, rate), tone(rate, 0.5)) for rate in (24_000, 48_000))
    heard = hear(first + second, SOURCES["aac"], 100)
    assert isinstance(heard.error, UndecodableAudio)
    assert "from 24000 to 48000 Hz (after 0.5" in heard.error.message
