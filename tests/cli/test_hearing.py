"""The commands that hear, with real models and a real voice."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstword.core.protocols import Files
from tests.cli.conftest import Run

pytestmark = pytest.mark.model

SPEECH = Path(__file__).parent.parent / "data/speech/librivox_0930.flac"
SAID = "he might even have been made amiable himself"


@pytest.fixture
def hearing(tmp_path: Path, model_files: Files) -> Path:
    """Settings with the smallest models."""
    models = model_files("moonshine-tiny").parent
    file = tmp_path / "firstword.toml"
    file.write_text(
        'engines = ["tone", "moonshine", "silero"]\ndefault_model = "tone"\n'
        f'default_recognizer = "moonshine-tiny"\nmodels = "{models}"\n',
        "utf-8",
    )
    return file


@pytest.mark.parametrize("command", ["transcribe", "listen --fast --file"])
def test_what_was_said_is_written(run: Run, hearing: Path, command: str) -> None:
    done = run(*command.split(), SPEECH, "--config", hearing)

    assert (0, "") == (done.code, done.stderr)
    text = done.stdout.rpartition("  ")[2]
    assert SAID == " ".join(text.replace("-", " ").strip(" .,\n").lower().split())
