"""What is wired from what is installed: voices and models that are not here, and settings that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from firstword import assembly
from firstword.catalog import entries
from firstword.catalog.entries import Folder
from firstword.catalog.store import ModelStore
from firstword.core.errors import ConfigurationError
from firstword.core.protocols import Files
from firstword.core.types import EngineInfo, Voice
from firstword.engines import tone
from firstword.settings import load
from tests.catalog.making import entry_of, put
from tests.runtime.small import SmallPlugin

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

SINE = tone.plugin.infos()[0].voices[0]
GUEST = replace(SINE, id="guest", name="Guest", needs="small")


@dataclass(frozen=True, slots=True)
class ChoirPlugin:
    """The tone engine, some of whose voices come from the store."""

    voices: tuple[Voice, ...] = (SINE, GUEST)

    def infos(self) -> Sequence[EngineInfo]:
        """One model."""
        return (replace(tone.plugin.infos()[0], voices=self.voices),)

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> tone.ToneEngine:
        """Looks for the files of the voices that it is asked for."""
        for voice in info.voices:
            assert voice.needs is None or (files(voice.needs) / "graph.onnx").is_file()
        return tone.ToneEngine(info, tone.Options())


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """A store in which the guest's model can be put."""
    entry = entry_of(Folder(str(put(tmp_path / "origin"))))
    monkeypatch.setattr(entries, "ENTRIES", (entry,))
    monkeypatch.setattr(assembly, "discover", lambda names: {"choir": ChoirPlugin()})
    monkeypatch.setenv("FIRSTWORD_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("FIRSTWORD_DEFAULT_MODEL", "tone")
    return ModelStore(tmp_path / "models", entries=[entry])


async def voices_of_a_started_application() -> list[str]:
    application = assembly.assemble(load())
    await application.host.start()
    async with application.host.use_tts("tone") as engine:
        voices = [voice.id for voice in engine.info.voices]
    await application.aclose()
    return voices


async def test_an_engine_is_not_asked_for_voices_that_are_not_installed(store: ModelStore) -> None:
    assert ["sine"] == await voices_of_a_started_application()

    store.pull(store.entries["small"])

    assert ["sine", "guest"] == await voices_of_a_started_application()


def test_the_catalogue_tells_how_to_have_an_absent_voice(store: ModelStore) -> None:
    listed = {voice.id for voice in assembly.catalogue(load(), {"choir": ChoirPlugin()}).voices()}

    assert ("sine" in listed, "guest" in listed) == (True, False)
    with pytest.raises(ConfigurationError, match="firstword models pull small"):
        assembly.catalogue(load(flags={"voice_aliases": {"house": "guest"}}), {"choir": ChoirPlugin()})


def test_a_model_without_any_of_its_voices_waits_for_one(store: ModelStore) -> None:
    (model,) = assembly.offered({"choir": ChoirPlugin((GUEST,))}, load(), store)

    assert ((), ("small",)) == (model.info.voices, model.info.needs)


def test_a_recognizer_that_the_settings_name_must_be_in_use(store: ModelStore) -> None:
    assembly.catalogue(load(), {"choir": ChoirPlugin()})  # the default may be missing
    with pytest.raises(ConfigurationError, match="default_recognizer names 'scribbler', which is not in use"):
        assembly.catalogue(
            load(flags={"default_recognizer": "scribbler"}), {"choir": ChoirPlugin(), "small": SmallPlugin()}
        )
