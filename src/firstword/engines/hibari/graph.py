"""Cuts an ONNX model in two without the `onnx` package: bytes in, bytes out.

An ONNX file is a protobuf message. Only its shape is walked here: a field is a number, a wire type
and a slice of the buffer; what is kept is copied as it stands.

Source: the protobuf wire format (protobuf.dev/programming-guides/encoding) and the field numbers of
onnx.proto (ModelProto.graph 7; GraphProto node 1, name 2, initializer 5, input 11, output 12,
value_info 13; NodeProto input 1, output 2; TensorProto name 8; ValueInfoProto name 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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


@dataclass(slots=True)
class _Graph:
    """A graph's parts by the names that refer to them."""

    producers: dict[bytes, _Field] = field(default_factory=dict)
    initializers: dict[bytes, _Field] = field(default_factory=dict)
    values: dict[bytes, memoryview] = field(default_factory=dict)
    """Declared types: of inputs, outputs and inner values."""
    nodes: list[_Field] = field(default_factory=list)


def cut(model: bytes, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """The part of a model that makes `outputs` from `inputs`.

    Args:
        model: a serialized ModelProto with its weights inside, without subgraphs.
        inputs: values to be fed; inner ones too, where the model declares their types.
        outputs: values to be given, likewise.

    Raises:
        ValueError: a name has no declared type, or an output needs an input that is not given.
    """
    graph = _read(model)
    fed = {name.encode() for name in inputs}
    asked = {name.encode() for name in outputs}
    nodes, weights = _needed(graph, fed, asked)
    body = b"".join(
        [
            *(node.raw for node in graph.nodes if id(node) in nodes),
            _wrap(NAME, b"cut"),
            *(tensor.raw for name, tensor in graph.initializers.items() if name in weights),
            *(_wrap(INPUT, _declared(graph, name)) for name in inputs),
            *(_wrap(OUTPUT, _declared(graph, name)) for name in outputs),
        ]
    )
    rest = [part.raw for part in _fields(memoryview(model)) if part.number != MODEL_GRAPH]
    return b"".join([*rest, _wrap(MODEL_GRAPH, body)])


def _read(model: bytes) -> _Graph:
    graph = _Graph()
    for outer in _fields(memoryview(model)):
        if outer.number != MODEL_GRAPH:
            continue
        for part in _fields(outer.content):
            if part.number == NODE:
                graph.nodes.append(part)
                for name in _names(part, NODE_OUTPUT):
                    graph.producers[name] = part
            elif part.number == INITIALIZER:
                graph.initializers[_names(part, TENSOR_NAME)[0]] = part
            elif part.number in (INPUT, OUTPUT, VALUE_INFO):
                graph.values[_names(part, VALUE_NAME)[0]] = part.content
    return graph


def _needed(graph: _Graph, fed: set[bytes], asked: set[bytes]) -> tuple[set[int], set[bytes]]:
    """The identities of the nodes, and the names of the weights, on the way from `fed` to `asked`."""
    nodes: set[int] = set()
    weights: set[bytes] = set()
    waiting = list(asked - fed)
    while waiting:
        name = waiting.pop()
        if name in graph.initializers:
            weights.add(name)
            continue
        node = graph.producers.get(name)
        if node is None:
            raise ValueError(f"the outputs need {name.decode()!r}, which is not fed")
        if id(node) not in nodes:
            nodes.add(id(node))
            waiting += [value for value in _names(node, NODE_INPUT) if value and value not in fed]
    return nodes, weights


def _declared(graph: _Graph, name: str) -> memoryview:
    try:
        return graph.values[name.encode()]
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
