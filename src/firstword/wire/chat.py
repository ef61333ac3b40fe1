"""`POST /v1/chat/completions`: the request.

Source: CONTRACT B4, B7 and A1. Unknown top-level fields are passed over, as clients send many; what would
change the answer and cannot be had is refused by name; what only colours it is told in `X-Ignored`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from firstword.core.conversation import Role, Tool, ToolCall
from firstword.core.errors import InvalidRequest
from firstword.core.types import AudioFormat
from firstword.wire.speech import ModelExtensions, SpeechOptions

REFUSED: Mapping[str, str] = {
    "logprobs": "No model here tells how likely its words are; leave it out.",
    "top_logprobs": "No model here tells how likely its words are; leave it out.",
    "functions": "Send what may be called as `tools`.",
    "function_call": "Send what must be called as `tool_choice`.",
    "web_search_options": "No model here searches the web; leave it out.",
}
"""Fields that change the answer, and what to do instead."""
MAX_LEAD_S = 1.5
"""Audio of a stream is made no further ahead of its listener: what is broken off has not been made yet."""
IGNORED = (
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "parallel_tool_calls",
    "prediction",
    "reasoning_effort",
    "verbosity",
)
"""Fields that colour the answer, and that no chat engine here takes."""


def _parts(value: object) -> object:
    """A text alone is one part."""
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


def _one_or_several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _pcm16(value: object) -> object:
    """Chat says `pcm16` where speech says `pcm`; both mean the same bytes."""
    return "pcm" if value == "pcm16" else value


def _by_id(value: object) -> object:
    """A voice named by an object, as newer clients do."""
    return value.get("id") if isinstance(value, dict) else value


class InputAudio(BaseModel):
    """A recording inside a message."""

    model_config = ConfigDict(extra="ignore", strict=True)

    data: str = Field(description="The file, in base64.")
    format: str = Field(description="`wav`, `mp3`, or another that transcriptions take.")


class ContentPart(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(extra="ignore", strict=True)

    type: str = Field(description="`text` or `input_audio`.")
    text: str | None = None
    refusal: str | None = None
    input_audio: InputAudio | None = None


class CalledFunction(BaseModel):
    """What a call names."""

    model_config = ConfigDict(extra="ignore", strict=True)

    name: str
    arguments: str = ""


class CallMade(BaseModel):
    """A call the model made in an earlier turn."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class SpokenBefore(BaseModel):
    """An earlier answer, by the id of its audio."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str = Field(max_length=200)


class ChatMessage(BaseModel):
    """One turn."""

    model_config = ConfigDict(extra="ignore", strict=True)

    role: Literal["developer", "system", "user", "assistant", "tool"]
    content: Annotated[list[ContentPart] | None, BeforeValidator(_parts)] = None
    audio: SpokenBefore | None = Field(None, description="Of an assistant's turn.")
    refusal: str | None = None
    tool_calls: list[CallMade] | None = None
    tool_call_id: str | None = None

    @property
    def speaker(self) -> Role:
        """Who says it; developers speak as the system."""
        return Role.SYSTEM if self.role == "developer" else Role(self.role)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls in it."""
        return tuple(
            ToolCall(call.id, call.function.name, call.function.arguments) for call in self.tool_calls or ()
        )

    @property
    def said_before(self) -> str | None:
        """The audio id to look up: where there are words as well, they count."""
        return self.audio.id if self.audio and not any(part.text for part in self.content or ()) else None


class AudioOutput(BaseModel):
    """How the answer sounds."""

    model_config = ConfigDict(extra="ignore", strict=True)

    voice: Annotated[str, BeforeValidator(_by_id)] = Field(description="As in a speech request.")
    format: Annotated[AudioFormat, BeforeValidator(_pcm16)] = Field(
        strict=False, description="`wav`, `aac`, `mp3`, `flac`, `opus` or `pcm16`."
    )


class StreamOptions(BaseModel):
    """What a stream tells."""

    model_config = ConfigDict(extra="ignore", strict=True)

    include_usage: bool | None = None


