"""The page's Converse tab: typed and spoken questions, answers as they are made, and breaking in on them."""

from __future__ import annotations

import base64
import json
import wave
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from anyio import to_thread

from firstword.core.conversation import ChatRequest, Role
from firstword.core.errors import EngineError
from firstword.engines.tone import ToneEngine
from tests.browser.driving import driven
from tests.pipeline.scripted import Line, ScriptedChat, words
from tests.sockets import scripted_plugin
from tests.sockets.conftest import Running, StartServer, until
from tests.sockets.scripted_plugin import chat_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.program("node", "chromium"),
    pytest.mark.timeout(150),
]

PACE = {"realtime_factor": 0.5}
"""Twice as fast as it is heard."""
BEGINNING = "one two three four five six seven eight."
END = " nine ten eleven twelve."
LEAD_MS = 1_500
"""Audio that is made ahead of its listener."""
RATE = 16_000
SPEECH = Path(__file__).parents[1] / "data" / "speech"
RECORDED = "librivox_0930.flac"


@pytest.fixture
def talking(start_server: StartServer, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a server with a scripted model and a voice of tones."""

    def start(*ears: str, **fields: Any) -> Running:
        settings = {
            "engines": ("tone", "scripted", *ears),
            "default_chat": "scripted",
            "store": tmp_path / "store.sqlite3",
            "tone": PACE,
        }
        return start_server(**(settings | fields))

    (tmp_path / "plugin").mkdir()
    with scripted_plugin.installed(tmp_path / "plugin"):
        yield start


def after(gate: Path) -> Callable[[], Awaitable[None]]:
    """A line of a script: to wait until somebody has made a file."""

    async def wait() -> None:
        await to_thread.run_sync(until, gate.exists, "the gate to be opened", abandon_on_cancel=True)

    return wait


def said(request: ChatRequest) -> list[tuple[Role, str]]:
    """Who said what before an answer, but for what the server itself tells the model."""
    return [(one.role, one.text) for one in request.messages if one.role is not Role.SYSTEM]


def microphone(samples: np.ndarray[Any, np.dtype[np.int16]], place: Path) -> str:
    """A file that is a microphone's: it begins when the microphone is opened, and then is silence."""
    with wave.open(str(place), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.concatenate((samples, np.zeros(20 * RATE, np.int16))).tobytes())
    return str(place)


def scripted(server: Running, lines: Sequence[Line]) -> ScriptedChat:
    """The model inside a server, with its lines."""
    chat = chat_of(server)
    chat.lines = lines
    return chat


def test_a_typed_question_is_heard_before_its_answer_is_written_to_the_end(
    talking: Callable[..., Running], tmp_path: Path
) -> None:
    server, gate = talking(), tmp_path / "gate"
    chat = scripted(server, [*words(BEGINNING), after(gate), *words(END)])

    told = driven("converse.mjs", server.url, "typed", "Is it so?", str(gate))

    whole = BEGINNING + END
    assert told["early"] == BEGINNING
    assert told["loud"] > 0.1
    assert set(whole.split()) >= set(told["marks"])
    assert len(told["marks"]) >= 5, "few words were marked"
    assert all(figure.endswith(" ms") for figure in told["figures"][:2])
    assert ["You: Is it so?", f"Answer: {whole}", "You: And then?", f"Answer: {whole}"] == told["log"]
    first, second = chat.requests
    assert [(Role.USER, "Is it so?")] == said(first)
    assert [(Role.USER, "Is it so?"), (Role.ASSISTANT, whole), (Role.USER, "And then?")] == said(second)


def test_what_was_said_into_the_microphone_reaches_the_model_and_talking_breaks_in(
    talking: Callable[..., Running], tmp_path: Path
) -> None:
    samples, rate = soundfile.read(SPEECH / RECORDED, dtype="int16")
    assert rate == RATE
    manifest = json.loads((SPEECH / "manifest.json").read_text("utf-8"))
    text = next(one["text"] for one in manifest if one["file"] == RECORDED)
    server = talking("moonshine", "silero")
    whole = f"{BEGINNING}{END} " * 3
    chat = scripted(server, words(whole))
    sound = microphone(np.concatenate((np.zeros(RATE // 2, np.int16), samples)), tmp_path / "mic.wav")
    held_ms = 1000 * len(samples) // RATE + 2_000

    told = driven("converse.mjs", server.url, "spoken", sound, str(held_ms), "4")

    first, second = chat.requests
    assert text == _bare(first.messages[-1].text)
    (_, asked), (who, heard), (_, again) = said(second)
    assert who is Role.ASSISTANT
    assert whole.startswith(heard)
    assert told["heard"] - 2 <= len(heard.split()) <= told["heard"], "the last may be on its way"
    assert first.messages[-1].text == asked
    assert text == _bare(again)
    assert told["log"][0] == f"You: {first.messages[-1].text}"
    assert told["log"][1].startswith(f"Answer: {heard}")
    assert told["log"][1].endswith("(interrupted)")


def test_who_interrupts_hears_nothing_more_and_goes_on_from_what_was_heard(
    talking: Callable[..., Running],
) -> None:
    server = talking()
    engine = server.application.host._places["tone"].engine
    assert isinstance(engine, ToneEngine)
    long = f"{BEGINNING}{END} " * 10
    chat = scripted(server, words(long.strip()))
    chat.answers = {"Go on.": ["Yes."]}

    told = driven("converse.mjs", server.url, "interrupted", "Tell me all.", "4", "Go on.")

    assert told["loud"] > 0.1
    assert told["quiet"] == 0
    until(lambda: chat.running == 0 and engine.running == 0, "the models to be let go")
    _, (who, heard), _ = said(chat.requests[1])
    assert who is Role.ASSISTANT
    assert long.startswith(heard)
    assert told["heard"] - 2 <= len(heard.split()) <= told["heard"], "the last may be on its way"
    assert told["log"][1].startswith(f"Answer: {heard}")
    assert engine.made_ms < 20_000


def test_nothing_is_sent_of_silence_a_tap_or_what_somebody_thought_better_of(
    talking: Callable[..., Running], tmp_path: Path
) -> None:
    server = talking()
    chat = scripted(server, words(BEGINNING))

    told = driven(
        "converse.mjs", server.url, "silent", microphone(np.zeros(0, np.int16), tmp_path / "mic.wav"), "700"
    )

    assert told["label"] == "Click to send"
    assert told["left"] == "Click to talk", "it records behind another tab"
    assert [] == told["log"]
    assert [] == chat.requests


def test_failures_are_told_and_a_question_that_was_refused_can_be_sent_again(
    talking: Callable[..., Running], tmp_path: Path
) -> None:
    server, gate = talking(), tmp_path / "gate"
    chat = scripted(server, [EngineError("The model is out of breath.")])
    chat.answers = {"Half?": [*words(BEGINNING), after(gate), EngineError("The model has stopped.")]}

    told = driven("converse.mjs", server.url, "failing", str(gate), "Half?", "None?")

    first, *others = told["failures"]
    assert "stopped" in first or "broke off" in first
    assert ["The model is out of breath."] * 2 == others
    assert ("", []) == (told["left"], told["log"])
    kept = [(Role.USER, "Half?"), (Role.ASSISTANT, BEGINNING), (Role.USER, "None?")]
    assert [kept, kept] == [said(request) for request in chat.requests[1:]]


def test_an_answer_whose_id_the_server_has_forgotten_is_sent_in_words(
    talking: Callable[..., Running],
) -> None:
    server = talking()
    chat = scripted(server, ["Yes", " indeed."])

    told = driven("converse.mjs", server.url, "forgotten", "Well?")

    assert told["refused"] == 1
    assert ["You: Well?", "Answer: Yes indeed."] * 2 == told["log"]
    turn = [(Role.USER, "Well?"), (Role.ASSISTANT, "Yes indeed.")]
    assert [turn[:1], [*turn, *turn[:1]]] == [said(request) for request in chat.requests]


def chunk(
    *, usage: dict[str, int] | None = None, words: list[dict[str, Any]] | None = None, **delta: Any
) -> str:
    """An event of a chat, of a server that is not ours."""
    body: dict[str, Any] = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}
    if usage or words:
        body = {"object": "chat.completion.chunk", "choices": [], "usage": usage, "audio_words": words or []}
    return f"data: {json.dumps(body)}\n\n"


def test_the_player_understands_the_events_of_any_chat(start_server: StartServer) -> None:
    pcm = base64.b64encode(np.full(RATE, 1_000, "<i2").tobytes()).decode()  # 0.67 s at 24 kHz
    whole = "".join(
        (
            chunk(role="assistant", content=""),
            chunk(audio={"id": "audio_1", "transcript": "One"}),
            chunk(audio={"data": pcm}),
            chunk(audio={"transcript": " two."}),
            chunk(audio={"expires_at": 9}),
            chunk(usage={"total_tokens": 5}),
        )
    )
    done, error = "data: [DONE]\n\n", 'data: {"error": {"message": "It fell.", "code": "fell"}}\n\n'
    silent = chunk(content="Only written.")

    told = driven(
        "converse.mjs", start_server().url, "events", whole + done, whole, whole + error, silent + done
    )

    good, broken, failed, written = told["told"]
    answer = {"transcript": "One two.", "id": "audio_1", "expiresAt": 9, "usage": {"total_tokens": 5}}
    assert answer.items() <= good["answer"].items()
    assert [None, "broken_off", "fell", None] == [
        one["failed"] and one["failed"]["code"] for one in told["told"]
    ]
    for one in (good, broken, failed):
        assert ["One", " two."] == one["texts"]
        assert round(one["playedMs"]) == 667
    assert "It fell." == failed["failed"]["message"]
    assert ["Only written."] == written["texts"]


def _bare(text: str) -> str:
    """Words alone."""
    return " ".join("".join(one if one.isalnum() else " " for one in text.lower()).split())
