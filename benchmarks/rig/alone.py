"""A contender without a server, as a child process: questions in, one line of JSON each; answers out.

    python alone.py engine     the engine of the server, given the server's units of text
    python alone.py package    the whole-sentence stream of the engine's own package

`{"first": TEXT}` answers with the seconds to the first piece that holds an audible sample,
`{"all": TEXT}` with the processor seconds and the audio seconds of the whole text.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np
from hibari import Hibari
from numpy.typing import NDArray

from firstword.bench.audible import LOUD
from firstword.core.types import SynthesisRequest, TextSegment
from firstword.engines.hibari import plugin
from firstword.pipeline.speaking.units import WholeSentences, joined
from firstword.testing import no_files
from firstword.text.segmenter import Segmenter

WARM_UP = 5
SAMPLE_RATE = 24_000


class Contender(Protocol):
    """Text to pieces of audio."""

    def pieces(self, text: str) -> Iterable[NDArray[np.float32]]:
        """Samples as soon as they exist."""
        ...

    def pause_s(self, text: str) -> float:
        """Silence that a server adds to the pieces of `text`."""
        ...


class Engine:
    """The engine as the pipeline uses it, and nothing else of the server."""

    def __init__(self) -> None:
        info = plugin.infos()[0]
        inside = tuple(voice for voice in info.voices if voice.needs is None)
        self._engine = plugin.load(replace(info, voices=inside), no_files, {})
        self._voice = self._engine.info.voices[0].id

    def pieces(self, text: str) -> Iterator[NDArray[np.float32]]:
        """The blocks of every unit. Cutting the text is not part of the time to the first."""
        return self._blocks(list(_units(text)))

    def pause_s(self, text: str) -> float:
        """The pauses after its units."""
        pauses = self._engine.info.pauses
        return sum(pauses.after(unit.boundary) for unit in _units(text)) / 1000

    def _blocks(self, units: Iterable[TextSegment]) -> Iterator[NDArray[np.float32]]:
        for unit in units:
            for chunk in self._engine.steps(SynthesisRequest(unit.text, self._voice)):
                yield chunk.samples


class Package:
    """What the package itself offers: an array for each sentence."""

    def __init__(self) -> None:
        self._voice = Hibari()

    def pieces(self, text: str) -> Iterator[NDArray[np.float32]]:
        """Its sentences."""
        return self._voice.stream(text)  # type: ignore[no-any-return]  # the package has no types

    def pause_s(self, text: str) -> float:
        """None: its sentences bring their silence."""
        return 0.0


def _units(text: str) -> Iterator[TextSegment]:
    segmenter = Segmenter(language=None)
    ready = [*segmenter.feed(text), *segmenter.flush()]
    while ready:
        count = WholeSentences().take(ready, 0.0, False)
        yield joined(ready[:count])
        del ready[:count]


def first_s(contender: Contender, text: str) -> float:
    """Seconds to the first audible sample."""
    pieces = contender.pieces(text)
    began = time.perf_counter()
    for piece in pieces:
        took = time.perf_counter() - began
        if np.abs(piece).max() > LOUD / 32_768:
            return took
    raise ValueError("nothing to be heard")


def cost(contender: Contender, text: str) -> dict[str, float]:
    """Processor seconds and audio seconds of all of `text`."""
    began = time.process_time()
    frames = sum(len(piece) for piece in contender.pieces(text))
    return {
        "cpu_s": time.process_time() - began,
        "audio_s": frames / SAMPLE_RATE + contender.pause_s(text),
    }


def main() -> None:
    """Loads, warms, says so, and answers until its input ends."""
    contender: Contender = Engine() if sys.argv[1] == "engine" else Package()
    for _ in range(WARM_UP):
        cost(contender, "The first words of a day are slow ones.")
    print("ready", flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        if text := question.get("first"):
            answer = {"s": first_s(contender, text)}
        else:
            answer = cost(contender, question["all"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
