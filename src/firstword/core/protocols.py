"""The seams between rooms. A room depends on these, never on another room's classes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, TypeVar

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


class TtsEngine(Protocol):
    """A model in this process that speaks. Thread-safe: several runs may be stepped at once."""

    @property
    def info(self) -> EngineInfo:
        """What it is."""
        ...

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

    def health(self) -> bool:
        """False when the engine can no longer work."""
        ...

    def close(self) -> None:
        """Lets go of the model. Called once, when no run uses it."""
        ...


class EnginePlugin(Protocol):
    """What an entry point of the group `firstword.engines` names. Importing it loads no model library."""

    def infos(self) -> Sequence[EngineInfo]:
        """The models it can load."""
        ...

    def load(self, info: EngineInfo, files: Path | None, options: Mapping[str, object]) -> TtsEngine:
        """Loads a model (blocking).

        Args:
            info: one of `infos()`.
            files: the model's folder in the store, or None where the package carries its files.
            options: the operator's, from the settings; unknown names are refused.

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
