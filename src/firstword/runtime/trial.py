"""Having an engine work once: what a runtime does on first use is not for the first caller."""

from __future__ import annotations

from typing import cast

import numpy as np

from firstword.core.conversation import ChatRequest, Message, Role, TextDelta
from firstword.core.protocols import ChatEngine, Engine, SttEngine, TtsEngine, VadEngine
from firstword.core.transcripts import LISTENING_RATE, RecognitionRequest
from firstword.core.types import AudioChunk, SynthesisRequest, Task

TEXT = "Hello, the first word is ready."
HEARD_S = 1.0
ANSWER_TOKENS = 16
NOISE = 0.001
"""Root mean square of the quiet noise that recognizers are given: some 60 dB under full scale."""


def try_out(engine: Engine) -> float:
    """Speaks into the void, or listens to nobody; gives the seconds of audio that were made or heard.

    Raises:
        Exception: whatever the model's library raises.
    """
    match engine.info.task:
        case Task.SPEECH:
            return _speak(cast(TtsEngine, engine))
        case Task.TRANSCRIPTION:
            return _recognize(cast(SttEngine, engine))
        case Task.ENDPOINTING:
            return _endpoint(cast(VadEngine, engine))
        case Task.CHAT:  # one here has answered when it is loaded; one elsewhere is not asked by every start
            return 0.0


async def ask(engine: ChatEngine) -> int:
    """Has a chat model answer nobody; gives the letters it wrote.

    Raises:
        FirstwordError: it cannot be reached, or failed.
    """
    request = ChatRequest(engine.info.model_id, (Message(Role.USER, TEXT),), max_tokens=ANSWER_TOKENS)
    async with engine.reply(request) as deltas:
        return sum([len(delta.text) async for delta in deltas if isinstance(delta, TextDelta)])


def _speak(engine: TtsEngine) -> float:
    return sum(chunk.duration_s for chunk in engine.steps(SynthesisRequest(TEXT, engine.info.voices[0].id)))


def _recognize(engine: SttEngine) -> float:
    noise = np.random.default_rng(0).normal(0.0, NOISE, int(HEARD_S * LISTENING_RATE)).astype(np.float32)
    for _ in engine.recognize(RecognitionRequest(noise)):
        pass
    return HEARD_S


def _endpoint(engine: VadEngine) -> float:
    session = engine.session()
    session.feed(AudioChunk(np.zeros(engine.window, np.float32), LISTENING_RATE))
    session.flush()
    return engine.window / LISTENING_RATE
