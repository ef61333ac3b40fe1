"""Our real models keep the contract that every engine is asked to keep; broken ones are found out."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from firstword.core.protocols import Files
from firstword.core.transcripts import Recognition, RecognitionRequest
from firstword.core.types import AudioChunk, Samples
from firstword.engines import hibari, moonshine, silero
from firstword.engines.hibari.engine import HibariEngine
from firstword.engines.moonshine.engine import MoonshineEngine
from firstword.testing import (
    CHECKS,
    RECOGNIZER_CHECKS,
    VAD_CHECKS,
    Case,
    Hearing,
    Watching,
    check_recognizer,
    check_vad,
    no_files,
)

pytestmark = pytest.mark.model

SPEECH = Path(__file__).parent.parent / "data/speech"
SAID = "He might even have been made amiable himself."
RECOGNIZERS = {info.model_id: info for info in moonshine.plugin.infos()}


@pytest.fixture(scope="module")
def voice() -> HibariEngine:
    return hibari.plugin.load(hibari.plugin.infos()[0], no_files, {})


@pytest.fixture(scope="module")
def samples() -> Samples:
    return soundfile.read(SPEECH / "librivox_0930.flac", dtype="float32")[0]


@pytest.fixture(scope="module")
def recognizers(model_files: Files) -> dict[str, MoonshineEngine]:
    return {name: moonshine.plugin.load(info, model_files, {}) for name, info in RECOGNIZERS.items()}


@pytest.fixture(scope="module")
def vad(model_files: Files) -> silero.SileroEngine:
    return silero.plugin.load(silero.INFO, model_files, {})


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_hibari_keeps_the_contract(voice: HibariEngine, check: Callable[[Case], None]) -> None:
    check(Case(voice, "The morning train leaves the harbour town at nine.", "heart"))


@pytest.mark.parametrize("check", RECOGNIZER_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("model_id", RECOGNIZERS)
def test_moonshine_keeps_the_contract(
    recognizers: dict[str, MoonshineEngine],
    samples: Samples,
    model_id: str,
    check: Callable[[Hearing], None],
) -> None:
    check(Hearing(recognizers[model_id], samples, SAID))


@pytest.mark.parametrize("check", VAD_CHECKS, ids=lambda check: check.__name__)
def test_silero_keeps_the_contract(
    vad: silero.SileroEngine, samples: Samples, check: Callable[[Watching], None]
) -> None:
    check(Watching(vad, samples))


class Broken:
    """The real recognizer, but for its answers."""

    def __init__(self, real: MoonshineEngine, change: Callable[[Recognition], Recognition]) -> None:
        self._real, self._change = real, change
        self.info, self.check, self.health, self.close = real.info, real.check, real.health, real.close

    def recognize(self, request: RecognitionRequest) -> Generator[None, None, Recognition]:
        return self._change((yield from self._real.recognize(request)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: replace(r, text="something else"), "it heard"),
        (lambda r: replace(r, words=r.words[1:]), "not the text"),
        (lambda r: replace(r, words=tuple(replace(w, end_ms=9e9) for w in r.words)), "outside"),
        (lambda r: replace(r, words=tuple(replace(w, start_ms=9e3 - w.start_ms) for w in r.words)), "order"),
        (lambda r: replace(r, words=tuple(replace(w, confidence=2.0) for w in r.words)), "confidence"),
        (lambda r: replace(r, words=tuple(replace(w, tokens=1) for w in r.words)), "tokens"),
        (lambda r: replace(r, text=r.text or "Thank you."), "silence"),
        (lambda r: replace(r, no_speech=np.random.default_rng().random()), "another answer"),
        (lambda r: replace(r, tokens=r.tokens[::-1]), "prefix"),
    ],
)
def test_a_broken_recognizer_is_told_what_it_broke(
    recognizers: dict[str, MoonshineEngine],
    samples: Samples,
    change: Callable[[Recognition], Recognition],
    said: str,
) -> None:
    with pytest.raises(AssertionError, match=said):
        check_recognizer(Broken(recognizers["moonshine-tiny"], change), samples=samples, text=SAID)


class Forgetful(silero.SileroSession):
    """Loses what does not fill a window."""

    def feed(self, item: AudioChunk, /) -> list[float]:
        whole = len(item.samples) // silero.WINDOW * silero.WINDOW
        return list(super().feed(replace(item, samples=item.samples[:whole])))


def test_a_broken_vad_is_told_what_it_broke(
    vad: silero.SileroEngine, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silero, "SileroSession", Forgetful)

    with pytest.raises(AssertionError, match="0 probabilities for 1 frames"):
        check_vad(vad, samples=samples)
