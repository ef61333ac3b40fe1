"""The manifest and the tests name each other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.requirements import REQUIREMENTS

pytestmark = pytest.mark.unit

TESTS = Path(__file__).parent


def marked_ids(source: str) -> Iterator[str]:
    """The ids in every `pytest.mark.requirement(...)` of a module: read, not run, so that none hides."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.requirement":
            yield from (ast.literal_eval(argument) for argument in node.args)


def ids_in_tests() -> set[str]:
    return {name for path in TESTS.rglob("test_*.py") for name in marked_ids(path.read_text("utf-8"))}


def test_every_requirement_is_proved_by_a_test() -> None:
    assert sorted(REQUIREMENTS.keys() - ids_in_tests()) == []


def test_every_mark_names_a_requirement() -> None:
    assert sorted(ids_in_tests() - REQUIREMENTS.keys()) == []


def test_marks_are_found_wherever_they_stand() -> None:
    source = (
        "import pytest\n"
        "pytestmark = [pytest.mark.unit, pytest.mark.requirement('on-the-module')]\n"
        "@pytest.mark.requirement('on-a-test', 'and-another')\n"
        "def test_it(): ...\n"
        "CASE = pytest.param(1, marks=pytest.mark.requirement('on-a-case'))\n"
    )

    assert {"on-the-module", "on-a-test", "and-another", "on-a-case"} == set(marked_ids(source))


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_a_requirement_says_where_it_comes_from(name: str) -> None:
    requirement = REQUIREMENTS[name]

    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name)
    assert re.fullmatch(r"00\d_[0-9a-f]{16}\.txt|CONTRACT [A-F]\d?", requirement.source)
    assert requirement.behaviour.endswith(".")
