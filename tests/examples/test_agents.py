"""Other frameworks' agents and answers, spoken while they are written; no room or transport is needed."""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

from tests.conformance.conftest import House
from tests.examples.conftest import EXAMPLES, environment
from tests.examples.test_chat import chat, house
from tests.pipeline.scripted import ScriptedChat
from tests.pipeline.whistling import whistle
from tests.sockets.conftest import WAIT_S, until
from tests.sockets.scripted_plugin import opened
from tests.sockets.uploading import wav

__all__ = ["chat", "house"]

pytestmark = [pytest.mark.conformance, pytest.mark.program("curl"), pytest.mark.timeout(90)]

SAID = "alder birch cedar"
FIRST, BEGUN, REST = "It is a good dog. ", "It", " likes us."
SOME_BYTES = 16_000
"""A third of a second: much less than the first sentence."""


@dataclass(frozen=True)
class Agent:
    """An example that answers into a file, and whether it hears its question."""

    name: str
    hears: bool = True

    @property
    def answer(self) -> Path:
        return EXAMPLES / self.name / "answer.wav"


AGENTS = [Agent("livekit-agent"), Agent("pipecat-agent"), Agent("langchain-voice", hears=False)]


@pytest.fixture(params=AGENTS, ids=lambda agent: agent.name)
def agent(request: pytest.FixtureRequest) -> Iterator[Agent]:
    """Each of them."""
    one: Agent = request.param
    one.answer.unlink(missing_ok=True)
    yield one
    one.answer.unlink(missing_ok=True)


def test_an_answer_is_heard_before_it_is_written_to_its_end(
    house: House, chat: ScriptedChat, conformance_python: Path, tmp_path: Path, agent: Agent
) -> None:
    question, gate = tmp_path / "question.wav", Event()
    question.write_bytes(wav(whistle(SAID)))
    chat.lines = [FIRST, BEGUN, opened(gate), REST]
    process = subprocess.Popen(
        [EXAMPLES / "run", agent.name, question if agent.hears else SAID],
        env=environment(conformance_python, house.running.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            until(
                lambda: agent.answer.exists() and agent.answer.stat().st_size > SOME_BYTES, "the first audio"
            )
            gate.set()
            printed, told = process.communicate(timeout=2 * WAIT_S)
        finally:
            gate.set()
            process.kill()

    assert process.returncode == 0, told
    assert (f"heard: {SAID}" in printed) == agent.hears
    assert f"{FIRST}{BEGUN}{REST}" in printed
    assert chat.requests[-1].messages[-1].text == SAID
    with wave.open(str(agent.answer)) as file:
        samples = file.readframes(file.getnframes())
    assert sounding(house.body("pcm", FIRST + BEGUN + REST)) == sounding(samples)


def sounding(pcm: bytes) -> bytes:
    """Samples without silence, of which frameworks put some between sentences."""
    return b"".join(pcm[at : at + 2] for at in range(0, len(pcm), 2) if pcm[at : at + 2] != b"\0\0")
