"""`WS /v1/audio/speech/stream`: text in as it is written, audio out.

Source: CONTRACT A6. The first message is a `StreamStart`; every later one from the client is a
`StreamText`, which may say several things at once: its text is written first, then flushed.
"""

from __future__ import annotations

import base64
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from firstword.core.types import (
    AudioBytes,
    Cancelled,
    Flushed,
    SliceBegins,
    SpeechDone,
    SpeechEvent,
    WordsSpoken,
)
from firstword.wire.speech import SpeechOptions, SpeechUsage, SpokenWords


class StreamStart(SpeechOptions):
    """The first message: a speech request without its text."""

    encoding: Literal["binary", "base64"] = Field(
        default="binary", description="How audio is sent: as binary messages, or as base64 in JSON."
    )


class StreamText(BaseModel):
    """Every later message of the client."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str | None = None
    flush: Literal[True] | None = None
    cancel: Literal[True] | None = None
    done: Literal[True] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> StreamText:
        if not self.model_fields_set:
            raise ValueError("a message has text, flush, cancel or done")
        return self


class Started(BaseModel):
    """The first message of the server."""

    type: Literal["speech.started"] = "speech.started"
    media_type: str
    sample_rate: int
    voice: str


class TextBegins(BaseModel):
    """The audio of a slice of the text begins."""

    type: Literal["speech.text"] = "speech.text"
    start: int
    end: int
    at_ms: int


class TextFlushed(BaseModel):
    """Everything before a flush has been spoken."""

    type: Literal["speech.flushed"] = "speech.flushed"


class TextCancelled(BaseModel):
    """What was unspoken has been dropped."""

    type: Literal["speech.cancelled"] = "speech.cancelled"
    spoken_chars: int


class Done(BaseModel):
    """The last message of the server."""

    type: Literal["speech.done"] = "speech.done"
    usage: SpeechUsage


def message(event: SpeechEvent, *, encoding: str, timings: bool) -> str | bytes | None:
    """An event as a message: text, binary, or None where the client did not ask for it."""
    told: BaseModel
    match event:
        case AudioBytes():
            if encoding == "binary":
                return event.data
            return '{"type":"speech.delta","audio":"' + base64.b64encode(event.data).decode() + '"}'
        case WordsSpoken(words=words):
            if not timings:
                return None
            told = SpokenWords.of(words)
        case SliceBegins(start=start, end=end, at_ms=at_ms):
            told = TextBegins(start=start, end=end, at_ms=round(at_ms))
        case Flushed():
            told = TextFlushed()
        case Cancelled(spoken_chars=spoken_chars):
            told = TextCancelled(spoken_chars=spoken_chars)
        case SpeechDone(usage=usage):
            told = Done(usage=SpeechUsage.of(usage))
    return told.model_dump_json()
