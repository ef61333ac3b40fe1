"""The kit that engines are tested with: ours pass it, and broken ones do not."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from firstword.core.types import AudioChunk, SynthesisRequest
from firstword.engines import tone
from firstword.testing import CHECKS, Case, check_engine, no_files

pytestmark = pytest.mark.unit

TEXT = "The first word is the one that is heard first."
EXAMPLE = Path(__file__).parent.parent / "examples/engine/src/firstword_hum/__init__.py"


@pytest.fixture(scope="module")
def hum() -> ModuleType:
    spec = importlib.util.spec_from_file_location("firstword_hum", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("model", [0, 1])
def test_the_tone_engines_keep_the_contract(check: Callable[[Case], None], model: int) -> None:
    info = tone.plugin.infos()[model]
    check(Case(tone.plugin.load(info, no_files, {}), TEXT, "sine"))


def test_the_example_engine_keeps_the_contract(hum: ModuleType) -> None:
    check_engine(hum.plugin.load(hum.plugin.infos()[0], no_files, {}), text=TEXT)


def test_the_example_is_short() -> None:
    assert len(EXAMPLE.read_text("utf-8").splitlines()) < 100


def broken(change: Callable[[AudioChunk], AudioChunk]) -> tone.ToneEngine:
    class Broken(tone.ToneEngine):
        def steps(self, request: SynthesisRequest) -> Generator[AudioChunk]:
            for chunk in super().steps(request):
                yield change(chunk)

    return Broken(tone.plugin.infos()[0], tone.Options())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: replace(c, samples=c.samples.astype(np.float64)), "float32"),
        (lambda c: replace(c, samples=c.samples * 9), "full scale"),
        (lambda c: replace(c, samples=c.samples * np.nan), "NaN"),
        (lambda c: replace(c, sample_rate=8000), "sample rate"),
        (lambda c: replace(c, start=0), "starts at"),
        (lambda c: replace(c, samples=c.samples * 0), "silence"),
        (lambda c: replace(c, words=()), "gave none"),
        (lambda c: replace(c, words=tuple(replace(w, text="x") for w in c.words)), "offsets"),
        (lambda c: replace(c, words=tuple(replace(w, end_ms=9e9) for w in c.words)), "outside"),
        (
            lambda c: replace(c, samples=c.samples * np.random.default_rng().random(dtype=np.float32)),
            "other samples",
        ),
    ],
)
def test_a_broken_engine_is_told_what_it_broke(change: Callable[[AudioChunk], AudioChunk], said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        check_engine(broken(change), text=TEXT)
