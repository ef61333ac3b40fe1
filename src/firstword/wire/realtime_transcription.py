"""`WS /v1/audio/transcriptions-realtime`: audio in, transcripts out.

Source: CONTRACT A5, and the vendor's guide it fills the gaps of. Every message of the server has a string
`text`, because the guide's client reads it from all of them.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from firstword.core.errors import InvalidRequest
from firstword.core.transcripts import (
    SAMPLE_BYTES,
    SYNONYMS,
    AudioSource,
    Endpointing,
    Heard,
    InputEncoding,
    ListenRequest,
    Transcript,
    Word,
)
from firstword.wire.errors import ErrorBody
from firstword.wire.speech import LANGUAGE
from firstword.wire.transcriptions import HYSTERESIS, Keyword, Language


def _spelled(value: object) -> object:
    return SYNONYMS.get(value, value) if isinstance(value, str) else value


class EndpointingOptions(BaseModel):
    """When an utterance begins and ends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    threshold: float | None = Field(
        default=None, gt=0, lt=1, description="Probability from which on it is speech."
    )
    release: float | None = Field(default=None, gt=0, lt=1, description="And under which it no longer is.")
    min_speech_ms: int | None = Field(default=None, ge=0, le=5_000, description="Shorter is a click.")
    min_silence_ms: int | None = Field(default=None, ge=30, le=10_000, description="Ends an utterance.")
    pre_roll_ms: int | None = Field(default=None, ge=0, le=2_000, description="Audio kept before it.")
    tail_ms: int | None = Field(default=None, ge=0, le=2_000, description="Audio kept after it.")
    max_utterance_ms: int | None = Field(default=None, ge=1_000, le=30_000, description="Longer is cut.")

    def endpointing(self) -> Endpointing:
        """With the defaults for what was not said.

        Raises:
            InvalidRequest: `release` is over `threshold`.
        """
        told = {name: value for name, value in self.model_dump().items() if value is not None}
        if self.threshold is not None and self.release is None:
            told["release"] = max(0.01, round(self.threshold - HYSTERESIS, 6))
        wanted = Endpointing(**told)
        if wanted.release > wanted.threshold:
            raise InvalidRequest(
                f"endpointing.release ({wanted.release:g}) must not be over endpointing.threshold "
                f"({wanted.threshold:g}).",
                param="endpointing.release",
                code="invalid_value",
            )
        return wanted


class ListenStart(BaseModel):
    """The first message."""

    model_config = ConfigDict(extra="forbid", strict=True)

    sample_rate: int | None = Field(None, ge=8_000, le=96_000, description="Hz; required for raw samples.")
    encoding: Annotated[InputEncoding | None, BeforeValidator(_spelled)] = Field(
        None, strict=False, description="`pcm_s16le` by default."
    )
    channels: int = Field(1, ge=1, le=8, description="For raw samples; they are averaged.")
    language: str | None = Field(None, pattern=LANGUAGE, description="BCP 47; found out by default.")
    languages: list[Language] = Field(default_factory=list, max_length=100)
    prompt: str | None = Field(None, max_length=10_000)
    keywords: list[Keyword] = Field(default_factory=list, max_length=200)
    interim_results: bool = Field(True, description="Whether partial transcripts are wanted.")
    partial_every_ms: int = Field(400, ge=100, le=10_000, description="Audio between two of them.")
    endpointing: EndpointingOptions | None = None

    def request(self, model: str) -> ListenRequest:
        """As the pipeline takes it; `model` is the real one.

        Raises:
            InvalidRequest: raw samples without their rate, or endpointing that does not fit together.
        """
        encoding = self.encoding or InputEncoding.S16LE
        if encoding in SAMPLE_BYTES and self.sample_rate is None:
            raise InvalidRequest(
                f'{encoding} does not tell its rate: send {{"sample_rate": 16000}} first, in Hz.',
                param="sample_rate",
                code="missing_field",
            )
        prompt = " ".join([*([self.prompt] if self.prompt else []), ", ".join(self.keywords)]).strip()
        return ListenRequest(
            model=model,
            source=AudioSource(encoding, self.sample_rate or AudioSource().sample_rate, self.channels),
            language=None if self.language == "auto" else self.language,
            languages=tuple(self.languages),
            prompt=prompt or None,
            interim_results=self.interim_results,
            partial_every_ms=self.partial_every_ms,
            endpointing=(self.endpointing or EndpointingOptions()).endpointing(),
        )


class ListenControl(BaseModel):
    """Every later text message of the client; audio comes in binary ones."""

    model_config = ConfigDict(extra="forbid", strict=True)

    done: Literal[True] | None = None
    flush: Literal[True] | None = None
    keepalive: Literal[True] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> ListenControl:
        if not self.model_fields_set:
            raise ValueError('a text message is {"done": true}, {"flush": true} or {"keepalive": true}')
        return self


def session_begins(session_id: str, *, expires_at: str, limits: dict[str, float]) -> str:
    """The first message of the server; limits in seconds and bytes, as they are named."""
    return _message("SessionBegins", session_id=session_id, expires_at=expires_at, limits=limits)


def transcript(heard: Transcript, *, created: str) -> str:
    """What was said between two moments; all times in milliseconds since the session began."""
    more = {"interrupted": True} if heard.interrupted else {}
    return _message(
        "FinalTranscript" if heard.final else "PartialTranscript",
        text=heard.text,
        audio_start=round(heard.start_ms),
        audio_end=round(heard.end_ms),
        confidence=_rounded(heard.confidence),
        words=[_word(word) for word in heard.words],
        created=created,
        stable_words=heard.stable_words,
        language=heard.language,
        lag_ms=round(heard.lag_ms),
        **more,
    )


def error(body: ErrorBody) -> str:
    """Why the session ends; the close code follows."""
    return _message("Error", error=body.error.model_dump())


def session_terminated(session_id: str, heard: Heard) -> str:
    """The last message of the server, when all has been said."""
    return _message("SessionTerminated", session_id=session_id, audio_duration_ms=round(heard.audio_in_ms))


def _word(word: Word) -> dict[str, object]:
    return {
        "start": round(word.start_ms),
        "end": round(word.end_ms),
        "confidence": _rounded(word.confidence),
        "text": word.text,
    }


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 3)


def _message(message_type: str, *, text: str = "", **fields: Any) -> str:
    return json.dumps({"message_type": message_type, "text": text, **fields}, ensure_ascii=False)
