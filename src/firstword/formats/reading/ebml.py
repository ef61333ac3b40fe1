"""EBML, the element tree of WebM and Matroska, read flat: a stream of elements without a beginning or an end.

Identifiers of Matroska mean the same on every level, so that a master element is entered by reading on
behind its header. Then it does not matter whether its size is known.

Source: RFC 8794.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from firstword.core.errors import UndecodableAudio
from firstword.formats.reading.stream import ByteQueue, Waiting


@dataclass(frozen=True, slots=True)
class ElementHead:
    """Where an element begins."""

    id: int
    """With its length marker."""
    size: int | None
    """Bytes of its body; None where the writer did not know."""


def element_head(queue: ByteQueue) -> Waiting[ElementHead]:
    """The next element's identifier and size.

    Raises:
        UndecodableAudio: there is none.
    """
    first = (yield from queue.exactly(1, "an EBML element"))[0]
    width = 9 - first.bit_length()
    if width > 4:
        raise queue.broken(f"no EBML element begins with {first:#04x}, as there is")
    identifier = bytes([first]) + (yield from queue.exactly(width - 1, "an EBML element"))
    first = (yield from queue.exactly(1, "an EBML element"))[0]
    width = 9 - first.bit_length()
    if width > 8:
        raise queue.broken("a size of more than eight bytes")
    rest = yield from queue.exactly(width - 1, "an EBML element")
    return ElementHead(int.from_bytes(identifier, "big"), _size(bytes([first]) + rest))


def _size(data: bytes) -> int | None:
    """A size without its length marker; all ones, however many, mean unknown."""
    bits = 7 * len(data)
    value = int.from_bytes(data, "big") & (1 << bits) - 1
    return None if value == (1 << bits) - 1 else value


def vint(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length at `at`, and where it ends.

    Raises:
        UndecodableAudio: the data ends before.
    """
    width = 9 - (data[at].bit_length() if at < len(data) else 0)
    if at + width > len(data) or width > 8:
        raise UndecodableAudio("a number that is cut off")
    return int.from_bytes(data[at : at + width], "big") & (1 << 7 * width) - 1, at + width


def children(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements in the body of a master element.

    Raises:
        UndecodableAudio: one is larger than its parent.
    """
    at = 0
    while at < len(body):
        width = 9 - body[at].bit_length()
        identifier, at = int.from_bytes(body[at : at + width], "big"), at + width
        size, at = vint(body, at)
        if at + size > len(body):
            raise UndecodableAudio(f"the element {identifier:#x} is larger than the one it is in")
        yield identifier, body[at : at + size]
        at += size


def unsigned(body: bytes) -> int:
    """The value of an unsigned integer element."""
    return int.from_bytes(body, "big")


def signed(body: bytes) -> int:
    """The value of a signed integer element."""
    return int.from_bytes(body, "big", signed=True)


def number(body: bytes) -> float:
    """The value of a float element; 0 for one of an odd size."""
    formats = {4: ">f", 8: ">d"}
    return float(struct.unpack(formats[len(body)], body)[0]) if len(body) in formats else 0.0
