"""A server for other people's clients, and an engine that waits until a test lets it go on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import IO, Any, Literal

import pytest

from firstword.core.errors import EngineError
from firstword.core.types import AudioChunk, SynthesisRequest
from firstword.engines.tone import ToneEngine
from tests.sockets.conftest import WAIT_S, Running, servers

Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
KEY = "fw-conformance"
LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
"""One sentence of some five seconds: half of it can be heard before the held half exists."""
HELD_AFTER_MS = 2_000
"""Audio that is given out while the engine is held."""
BREAKS = f"{LONG} boom"
"""The engine fails at its last word, when much has been heard."""
FIVE_SENTENCES = "This is one. Here is two! Is this three? Four it is; and the fifth: it is five."
VENDOR_NAMES: dict[str, Any] = {
    "model_aliases": {"skt/axtts-2-6": "tone"},
    "voice_aliases": {"aria": "sine"},
}
"""The names in the vendor guide's snippets."""


class GatedTone(ToneEngine):
    """The tone engine, which can be held part-way through a segment."""

    def __init__(self, engine: ToneEngine) -> None:
        super().__init__(engine.info, engine._options)
        self._gate = Event()
        self._gate.set()

    def steps(self, request: SynthesisRequest) -> Generator[AudioChunk]:
        """Speaks one segment; past the mark only once the gate is open."""
        mark = HELD_AFTER_MS * self.info.sample_rate // 1000
        with closing(super().steps(request)) as chunks:
            for chunk in chunks:
                if chunk.start >= mark and not self._gate.wait(WAIT_S):
                    raise EngineError("Nobody opened the gate.")
                yield chunk

    @contextmanager
    def held(self) -> Iterator[Callable[[], None]]:
        """What follows the mark is not given out before the yielded function is called."""
        self._gate.clear()
        try:
            yield self._let_go
        finally:
            self._gate.set()

    def _let_go(self) -> None:
        assert self.running, "all of it had been made already: nothing was shown"
        self._gate.set()


@dataclass(slots=True)
class House:
    """A server, its address for clients, and the engine behind it."""

    running: Running
    tone: GatedTone
    bodies: dict[str, bytes] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """What clients call the base URL."""
        return f"{self.running.url}/v1"

    def body(self, response_format: str, text: str = LONG) -> bytes:
        """The whole answer, by a plain HTTP client, to compare with."""
        wanted = f"{response_format} {text}"
        if wanted not in self.bodies:
            fields = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": response_format}
            answer = self.running.request(
                "POST", "/v1/audio/speech", fields, {"Authorization": f"Bearer {KEY}"}
            )
            assert answer.status == 200
            self.bodies[wanted] = answer.read()
        return self.bodies[wanted]


@contextmanager
def opened(**settings: Any) -> Iterator[House]:
    """A server that asks for a key, with the names of the vendor guide and an engine that can be held."""
    with servers() as start:
        fields = {"api_keys": (KEY,), **VENDOR_NAMES, **settings}
        running = start(tone={"fail_at_word": "boom"}, **fields)
        place = running.application.host._places["tone"]
        assert isinstance(place.engine, ToneEngine)
        place.engine = gated = GatedTone(place.engine)
        yield House(running, gated)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """One server for the tests of a module."""
    with opened() as house:
        yield house


@contextmanager
def client(command: Sequence[object]) -> Iterator[IO[bytes]]:
    """What somebody's program prints, to be read as it comes; it ends with the context."""
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"]}
    )
    assert process.stdout
    with process:
        try:
            yield process.stdout
        finally:
            process.kill()
