"""The Vercel AI SDK: speech, transcription and text by its own functions."""

from __future__ import annotations

import pytest

from tests.conformance.conftest import House
from tests.examples.conftest import EXAMPLES, Run
from tests.examples.test_chat import FIRST, SECOND, chat, house
from tests.pipeline.scripted import ScriptedChat
from tests.pipeline.whistling import WORDS

__all__ = ["chat", "house"]

pytestmark = [pytest.mark.conformance, pytest.mark.program("curl", "node", "npm")]

QUESTION = "one two three"


def test_what_the_sdk_says_it_hears_and_what_it_hears_it_asks(
    house: House, chat: ScriptedChat, run_example: Run
) -> None:
    written, heard, answer = run_example("vercel-ai-sdk", QUESTION).stdout.splitlines()

    spoken = EXAMPLES / "vercel-ai-sdk/question.mp3"
    assert spoken.read_bytes() == house.body("mp3", QUESTION)
    spoken.unlink()
    assert written.endswith(", audio/mpeg")
    said = heard.removeprefix("heard: ")
    assert said
    assert set(said.split()) <= set(WORDS), "every beep is taken for a whistle"
    assert chat.requests[-1].messages[-1].text == said
    assert answer == f"answer: {FIRST}{SECOND}"
