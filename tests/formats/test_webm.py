"""The elements of a live WebM."""

import io

import av
import pytest

from firstword.core.types import AudioFormat, AudioSpec, Container
from firstword.formats.opus import RATES
from firstword.formats.webm import WebmOpusEncoder, element
from tests.formats.roundtrip import VARIANTS, blocks, by_av, tone

pytestmark = pytest.mark.unit

CLUSTER = b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7


@pytest.mark.requirement("opus-plays-in-browsers")
def test_each_block_is_one_packet_and_a_cluster_begins_every_five_seconds() -> None:
    header, *packets = blocks(WebmOpusEncoder(VARIANTS["opus-webm"]), tone(24_000, 10.5))
    assert CLUSTER not in header
    assert [n * 20 for n, block in enumerate(packets) if CLUSTER in block] == [0, 5_000, 10_000]
    assert all(block.startswith(CLUSTER) for block in packets if CLUSTER in block)
    assert {block[:1] for block in packets[:-1] if CLUSTER not in block} == {b"\xa3"}
    assert packets[-1][:1] == b"\xa0"


def test_packets_are_20_ms_apart_through_every_cluster() -> None:
    body = b"".join(blocks(WebmOpusEncoder(VARIANTS["opus-webm"]), tone(24_000, 10.5)))
    with av.open(io.BytesIO(body), format="webm") as container:
        times_ms = [
            round(1000 * packet.pts * packet.time_base) for packet in container.demux() if packet.size
        ]
    shift = times_ms[0]
    assert [at - shift for at in times_ms] == [20 * n for n in range(len(times_ms))]


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("ms", [20, 27, 250, 251, 253])
def test_the_padding_of_the_last_packet_is_discarded(sample_rate: int, ms: int) -> None:
    spec = AudioSpec(AudioFormat.OPUS, sample_rate, container=Container.WEBM)
    sent = tone(sample_rate, 1)[: sample_rate * ms // 1000]
    got = by_av(b"".join(blocks(WebmOpusEncoder(spec), sent)), spec)
    assert len(got.samples) == len(sent) * 48_000 // sample_rate


@pytest.mark.parametrize(
    ("length", "head"), [(0, b"\x80"), (126, b"\xfe"), (127, b"\x40\x7f"), (16_383, b"\x20\x3f\xff")]
)
def test_a_size_never_looks_like_an_unknown_one(length: int, head: bytes) -> None:
    """All ones means unknown, so 127 takes two bytes."""
    assert element(0xA3, bytes(length)) == b"\xa3" + head + bytes(length)
