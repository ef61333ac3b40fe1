"""The answers of `POST /v1/chat/completions`: one message, or its chunks.

Source: CONTRACT B4 and B7, whose rules keep the official SDKs' accumulators right: the audio's id once, its
expiry once and alone, every piece of audio but the last a multiple of 6 bytes (3 for base64, 2 for a sample),
the finish reason in a chunk of its own. Word timings and what was heard, which OpenAI has not, come as the
usage does: beside an empty list of choices.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from firstword.core.conversation import ChatUsage, ToolCall, ToolCallDelta
from firstword.core.types import TimedWord
from firstword.wire.speech import MS_PER_AUDIO_TOKEN, SpokenWords
from firstword.wire.transcripts import audio_tokens, text_tokens

DONE = b"data: [DONE]\n\n"
PIECE_BYTES = 6


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """What every chunk repeats."""

    id: str
    model: str
    created: int
    """Unix seconds."""
    tells_usage: bool = False
    """Whether chunks have `usage`, null in all but the last."""

    def chunk(self, delta: Mapping[str, object], finish_reason: str | None = None) -> bytes:
        """An event with one choice."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return self._event([choice], None)

    def usage_chunk(self, usage: Mapping[str, object]) -> bytes:
        """The event with the usage, and no choice."""
        return self._event([], usage)

    def words_chunk(self, words: Iterable[TimedWord]) -> bytes:
        """The event with words that begin in the audio after it, and no choice."""
        told = SpokenWords.of(words).model_dump(mode="json")["words"]
        return self._event([], None, audio_words=told)

    def heard_chunk(self, said: Iterable[tuple[str, str]]) -> bytes:
        """The event with what was said in each recording, by its field, and no choice."""
        return self._event([], None, **_heard(said))

    def message(
        self,
        message: Mapping[str, object],
        finish_reason: str,
        usage: Mapping[str, object],
        said: Iterable[tuple[str, str]] | None = None,
    ) -> bytes:
        """The whole answer, and, if that was asked for, what was said in each recording, by its field."""
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
        more = {} if said is None else _heard(said)
        return _dumped(self._body("chat.completion", [choice]) | {"usage": usage} | more)

    def _event(self, choices: Sequence[object], usage: Mapping[str, object] | None, **more: object) -> bytes:
        body = self._body("chat.completion.chunk", choices) | more
        if self.tells_usage:
            body["usage"] = usage
        return b"data: " + _dumped(body) + b"\n\n"

    def _body(self, kind: str, choices: Sequence[object]) -> dict[str, object]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": None,
            "choices": choices,
        }


def _heard(said: Iterable[tuple[str, str]]) -> dict[str, object]:
    return {"input_transcripts": [{"field": field, "text": text} for field, text in said]}


class Pieces:
    """Cuts bytes so that their base64 can be joined before it is decoded: a stage."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, item: bytes, /) -> Sequence[str]:
        """Base64 of all bytes up to a multiple of 6."""
        data = self._rest + item
        whole = len(data) // PIECE_BYTES * PIECE_BYTES
        self._rest = data[whole:]
        return [base64.b64encode(data[:whole]).decode()] if whole else []

    def flush(self) -> Sequence[str]:
        """Base64 of what is left over."""
        rest, self._rest = self._rest, b""
        return [base64.b64encode(rest).decode()] if rest else []


def call_delta(call: ToolCallDelta) -> dict[str, object]:
    """More of a call, as the SDKs put it together."""
    function: dict[str, object] = {"arguments": call.arguments}
    body: dict[str, object] = {"index": call.index}
    if call.id is not None:
        body |= {"id": call.id, "type": "function"}
    if call.name is not None:
        function = {"name": call.name, **function}
    return {"tool_calls": [body | {"function": function}]}


def call_made(call: ToolCall) -> dict[str, object]:
    """A whole call."""
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def usage(
    counted: ChatUsage | None,
    *,
    text_in_chars: int,
    text_out_chars: int,
    audio_in_ms: float,
    audio_out_ms: float,
) -> dict[str, object]:
    """Tokens as CONTRACT A4 counts them: the model's own for text, or an estimate; audio by its length."""
    text_in = counted.prompt_tokens if counted else text_tokens(text_in_chars)
    text_out = counted.completion_tokens if counted else text_tokens(text_out_chars)
    audio_in = audio_tokens(audio_in_ms)
    audio_out = int(-(-audio_out_ms // MS_PER_AUDIO_TOKEN))
    return {
        "prompt_tokens": text_in + audio_in,
        "completion_tokens": text_out + audio_out,
        "total_tokens": text_in + audio_in + text_out + audio_out,
        "prompt_tokens_details": {
            "text_tokens": text_in,
            "audio_tokens": audio_in,
            "cached_tokens": counted.cached_tokens if counted else 0,
        },
        "completion_tokens_details": {
            "text_tokens": text_out,
            "audio_tokens": audio_out,
            "reasoning_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _dumped(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
