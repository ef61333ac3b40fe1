"""Time to first audio: rounds of requests, interleaved, so that a slow moment hits every kind alike."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

from firstword.bench.audible import Audible
from firstword.bench.listener import Heard
from firstword.bench.statistics import Summary
from firstword.core.errors import EngineError

PASSAGE = (
    "the morning train leaves the harbour town and follows the river past the mill while people with "
    "their coffee watch the light move over the fields and somebody reads a letter aloud to a friend "
    "who has waited all winter for news of the boat"
)
"""Plain words of which a sentence of any length can be made."""

Listen = Callable[[dict[str, Any]], Awaitable[Heard]]


def sentence(words: int) -> str:
    """One sentence of so many words, without a comma: nothing to cut it at before its end."""
    text = " ".join(islice(cycle(PASSAGE.split()), words))
    return text[:1].upper() + text[1:] + "."


@dataclass(frozen=True, slots=True)
class Kind:
    """A request that is made again and again."""

    response_format: str
    words: int

    @property
    def moment(self) -> str:
        """What the clock stops at: samples are listened to only where they are not coded."""
        return "first audible" if Audible(self.response_format).decodes else "first byte"

    def body(self, model: str, voice: str) -> dict[str, Any]:
        """The JSON of the request."""
        return {
            "model": model,
            "voice": voice,
            "input": sentence(self.words),
            "response_format": self.response_format,
        }


@dataclass(slots=True)
class Series:
    """The timings of one kind, in milliseconds."""

    kind: Kind
    times_ms: list[float] = field(default_factory=list)

    @property
    def summary(self) -> Summary:
        """Minimum, median and p95."""
        return Summary.of(self.times_ms)

    def add(self, heard: Heard) -> None:
        """Takes one request's time.

        Raises:
            EngineError: the request failed, or nothing was to be heard.
        """
        if heard.status != 200 or not heard.complete:
            what = heard.refusal.strip() or "it broke off"
            raise EngineError(f"A request for {self.kind.response_format} failed: {heard.status}, {what}")
        decodes = Audible(self.kind.response_format).decodes
        moment_s = heard.first_audible_s if decodes else heard.first_byte_s
        if moment_s is None:
            raise EngineError(f"Nothing was to be heard in {self.kind.response_format}.")
        self.times_ms.append(1000 * moment_s)


async def measure(
    listen: Listen,
    *,
    words: Sequence[int],
    formats: Sequence[str],
    runs: int,
    model: str = "tts-1",
    voice: str = "alloy",
    seed: int = 0,
) -> list[Series]:
    """One request of every kind to warm up, then `runs` rounds of all kinds, each in another order.

    Args:
        listen: sends a body and listens to the end of its answer.
        words: lengths of the sentences.
        formats: names of `response_format`.
        runs: timings of each kind.
        model: a model of the server.
        voice: a voice of the server.
        seed: of the orders.

    Raises:
        EngineError: a request failed.
    """
    every = [Series(Kind(name, length)) for name in formats for length in words]
    for series in every:
        Series(series.kind).add(await listen(series.kind.body(model, voice)))
    order = random.Random(seed)
    for _ in range(runs):
        for series in order.sample(every, len(every)):
            series.add(await listen(series.kind.body(model, voice)))
    return every
