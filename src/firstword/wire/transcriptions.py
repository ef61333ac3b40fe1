"""`POST /v1/audio/transcriptions` and `/v1/audio/translations`: the forms and the answers.

Source: CONTRACT B2, B3 and A4. Unknown fields are passed over, as clients send many.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from firstword.core.errors import InvalidRequest
from firstword.core.transcripts import Endpointing, Heard, Token, TranscribeRequest, Transcript
from firstword.wire.languages import english_name
from firstword.wire.speech import LANGUAGE
from firstword.wire.transcripts import audio_tokens, joined, seconds, text_tokens

SPEAKERS = ("known_speaker_names", "known_speaker_references")
ARRAYS = frozenset(("languages", "keywords", "include", "timestamp_granularities", *SPEAKERS))
"""Fields that may come several times, as `name` or `name[]`."""
HYSTERESIS = 0.15
"""Between the probability at which speech begins and the one at which it ends. Source: Silero's own code."""
Language = Annotated[str, Field(pattern=LANGUAGE)]
Keyword = Annotated[str, Field(max_length=200)]


def tree(items: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The fields of a form: arrays in both spellings, objects from `name[key]`; else the last one counts."""
    found: dict[str, Any] = {}
    for name, value in items:
        name, _, key = name.removesuffix("[]").partition("[")
        if key:
            inner = found.setdefault(name, {})
            if isinstance(inner, dict):
                inner[key.removesuffix("]")] = value
        elif name in ARRAYS:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


class ServerVad(BaseModel):
    """`chunking_strategy`, when it is an object. Source of the defaults: CONTRACT B2."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["server_vad"]
    prefix_padding_ms: int = Field(300, ge=0, le=5_000)
    silence_duration_ms: int = Field(200, ge=10, le=10_000)
    threshold: float = Field(0.5, gt=0, lt=1)

    @property
    def endpointing(self) -> Endpointing:
        """The same, as recordings are cut here."""
        return Endpointing(
            threshold=self.threshold,
            release=max(0.01, round(self.threshold - HYSTERESIS, 6)),
            min_silence_ms=self.silence_duration_ms,
            pre_roll_ms=self.prefix_padding_ms,
        )


def _strategy(value: object) -> object:
    """`auto` is how it is done anyway; an object may be written as JSON."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return json.loads(value)
    return None if value in ("", "auto") else value


def _nothing(value: object) -> object:
    """An empty field is one that was not filled in."""
    return None if value == "" else value


class TranslationForm(BaseModel):
    """What both forms ask beside the file."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(description="A recognizer of `GET /v1/models`, or one of OpenAI's names.")
    prompt: str | None = Field(None, max_length=10_000, description="Words to expect, or what came before.")
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"] = "json"
    temperature: Annotated[float | None, BeforeValidator(_nothing)] = Field(None, ge=0, le=1)

    def request(self, model: str) -> TranscribeRequest:
        """As the pipeline takes it; `model` is the real one."""
        return TranscribeRequest(
            model=model, prompt=self.prompt, temperature=self.temperature or 0.0, translate=True
        )


class TranscriptionForm(TranslationForm):
    """`POST /v1/audio/transcriptions`, without the file."""

    language: Annotated[Language | None, BeforeValidator(_nothing)] = Field(None, description="BCP 47.")
    languages: list[Language] = Field(default_factory=list, max_length=100)
    keywords: list[Keyword] = Field(default_factory=list, max_length=200)
    include: list[Literal["logprobs"]] = Field(default_factory=list)
    timestamp_granularities: list[Literal["word", "segment"]] = Field(default_factory=list)
    stream: Annotated[bool | None, BeforeValidator(_nothing)] = None
    chunking_strategy: Annotated[ServerVad | None, BeforeValidator(_strategy)] = None
    known_speaker_names: list[str] = Field(default_factory=list)
    known_speaker_references: list[str] = Field(default_factory=list)

    @property
    def sse(self) -> bool:
        """Whether the answer is a stream of events. OpenAI's `whisper-1` knows none, and passes it over."""
        return bool(self.stream) and self.model != "whisper-1"

    @property
    def logprobs(self) -> bool:
        """Whether the tokens' probabilities are asked for."""
        return "logprobs" in self.include

    @property
    def words(self) -> bool:
        """Whether the words' times are asked for."""
        return "word" in self.timestamp_granularities

    @property
    def segments(self) -> bool:
        """Whether segments are: by default they are."""
        return not self.timestamp_granularities or "segment" in self.timestamp_granularities

    @property
    def asked_prompt(self) -> str | None:
        """The prompt, with the keywords after it."""
        said = [self.prompt] if self.prompt else []
        return " ".join([*said, ", ".join(self.keywords)]).strip() or None

    def check(self) -> None:
        """Refuses what does not go together, or is not offered.

        Raises:
            InvalidRequest: says what to ask for instead.
        """
        if self.response_format == "diarized_json":
            raise no_diarization("response_format")
        if given := [name for name in SPEAKERS if getattr(self, name)]:
            raise no_diarization(given[0])
        if self.timestamp_granularities and self.response_format != "verbose_json":
            raise InvalidRequest(
                'Timestamps are told in verbose_json: ask for "response_format": "verbose_json".',
                param="timestamp_granularities",
                code="timestamps_need_verbose_json",
            )
        if self.logprobs and self.response_format != "json":
            raise InvalidRequest(
                'Log probabilities are told in json: ask for "response_format": "json".',
                param="include",
                code="logprobs_need_json",
            )
        if self.sse and self.response_format not in ("json", "text"):
            raise InvalidRequest(
                f"{self.response_format} is made when all has been heard: leave out stream, or ask for json.",
                param="stream",
                code="format_not_streamed",
            )

    def request(self, model: str) -> TranscribeRequest:
        """As the pipeline takes it; `model` is the real one."""
        usual = TranscribeRequest(model).endpointing
        return TranscribeRequest(
            model=model,
            language=None if self.language == "auto" else self.language,
            languages=tuple(self.languages),
            prompt=self.asked_prompt,
            temperature=self.temperature or 0.0,
            endpointing=self.chunking_strategy.endpointing if self.chunking_strategy else usual,
        )


def no_diarization(param: str) -> InvalidRequest:
    """What is said to whoever asks who speaks."""
    return InvalidRequest(
        "No model here tells speakers apart: leave out known_speaker_*, and ask for another model and "
        "response_format (json, text, verbose_json, srt, vtt).",
        param=param,
        code="diarization_unsupported",
    )


def duration_usage(heard: Heard) -> dict[str, object]:
    """For models that are counted by the length of the audio."""
    return {"type": "duration", "seconds": seconds(heard.audio_in_ms)}


def token_usage(heard: Heard, prompt: str | None) -> dict[str, object]:
    """For models that are counted by tokens."""
    audio, text, out = (
        audio_tokens(heard.audio_in_ms),
        text_tokens(len(prompt or "")),
        text_tokens(heard.text_chars),
    )
    return {
        "type": "tokens",
        "input_tokens": audio + text,
        "input_token_details": {"text_tokens": text, "audio_tokens": audio},
        "output_tokens": out,
        "total_tokens": audio + text + out,
    }


def usage(model: str, heard: Heard, prompt: str | None) -> dict[str, object]:
    """As OpenAI counts the model that was named."""
    named = model.startswith("gpt-")
    return token_usage(heard, prompt) if named else duration_usage(heard)


def plain(
    transcripts: Sequence[Transcript], counted: Mapping[str, object], *, logprobs: bool
) -> dict[str, object]:
    """`json`."""
    body: dict[str, object] = {"text": joined(transcripts)}
    if logprobs:
        body["logprobs"] = _all_logprobs(transcripts)
    return body | _languages(transcripts) | {"usage": counted}


def verbose(
    transcripts: Sequence[Transcript],
    heard: Heard,
    *,
    form: TranslationForm,
    segments: bool = True,
    words: bool = False,
) -> dict[str, object]:
    """`verbose_json`.

    OpenAI's type has numbers where a model may know none: those are 0, and `unknown` names them.
    """
    translated = not isinstance(form, TranscriptionForm)
    found = next((t.language for t in transcripts if t.language), None)
    body: dict[str, object] = {
        "task": "translate" if translated else "transcribe",
        "language": english_name("en" if translated else found or "unknown"),
        "duration": seconds(heard.audio_in_ms),
        "text": joined(transcripts),
    }
    if words:
        body["words"] = [
            {"word": word.text, "start": seconds(word.start_ms), "end": seconds(word.end_ms)}
            for transcript in transcripts
            for word in transcript.words
        ]
    if segments:
        body["segments"] = [
            _segment(number, transcript, form.temperature or 0.0)
            for number, transcript in enumerate(transcripts)
        ]
    return body | {"usage": duration_usage(heard)}


def _segment(number: int, transcript: Transcript, temperature: float) -> dict[str, object]:
    raw = transcript.text.encode()
    logprobs = [token.logprob for token in transcript.tokens]
    unknown = [
        *([] if logprobs else ["tokens", "avg_logprob"]),
        *([] if transcript.no_speech is not None else ["no_speech_prob"]),
    ]
    return {
        "id": number,
        "seek": round(transcript.start_ms / 10),
        "start": seconds(transcript.start_ms),
        "end": seconds(transcript.end_ms),
        "text": transcript.text,
        "tokens": [token.id for token in transcript.tokens],
        "temperature": temperature,
        "avg_logprob": round(sum(logprobs) / len(logprobs), 4) if logprobs else 0.0,
        "compression_ratio": round(len(raw) / len(zlib.compress(raw)), 4),
        "no_speech_prob": round(transcript.no_speech or 0.0, 4),
        "unknown": unknown,
    }


def delta(text: str, transcript: Transcript, *, logprobs: bool) -> bytes:
    """The `transcript.text.delta` event; `text` with what separates it from the one before."""
    event: dict[str, object] = {"type": "transcript.text.delta", "delta": text}
    if logprobs:
        event["logprobs"] = _logprobs(transcript.tokens)
    return sse(event)


def done(transcripts: Sequence[Transcript], heard: Heard, prompt: str | None, *, logprobs: bool) -> bytes:
    """The `transcript.text.done` event that ends the stream; no `[DONE]` follows.

    Its usage is in tokens whatever the model: OpenAI's type for this event knows no other.
    """
    counted = token_usage(heard, prompt)
    return sse({"type": "transcript.text.done", **plain(transcripts, counted, logprobs=logprobs)})


def sse(event: Mapping[str, object]) -> bytes:
    """One server-sent event."""
    return b"data: " + dumped(event) + b"\n\n"


def dumped(body: Mapping[str, object]) -> bytes:
    """JSON, as short as it gets."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _all_logprobs(transcripts: Sequence[Transcript]) -> list[dict[str, object]]:
    return [told for transcript in transcripts for told in _logprobs(transcript.tokens)]


def _logprobs(tokens: Sequence[Token]) -> list[dict[str, object]]:
    return [
        {"token": token.text, "logprob": round(token.logprob, 6), "bytes": list(token.text.encode())}
        for token in tokens
    ]


def _languages(transcripts: Sequence[Transcript]) -> dict[str, object]:
    """The languages that were found, in the order of their first word; left out where none is known."""
    found = dict.fromkeys(t.language for t in transcripts if t.language)
    return {"languages": [{"code": code} for code in found]} if found else {}
