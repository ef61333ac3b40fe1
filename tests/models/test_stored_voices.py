"""Hibari's other voices from the store to the ear, on copies of the bundled graph: theirs were not run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import hibari
import pytest

from firstword import assembly
from firstword.catalog import entries
from firstword.catalog.entries import Folder, ModelEntry, ModelFile
from firstword.catalog.store import ModelStore
from firstword.cli import entry
from firstword.core.errors import UnknownVoice
from firstword.core.types import AudioBytes, AudioFormat, AudioSpec
from firstword.settings import Settings, load

pytestmark = [pytest.mark.model, pytest.mark.anyio]

ASSETS = Path(hibari.__file__).parent / "assets"
PCM = AudioSpec(AudioFormat.PCM)


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModelEntry]:
    """A catalogue in which the four entries describe the bundled graph."""
    graph = (ASSETS / "hibari.onnx").read_bytes()
    file = ModelFile("hibari.onnx", len(graph), hashlib.sha256(graph).hexdigest())
    listed = {
        one.model_id: replace(one, files=(file,), sources=(Folder(str(ASSETS)),))
        if one.model_id.startswith("hibari-")
        else one
        for one in entries.ENTRIES
    }
    monkeypatch.setattr(entries, "ENTRIES", tuple(listed.values()))
    return listed


def installed(folder: Path, copies: dict[str, ModelEntry], *voices: str) -> Settings:
    """Settings with a store that has these voices."""
    settings = load(flags={"engines": ("hibari",), "models": folder, "fetch": False})
    store: ModelStore = assembly.store_of(settings)
    for voice in voices:
        store.pull(copies[f"hibari-{voice}"])
    return settings


async def test_a_voice_that_is_pulled_is_listed_and_speaks(
    tmp_path: Path, copies: dict[str, ModelEntry]
) -> None:
    application = assembly.assemble(installed(tmp_path, copies, "fenrir", "emma"))
    await application.host.start()
    try:
        assert ["heart", "fenrir", "emma"] == [v.id for v in application.catalog.model("hibari").voices]
        for name, voice in (("onyx", "fenrir"), ("coral", "emma"), ("emma", "emma")):
            request = application.speech_request(model="tts-1", voice=name, text="Hello there.", audio=PCM)
            async with application.speak.open(request) as speech:
                events = [event async for block in speech for event in block]
            assert voice == speech.voice
            assert sum(len(event.data) for event in events if isinstance(event, AudioBytes)) > 20_000
    finally:
        await application.aclose()


async def test_a_voice_that_is_not_there_is_told_with_its_remedy(
    tmp_path: Path, copies: dict[str, ModelEntry]
) -> None:
    application = assembly.assemble(installed(tmp_path, copies))

    with pytest.raises(UnknownVoice, match="firstword models pull hibari-kore"):
        application.speech_request(model="hibari", voice="kore", text="Hello.", audio=PCM)
    onyx = application.speech_request(model="tts-1", voice="onyx", text="Hello.", audio=PCM)
    assert "heart" == onyx.voice


@pytest.mark.parametrize(
    ("voices", "onyx"), [((), "heart"), (("fenrir", "emma", "fable", "kore"), "fenrir")], ids=["one", "five"]
)
def test_the_table_of_voices_is_of_what_is_installed(
    tmp_path: Path,
    copies: dict[str, ModelEntry],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    voices: tuple[str, ...],
    onyx: str,
) -> None:
    installed(tmp_path, copies, *voices)
    monkeypatch.setenv("FIRSTWORD_MODELS", str(tmp_path))
    monkeypatch.setenv("FIRSTWORD_ENGINES", '["hibari"]')

    assert 0 == entry.run(["voices", "--json"])

    listed = {one["id"]: one["alias_of"] for one in json.loads(capsys.readouterr().out)["voices"]}
    assert {"heart", *voices} == {name for name, alias in listed.items() if alias is None}
    assert onyx == listed["onyx"]
