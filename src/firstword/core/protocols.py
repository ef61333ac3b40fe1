"""The seams between rooms. A room depends on these, never on another room's classes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from firstword.core.conversation import ChatDelta, ChatRequest
from firstword.core.transcripts import Recognition, RecognitionRequest
from firstword.core.types import AudioChunk, EngineInfo, SynthesisRequest

In = TypeVar("In", contravariant=True)
Out = TypeVar("Out", covariant=True)
T = TypeVar("T")


class Stage(Protocol[In, Out]):
    """A step of a stream: no I/O, no clock, no thread.

    Any way of cutting the input gives the same output. One property test covers every stage.
    """

    def feed(self, item: In, /) -> Sequence[Out]:
        """Takes the next piece; gives what is complete because of it."""
        ...

    def flush(self) -> Sequence[Out]:
        """Gives what was held back. Nothing may be fed afterwards unless the stage says so."""
        ...


class Encoder(Stage[AudioChunk, bytes], Protocol):
    """Audio to the bytes of one format: one per response, header once, a frame never split (but mp3's).

    Each item of the sequences is one block of the format (a page, a packet, a run of samples);
    the header, where there is one, comes before the first audio.
    """

    @property
    def media_type(self) -> str:
        """For the Content-Type header, with the rate where the format does not tell it."""
        ...

    @property
    def delay_frames(self) -> int:
        """Frames of silence a decoder puts before the first sample (at the encoded rate)."""
        ...

    @property
    def sample_rate(self) -> int:
        """Hz, of the encoded audio: what a decoder will report."""
        ...

    @property
    def whole(self) -> Callable[[bytes], bytes] | None:
        """Puts true sizes into a complete body, for formats whose header states them."""
        ...


class Decoder(Stage[bytes, AudioChunk], Protocol):
    """Bytes of one stream to audio: mono, at the rate of the stream, sample for sample in order.

    `feed` and `flush` raise `UndecodableAudio`, which names the byte, or the second, where it went wrong.
    """

    @property
    def sample_rate(self) -> int | None:
        """Hz of the stream; None until its header has been read."""
        ...


class Engine(Protocol):
    """A loaded model, whatever it does. Thread-safe: several runs may be stepped at once."""

    @property
    def info(self) -> EngineInfo:
        """What it is."""
        ...

    def health(self) -> bool:
        """False when the engine can no longer work."""
        ...

    def close(self) -> None:
        """Lets go of the model. Called once, when no run uses it."""
        ...


class TtsEngine(Engine, Protocol):
    """A model in this process that speaks."""

    def check(self, text: str, voice: str, language: str | None) -> None:
        """Refuses what the voice cannot say, before anything sounds. Fast, whatever the length.

        Raises:
            UnspeakableText: a sentence of `text` is not in a language of the voice.
            InvalidRequest: the language is none of the voice's.
        """
        ...

    def steps(self, request: SynthesisRequest) -> Generator[AudioChunk]:
        """Speaks one segment, a chunk a step; a step takes about 100 ms at most.

        Chunk starts and word times count from the segment's beginning. Closing the generator
        stops the work. Nothing to say (no letters, no digits) is no chunk at all.

        Raises:
            EngineError: the model failed.
        """
        ...


class SttEngine(Engine, Protocol):
    """A model in this process that writes down what it hears."""

    def check(self, request: RecognitionRequest) -> None:
        """Refuses what the model cannot do, before any audio is looked at (`samples` may be empty).

        Raises:
            InvalidRequest: a language it does not hear, a translation it does not make, an unknown option.
        """
        ...

    def recognize(self, request: RecognitionRequest) -> Generator[None, None, Recognition]:
        """Writes down one piece of audio; a step (until the next `yield`) takes about 100 ms at most.

        Word times count from the piece's first sample. Closing the generator stops the work.

        Raises:
            EngineError: the model failed.
        """
        ...


class VadEngine(Engine, Protocol):
    """A model in this process that tells speech from everything else."""

    @property
    def window(self) -> int:
        """Frames at 16 kHz that one probability is for."""
        ...

    def session(self) -> Stage[AudioChunk, float]:
        """A stage for one stream at 16 kHz: a probability of speech, 0-1, for every whole window.

        Flushing gives one more for the frames left over, if there are any.
        """
        ...


class ChatEngine(Engine, Protocol):
    """A model that answers, in this process's child or behind somebody's HTTP; natively asynchronous."""

    def check(self, request: ChatRequest) -> None:
        """Refuses what the model cannot do, before it is asked.

        Raises:
            InvalidRequest: the message says which field, and what to do.
        """
        ...

    def reply(self, request: ChatRequest) -> AbstractAsyncContextManager[AsyncIterator[ChatDelta]]:
        """Answers; the deltas come as they are written. Entering takes until the model has accepted.

        Cancellation: leaving the context stops the model within one token.

        Raises:
            InvalidRequest: the prompt is too long, or refused.
            CapacityError: the model, or whoever serves it, is full.
            EngineError: it failed, or cannot be reached; also from the iterator, mid-answer.
        """
        ...


Files = Callable[[str], Path]
"""Gives the folder of a model in the store; raises `ConfigurationError` where it is not installed."""


class EnginePlugin(Protocol):
    """What an entry point of the group `firstword.engines` names. Importing it loads no model library."""

    def infos(self) -> Sequence[EngineInfo]:
        """The models it can load."""
        ...

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> Engine:
        """Loads a model (blocking).

        Args:
            info: one of `infos()`, without the voices that are not installed.
            files: gives the folders of the models in the store that `info` and its voices need.
            options: the operator's, from the settings; unknown names are refused.

        Raises:
            ConfigurationError: an option is wrong, or a library or file is missing.
        """
        ...


@runtime_checkable
class ConfiguredPlugin(EnginePlugin, Protocol):
    """A plugin whose models are named by the operator's options."""

    def configured(self, options: Mapping[str, object]) -> Sequence[EngineInfo]:
        """The models it can load, asked for in place of `infos()`. Loads nothing.

        Raises:
            ConfigurationError: an option is wrong, or a library or file is missing.
        """
        ...


class Scheduler(Protocol):
    """Runs blocking steps on worker threads, the earliest deadline first."""

    @property
    def waiting(self) -> int:
        """Steps that are queued and not yet running."""
        ...

    async def step(self, due: float, call: Callable[[], T]) -> T:
        """Runs `call` when its turn comes.

        Args:
            due: seconds on the caller's monotonic clock; the earliest goes first.
            call: blocking; takes about 100 ms at most.

        Cancellation: while queued the call is withdrawn; while running it is waited for.
        """
        ...


class Engines(Protocol):
    """Hands out loaded engines."""

    def use_tts(self, model_id: str) -> AbstractAsyncContextManager[TtsEngine]:
        """A loaded engine, held until the context ends.

        Raises:
            UnknownModel: no such model.
            ServerBusy: it is not loaded yet, or failed to load.
        """
        ...

    def use_stt(self, model_id: str) -> AbstractAsyncContextManager[SttEngine]:
        """The same for a recognizer."""
        ...

    def use_chat(self, model_id: str) -> AbstractAsyncContextManager[ChatEngine]:
        """The same for a chat model."""
        ...

    def use_vad(self) -> AbstractAsyncContextManager[VadEngine]:
        """The same for the model that tells speech from silence; there is one at a time."""
        ...


class Meter(Protocol):
    """Counts what happens. Every method is cheap and never raises."""

    def speech_started(self, model: str) -> None:
        """A run began."""
        ...

    def first_audio(self, model: str, seconds: float) -> None:
        """The first chunk of a run was made, `seconds` after it was asked for."""
        ...

    def underrun(self, model: str, seconds: float) -> None:
        """A listener at 1x would have waited `seconds` for this block."""
        ...

    def speech_ended(self, model: str, chars: int, audio_s: float, busy_s: float, outcome: str) -> None:
        """A run ended: `outcome` is `done`, `cancelled` or `failed`; `busy_s` seconds of worker time."""
        ...

    def listening_started(self, model: str) -> None:
        """A session, or a recording, began to be heard."""
        ...

    def transcript_written(self, model: str, seconds: float, lag_s: float, *, final: bool) -> None:
        """A transcript was written, `seconds` after the audio it was made of could have been heard.

        `lag_s` seconds of audio had been received and not been looked at.
        """
        ...

    def listening_ended(self, model: str, audio_s: float, busy_s: float, outcome: str) -> None:
        """It ended: `outcome` as for runs, after `audio_s` of audio and `busy_s` of worker time."""
        ...
