"""`POST /v1/audio/speech`: the request, and the events of its SSE answer.

Source: CONTRACT B1, A4 and A7. Unknown top-level fields are passed over, as clients send many; unknown
`model_extensions` are errors, because whoever writes one means it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from firstword.core import lexicon as lexicons
from firstword.core.types import AudioFormat, AudioSpec, Container, Pauses, SampleEncoding, TimedWord, Usage

CHARS_PER_TOKEN = 4
"""Our estimate of text tokens; stated as one in docs/api.md."""
MS_PER_AUDIO_TOKEN = 50
LANGUAGE = r"^(auto|[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*)$"
"""A BCP 47 tag, or `auto`."""


class VoiceById(BaseModel):
    """A voice named by an object, as newer clients do."""

    model_config = ConfigDict(extra="ignore")

    id: str


class ModelExtensions(BaseModel):
    """What OpenAI's API has no field for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    sr: int | None = Field(default=None, ge=8000, le=48000, description="Sample rate in Hz.")
    sample_rate: int | None = Field(default=None, ge=8000, le=48000, description="The same as `sr`.")
    bitrate: int | None = Field(
        default=None, ge=6000, le=512_000, description="Bits per second: mp3, opus, aac."
    )
    container: Literal["ogg", "webm"] | None = Field(default=None, description="For opus.")
    encoding: Literal["pcm_s16le", "mulaw", "alaw"] | None = Field(
        default=None, description="For pcm and wav."
    )
    language: str | None = Field(
        default=None,
        pattern=LANGUAGE,
        description="BCP 47, by default told by the text's script; `auto`: a voice for each script in it.",
    )
    normalize: bool | None = Field(
        default=None, description="Numbers, markup and addresses as one reads them aloud; by default yes."
    )
    pause_ms: int | None = Field(
        default=None, ge=0, le=10_000, description="Silence between sentences; between paragraphs twice that."
    )
    timings: Literal["word"] | None = Field(
        default=None, description="Word timings, in server-sent events and on the socket."
    )
    lexicon: dict[str, str] | None = Field(
        default=None,
        max_length=lexicons.MOST_ENTRIES,
        description="Words, and how each is said: a respelling, or `/phonemes/` where the model takes them.",
    )

    @field_validator("lexicon")
    @classmethod
    def _fit(cls, entries: dict[str, str] | None) -> dict[str, str] | None:
        wrong = lexicons.fault(entries or {})
        if wrong is None and sum(map(len, entries or ())) > lexicons.MOST_CHARS:
            wrong = f"its words have more than {lexicons.MOST_CHARS} characters together"
        if wrong is not None:
            raise ValueError(wrong)
        return entries


def _pcm16(value: object) -> object:
    """Chat says `pcm16` where speech says `pcm`; both mean the same bytes."""
    return "pcm" if value == "pcm16" else value


