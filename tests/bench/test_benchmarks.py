"""The benchmarks can be asked what they are; running them takes a quiet machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.socket

ROOT = Path(__file__).parents[2]
BENCHMARKS = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_says_what_it_measures(name: str) -> None:
    command = [sys.executable, f"benchmarks/{name}.py", "--help"]

    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert "" == told.stderr
    assert f"benchmarks/{name}.py" in told.stdout


def test_every_benchmark_is_described_in_the_documents() -> None:
    described = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")

    assert [] == [name for name in BENCHMARKS if f"`{name}`" not in described]
