"""A language of whistles: each word is a tone of its own pitch. With a recognizer and an endpointing model.

Both look at the samples they are given, and nothing else. What they hear is exact, so that a word that is
lost, doubled or cut in two by the pipeline shows.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Generator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from firstword.core.errors import EngineError, InvalidRequest, UnknownModel
from firstword.core.transcripts import LISTENING_RATE, Recognition, RecognitionRequest, Token, Word
from firstword.core.types import AudioChunk, EngineInfo, Samples, Task

WORDS = (
    *("alder", "birch", "cedar", "dogwood", "elm", "fir", "gum", "hazel"),
    *("iroko", "juniper", "larch", "maple", "oak", "pine", "rowan", "spruce"),
)
LOWEST_HZ, STEP_HZ = 500, 125
WORD_MS, GAP_MS = 240, 80
FRAGMENT = "uh"
"""What a piece of a word sounds like."""

FRAME = 256
QUIET = 0.01
STEP_FRAMES = LISTENING_RATE
"""A step of the recognizer hears this much."""


def whistle(text: str, *, word_ms: int = WORD_MS, gap_ms: int = GAP_MS) -> Samples:
    """The words of a text, a little silence after each; `...` is a second of silence."""
    parts: list[Samples] = []
    for word in text.split():
        if word == "...":
            parts.append(silence(1.0))
            continue
        time_s = np.arange(LISTENING_RATE * word_ms // 1000) / LISTENING_RATE
        tone = 0.3 * np.sin(2 * np.pi * (LOWEST_HZ + STEP_HZ * WORDS.index(word)) * time_s)
        parts.extend((tone.astype(np.float32), silence(gap_ms / 1000)))
    return np.concatenate(parts)


def silence(seconds: float) -> Samples:
    """Nothing."""
    return np.zeros(round(seconds * LISTENING_RATE), np.float32)


def pcm(samples: Samples) -> bytes:
    """As 16-bit samples."""
    return (samples * 32767).astype("<i2").tobytes()


def info(model_id: str, drafts: str | None = None, longest_s: float = 30.0) -> EngineInfo:
    """What is told of the recognizer."""
    return EngineInfo(
        *(model_id, Task.TRANSCRIPTION, LISTENING_RATE, (), ("en",), "Apache-2.0", "tests"),
        drafts=drafts,
        longest_s=longest_s,
    )


@dataclass
class WhistleVad:
    """Loud is speech."""

    window: int = 512
    info: EngineInfo = field(default_factory=lambda: replace(info("loudness"), task=Task.ENDPOINTING))

    def session(self) -> _Loudness:
        return _Loudness(self.window)

    def health(self) -> bool:
        return True

    def close(self) -> None:
        pass


class _Loudness:
    def __init__(self, window: int) -> None:
        self._window = window
        self._held = np.zeros(0, np.float32)
        self._frames = 0

    def feed(self, chunk: AudioChunk, /) -> Sequence[float]:
        assert (chunk.start, chunk.sample_rate) == (self._frames, LISTENING_RATE)
        self._frames += len(chunk.samples)
        samples = np.concatenate((self._held, chunk.samples))
        whole = len(samples) // self._window * self._window
        self._held = samples[whole:]
        return [probability(part) for part in samples[:whole].reshape(-1, self._window)]

    def flush(self) -> Sequence[float]:
        return [probability(self._held)] if len(self._held) else []


def probability(samples: Samples) -> float:
    """Of speech: more where more of the window is loud."""
    return float(np.clip(0.02 + 4 * np.sqrt(np.mean(samples**2)), 0, 0.99))


@dataclass
class WhistleEngine:
    """Writes down whistles.

    Args:
        info: what is told of it.
        mistakes: what it writes instead of a word, as long as the word is the last one it hears.
        writes_words: whether it knows words and their times.
        obeys: whether it begins with the prefix.
    """

    info: EngineInfo
    mistakes: dict[str, str] = field(default_factory=dict)
    writes_words: bool = True
    obeys: bool = True
    mishears_always: bool = False
    """Not only the last word."""
    fail_at: str | None = None
    logprob: float = -0.02
    gate: threading.Event | None = None
    """Every step waits for it."""
    held: bool = False
    """Whether a step waits there."""
    begun: threading.Event = field(default_factory=threading.Event)
    """Set by the first step."""
    running: int = 0
    steps: int = 0
    requests: list[RecognitionRequest] = field(default_factory=list)

    def check(self, request: RecognitionRequest) -> None:
        if request.language not in (None, "en"):
            raise InvalidRequest("This model hears English.", param="language")

    def recognize(self, request: RecognitionRequest) -> Generator[None, None, Recognition]:
        self.running += 1
        self.requests.append(request)
        try:
            for _ in range(0, len(request.samples) + 1, STEP_FRAMES):
                self.steps += 1
                self.begun.set()
                if self.gate is not None:
                    self.held = not self.gate.is_set()
                    assert self.gate.wait(30)
                    self.held = False
                yield
            return self._write(request)
        finally:
            self.running -= 1

    def _write(self, request: RecognitionRequest) -> Recognition:
        heard = list(_heard(request.samples))
        wrong = range(len(heard)) if self.mishears_always else range(len(heard))[-1:]
        for at in wrong:
            heard[at] = replace(heard[at], text=self.mistakes.get(heard[at].text, heard[at].text))
        if request.ongoing:
            limit_ms = 1000 * len(request.samples) / LISTENING_RATE - 100
            heard = [word for word in heard if word.end_ms < limit_ms]
        if self.fail_at in [word.text for word in heard]:
            raise EngineError("The model stumbled.")
        if not self.writes_words:
            return Recognition(" ".join(word.text for word in heard), language="en")
        forced = list(_named(request.prefix)) if self.obeys else []
        words = [replace(word, text=name) for word, name in zip(heard, forced, strict=False)]
        words += [Word(name, 0, 0, 1.0, 2) for name in forced[len(heard) :]]
        words += heard[len(forced) :]
        tokens = tuple(token for word in words for token in self._tokens(word.text))
        return Recognition(" ".join(word.text for word in words), tuple(words), tokens, "en")

    def _tokens(self, word: str) -> tuple[Token, Token]:
        number = VOCABULARY.index(word)
        return (
            Token(2 * number, f" {word[:2]}", self.logprob),
            Token(2 * number + 1, word[2:], self.logprob),
        )

    def health(self) -> bool:
        return True

    def close(self) -> None:
        pass


MISHEARD = ("folder", "perch", "seeder")
VOCABULARY = (*WORDS, FRAGMENT, *MISHEARD)


def _named(prefix: Iterable[int]) -> list[str]:
    """The words of some tokens, two tokens each."""
    ids = list(prefix)
    assert [token // 2 for token in ids[::2]] == [token // 2 for token in ids[1::2]], "half a word"
    return [VOCABULARY[token // 2] for token in ids[::2]]


def _heard(samples: Samples) -> Generator[Word]:
    """Every run of loud frames, by its pitch."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    loud = np.sqrt((frames**2).mean(axis=1)) > QUIET if len(frames) else np.zeros(0, bool)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(int), [0]))))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        tone = frames[begin:end].ravel()
        spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone)), 16_384))
        pitch_hz = np.argmax(spectrum) * LISTENING_RATE / 16_384
        number = int(np.clip(round((pitch_hz - LOWEST_HZ) / STEP_HZ), 0, len(WORDS) - 1))
        whole = end - begin >= 5
        ms = 1000 * FRAME / LISTENING_RATE
        yield Word(WORDS[number] if whole else FRAGMENT, begin * ms, end * ms, 0.98, 2)


@dataclass
class Room:
    """The `Engines` of these tests."""

    engine: WhistleEngine
    drafts: WhistleEngine | None = None
    vad: WhistleVad = field(default_factory=WhistleVad)
    users: int = 0

    @property
    def held(self) -> bool:
        """Whether an engine waits at its gate."""
        return self.engine.held or (self.drafts is not None and self.drafts.held)

    @asynccontextmanager
    async def use_stt(self, model_id: str) -> AsyncIterator[WhistleEngine]:
        for engine in (self.engine, self.drafts):
            if engine is not None and engine.info.model_id == model_id:
                self.users += 1
                try:
                    yield engine
                finally:
                    self.users -= 1
                return
        raise UnknownModel(f"There is no model {model_id!r} here.", param="model")

    @asynccontextmanager
    async def use_vad(self) -> AsyncIterator[WhistleVad]:
        self.users += 1
        try:
            yield self.vad
        finally:
            self.users -= 1

    def use_tts(self, model_id: str) -> None:  # type: ignore[override]
        raise UnknownModel("Nobody speaks here.")
