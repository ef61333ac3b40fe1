"""The values that flow between rooms.

All are frozen, slotted and picklable: they cross threads, sockets and processes. Every quantity
carries its unit in its name. Time is derived from sample counts, never from a clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono float32, shape `(frames,)`, nominal range [-1, 1]."""


class Task(StrEnum):
    """What a model does."""

    SPEECH = "speech"
    TRANSCRIPTION = "transcription"
    ENDPOINTING = "endpointing"
    """Where speech begins and ends."""
    CHAT = "chat"


class AudioFormat(StrEnum):
    """The formats of `response_format`, as OpenAI spells them."""

    PCM = "pcm"
    WAV = "wav"
    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"


class Container(StrEnum):
    """Containers for a format that has more than one."""

    OGG = "ogg"
    WEBM = "webm"


class SampleEncoding(StrEnum):
    """How pcm and wav write one sample."""

    S16LE = "pcm_s16le"
    MULAW = "mulaw"
    ALAW = "alaw"


class Boundary(StrEnum):
    """Where a segment ends; it decides the pause after it."""

    CLAUSE = "clause"
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    LIMIT = "limit"
    """Cut for length, at a space where there was one."""
    END = "end"
    """The text ended or was flushed here."""


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A spoken word, placed in the audio and in the text."""

    text: str
    """The original spelling: the slice `[start_char, end_char)` of the text."""
    start_ms: float
    """Milliseconds from the start of the stream (of the segment, while inside an engine)."""
    end_ms: float
    start_char: int
    """Characters from the start of the text (of the segment, while inside an engine)."""
    end_char: int


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A run of consecutive samples."""

    samples: Samples
    sample_rate: int
    """Hz."""
    start: int = 0
    """Frames since the stream began (since the segment began, while inside an engine)."""
    words: tuple[TimedWord, ...] = ()
    """The words that begin in this chunk."""

    @property
    def duration_s(self) -> float:
        """Seconds of audio in the chunk."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, slots=True)
class TextSegment:
    """A slice of the text, as the segmenter cut it. The `text`s join to exactly the input."""

    text: str
    start: int
    """Characters since the text began."""
    boundary: Boundary
    spoken: str | None = None
    """What the engine gets, where it differs from `text`."""
    spans: tuple[tuple[int, int, int, int], ...] = ()
    """What differs: `(spoken_start, spoken_end, text_start, text_end)`, in order, in characters."""

    @property
    def end(self) -> int:
        """The character after the last one of the slice."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice an engine offers."""

    id: str
    name: str
    language: str
    """BCP 47."""
    gender: str
    """`female`, `male` or `neutral`."""
    gain_db: float = 0.0
    """What brings it to the common loudness: -27 dBFS while it speaks."""
    needs: str | None = None
    """The model in the store that this voice comes from; None: the engine has it with it."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Silence an engine wants after a segment, by how the segment ends. Milliseconds."""

    clause_ms: int = 0
    sentence_ms: int = 0
    paragraph_ms: int = 0

    def after(self, boundary: Boundary) -> int:
        """The pause after a segment that ends in `boundary`, in milliseconds."""
        return {
            Boundary.CLAUSE: self.clause_ms,
            Boundary.SENTENCE: self.sentence_ms,
            Boundary.PARAGRAPH: self.paragraph_ms,
        }.get(boundary, 0)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What is known of a model before it is loaded."""

    model_id: str
    """`name`, or `provider/name`."""
    task: Task
    sample_rate: int
    """Hz, of the audio it makes."""
    voices: tuple[Voice, ...]
    languages: tuple[str, ...]
    """BCP 47."""
    license: str
    """SPDX."""
    source: str
    """Where the model comes from, for people."""
    streams_inside_segments: bool = True
    """True: audio leaves before the segment is finished. False: a segment arrives at once."""
    reads: frozenset[str] = frozenset()
    """Kinds of text (numbers, dates) that its own front end reads well, so that nobody else does."""
    word_timings: bool = False
    """True: chunks carry `TimedWord`s from the model's own durations."""
    speeds: tuple[float, float] = (0.25, 4.0)
    """The slowest and fastest rate at which the model itself speaks well; beyond, its audio is stretched."""
    pauses: Pauses = Pauses()
    capabilities: tuple[str, ...] = ()
    """Words for `/v1/models` (`speech`, `word_timings`, ...)."""
    needs: tuple[str, ...] = ()
    """The models in the store that it is made of; none: the engine has all with it."""
    phonemes: str | None = None
    """How its text says a word by phonemes, a format of `word` and `phonemes`; None: it cannot."""
    phoneme_symbols: str = ""
    """The phonemes it knows, a character each; empty where any may come."""
    drafts: str | None = None
    """For recognizers: a quicker model of the same vocabulary that writes what may still change."""
    longest_s: float = 30.0
    """For recognizers: the longest piece of audio it takes."""


