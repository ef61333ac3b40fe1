"""Cuts an ONNX model in two: bytes in, bytes out."""

from __future__ import annotations

from collections.abc import Sequence

from firstword.engines.onnx import (
    INITIALIZER,
    INPUT,
    MODEL_GRAPH,
    NAME,
    NODE,
    NODE_INPUT,
    NODE_OUTPUT,
    OUTPUT,
    TENSOR_NAME,
    VALUE_INFO,
    VALUE_NAME,
    Field,
    fields,
    names,
    wrap,
)


class Graph:
    """A model's parts, by the names that tie them together.

    Args:
        model: a serialized ModelProto with its weights inside, without subgraphs.

    Raises:
        ValueError: it is none.
    """

    def __init__(self, model: bytes) -> None:
        self._outside: list[Field] = []
        self._nodes: list[Field] = []
        self._needs: dict[int, list[bytes]] = {}
        self._makers: dict[bytes, int] = {}
        self._weights: dict[bytes, Field] = {}
        self._types: dict[bytes, Field] = {}
        for part in fields(memoryview(model)):
            if part.number == MODEL_GRAPH:
                for inner in fields(part.content):
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
            wrap(NAME, b"cut"),
            *(tensor.raw for name, tensor in self._weights.items() if name in weights),
            *(wrap(INPUT, self._declared(name)) for name in inputs),
            *(wrap(OUTPUT, self._declared(name)) for name in outputs),
        ]
        outside = b"".join(part.raw for part in self._outside)
        return outside + wrap(MODEL_GRAPH, b"".join(body))

    def _keep(self, part: Field) -> None:
        if part.number == NODE:
            at = len(self._nodes)
            self._nodes.append(part)
            self._needs[at] = names(part, NODE_INPUT)
            self._makers.update(dict.fromkeys(names(part, NODE_OUTPUT), at))
        elif part.number == INITIALIZER:
            self._weights[names(part, TENSOR_NAME)[0]] = part
        elif part.number in (INPUT, OUTPUT, VALUE_INFO):
            self._types[names(part, VALUE_NAME)[0]] = part

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