class FunctionShape(BaseModel):
    """A function that may be called."""

    model_config = ConfigDict(extra="ignore", strict=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ToolShape(BaseModel):
    """Something that may be called."""

    model_config = ConfigDict(extra="ignore", strict=True)

    type: Literal["function"]
    function: FunctionShape


def _choice(value: object) -> object:
    """A word stays; what names a function becomes that name."""
    function = value.get("function") if isinstance(value, dict) else None
    if isinstance(function, dict) and isinstance(function.get("name"), str):
        return function["name"]
    if value not in ("auto", "none", "required", None):
        raise ValueError("it is `auto`, `none`, `required`, or an object that names a function")
    return value


class ChatExtensions(ModelExtensions):
    """Those of a speech request, and two more."""

    transcripts: bool = Field(
        default=False, description="Whether it is told what was heard in the recordings of the request."
    )
    max_lead_s: float | None = Field(
        default=None,
        ge=0.2,
        le=3_600,
        allow_inf_nan=False,
        description="Seconds of streamed audio that are made ahead of a listener; 1.5 by default.",
    )


class ChatBody(BaseModel):
    """The JSON body."""

    model_config = ConfigDict(extra="allow", strict=True)

    model: str = Field(description="A chat model of `GET /v1/models`, or one of OpenAI's audio chat names.")
    messages: list[ChatMessage] = Field(min_length=1, max_length=4_096)
    modalities: list[Literal["text", "audio"]] | None = Field(None, description='`["text"]` by default.')
    audio: AudioOutput | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(None, ge=1)
    tools: list[ToolShape] | None = Field(None, max_length=128)
    tool_choice: Annotated[str | None, BeforeValidator(_choice)] = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    stop: Annotated[list[str] | None, BeforeValidator(_one_or_several)] = Field(None, max_length=16)
    seed: int | None = None
    response_format: dict[str, Any] | None = None
    model_extensions: ChatExtensions | None = None

    @property
    def lead_s(self) -> float | None:
        """How far ahead of its listener streamed audio is made; None: as the reader reads."""
        if not self.stream:
            return None
        return (self.model_extensions and self.model_extensions.max_lead_s) or MAX_LEAD_S

    @property
    def spoken(self) -> AudioOutput | None:
        """How the answer is to sound; None where it is to be read."""
        return self.audio if "audio" in (self.modalities or ()) else None

    @property
    def timings(self) -> bool:
        """Whether word timings are asked for."""
        return self.model_extensions is not None and self.model_extensions.timings == "word"

    @property
    def transcripts(self) -> bool:
        """Whether it is to be told what was heard in its recordings."""
        return self.model_extensions is not None and self.model_extensions.transcripts

    @property
    def tells_usage(self) -> bool:
        """Whether a stream ends with its usage."""
        return bool(self.stream_options and self.stream_options.include_usage)

    @property
    def longest(self) -> int | None:
        """Tokens the answer may have."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def free(self) -> Mapping[str, Any] | None:
        """What the answer must look like; None where anything will do."""
        wanted = self.response_format
        return None if wanted is None or wanted.get("type") == "text" else wanted

    @property
    def callable(self) -> tuple[Tool, ...]:
        """What the model may call."""
        functions = [tool.function for tool in self.tools or ()]
        return tuple(Tool(one.name, one.description or "", one.parameters or {}) for one in functions)

    @property
    def ignored(self) -> tuple[str, ...]:
        """Fields that were sent and have no effect here."""
        extra = self.model_extra or {}
        return tuple(name for name in IGNORED if extra.get(name) not in (None, 0, {}))

    def speech(self, model: str) -> SpeechOptions:
        """How the answer is spoken, as a speech request says it; `model` is the one that speaks."""
        assert self.spoken
        return SpeechOptions(
            model=model,
            voice=self.spoken.voice,
            response_format=self.spoken.format,
            model_extensions=self.model_extensions,
        )

    def check(self) -> None:
        """Refuses what does not go together, or cannot be had.

        Raises:
            InvalidRequest: `param` names the field.
        """
        for field, remedy in REFUSED.items():
            if (self.model_extra or {}).get(field) not in (None, False, 0):
                raise _unsupported(field, remedy)
        if (self.n or 1) > 1:
            raise _unsupported("n", "One answer is made at a time: ask again for another.")
        if "audio" in (self.modalities or ()) and self.audio is None:
            raise InvalidRequest(
                "The field 'audio' is required where the modalities have audio: it names the voice and the "
                "format.",
                param="audio",
                code="missing_field",
            )
        if self.timings:
            self._check_timings()
        if self.tool_choice not in (None, "auto", "none", *(tool.name for tool in self.callable)) and not (
            self.tool_choice == "required" and self.tools
        ):
            raise InvalidRequest(
                f"There is no tool {self.tool_choice!r} among the tools of this request.",
                param="tool_choice",
                code="invalid_value",
            )
        for number, message in enumerate(self.messages):
            for fault in _faults(message, f"messages.{number}"):
                raise fault

    def _check_timings(self) -> None:
        if self.spoken is None:
            raise InvalidRequest(
                'Word timings are of a spoken answer: ask for "modalities": ["text", "audio"].',
                param="model_extensions.timings",
                code="timings_need_audio",
            )
        if not self.stream:
            raise InvalidRequest(
                'Word timings are told in events: ask for "stream": true.',
                param="model_extensions.timings",
                code="timings_need_events",
            )


def _faults(message: ChatMessage, path: str) -> Iterator[InvalidRequest]:
    """What is wrong with a message."""
    if message.role == "tool" and not message.tool_call_id:
        yield _missing(f"{path}.tool_call_id", "it names the call that is answered")
    bare = not (message.audio or message.tool_calls or message.refusal)
    if message.content is None and (message.role != "assistant" or bare):
        yield _missing(f"{path}.content", "a message has content")
    for number, part in enumerate(message.content or ()):
        place = f"{path}.content.{number}"
        match part.type:
            case "text" if part.text is None:
                yield _missing(f"{place}.text", "a part of text has it")
            case "input_audio" if message.role != "user":
                yield _unsupported(f"{place}.type", "Recordings are taken in a user's messages.")
            case "input_audio" if part.input_audio is None:
                yield _missing(f"{place}.input_audio", "it has the data and the format")
            case "refusal" if message.role == "assistant":
                pass
            case "text" | "input_audio":
                pass
            case kind:
                yield _unsupported(f"{place}.type", f"Parts are `text` or `input_audio`, not {kind[:40]!r}.")


def _missing(field: str, why: str) -> InvalidRequest:
    return InvalidRequest(f"The field {field!r} is required: {why}.", param=field, code="missing_field")


def _unsupported(field: str, remedy: str) -> InvalidRequest:
    return InvalidRequest(
        f"{field!r} is not supported here. {remedy}", param=field, code="unsupported_parameter"
    )
