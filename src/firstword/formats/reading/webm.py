"""WebM and Matroska, finished or as a browser records it: everything of unknown size, nothing to seek in.

The first track of audio that can be read is. A stream that begins again (a recorder that was stopped and
started) goes on.

Source: RFC 9559 (Matroska), the WebM guidelines, Matroska's codec mappings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.core.types import AudioChunk
from firstword.formats.libav import PacketDecoder
from firstword.formats.reading.ebml import ElementHead, children, element_head, number, signed, unsigned, vint
from firstword.formats.reading.flac import STREAMINFO_BYTES, stream_info
from firstword.formats.reading.opus import CLOCK, opus_decoder, preskip
from firstword.formats.reading.samples import Layout, Writing
from firstword.formats.reading.stream import ByteQueue, Header, Reading
from firstword.formats.reading.trim import Trim
from firstword.formats.reading.xiph import lengths, vorbis_extradata

_EBML, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_INFO, _TIMESTAMP_SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK_ENTRY, _TRACK_NUMBER, _TRACK_TYPE = 0x1654AE6B, 0xAE, 0xD7, 0x83
_CODEC_ID, _CODEC_PRIVATE, _CODEC_DELAY, _CONTENT_ENCODINGS = 0x86, 0x63A2, 0x56AA, 0x6D80
_AUDIO, _SAMPLING_FREQUENCY, _CHANNELS, _BIT_DEPTH = 0xE1, 0xB5, 0x9F, 0x6264
_SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK, _DISCARD_PADDING = 0xA3, 0xA0, 0xA1, 0x75A2

_AUDIO_TRACK = 2
_SCALE_NS = 1_000_000
_S = 1_000_000_000
"""Nanoseconds."""

_TRACK_NUMBER_BYTES = 8
_LACING_XIPH, _LACING_FIXED, _LACING_EBML = 0x02, 0x04, 0x06

Decode = Callable[[bytes], AudioChunk | None]


@dataclass(frozen=True, slots=True)
class _Track:
    """What a track entry tells."""

    number: int
    codec: str
    private: bytes
    delay_ns: int
    rate: float
    channels: int
    bits: int


@dataclass(slots=True)
class _Segment:
    """What has been read of a segment."""

    duration_s: float | None = None
    number: int | None = None
    """Of the track."""
    decode: Decode | None = None
    skip_ns: int = 0
    trim: Trim | None = None


def read_webm(queue: ByteQueue) -> Reading:
    """The audio of every block of a track."""
    segment, promised = _Segment(), 0
    while (yield from queue.await_bytes(1)):
        begin = queue.offset
        head = yield from element_head(queue)
        if begin == 0 and head.id != _EBML:
            raise UndecodableAudio("it does not begin as EBML does at byte 0")
        if head.id in (_SEGMENT, _CLUSTER):
            promised = max(promised, queue.offset + (head.size or 0))
            continue
        if head.size is None:
            raise queue.broken(f"an element {head.id:#x} of unknown size")
        if head.id == _EBML:
            segment = _Segment()
        yield from _read_element(queue, segment, head, head.size)
    if queue.offset < promised:
        raise queue.cut_off(f"a segment that goes on to byte {promised}")


def _read_element(queue: ByteQueue, segment: _Segment, head: ElementHead, size: int) -> Reading:
    if head.id == _INFO:
        segment.duration_s = _duration_s((yield from queue.exactly(size, "Info")))
    elif head.id == _TRACKS:
        track = _choose((yield from queue.exactly(size, "Tracks")))
        segment.number, segment.decode = track.number, _CODECS[track.codec](track)
        # The same as Opus's pre-skip, and left out by some recorders.
        segment.skip_ns = preskip(track.private) * _S // CLOCK if track.codec == "A_OPUS" else track.delay_ns
    elif head.id == _SIMPLE_BLOCK:
        yield from _read_block(queue, segment, size)
    elif head.id == _BLOCK_GROUP:
        yield from _read_group(queue, segment, size)
    else:
        yield from queue.skip(size, f"the element {head.id:#x}")


def _duration_s(info: bytes) -> float:
    fields = dict(children(info))
    scale_ns = unsigned(fields.get(_TIMESTAMP_SCALE, b"")) or _SCALE_NS
    return number(fields.get(_DURATION, b"")) * scale_ns / _S


def _choose(tracks: bytes) -> _Track:
    """The first track of audio that can be read."""
    sounds = []
    for identifier, entry in children(tracks):
        fields = dict(children(entry)) if identifier == _TRACK_ENTRY else {}
        if unsigned(fields.get(_TRACK_TYPE, b"")) == _AUDIO_TRACK:
            track = _track(fields)
            if track.codec in _CODECS and _CONTENT_ENCODINGS not in fields:
                return track
            sounds.append(track.codec)
    raise UnsupportedAudio(
        f"No audio track of this WebM can be read (there is: {', '.join(sounds) or 'none'}): "
        f"{', '.join(_CODECS)} can, without content encodings."
    )


def _track(fields: dict[int, bytes]) -> _Track:
    audio = dict(children(fields.get(_AUDIO, b"")))
    return _Track(
        number=unsigned(fields.get(_TRACK_NUMBER, b"")),
        codec=fields.get(_CODEC_ID, b"").rstrip(b"\0").decode("ascii", "replace"),
        private=fields.get(_CODEC_PRIVATE, b""),
        delay_ns=unsigned(fields.get(_CODEC_DELAY, b"")),
        rate=number(audio.get(_SAMPLING_FREQUENCY, b"")) or 8_000.0,
        channels=unsigned(audio.get(_CHANNELS, b"\x01")),
        bits=unsigned(audio.get(_BIT_DEPTH, b"")),
    )


def _vorbis(track: _Track) -> Decode:
    sizes, at = lengths(track.private[1:], 2)
    begin = at + 1
    identification = track.private[begin : begin + sizes[0]]
    setup = track.private[begin + sum(sizes) :]
    return PacketDecoder("vorbis", extradata=vorbis_extradata(identification, setup)).decode


def _flac(track: _Track) -> Decode:
    return stream_info(track.private[8 : 8 + STREAMINFO_BYTES]).decoder().decode


def _pcm(writings: dict[int, Writing]) -> Callable[[_Track], Decode]:
    def layout(track: _Track) -> Decode:
        if track.bits not in writings or not track.channels or not 0 < track.rate < 1e6:
            raise UnsupportedAudio(f"{track.codec} with {track.bits} bits cannot be read.")
        of = Layout(writings[track.bits], round(track.rate), track.channels)
        return lambda packet: of.chunk(packet[: len(packet) - len(packet) % of.frame_bytes])

    return layout


_CODECS: dict[str, Callable[[_Track], Decode]] = {
    "A_OPUS": lambda track: opus_decoder(track.private).decode,
    "A_VORBIS": _vorbis,
    "A_FLAC": _flac,
    "A_AAC": lambda track: PacketDecoder("aac", extradata=track.private).decode,
    "A_MPEG/L3": lambda track: PacketDecoder("mp3float").decode,
    "A_AC3": lambda track: PacketDecoder("ac3").decode,
    "A_PCM/INT/LIT": _pcm({8: Writing.U8, 16: Writing.S16, 24: Writing.S24, 32: Writing.S32}),
    "A_PCM/FLOAT/IEEE": _pcm({32: Writing.F32, 64: Writing.F64}),
}


def _read_block(queue: ByteQueue, segment: _Segment, size: int) -> Reading:
    """A block by itself. One of another track (video is large) is not collected."""
    if segment.number is None:
        raise queue.broken("a block before any track")
    yield from queue.await_bytes(min(size, _TRACK_NUMBER_BYTES))
    if vint(queue.peek(min(size, _TRACK_NUMBER_BYTES)), 0)[0] != segment.number:
        yield from queue.skip(size, "a block")
        return
    body = yield from queue.exactly(size, "a block")
    yield from _sounds(segment, body, 0)


def _read_group(queue: ByteQueue, segment: _Segment, size: int) -> Reading:
    """A block with what is said about it."""
    if segment.number is None:
        raise queue.broken("a block before any track")
    fields = dict(children((yield from queue.exactly(size, "a block group"))))
    block, discard_ns = fields.get(_BLOCK, b""), signed(fields.get(_DISCARD_PADDING, b""))
    if block and vint(block, 0)[0] == segment.number:
        yield from _sounds(segment, block, discard_ns)


def _sounds(segment: _Segment, block: bytes, discard_ns: int) -> list[Header | AudioChunk]:
    """The audio of a block of our track, less what a positive padding takes from its end.

    The header comes with the first, whose decoder knows the rate.
    """
    assert segment.decode is not None
    _, at = vint(block, 0)
    if len(block) < at + 3:
        raise UndecodableAudio("a block without a header")
    pieces = _unlaced(block[at + 3 :], block[at + 2] & _LACING_EBML)
    chunks = [chunk for piece in pieces if (chunk := segment.decode(piece)) is not None]
    if not chunks:
        return []
    rate = chunks[-1].sample_rate
    found: list[Header | AudioChunk] = []
    if segment.trim is None:
        segment.trim = Trim(_frames(segment.skip_ns, rate))
        found.append(Header(rate, segment.duration_s))
    if discard_ns > 0:
        last = chunks[-1].samples
        chunks[-1] = AudioChunk(last[: max(0, len(last) - _frames(discard_ns, rate))], rate)
    return [*found, *map(segment.trim.chunk, chunks)]


def _frames(ns: int, rate: int) -> int:
    return (ns * rate + _S // 2) // _S


def _unlaced(body: bytes, lacing: int) -> list[bytes]:
    """The packets of a block. Source: RFC 9559 10.3."""
    if not lacing:
        return [body]
    if not body:
        raise UndecodableAudio("a block of several packets without their number")
    count, body = body[0] + 1, body[1:]
    if lacing == _LACING_FIXED:
        size = len(body) // count
        return [body[at * size : (at + 1) * size] for at in range(count)]
    sizes, at = lengths(body, count - 1) if lacing == _LACING_XIPH else _ebml_lengths(body, count - 1)
    if at + sum(sizes) > len(body) or min(sizes, default=0) < 0:
        raise UndecodableAudio("packets larger than the block they are in")
    packets = []
    for size in sizes:
        packets.append(body[at : at + size])
        at += size
    return [*packets, body[at:]]


def _ebml_lengths(body: bytes, count: int) -> tuple[list[int], int]:
    """The first length as it is, each other one as its difference to the one before."""
    found: list[int] = []
    at = 0
    for _ in range(count):
        value, end = vint(body, at)
        if found:
            value += found[-1] - ((1 << 7 * (end - at) - 1) - 1)
        found.append(value)
        at = end
    return found, at
