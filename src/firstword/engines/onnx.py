"""Reads and writes ONNX files without the `onnx` package: bytes in, bytes out.

An ONNX file is a protobuf message. Only its shape is walked here: a field is a number, a wire type
and a slice of the buffer; what is kept is copied as it stands.

Source: the protobuf wire format (protobuf.dev/programming-guides/encoding) and the field numbers of
onnx.proto (ModelProto.graph 7; GraphProto node 1, name 2, initializer 5, input 11, output 12,
value_info 13; NodeProto input 1, output 2, name 3, op_type 4, attribute 5; AttributeProto g 6;
TensorProto name 8; ValueInfoProto name 1, type 2; TypeProto tensor_type 1; its elem_type 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MODEL_GRAPH = 7
NODE, NAME, INITIALIZER, INPUT, OUTPUT, VALUE_INFO = 1, 2, 5, 11, 12, 13
NODE_INPUT, NODE_OUTPUT, NODE_NAME, NODE_TYPE, NODE_ATTRIBUTE = 1, 2, 3, 4, 5
ATTRIBUTE_GRAPH = 6
TENSOR_NAME = 8
VALUE_NAME, VALUE_TYPE = 1, 2


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message."""

    number: int
    content: memoryview
    """What the field holds, where it holds bytes; else empty."""
    raw: memoryview
    """The field with its key and length, ready to be copied."""


def names(part: Field, number: int) -> list[bytes]:
    """The strings that a field's fields of that number hold."""
    return [bytes(inner.content) for inner in fields(part.content) if inner.number == number]


def fields(message: memoryview) -> Iterator[Field]:
    """The fields of a message, in order.

    Raises:
        ValueError: it is none, or is cut short.
    """
    at = 0
    while at < len(message):
        start = at
        key, at = _varint(message, at)
        length = 0
        match key & 7:
            case 0:  # varint
                _, at = _varint(message, at)
            case 1:  # 64 bits
                at += 8
            case 2:  # bytes
                length, at = _varint(message, at)
                at += length
            case 5:  # 32 bits
                at += 4
            case kind:
                raise ValueError(f"not an ONNX model: wire type {kind}")
        if at > len(message):
            raise ValueError("not an ONNX model: it is cut short")
        yield Field(key >> 3, message[at - length : at], message[start:at])


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message):
            raise ValueError("not an ONNX model: it is cut short")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def wrap(number: int, content: bytes | memoryview) -> bytes:
    """A field that holds bytes."""
    return _as_varint(number << 3 | 2) + _as_varint(len(content)) + bytes(content)


def _as_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
