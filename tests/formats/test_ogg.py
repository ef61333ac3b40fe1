"""The pages of Ogg."""

import struct
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstword.core.types import AudioFormat, AudioSpec
from firstword.formats import ogg
from firstword.formats.ogg import BEGIN, END, OggOpusEncoder
from firstword.formats.opus import RATES
from tests.formats.roundtrip import VARIANTS, blocks, by_av, tone

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class Page:
    flags: int
    granule: int
    serial: int
    number: int
    crc: int
    packet: bytes
    raw: bytes


def pages(body: bytes) -> list[Page]:
    found, at = [], 0
    while at < len(body):
        sign, version, flags, granule, serial, number, crc, lacings = struct.unpack_from(
            "<4sBBqIIIB", body, at
        )
        assert (sign, version) == (b"OggS", 0)
        lacing = body[at + 27 : at + 27 + lacings]
        begin = at + 27 + lacings
        end = begin + sum(lacing)
        found.append(Page(flags, granule, serial, number, crc, body[begin:end], body[at:end]))
        at = end
    return found


def bitwise_crc(data: bytes) -> int:
    """The definition in RFC 3533: polynomial 0x04C11DB7, highest bit first, starting from 0."""
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1) ^ (0x04C11DB7 if register & 0x80000000 else 0)
            register &= 0xFFFFFFFF
    return register


def stream(frames: int, sample_rate: int = 24_000) -> list[Page]:
    encoder = OggOpusEncoder(AudioSpec(AudioFormat.OPUS, sample_rate), serial=7)
    return pages(b"".join(blocks(encoder, tone(sample_rate, 3)[:frames])))


@given(st.binary(max_size=300))
def test_the_checksum_is_that_of_its_definition(data: bytes) -> None:
    assert bitwise_crc(data) == ogg.crc(data)


def test_every_page_carries_its_checksum() -> None:
    for page in stream(4_800):
        assert bitwise_crc(page.raw[:22] + bytes(4) + page.raw[26:]) == page.crc


@pytest.mark.requirement("opus-pages-are-small")
def test_each_page_is_one_packet_of_20_ms_and_the_third_has_audio() -> None:
    head, tags, *audio = stream(24_000)
    assert head.packet.startswith(b"OpusHead")
    assert tags.packet == b"OpusTags" + struct.pack("<I", 9) + b"firstword" + bytes(4)
    assert [page.granule for page in audio[:-1]] == [960 * (n + 1) for n in range(len(audio) - 1)]


def test_only_the_first_page_begins_and_only_the_last_ends() -> None:
    found = stream(12_345)
    assert [page.flags for page in found] == [BEGIN, *[0] * (len(found) - 2), END]
    assert [page.number for page in found] == list(range(len(found)))
    assert {page.serial for page in found} == {7}


@pytest.mark.parametrize("frames", [1, 323, 324, 325, 479, 480, 481, 24_000, 24_001])
def test_the_last_page_ends_where_the_speech_ends(frames: int) -> None:
    head, *_, before, last = stream(frames)
    preskip = int.from_bytes(head.packet[10:12], "little")
    assert last.granule == preskip + 2 * frames
    assert last.granule - before.granule in range(1, 961)


@pytest.mark.parametrize("sample_rate", RATES)
def test_the_header_tells_the_rate_that_was_fed(sample_rate: int) -> None:
    head = stream(sample_rate // 10, sample_rate)[0].packet
    assert struct.unpack_from("<BBHI", head, 8)[3] == sample_rate


def test_responses_have_serials_of_their_own() -> None:
    serials = {pages(b"".join(OggOpusEncoder(VARIANTS["opus"]).flush()))[0].serial for _ in range(4)}
    assert len(serials) > 1


@given(st.integers(0, 2_000), st.integers(0, 2**32 - 1))
def test_a_packet_of_any_size_is_laced_so_that_it_can_be_read_back(size: int, serial: int) -> None:
    packet = bytes(size)
    (page,) = pages(ogg.page(packet, serial=serial, number=5, granule=-1))
    assert (page.packet, page.serial, page.number, page.granule) == (packet, serial, 5, -1)


def test_more_bits_make_bigger_pages() -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 24_000).astype(np.float32)
    small, big = (
        len(b"".join(blocks(OggOpusEncoder(AudioSpec(AudioFormat.OPUS, bitrate=bitrate)), noise)))
        for bitrate in (12_000, 96_000)
    )
    assert small < big / 3


def test_what_was_fed_in_one_piece_decodes_to_as_much() -> None:
    body = b"".join(blocks(OggOpusEncoder(VARIANTS["opus"]), tone(24_000, 1), frames=24_000))
    assert len(by_av(body, VARIANTS["opus"]).samples) == 48_000
