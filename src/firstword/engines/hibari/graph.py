"""Cuts an ONNX model in two without the `onnx` package: bytes in, bytes out.

An ONNX file is a protobuf message. Only its shape is walked here: a field is a number, a wire type
and a slice of the buffer; what is kept is copied as it stands.

Source: the protobuf wire format (protobuf.dev/programming-guides/encoding) and the field numbers of
onnx.proto (ModelProto.graph 7; GraphProto node 1, name 2, initializer 5, input 11, output 12,
value_info 13; NodeProto input 1, output 2; TensorProto name 8; ValueInfoProto name 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MODEL_GRAPH = 7
NODE, NAME, INITIALIZER, INPUT, OUTPUT, VALUE_INFO = 1, 2, 5, 11, 12, 13
NODE_INPUT, NODE_OUTPUT = 1, 2
TENSOR_NAME = 8
VALUE_NAME = 1


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a message."""

    number: int
    content: memoryview
    """What the field holds, where it holds bytes; else empty."""
    raw: memoryview
    """The field with its key and length, ready to be copied."""


class Graph:
    """A model's parts, by the names that tie them together.

    Args:
        model: a serialized ModelProto with its weights inside, without subgraphs.

    Raises:
        ValueError: it is none.
    """

    def __init__(self, model: bytes) -> None:
        self._outside: list[_Field] = []
        self._nodes: list[_Field] = []
        self._needs: dict[int, list[bytes]] = {}
        self._makers: dict[bytes, int] = {}
        self._weights: dict[bytes, _Field] = {}
        self._types: dict[bytes, _Field] = {}
        for part in _fields(memoryview(model)):
            if part.number == MODEL_GRAPH:
                for inner in _fields(part.content):
                    self._keep(inner)
            else:
                self._outside.append(part)

    def cut(self, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
        """The model that makes `outputs` from `inputs`: of the whole, what is needed for that.

        Args:
            inputs: values to be fed; inner ones too, where the model declares their types.
            outputs: values to be given, likewise.

        Raises:
            ValueError: a name has no declared type, or an output needs an input that is not fed.
        """
        nodes, weights = self._needed({name.encode() for name in inputs}, {name.encode() for name in outputs})
        body: list[bytes | memoryview] = [
            *(self._nodes[at].raw for at in sorted(nodes)),
            _wrap(NAME, b"cut"),
            *(tensor.raw for name, tensor in self._weights.items() if name in weights),
            *(_wrap(INPUT, self._declared(name)) for name in inputs),
            *(_wrap(OUTPUT, self._declared(name)) for name in outputs),
        ]
        outside = b"".join(part.raw for part in self._outside)
        return outside + _wrap(MODEL_GRAPH, b"".join(body))

    def _keep(self, part: _Field) -> None:
        if part.number == NODE:
            at = len(self._nodes)
            self._nodes.append(part)
            self._needs[at] = _names(part, NODE_INPUT)
            self._makers.update(dict.fromkeys(_names(part, NODE_OUTPUT), at))
        elif part.number == INITIALIZER:
            self._weights[_names(part, TENSOR_NAME)[0]] = part
        elif part.number in (INPUT, OUTPUT, VALUE_INFO):
            self._types[_names(part, VALUE_NAME)[0]] = part

    def _needed(self, fed: set[bytes], asked: set[bytes]) -> tuple[set[int], set[bytes]]:
        """The nodes, by position, and the names of the weights on the way from `fed` to `asked`."""
        nodes: set[int] = set()
        weights: set[bytes] = set()
        waiting = list(asked - fed)
        while waiting:
            name = waiting.pop()
            if name in self._weights:
                weights.add(name)
            elif name not in self._makers:
                raise ValueError(f"the outputs need {name.decode()!r}, which is not fed")
            elif (node := self._makers[name]) not in nodes:
                nodes.add(node)
                waiting += [need for need in self._needs[node] if need and need not in fed]
        return nodes, weights

    def _declared(self, name: str) -> memoryview:
        try:
            return self._types[name.encode()].content
        except KeyError:
            raise ValueError(f"the model declares no type for {name!r}") from None


def _names(part: _Field, number: int) -> list[bytes]:
    return [bytes(inner.content) for inner in _fields(part.content) if inner.number == number]


def _fields(message: memoryview) -> Iterator[_Field]:
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
        yield _Field(key >> 3, message[at - length : at], message[start:at])


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


def _wrap(number: int, content: bytes | memoryview) -> bytes:
    return _as_varint(number << 3 | 2) + _as_varint(len(content)) + bytes(content)


def _as_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
