"""What a speech server tells, typed: audio, and what belongs to it.

A stream of speech is made of `SpeechEvent`s, an answer of a chat of `ChatEvent`s. Times are milliseconds in
the audio of the stream, places are characters of its text.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from firstword.core.errors import EngineError

FAILED = 500
"""The status that fits a failure which came after 200 had been said."""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word, where it sounds and where it stands: `text[start_char:end_char]`."""

    text: str
    start_ms: float
    end_ms: float
    start_char: int
    end_char: int


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """What the audio is that will come; on the socket only."""

    media_type: str
    sample_rate: int
    """Hz."""
    voice: str
    """Who really speaks."""


@dataclass(frozen=True, slots=True)
class SpeechAudio:
    """The next bytes of the format."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SpeechText:
    """The audio of `[start, end)` of the text begins; on the socket only."""

    start: int
    end: int
    at_ms: float


@dataclass(frozen=True, slots=True)
class SpeechWords:
    """Words that begin in the audio after this; where they were asked for."""

    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class SpeechFlushed:
    """Everything before a flush has been spoken."""


@dataclass(frozen=True, slots=True)
class SpeechCancelled:
    """What was unspoken has been dropped."""

    spoken_chars: int
    """The end of the last slice whose audio was sent."""


@dataclass(frozen=True, slots=True)
class SpeechDone:
    """All has been said."""

    usage: Mapping[str, Any] = field(default_factory=dict)


SpeechEvent = (
    SpeechStarted | SpeechAudio | SpeechText | SpeechWords | SpeechFlushed | SpeechCancelled | SpeechDone
)


@dataclass(frozen=True, slots=True)
class ChatText:
    """More of the answer, as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class ChatAudio:
    """More of the answer, as it is spoken: the next bytes of the format."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ChatWords:
    """Words that begin in the audio after this; places are in the whole answer."""

    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class ChatToolCall:
    """More of a call; the pieces with the same `index` belong together."""

    index: int
    id: str | None
    """In the first piece."""
    name: str | None
    """In the first piece."""
    arguments: str
    """More of the JSON."""


@dataclass(frozen=True, slots=True)
class ChatDone:
    """The answer is complete."""

    id: str | None = None
    """Of the completion."""
    audio_id: str | None = None
    """Stands for the answer in the next turn: `{"role": "assistant", "audio": {"id": audio_id}}`."""
    expires_at: int | None = None
    """Unix seconds; until then the server knows the audio's id."""
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None


ChatEvent = ChatText | ChatAudio | ChatWords | ChatToolCall | ChatDone


def speech_event(message: Mapping[str, Any]) -> SpeechEvent | None:
    """What a server-sent event, or a message of the socket, says; None for one of another kind.

    Raises:
        FirstwordError: it tells of a failure.
    """
    refuse_error(message)
    match message.get("type"):
        case "speech.audio.delta" | "speech.delta":
            return SpeechAudio(audio_bytes(message.get("audio")))
        case "speech.audio.words":
            return SpeechWords(spoken_words(message.get("words")))
        case "speech.started":
            rate = int(message.get("sample_rate") or 0)
            return SpeechStarted(str(message.get("media_type")), rate, str(message.get("voice")))
        case "speech.text":
            start, end = (int(message.get(name) or 0) for name in ("start", "end"))
            return SpeechText(start, end, float(message.get("at_ms") or 0))
        case "speech.flushed":
            return SpeechFlushed()
        case "speech.cancelled":
            return SpeechCancelled(int(message.get("spoken_chars") or 0))
        case "speech.audio.done" | "speech.done":
            return SpeechDone(message.get("usage") or {})
    return None


class ChatEvents:
    """Makes typed events of a chat's chunks, and remembers what the last one tells."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._audio_id: str | None = None
        self._expires_at: int | None = None
        self._finish_reason: str | None = None
        self._usage: Mapping[str, Any] | None = None

    @property
    def audio_id(self) -> str | None:
        """The id of the answer's audio, once it has been told."""
        return self._audio_id

    def of(self, chunk: Mapping[str, Any]) -> Iterator[ChatEvent]:
        """What a chunk brings.

        Raises:
            FirstwordError: it tells of a failure.
        """
        refuse_error(chunk)
        self._id = chunk.get("id") or self._id
        self._usage = chunk.get("usage") or self._usage
        if words := spoken_words(chunk.get("audio_words")):
            yield ChatWords(words)
        for choice in chunk.get("choices") or ():
            self._finish_reason = choice.get("finish_reason") or self._finish_reason
            yield from self._delta(choice.get("delta") or {})

    def done(self) -> ChatDone:
        """The last event."""
        return ChatDone(self._id, self._audio_id, self._expires_at, self._finish_reason, self._usage)

    def _delta(self, delta: Mapping[str, Any]) -> Iterator[ChatEvent]:
        audio = delta.get("audio") or {}
        self._audio_id = audio.get("id") or self._audio_id
        self._expires_at = audio.get("expires_at") or self._expires_at
        if text := audio.get("transcript") or delta.get("content"):
            yield ChatText(text)
        if data := audio.get("data"):
            yield ChatAudio(audio_bytes(data))
        for call in delta.get("tool_calls") or ():
            function = call.get("function") or {}
            yield ChatToolCall(
                int(call.get("index") or 0),
                call.get("id"),
                function.get("name"),
                function.get("arguments") or "",
            )


def audio_bytes(data: object) -> bytes:
    """Audio as JSON has it; none where there is none.

    Raises:
        EngineError: it is something else.
    """
    try:
        return base64.b64decode(data) if isinstance(data, str) else b""
    except binascii.Error as failure:
        raise EngineError("The server sent audio that is no base64.") from failure


def spoken_words(told_words: object) -> tuple[SpokenWord, ...]:
    """Words as a server tells them."""
    if not isinstance(told_words, Iterable):
        return ()
    return tuple(
        SpokenWord(
            str(word.get("text", "")),
            float(word.get("start_ms") or 0),
            float(word.get("end_ms") or 0),
            int(word.get("start_char") or 0),
            int(word.get("end_char") or 0),
        )
        for word in told_words
        if isinstance(word, Mapping)
    )


def refuse_error(message: Mapping[str, Any]) -> None:
    """Passes what is no error.

    Raises:
        FirstwordError: what it says.
    """
    error = message.get("error")
    if not error:
        return
    from firstword.client.asking.connection import (
        told,  # loads the HTTP library, of which a player has no need
    )

    if failure := told(error, FAILED):
        raise failure
    raise EngineError(f"The server failed: {error}")


def broke_off() -> EngineError:
    """What an answer is that ends without its end."""
    return EngineError("The server broke off before its answer was complete.", code="incomplete")
