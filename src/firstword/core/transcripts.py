"""The values of the road back: audio in, text out.

Frozen, slotted and picklable like those in `core/types.py`. Times are milliseconds of audio since the
session (or the file) began; inside an engine, since the piece of audio it was given began. They come from
sample counts, never from a clock. What a model does not know is None or empty, never invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from firstword.core.types import Samples

LISTENING_RATE = 16_000
"""Hz: what recognizers and endpointing hear."""


class InputEncoding(StrEnum):
    """How audio that comes in is written."""

    S16LE = "pcm_s16le"
    F32LE = "pcm_f32le"
    MULAW = "pcm_mulaw"
    ALAW = "pcm_alaw"
    OGG = "ogg"
    """Ogg with Opus."""
    WEBM = "webm"
    """WebM (or Matroska) with Opus, as browsers record it."""
    WAV = "wav"
    MP3 = "mp3"
    FLAC = "flac"
    AAC = "aac"
    """ADTS."""
    MP4 = "mp4"
    """MP4 or M4A with AAC or Opus, or fragments of it."""


SYNONYMS = {
    **dict.fromkeys(("pcm", "pcm16", "s16le", "linear16"), InputEncoding.S16LE),
    **dict.fromkeys(("f32le", "pcm_f32"), InputEncoding.F32LE),
    **dict.fromkeys(("mulaw", "ulaw", "pcmu", "g711_ulaw"), InputEncoding.MULAW),
    **dict.fromkeys(("alaw", "pcma", "g711_alaw"), InputEncoding.ALAW),
    **dict.fromkeys(("opus", "ogg_opus"), InputEncoding.OGG),
    "webm_opus": InputEncoding.WEBM,
}
"""What other services call them."""
SAMPLE_BYTES = {
    InputEncoding.S16LE: 2,
    InputEncoding.F32LE: 4,
    InputEncoding.MULAW: 1,
    InputEncoding.ALAW: 1,
}
"""Of raw samples, which have no header: they can be cut between any two."""


@dataclass(frozen=True, slots=True)
class AudioSource:
    """The bytes that come in."""

    encoding: InputEncoding = InputEncoding.S16LE
    sample_rate: int = LISTENING_RATE
    """Hz; for raw samples. What has a header tells its own."""
    channels: int = 1
    """For raw samples; more than one are averaged."""


@dataclass(frozen=True, slots=True)
class Endpointing:
    """When speech begins and ends. Source of the defaults: Silero's figures in docs/models.md."""

    threshold: float = 0.5
    """A window is speech from this probability on, 0-1."""
    release: float = 0.35
    """And no longer speech under this one."""
    min_speech_ms: int = 200
    """Shorter than this is a click."""
    min_silence_ms: int = 500
    """Silence that ends an utterance."""
    pre_roll_ms: int = 300
    """Audio before the first window of speech that belongs to the utterance."""
    tail_ms: int = 200
    """Audio after the last window of speech that belongs to the utterance."""
    max_utterance_ms: int = 12_000
    """Longer speech is cut at its least speech-like moment in the second half."""


class VadKind(StrEnum):
    """What was heard."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class VadEvent:
    """Speech began or ended."""

    kind: VadKind
    at: int
    """Frames at 16 kHz since the session began: where the utterance begins (pre-roll included) or ends
    (tail included)."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text as a model writes it."""

    id: int
    """The model's own number; a prefix of a later recognition by a model of the same vocabulary."""
    text: str
    """With its leading space, where it has one."""
    logprob: float
    """Natural logarithm of its probability, given what came before."""


@dataclass(frozen=True, slots=True)
class Word:
    """A heard word."""

    text: str
    start_ms: float
    end_ms: float
    confidence: float | None = None
    """0-1; None where the model cannot tell."""
    tokens: int = 1
    """How many of the recognition's tokens it is made of, in the order of the words."""


@dataclass(frozen=True, slots=True)
class RecognitionRequest:
    """One piece of audio to be written down; what recognizers see."""

    samples: Samples
    """Mono, 16 kHz."""
    language: str | None = None
    """BCP 47; None: the model finds out."""
    languages: tuple[str, ...] = ()
    """The only ones that may be found out; none: any."""
    translate: bool = False
    """English is written, whatever is spoken."""
    prompt: str | None = None
    """Words to expect, or what was said before; for models that use it."""
    temperature: float = 0.0
    prefix: tuple[int, ...] = ()
    """Ids of tokens that the answer must begin with; all of them are in the answer."""
    ongoing: bool = False
    """True: speech goes on after the last sample; words near the end, which may still change, are left out.
    False: the piece ends here; all of it is written."""
    speech_until_ms: float | None = None
    """Where speech was last heard, for models that stop too early to notice."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The engine's own, validated by the engine."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a model wrote down for one piece of audio; nothing at all where it heard no speech."""

    text: str
    words: tuple[Word, ...] = ()
    """Empty where the model has no times for them."""
    tokens: tuple[Token, ...] = ()
    """All of the answer's, the prefix included; empty where the model does not tell."""
    language: str | None = None
    """BCP 47, as found out or as given."""
    no_speech: float | None = None
    """Probability that nobody speaks, where the model tells."""
    looped: bool = False
    """The model began to repeat itself and was stopped."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said between two moments: still open to change, or final."""

    text: str
    start_ms: float
    end_ms: float
    final: bool
    words: tuple[Word, ...] = ()
    stable_words: int = 0
    """How many words, from the first, will never change (compared without case and punctuation)."""
    confidence: float | None = None
    language: str | None = None
    tokens: tuple[Token, ...] = ()
    no_speech: float | None = None
    lag_ms: float = 0.0
    """How much audio had been received and not yet been looked at when this was written."""
    interrupted: bool = False
    """The session was ended before its caller ended it: the last word may be only a part of one."""


@dataclass(frozen=True, slots=True)
class ListenRequest:
    """What a caller of a realtime session asked for: real model, every field valid."""

    model: str
    source: AudioSource = AudioSource()
    language: str | None = None
    languages: tuple[str, ...] = ()
    prompt: str | None = None
    interim_results: bool = True
    """Whether partial transcripts are wanted."""
    partial_every_ms: int = 400
    """Audio between two partial transcripts."""
    endpointing: Endpointing = Endpointing()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TranscribeRequest:
    """What a caller asked of a whole recording: real model, every field valid."""

    model: str
    language: str | None = None
    languages: tuple[str, ...] = ()
    prompt: str | None = None
    temperature: float = 0.0
    translate: bool = False
    endpointing: Endpointing = Endpointing(threshold=0.3, release=0.15, min_silence_ms=200)
    """How it is cut into pieces; pieces are joined again over short gaps, up to what the model takes."""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a session cost, counted where the samples are, also when the client left."""

    audio_in_ms: float = 0.0
    """Of audio received."""
    text_chars: int = 0
    """In final transcripts."""


@dataclass(frozen=True, slots=True)
class ListenDone:
    """The last event of a session or of a recording."""

    heard: Heard


ListenEvent = Transcript | ListenDone
"""What the listen pipelines give a server, whatever the transport."""
