"""`voices`, `models`, `doctor` and `key`: what they show of this installation and of a server."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from firstword import assembly
from firstword.catalog import entries
from firstword.catalog.entries import Folder
from firstword.catalog.store import ModelStore
from firstword.cli.checkup import checkup
from firstword.engines import tone
from tests.catalog.making import put
from tests.cli.conftest import Run
from tests.cli.soundcard import SoundCard, card
from tests.runtime.small import SmallPlugin, wanted

__all__ = ["card"]

pytestmark = pytest.mark.unit


def test_voices_tell_who_answers_for_an_openai_name(run: Run, tone_settings: Path) -> None:
    rows = [line.split() for line in run("voices", "--config", tone_settings).stdout.splitlines()]

    assert ["ID", "LANGUAGE", "GENDER", "MODEL", "ANSWERS", "AS"] == rows[0]
    assert ["sine", "mul", "neutral", "tone", "-"] in rows
    assert ["alloy", "mul", "neutral", "tone", "sine"] in rows


def test_voices_as_json_are_those_of_the_table(run: Run, tone_settings: Path) -> None:
    rows = run("voices", "--config", tone_settings).stdout.splitlines()[1:]
    voices = json.loads(run("voices", "--json", "--config", tone_settings).stdout)["voices"]

    assert [row.split()[0] for row in rows] == [voice["id"] for voice in voices]


def test_models_are_one_line_each_with_their_further_names(run: Run, tone_settings: Path) -> None:
    rows = run("models", "--config", tone_settings).stdout.splitlines()

    assert ["ID", "tone", "tone-at-once"] == [row.split()[0] for row in rows[:3]]
    assert "tts-1, tts-1-1106" in rows[1]


def test_the_default_model_is_listed_with_licence_and_size(run: Run) -> None:
    models = json.loads(run("models", "--json").stdout)["models"]

    hibari = next(model for model in models if model["id"] == "hibari")
    assert ("Apache-2.0", 7_936_868, "installed") == (
        hibari["license"],
        hibari["size_bytes"],
        hibari["state"],
    )


def test_a_key_fits_its_hash(run: Run) -> None:
    made = run("key").stdout.splitlines()
    key = made[0].split()[-1]

    assert f'api_keys = ["sha256:{hashlib.sha256(key.encode()).hexdigest()}"]' in made[1]


def test_doctor_finds_nothing_wrong_here(
    run: Run, tone_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "1")

    done = run("doctor", "--config", tone_settings, "--port", "0")

    assert (0, "") == (done.code, done.stderr)
    assert {"✓"} == {line[0] for line in done.stdout.splitlines()}
    assert "Formats: pcm wav mp3 opus aac flac webm" in done.stdout


def test_doctor_lists_what_can_be_heard_and_what_hears(tone_settings: Path, card: SoundCard) -> None:
    card.names = ("headset", "hall")

    facts = [finding.fact for finding in checkup(tone_settings, {"port": 0})]

    assert {"Output devices: headset, hall", "Input devices: headset, hall"} <= set(facts)


def test_doctor_says_what_to_do_about_an_open_network(tone_settings: Path) -> None:
    findings = list(checkup(tone_settings, {"host": "0.0.0.0", "port": 0}))

    remedy = next(finding.remedy for finding in findings if finding.fact == "0.0.0.0 without a key")
    assert remedy is not None
    assert "firstword key" in remedy


def test_doctor_goes_on_after_wrong_settings(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "firstword.toml"
    file.write_text("port = 'high'\n", encoding="utf-8")

    done = run("doctor", "--config", file)

    assert 1 == done.code
    assert "✗ The settings are wrong" in done.stdout
    assert "Setting port" in done.stdout


@pytest.fixture
def scribe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """Settings with a recognizer whose model can be put into a store."""
    entry = wanted(Folder(str(put(tmp_path / "origin"))))
    monkeypatch.setattr(entries, "ENTRIES", (entry,))
    monkeypatch.setattr(assembly, "discover", lambda names: {"tone": tone.plugin, "small": SmallPlugin()})
    monkeypatch.setenv("FIRSTWORD_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("FIRSTWORD_DEFAULT_MODEL", "tone")
    return ModelStore(tmp_path / "models", entries=[entry])


def findings(**flags: object) -> dict[str, str | None]:
    """What the checkup finds of the recognizer."""
    found = {finding.fact: finding.remedy for finding in checkup(None, {"port": 0, **flags})}
    return {fact: remedy for fact, remedy in found.items() if fact.startswith("scribe")}


def test_doctor_has_a_recognizer_listen(scribe: ModelStore) -> None:
    scribe.pull(scribe.entries["small"])

    ((fact, remedy),) = findings().items()

    assert re.fullmatch(r"scribe loads in \d+ ms, and listens to 1\.00 s of audio in \d+ ms", fact)
    assert remedy is None


def test_doctor_tells_what_becomes_of_a_missing_model(
    scribe: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = "Run `firstword models pull small`, then start the server again."
    assert {"scribe is not here yet: `firstword serve` fetches it when it starts": None} == findings(
        fetch=True
    )
    assert {"scribe is not installed": pull} == findings(fetch=False)

    monkeypatch.setattr(entries, "ENTRIES", (replace(scribe.entries["small"], default=False),))
    assert {f"scribe is not here, and nothing needs it. To have it: {pull}": None} == findings(fetch=True)


def test_models_list_recognizers_with_their_names(run: Run, scribe: ModelStore) -> None:
    models = json.loads(run("models", "--json").stdout)["models"]

    assert {"scribe": None, "small": None} == {
        model["id"]: model["alias_of"] for model in models if model["id"] in ("scribe", "small")
    }
    assert "transcription" == next(model["task"] for model in models if model["id"] == "scribe")
