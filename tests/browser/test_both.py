"""What both browsers must do: Debian's Chromium and Debian's Firefox, the latter on a sound server."""

from __future__ import annotations

import base64
import json
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.browser.driving import driven, in_both, needs_sound
from tests.browser.holding import holding
from tests.sockets import scripted_plugin
from tests.sockets.conftest import StartServer
from tests.sockets.scripted_plugin import chat_of

pytestmark = [pytest.mark.browser, pytest.mark.program("node"), needs_sound, pytest.mark.timeout(300)]

TEXT = "one two three four five six seven eight nine ten"
SPEECH = {"model": "tone", "voice": "sine", "input": TEXT}
STREAMS: dict[str, dict[str, object]] = {
    **{name: {"response_format": name} for name in ("pcm", "wav", "flac", "mp3", "aac", "opus")},
    "webm": {"response_format": "opus", "model_extensions": {"container": "webm"}},
    "events": {
        "response_format": "pcm",
        "stream_format": "sse",
        "model_extensions": {"timings": "word"},
    },
}
LOSSLESS = {"pcm", "wav", "flac", "events"}
FAITHFUL_DB = 22.0
"""What is left of a tone by a lossy codec; a sample too early or too late, and it is less than 18."""
PADDED = 1_024
"""A lossy codec's last frame may be longer than the speech."""
CLIP = Path(__file__).parents[1] / "data/speech/librivox_0930.flac"
SAID = "he might even have been made amiable himself"
ALIKE = 0.7
"""Of the words: a browser cleans what its microphone gives, and a busy machine loses some of it."""
LEAD_S, TRAIL_S = 0.6, 1.0
"""Silence around what is said: a person, too, is not heard to the last instant."""


def fidelity_db(heard: np.ndarray, spoken: np.ndarray) -> float:
    """How much stronger the speech is than what was changed in it."""
    changed = heard.astype(float) - spoken
    return float(10 * np.log10(np.square(spoken.astype(float)).sum() / np.square(changed).sum()))


def words(text: str) -> list[str]:
    """Those of a text, without case, marks and times of the clock."""
    return "".join(letter if letter.isalpha() else " " for letter in text.lower()).split()


def likeness(said: str, written: str) -> float:
    """How much of the words is the same, in the same order."""
    return SequenceMatcher(None, words(said), words(written)).ratio()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A recording of what is said, with silence around it."""
    samples, rate = soundfile.read(CLIP, dtype="int16")
    path = tmp_path / "clip.wav"
    soundfile.write(path, np.pad(samples, (round(LEAD_S * rate), round(TRAIL_S * rate))), rate)
    return path


@in_both
def test_every_format_is_heard_before_the_rest_of_it_is_sent_and_as_it_was_sent(
    start_server: StartServer, speakers: dict[str, str], browser: str
) -> None:
    server = start_server()
    spoken = np.frombuffer(server.speak(TEXT).read(), "<i2")

    with holding(server.port) as relay:
        asked = [json.dumps({**SPEECH, **fields}) for fields in STREAMS.values()]
        told = driven("held.mjs", relay.url, *asked, browser=browser, env=speakers)

    runs = dict(zip(STREAMS, told["runs"], strict=True))
    for name, run in runs.items():
        heard = np.frombuffer(base64.b64decode(run["samples"]), "<i2")
        assert run["early"] is True, name
        assert run["complete"], name
        if name in LOSSLESS:
            assert np.array_equal(spoken, heard), name
        else:
            assert 0 <= len(heard) - len(spoken) <= PADDED, name
            assert FAITHFUL_DB < fidelity_db(heard[: len(spoken)], spoken), name
    assert TEXT.split() == runs["events"]["words"]


@in_both
def test_what_is_said_into_the_microphone_is_written_down(
    start_server: StartServer, speakers: dict[str, str], browser: str, clip: Path
) -> None:
    server = start_server(engines=("moonshine", "silero", "tone"))

    told = driven("dictated.mjs", server.url, str(clip), browser=browser, env=speakers)

    assert likeness(SAID, told["written"]) > ALIKE, told["written"]
    assert max(likeness(SAID, partial) for partial in told["partials"]) > ALIKE / 2


@in_both
def test_a_question_is_asked_by_push_to_talk_and_its_answer_is_heard(
    start_server: StartServer, speakers: dict[str, str], browser: str, clip: Path, tmp_path: Path
) -> None:
    (tmp_path / "plugin").mkdir()
    engines = ("tone", "moonshine", "silero", "scripted")
    with scripted_plugin.installed(tmp_path / "plugin"):
        server = start_server(engines=engines, default_chat="scripted", store=tmp_path / "store.sqlite3")
    chat = chat_of(server)
    chat.lines = ["Yes,", " he", " might."]

    told = driven("pushed.mjs", server.url, str(clip), browser=browser, env=speakers)

    request = chat.requests[-1]
    assert likeness(SAID, request.messages[-1].text) > ALIKE, request.messages[-1].text
    question, answer = told["log"]
    assert question.startswith("You: ")
    assert answer == "Answer: Yes, he might."
    assert all(figure.endswith(" ms") for figure in told["figures"]), "nothing was heard"