@dataclass(frozen=True, slots=True)
class SynthesisRequest:
    """One segment to speak; what speech engines see."""

    spoken: str
    voice: str
    language: str | None = None
    """BCP 47, or None to let the engine decide."""
    speed: float = 1.0
    """1 is the voice's own pace; within the engine's `speeds`."""
    seed: int = 0
    """Same text, voice, speed, seed and head start: the same samples."""
    head_start_s: float = 0.0
    """Audio made before this segment since the listener last had to wait for text: with some in hand an
    engine need not hurry its first chunk. Counted in samples, so that it is the same every time."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The engine's own options, validated by the engine."""


@dataclass(frozen=True, slots=True)
class AudioSpec:
    """The bytes a caller wants."""

    format: AudioFormat = AudioFormat.MP3
    sample_rate: int = 24_000
    """Hz."""
    bitrate: int | None = None
    """Bits per second, for mp3, opus and aac; None for the format's default."""
    container: Container = Container.OGG
    """For opus."""
    encoding: SampleEncoding = SampleEncoding.S16LE
    """For pcm and wav."""


@dataclass(frozen=True, slots=True)
class ScriptVoice:
    """Who speaks what is written in one script."""

    script: str
    """The script, named by the first language that is written in it: `ko`, `ru`, `ja`."""
    model: str
    voice: str
    language: str | None
    """BCP 47; None: the engine decides."""
    gain_db: float = 0.0
    """What brings it to the loudness of the request's own voice."""
    leave: frozenset[str] = frozenset()
    """Kinds of text that its engine reads well itself."""


class Respelling(Protocol):
    """Finds words that are said otherwise than they are written."""

    def edits(self, text: str) -> Iterator[tuple[int, int, str]]:
        """`(start, end, said)` for each of them, in order: `said` is spoken for `text[start:end]`."""
        ...


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What a caller asked to be spoken, resolved: real model and voice, every field valid."""

    model: str
    voice: str
    text: str | None
    """The whole text, or None where it arrives through the inbox."""
    language: str | None = None
    speed: float = 1.0
    """0.25 to 4."""
    audio: AudioSpec = AudioSpec()
    leave: frozenset[str] | None = frozenset()
    """Kinds of text that are left to the engine to read; None: all, nothing is normalized."""
    lexicon: Respelling | None = None
    """Words that are said otherwise than they are written, also where nothing is normalized."""
    gain_db: float = 0.0
    """Louder or softer than the model speaks."""
    pauses: Pauses | None = None
    """Silence after each segment; None for the engine's own."""
    max_lead_s: float | None = None
    """How far audio may run ahead of its listener's clock, in seconds; None: as the reader reads."""
    options: Mapping[str, Any] = field(default_factory=dict)
    scripts: tuple[ScriptVoice, ...] | None = None
    """Who speaks each script that is not Latin, the request's own voice among them; a script that is missing
    is refused. None: the voice speaks everything."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a response cost, counted where the samples are, also when the client left."""

    input_chars: int = 0
    """Characters that were spoken, or begun."""
    audio_out_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class SliceBegins:
    """The audio of `[start, end)` of the original text begins."""

    start: int
    """Characters since the text began."""
    end: int
    at_ms: float
    """Milliseconds of audio since the stream began."""


@dataclass(frozen=True, slots=True)
class WordsSpoken:
    """Words that begin in the audio that follows; times from the start of the stream."""

    words: tuple[TimedWord, ...]


@dataclass(frozen=True, slots=True)
class AudioBytes:
    """Encoded audio, in order. A frame of the format is never split across two (but mp3's)."""

    blocks: tuple[bytes, ...]
    """The encoder's own blocks (pages, packets, runs of samples); a header stands before the first."""

    @property
    def data(self) -> bytes:
        """All blocks, joined."""
        return self.blocks[0] if len(self.blocks) == 1 else b"".join(self.blocks)


@dataclass(frozen=True, slots=True)
class Flushed:
    """Everything written before a flush has been spoken (an encoder may hold a frame back)."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What was unspoken has been dropped; the stream goes on."""

    spoken_chars: int
    """The end of the last slice whose beginning was handed out."""


@dataclass(frozen=True, slots=True)
class SpeechDone:
    """The last event of a stream."""

    usage: Usage


SpeechEvent = SliceBegins | WordsSpoken | AudioBytes | Flushed | Cancelled | SpeechDone
"""What the speak pipeline gives a server, whatever the transport. Of one block: slice, words, bytes."""
