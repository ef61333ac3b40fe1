"""Xiph's lacing: several pieces in one, their lengths before them in bytes of up to 255."""

from __future__ import annotations

from firstword.core.errors import UndecodableAudio

_NO_COMMENTS = b"\x03vorbis" + bytes(8) + b"\x01"


def lace(pieces: list[bytes]) -> bytes:
    """The pieces behind their count (less one) and their lengths (but the last one's)."""
    lengths = b"".join(b"\xff" * (len(piece) // 255) + bytes([len(piece) % 255]) for piece in pieces[:-1])
    return bytes([len(pieces) - 1]) + lengths + b"".join(pieces)


def lengths(data: bytes, count: int) -> tuple[list[int], int]:
    """The first `count` lengths in `data`, and where what they are about begins.

    Raises:
        UndecodableAudio: the data ends before.
    """
    found, at = [], 0
    for _ in range(count):
        length = 0
        while data[at : at + 1] == b"\xff":
            length, at = length + 255, at + 1
        if at >= len(data):
            raise UndecodableAudio("lengths of pieces that are cut off")
        found.append(length + data[at])
        at += 1
    return found, at


def vorbis_extradata(identification: bytes, setup: bytes) -> bytes:
    """What FFmpeg's decoder wants to know, without the comments, which may be large."""
    return lace([identification, _NO_COMMENTS, setup])
