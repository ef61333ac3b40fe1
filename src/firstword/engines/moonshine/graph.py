"""Has a decoder tell where it listens: its attention to the audio becomes an output of the graph.

The merged decoder is one `If` node with a branch for the first call and one for those with a cache, and
what happens in a branch stays there. So three lists must name a new output: each branch's, the node's,
and the graph's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from firstword.engines.onnx import (
    ATTRIBUTE_GRAPH,
    MODEL_GRAPH,
    NODE,
    NODE_ATTRIBUTE,
    NODE_OUTPUT,
    NODE_TYPE,
    OUTPUT,
    VALUE_NAME,
    VALUE_TYPE,
    fields,
    names,
    wrap,
)

FLOAT_TENSOR = b"\x0a\x02\x08\x01"
"""A TypeProto: tensor_type { elem_type: FLOAT }."""

Change = Callable[[memoryview], bytes]


def with_attention(model: bytes, layers: Iterable[int]) -> tuple[bytes, Sequence[str]]:
    """The model with these layers' attention to the audio as further outputs.

    Args:
        model: a serialized merged decoder.
        layers: counted from 0.

    Returns:
        The model, and the names of the new outputs, f32[B, heads, tokens, frames] each, in that order.

    Raises:
        ValueError: it is no such model.
    """
    made = [f"/model/decoder/layers.{layer}/encoder_attn/Softmax_output_0" for layer in layers]
    graph = partial(_graph, made=[name.encode() for name in made])
    return _changed(memoryview(model), MODEL_GRAPH, graph), made


def _graph(graph: memoryview, made: Sequence[bytes]) -> bytes:
    return _changed(graph, NODE, partial(_node, made=made)) + _outputs(made)


def _node(node: memoryview, made: Sequence[bytes]) -> bytes:
    if b"If" not in (bytes(part.content) for part in fields(node) if part.number == NODE_TYPE):
        return bytes(node)
    branches = partial(_changed, number=ATTRIBUTE_GRAPH, change=partial(_branch, made=made))
    return _changed(node, NODE_ATTRIBUTE, branches) + b"".join(wrap(NODE_OUTPUT, name) for name in made)


def _branch(graph: memoryview, made: Sequence[bytes]) -> bytes:
    has = {name for part in fields(graph) if part.number == NODE for name in names(part, NODE_OUTPUT)}
    for name in made:
        if name not in has:
            raise ValueError(f"the decoder makes no {name.decode()}")
    return bytes(graph) + _outputs(made)


def _outputs(made: Sequence[bytes]) -> bytes:
    return b"".join(wrap(OUTPUT, wrap(VALUE_NAME, name) + wrap(VALUE_TYPE, FLOAT_TENSOR)) for name in made)


def _changed(message: memoryview, number: int, change: Change) -> bytes:
    """The message with each field of that number changed."""
    return b"".join(
        wrap(number, change(part.content)) if part.number == number else part.raw for part in fields(message)
    )
