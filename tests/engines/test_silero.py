"""Silero: what its probabilities say of speech and of other sounds, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from firstword.core.errors import ConfigurationError, EngineError
from firstword.core.protocols import Files
from firstword.core.transcripts import LISTENING_RATE
from firstword.core.types import AudioChunk, Samples
from firstword.engines.silero import CONTEXT, INFO, WINDOW, SileroEngine, plugin

pytestmark = pytest.mark.model

SPEECH = Path(__file__).parent.parent / "data/speech"


@pytest.fixture(scope="module")
def engine(model_files: Files) -> SileroEngine:
    return plugin.load(INFO, model_files, {})


def probabilities(engine: SileroEngine, samples: Samples) -> Samples:
    session = engine.session()
    found = [*session.feed(AudioChunk(samples.astype(np.float32), LISTENING_RATE)), *session.flush()]
    return np.array(found, np.float32)


def test_speech_is_found_where_it_is(engine: SileroEngine) -> None:
    speech = soundfile.read(SPEECH / "librivox_0930.flac", dtype="float32")[0]
    silence = np.zeros(WINDOW * 40, np.float32)

    found = probabilities(engine, np.concatenate([silence, speech, silence]))

    begin, end = 40, 40 + len(speech) // WINDOW
    assert found[: begin - 1].max() < 0.2
    assert np.mean(found[begin:end] > 0.5) > 0.7
    assert found[end + 15 :].max() < 0.2


@pytest.mark.parametrize("sound", ["silence", "noise", "hum", "clicks"])
def test_what_is_no_speech_is_not_taken_for_it(engine: SileroEngine, sound: str) -> None:
    random, time_s = np.random.default_rng(1), np.arange(4 * LISTENING_RATE) / LISTENING_RATE
    samples = {
        "silence": np.zeros(len(time_s)),
        "noise": 0.1 * random.standard_normal(len(time_s)),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * time_s),
        "clicks": 0.8 * (random.uniform(size=len(time_s)) > 0.9998),
    }[sound]

    assert np.mean(probabilities(engine, samples) > 0.5) < 0.05


def test_the_model_sees_the_end_of_the_window_before(engine: SileroEngine) -> None:
    """A change in the last 64 frames of one window changes the next one's probability by what it heard."""
    speech = soundfile.read(SPEECH / "jfk.flac", dtype="float32")[0][:16_000]
    other = speech.copy()
    other[WINDOW * 20 - CONTEXT : WINDOW * 20] = 0

    same, changed = probabilities(engine, speech), probabilities(engine, other)

    assert np.array_equal(same[:19], changed[:19])
    assert not np.array_equal(same[20:21], changed[20:21])


def test_audio_at_another_rate_is_refused(engine: SileroEngine) -> None:
    with pytest.raises(ValueError, match="16000 Hz, not 24000"):
        engine.session().feed(AudioChunk(np.zeros(512, np.float32), 24_000))


def test_a_closed_model_gives_no_sessions(model_files: Files) -> None:
    engine = plugin.load(INFO, model_files, {})
    engine.close()

    assert not engine.health()
    with pytest.raises(EngineError, match="closed"):
        engine.session()


@pytest.mark.parametrize(
    ("options", "said"),
    [({"thread": 1}, "unknown option thread; known: threads"), ({"threads": 0}, "at least 1")],
)
def test_a_wrong_option_is_the_operators_to_mend(
    model_files: Files, options: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        plugin.load(INFO, model_files, options)


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_a_missing_or_damaged_file_is_the_operators_to_mend(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "silero_vad_16k_op15.onnx").write_bytes(content)

    with pytest.raises(ConfigurationError, match="silero-vad cannot be loaded"):
        plugin.load(INFO, lambda _: tmp_path, {})
