"""Ways in which speech arrives, and a device that plays what a jitter buffer lets it, on a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from firstword.client.playing.jitter import JitterBuffer
from firstword.core.types import Samples

RATE = 16_000
TICK_S = 0.01
SPOKEN = Path(__file__).parent.parent / "data/speech"
QUIET = 10 ** (-38 / 20)

Arrivals = Iterator[tuple[float, int]]
"""When, and how many samples."""


@cache
def speech() -> Samples:
    """Half a minute of people reading."""
    read = [soundfile.read(path, dtype="float32")[0] for path in sorted(SPOKEN.glob("*.flac"))]
    joined: Samples = np.concatenate(read)
    return joined


def paced(rate: Callable[[float], float], *, block_s: float = 0.02, jitter_s: float = 0.0) -> Arrivals:
    """Blocks at a pace that may change with the seconds that came before; they come late by chance."""
    random = np.random.default_rng(11)
    block, made_at, arrived_at, sent = round(block_s * RATE), 0.0, 0.0, 0
    while sent < len(speech()):
        made_at += block_s / rate(sent / RATE)
        arrived_at = max(arrived_at, made_at + random.uniform(0, jitter_s))
        count = min(block, len(speech()) - sent)
        yield arrived_at, count
        sent += count


def sentence_then_gap(first_s: float, gap_s: float) -> Arrivals:
    """A short sentence at once, nothing for a while, then all else quickly."""
    first = round(first_s * RATE)
    yield 0.02, first
    sent = 0
    for at, count in paced(lambda _: 5):
        sent += count
        if sent > first:
            yield gap_s + at, min(count, sent - first)


@dataclass(frozen=True)
class Heard:
    """What came out of a loudspeaker."""

    played: Samples
    start_ms: float
    """From the first arrival to the first sample."""
    breaks: int
    """Silences in the middle of speech."""
    in_speech_ms: float
    in_pauses_ms: float


def played(arrivals: Arrivals) -> Heard:
    """Lets all of it arrive, and plays it."""
    buffer, due = JitterBuffer(RATE), list(arrivals)
    total = sum(count for _, count in due)
    out: list[Samples] = []
    tick, taken, arrived, start_s, first_s = round(TICK_S * RATE), 0, 0, 0.0, due[0][0]
    silences: dict[int, int] = {}
    now_s = 0.0
    while not buffer.exhausted:
        now_s += TICK_S
        while due and due[0][0] <= now_s:
            at, count = due.pop(0)
            buffer.arrive(speech()[arrived : arrived + count], at)
            arrived += count
        if not due:
            buffer.end()
        got = buffer.take(tick, now_s)
        if len(got) and not taken:
            start_s = now_s
        out.append(got)
        taken += len(got)
        if taken and len(got) < tick and taken < total:
            silences[taken] = silences.get(taken, 0) + tick - len(got)
    broken = {at: frames for at, frames in silences.items() if not in_pause(at)}
    inside = sum(broken.values())
    return Heard(
        played=np.concatenate(out),
        start_ms=1000 * (start_s - first_s),
        breaks=len(broken),
        in_speech_ms=1000 * inside / RATE,
        in_pauses_ms=1000 * (sum(silences.values()) - inside) / RATE,
    )


def in_pause(frame: int) -> bool:
    """Whether speech is quiet for 30 ms around one of its samples."""
    third = RATE // 100
    around = (
        speech()[max(0, frame + shift - 3 * third) : frame + shift] for shift in range(0, 4 * third, third)
    )
    return any(len(part) and float(np.sqrt(np.mean(part**2))) < QUIET for part in around)
