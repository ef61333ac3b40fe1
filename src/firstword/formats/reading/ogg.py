"""Ogg pages with Opus, Vorbis or FLAC, one stream after another where several were joined.

Other streams between the pages (video, for instance) are passed over. A page with a wrong checksum is an
error, since nothing on the way loses bytes; a stream that ends without its last page is none, because
live streams do.

Source: RFC 3533 (pages), RFC 7845 (Opus: pre-skip and granules), the Vorbis I specification (A.2), the
mapping of FLAC to Ogg in RFC 9639 (10.1).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.core.types import AudioChunk
from firstword.formats.libav import PacketDecoder
from firstword.formats.ogg import BEGIN, END, crc
from firstword.formats.reading.flac import STREAMINFO_BYTES, stream_info
from firstword.formats.reading.opus import CLOCK, opus_decoder, preskip
from firstword.formats.reading.stream import MAX_PACKET_BYTES, ByteQueue, Header, Reading, Waiting
from firstword.formats.reading.trim import Trim
from firstword.formats.reading.xiph import vorbis_extradata

_CONTINUED = 0x01
_HEAD = struct.Struct("<4sBBqIIIB")
_CRC = slice(22, 26)
_NO_GRANULE = -1


@dataclass(frozen=True, slots=True)
class _Page:
    flags: int
    granule: int
    """The last frame of the last packet that ends here; -1 where none does."""
    serial: int
    pieces: list[bytes]
    """What the page has of each packet."""
    open_end: bool
    """The last piece goes on in the next page."""


def read_ogg(queue: ByteQueue) -> Reading:
    """The first stream of audio that can be read, and every one that follows it."""
    track: _Track | None = None
    passed: list[bytes] = []
    while (yield from queue.await_bytes(1)):
        page = yield from _page(queue)
        if page.flags & BEGIN and (track is None or track.begun):
            if kind := _kind(page.pieces[0] if page.pieces else b""):
                track = _Track(page.serial, kind)
            else:
                passed.append((page.pieces[0] if page.pieces else b"")[:8])
                passed = passed[-4:]
        if track is None and not page.flags & BEGIN:
            raise UnsupportedAudio(f"No Opus, Vorbis or FLAC is in this Ogg stream, only {passed!r}.")
        if track is not None and track.serial == page.serial:
            yield from track.audio(page)


def _page(queue: ByteQueue) -> Waiting[_Page]:
    """The next page, its checksum compared."""
    begin = queue.offset
    head = yield from queue.exactly(_HEAD.size, "an Ogg page")
    sign, version, flags, granule, serial, _, checksum, lacings = _HEAD.unpack(head)
    if sign != b"OggS" or version:
        raise UndecodableAudio(f"no Ogg page begins at byte {begin}")
    lacing = yield from queue.exactly(lacings, "an Ogg page")
    body = yield from queue.exactly(sum(lacing), "an Ogg page")
    if crc(head[: _CRC.start] + bytes(4) + head[_CRC.stop :] + lacing + body) != checksum:
        raise UndecodableAudio(f"the Ogg page at byte {begin} is damaged")
    pieces, at, size = [], 0, 0
    for part in lacing:
        size += part
        if part < 255:
            pieces.append(body[at : at + size])
            at, size = at + size, 0
    open_end = bool(lacing) and lacing[-1] == 255
    if open_end:
        pieces.append(body[at:])
    return _Page(flags, granule, serial, pieces, open_end)


def _kind(first: bytes) -> str | None:
    """The codec that a first packet announces."""
    signs = {"opus": b"OpusHead", "vorbis": b"\x01vorbis", "flac": b"\x7fFLAC"}
    return next((kind for kind, sign in signs.items() if first.startswith(sign)), None)


class _Track:
    """One logical stream: pieces to packets, packets to audio, audio to its true length."""

    def __init__(self, serial: int, kind: str) -> None:
        self.serial = serial
        self._kind = kind
        self._headers: list[bytes] = []
        self._header_count = {"opus": 2, "vorbis": 3, "flac": 1}[kind]
        self._decoder: PacketDecoder | None = None
        self._trim = Trim()
        self._partial: bytearray | None = None
        self._begin: int | None = None
        self._made = 0

    @property
    def begun(self) -> bool:
        """Audio came out: streams that begin now follow this one, and are not beside it."""
        return self._made > 0

    def audio(self, page: _Page) -> list[Header | AudioChunk]:
        """What is complete with this page."""
        packets = self._packets(page)
        found: list[Header | AudioChunk] = []
        while packets and len(self._headers) < self._header_count:
            self._headers.append(packets.pop(0))
            if len(self._headers) == self._header_count:
                found.append(self._open())
        chunks = [chunk for packet in packets if (chunk := self._decode(packet)) is not None]
        if chunks:
            whole = np.concatenate([chunk.samples for chunk in chunks])
            kept = whole[: self._until(page, len(whole))]
            self._made += len(kept)
            found.append(self._trim.chunk(AudioChunk(kept, chunks[-1].sample_rate)))
        return found

    def _packets(self, page: _Page) -> list[bytes]:
        """The packets that end on this page."""
        pieces = list(page.pieces)
        if pieces and page.flags & _CONTINUED:
            first = pieces.pop(0)
            if self._partial is not None:
                self._partial += first
                if not pieces and page.open_end:
                    self._bound()
                    return []
                pieces.insert(0, bytes(self._partial))
        self._partial = None
        if pieces and page.open_end:
            self._partial = bytearray(pieces.pop())
        return pieces

    def _bound(self) -> None:
        """Keeps a packet that goes on over many pages from growing without end; a picture in the tags may."""
        assert self._partial is not None
        if len(self._partial) > MAX_PACKET_BYTES:
            if len(self._headers) != 1:
                raise UndecodableAudio(f"a packet of more than {MAX_PACKET_BYTES} bytes")
            del self._partial[16:]

    def _open(self) -> Header:
        first = self._headers[0]
        if self._kind == "opus":
            self._decoder = opus_decoder(first)
            self._trim = Trim(preskip(first))
            return Header(CLOCK)
        if self._kind == "vorbis":
            self._decoder = PacketDecoder("vorbis", extradata=vorbis_extradata(first, self._headers[2]))
            return Header(int.from_bytes(first[12:16], "little"))
        info = stream_info(first[17 : 17 + STREAMINFO_BYTES])
        self._decoder = info.decoder()
        return info.header

    def _decode(self, packet: bytes) -> AudioChunk | None:
        assert self._decoder is not None
        if self._kind == "flac" and not packet.startswith(b"\xff"):  # a metadata block
            return None
        return self._decoder.decode(packet)

    def _until(self, page: _Page, decoded: int) -> int:
        """How many of the `decoded` frames are before the end that the page states."""
        last = bool(page.flags & END)
        if self._begin is None and page.granule != _NO_GRANULE:
            # A stream that was joined later counts from another place; one of a single page from 0.
            self._begin = 0 if last else max(0, page.granule - decoded - self._made)
        if not last or self._begin is None or page.granule == _NO_GRANULE:
            return decoded
        return max(0, min(decoded, page.granule - self._begin - self._made))
