"""Voices from the store, on copies of the bundled graph: the makers' own files of the others were not run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import hibari
import numpy as np
import onnxruntime
import pytest

from firstword.catalog.entries import entry
from firstword.core.errors import ConfigurationError, UnknownVoice
from firstword.core.types import Samples, SynthesisRequest, Voice
from firstword.engines.hibari import plugin
from firstword.engines.hibari.engine import HibariEngine
from firstword.testing import CHECKS, Case, no_files

pytestmark = pytest.mark.model

(INFO,) = plugin.infos()
ASSETS = Path(hibari.__file__).parent / "assets"
STORED = [voice for voice in INFO.voices if voice.needs]
SENTENCE = "I rather like tomatoes after a bath."


def only(*names: str) -> tuple[Voice, ...]:
    return tuple(voice for voice in INFO.voices if voice.id in names)


def altered(model: bytes) -> bytes:
    """The graph with one array of its weights' bytes changed, as another voice's would be."""
    weights = bytearray(model)
    at = len(weights) // 2
    weights[at : at + 20_000] = bytes(byte ^ 1 for byte in weights[at : at + 20_000])
    onnxruntime.InferenceSession(bytes(weights), providers=["CPUExecutionProvider"])
    return bytes(weights)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All five, each in its folder; `fenrir` is another graph than the rest."""
    folder = tmp_path_factory.mktemp("models")
    for voice in STORED:
        (folder / str(voice.needs)).mkdir()
        shutil.copy(ASSETS / "hibari.onnx", folder / str(voice.needs))
    file = folder / "hibari-fenrir/hibari.onnx"
    file.write_bytes(altered(file.read_bytes()))
    return folder


@pytest.fixture(scope="module")
def engine(store: Path) -> HibariEngine:
    return plugin.load(INFO, lambda model_id: store / model_id, {})


def speak(engine: HibariEngine, voice: str, text: str = SENTENCE) -> Samples:
    return np.concatenate([chunk.samples for chunk in engine.steps(SynthesisRequest(text, voice))])


def test_the_voices_are_those_of_the_package() -> None:
    """Source: the package's own voices.json."""
    listed = hibari.voices.VOICES

    assert {voice.id for voice in INFO.voices} == set(listed)
    for voice in INFO.voices:
        facts = listed[voice.id]
        assert (facts["language"], facts["gender"]) == (voice.language, voice.gender)
        assert facts["bundled"] == (voice.needs is None)
        assert facts["british"] == (voice.language == "en-GB")


@pytest.mark.parametrize("voice", STORED, ids=lambda voice: voice.id)
def test_a_voice_of_the_store_has_an_entry_with_the_file_that_is_loaded(voice: Voice) -> None:
    found = entry(str(voice.needs))

    assert found is not None
    assert ["hibari.onnx"] == [file.name for file in found.files]


def test_every_voice_speaks(engine: HibariEngine) -> None:
    assert INFO.voices == engine.info.voices
    for voice in INFO.voices:
        audio = speak(engine, voice.id)
        assert 1 < len(audio) / 24_000 < 5
        assert np.abs(audio).max() > 0.05


def test_a_voice_speaks_with_its_own_weights(engine: HibariEngine) -> None:
    """`kore` is a copy of `heart` here, `fenrir` is not."""
    heart = speak(engine, "heart")

    assert np.array_equal(heart, speak(engine, "kore"))
    assert not np.array_equal(heart, speak(engine, "fenrir"))


def test_a_british_voice_reads_as_the_package_reads_it(engine: HibariEngine) -> None:
    """The weights are the same here, so that all the difference is in the reading."""
    package = hibari.Hibari(model=str(ASSETS / "hibari.onnx"), voice="emma")

    assert not np.array_equal(speak(engine, "heart"), speak(engine, "emma"))
    assert np.array_equal(speak(engine, "emma"), speak(engine, "fable"))
    (theirs,) = package.phonemize(SENTENCE)
    (ours,) = engine._speakers["emma"].pronouncer.phrases(SENTENCE)
    assert package.ids(theirs) == ours.ids.tolist()


def test_the_voices_of_an_accent_share_one_front_end(engine: HibariEngine) -> None:
    assert engine._speakers is not None
    made = {name: speaker.pronouncer for name, speaker in engine._speakers.items()}

    assert made["heart"] is made["fenrir"] is made["kore"]
    assert made["emma"] is made["fable"] is not made["heart"]


def test_what_is_not_asked_for_is_not_loaded() -> None:
    engine = plugin.load(replace(INFO, voices=only("heart")), no_files, {})

    assert ["heart"] == [voice.id for voice in engine.info.voices]
    with pytest.raises(UnknownVoice, match="it has heart"):
        engine.check("Hello.", "fenrir", None)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100_000])


@pytest.mark.parametrize("harm", [cut_short, Path.unlink], ids=["damaged", "missing"])
def test_a_voice_that_cannot_be_loaded_is_left_out_and_the_others_speak(
    tmp_path: Path, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copy(ASSETS / "hibari.onnx", tmp_path)
    harm(tmp_path / "hibari.onnx")

    engine = plugin.load(replace(INFO, voices=only("heart", "kore")), lambda model_id: tmp_path, {})

    assert ["heart"] == [voice.id for voice in engine.info.voices]
    assert "kore" in caplog.text
    assert len(speak(engine, "heart"))
    with pytest.raises(ConfigurationError, match="no voice is whole"):
        plugin.load(replace(INFO, voices=only("kore")), lambda model_id: tmp_path, {})


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_voice_of_the_store_keeps_the_contract(engine: HibariEngine, check: Callable[[Case], None]) -> None:
    check(Case(engine, SENTENCE, "emma"))