class SpeechOptions(BaseModel):
    """All of a speech request but its text."""

    model_config = ConfigDict(extra="ignore", strict=True)

    model: str = Field(description="A model of `GET /v1/models`, or one of OpenAI's speech model names.")
    voice: str | VoiceById = Field(description="A voice of `GET /v1/audio/voices`.")
    instructions: str | None = Field(default=None, max_length=4096)
    response_format: Annotated[AudioFormat | None, BeforeValidator(_pcm16)] = Field(
        None, strict=False, description="`mp3` by default."
    )
    speed: float | None = Field(default=None, ge=0.25, le=4.0, allow_inf_nan=False)
    sample_rate: int | None = Field(
        default=None, ge=8000, le=48000, description="Hz; as in `model_extensions`."
    )
    language: str | None = Field(default=None, pattern=LANGUAGE, description="As in `model_extensions`.")
    model_extensions: ModelExtensions | None = None

    @property
    def voice_name(self) -> str:
        """The voice, however it was named."""
        return self.voice if isinstance(self.voice, str) else self.voice.id

    @property
    def spoken_language(self) -> str | None:
        """The language that is asked for: BCP 47, or `auto`, each script by a voice that speaks it."""
        return (self.model_extensions and self.model_extensions.language) or self.language

    @property
    def normalize(self) -> bool:
        """Whether the text is to be spoken as one reads it aloud, and not as it is written."""
        return self.model_extensions is None or self.model_extensions.normalize is not False

    @property
    def lexicon(self) -> dict[str, str]:
        """Words, and how each is said."""
        return (self.model_extensions and self.model_extensions.lexicon) or {}

    @property
    def pauses(self) -> Pauses | None:
        """The pauses that are asked for; None for the engine's own."""
        pause_ms = self.model_extensions.pause_ms if self.model_extensions else None
        return None if pause_ms is None else Pauses(sentence_ms=pause_ms, paragraph_ms=2 * pause_ms)

    @property
    def timings(self) -> bool:
        """Whether word timings are asked for."""
        return self.model_extensions is not None and self.model_extensions.timings == "word"

    @property
    def format(self) -> AudioFormat:
        """The format that is asked for."""
        return self.response_format or AudioFormat.MP3

    def audio(self, default_rate: int) -> AudioSpec:
        """The bytes that are asked for; `default_rate` in Hz where the caller does not say."""
        more = self.model_extensions or ModelExtensions()
        return AudioSpec(
            format=self.format,
            sample_rate=more.sr or more.sample_rate or self.sample_rate or default_rate,
            bitrate=more.bitrate,
            container=Container(more.container or Container.OGG),
            encoding=SampleEncoding(more.encoding or SampleEncoding.S16LE),
        )


class SpeechBody(SpeechOptions):
    """The JSON body."""

    input: str = Field(description="The text to speak.")
    stream_format: Literal["sse", "audio"] | None = Field(default=None, description="`audio` by default.")

    @property
    def sse(self) -> bool:
        """Whether the answer is a stream of events."""
        return self.stream_format == "sse"


class SpokenWord(BaseModel):
    """A word, where it sounds and where it stands."""

    text: str
    start_ms: int
    end_ms: int
    start_char: int
    end_char: int


class SpokenWords(BaseModel):
    """The event that comes before the audio in which its words begin."""

    type: Literal["speech.audio.words"] = "speech.audio.words"
    words: list[SpokenWord]

    @classmethod
    def of(cls, words: Iterable[TimedWord]) -> SpokenWords:
        """Timings, rounded to milliseconds."""
        return cls(
            words=[
                SpokenWord(
                    text=word.text,
                    start_ms=round(word.start_ms),
                    end_ms=round(word.end_ms),
                    start_char=word.start_char,
                    end_char=word.end_char,
                )
                for word in words
            ]
        )


class SpeechUsage(BaseModel):
    """Tokens, counted as CONTRACT A4 says."""

    input_tokens: int
    output_tokens: int
    total_tokens: int

    @classmethod
    def of(cls, usage: Usage) -> SpeechUsage:
        """Characters and milliseconds as tokens, each rounded up."""
        text = -(-usage.input_chars // CHARS_PER_TOKEN)
        audio = int(-(-usage.audio_out_ms // MS_PER_AUDIO_TOKEN))
        return cls(input_tokens=text, output_tokens=audio, total_tokens=text + audio)


def audio_deltas(blocks: Iterable[bytes]) -> bytes:
    """A `speech.audio.delta` event for each block of the encoder."""
    return b"".join(
        b'data: {"type":"speech.audio.delta","audio":"' + base64.b64encode(block) + b'"}\n\n'
        for block in blocks
    )


def audio_words(words: Iterable[TimedWord]) -> bytes:
    """The `speech.audio.words` event."""
    return b"data: " + SpokenWords.of(words).model_dump_json().encode() + b"\n\n"


def audio_done(usage: Usage) -> bytes:
    """The `speech.audio.done` event that ends the stream; no `[DONE]` follows."""
    counted = SpeechUsage.of(usage).model_dump_json().encode()
    return b'data: {"type":"speech.audio.done","usage":' + counted + b"}\n\n"
