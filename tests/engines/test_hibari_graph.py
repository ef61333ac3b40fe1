"""The cutting of a model, on one small enough to write here by hand."""

import pytest

from firstword.engines.hibari.graph import Graph

pytestmark = pytest.mark.unit


def field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return bytes([number << 3, content])
    low, high = len(content) & 0x7F, len(content) >> 7
    return bytes([number << 3 | 2, *([low | 0x80, high] if high else [low])]) + content


def node(inputs: str, output: str) -> bytes:
    names = b"".join(field(1, name.encode()) for name in inputs)
    return field(1, names + field(2, output.encode()) + field(4, b"Add"))


def value(number: int, name: str) -> bytes:
    return field(number, field(1, name.encode()) + field(2, b"\x0a\x00"))


def weight(name: str) -> bytes:
    return field(5, field(8, name.encode()) + field(9, b"\x01\x02"))


def model(*parts: bytes) -> bytes:
    return field(1, 8) + field(7, b"".join(parts)) + field(14, b"\x10\x11")


WHOLE = model(
    node("xv", "a"),
    node("aw", "b"),
    node("b", "y"),
    node("au", "z"),
    field(2, b"whole"),
    weight("u"),
    weight("v"),
    weight("w"),
    value(11, "x"),
    value(12, "y"),
    value(12, "z"),
    value(13, "a"),
)


def test_the_first_half_ends_in_an_inner_value() -> None:
    expected = field(1, 8) + field(14, b"\x10\x11")
    expected += field(7, node("xv", "a") + field(2, b"cut") + weight("v") + value(11, "x") + value(12, "a"))

    assert expected == Graph(WHOLE).cut(["x"], ["a"])


def test_the_second_half_is_fed_the_inner_value() -> None:
    body = node("aw", "b") + node("b", "y") + field(2, b"cut") + weight("w") + value(11, "a") + value(12, "y")

    assert field(1, 8) + field(14, b"\x10\x11") + field(7, body) == Graph(WHOLE).cut(["a"], ["y"])


def test_an_output_that_needs_more_than_is_fed_is_refused() -> None:
    with pytest.raises(ValueError, match="'x', which is not fed"):
        Graph(WHOLE).cut([], ["y"])


def test_a_value_without_a_declared_type_is_refused() -> None:
    with pytest.raises(ValueError, match="no type for 'b'"):
        Graph(WHOLE).cut(["b"], ["y"])


@pytest.mark.parametrize("size", range(1, len(WHOLE) - len(field(14, b"\x10\x11"))))
def test_a_file_cut_short_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=r"cut short|not fed|no type"):
        Graph(WHOLE[:size]).cut(["x"], ["y"])
