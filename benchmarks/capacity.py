"""Listeners who play at 1x: how soon they hear, whether they run dry, what they cost. Ours and the floor.

    python benchmarks/capacity.py [--seconds 25] [--quick] [--json FILE]

A listener asks for a text of 2 to 6 sentences (pcm), plays it at 1x, and asks for the next, until the time is
over; what is then playing is played to its end, so that every second of audio is paid for and counted. They
start spread over three seconds. A burst is 32 listeners in the same instant, a few times; its median and p95
are the middle ones of all bursts. Phases are in random order; between them the engine alone speaks the same
kind of text in a process of its own, which is what the processor time is compared with, and what says how
many cores a crowd needs at least. All listeners live in this process, whose own load is printed.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from rig.contenders import Alone, Server, alone, firstword, floor
from rig.crowd import Spent, ask, failures, first_audio_ms, run, watched
from rig.report import Report, options
from rig.texts import some_sentences

from firstword.bench.listener import Heard

SPREAD_S = 3.0
BURST = 32
BURST_SENTENCES = 1
ENGINE_TEXTS = 6


@dataclass(slots=True)
class Phase:
    """What one contender's listeners came to, of one kind of crowd."""

    heard: list[Heard] = field(default_factory=list)
    spent: list[Spent] = field(default_factory=list)
    first_ms: list[tuple[float, float]] = field(default_factory=list)
    """Median and p95 of the first audio, each time."""

    def add(self, heard: list[Heard], spent: Spent) -> None:
        """One time more."""
        self.heard += heard
        self.spent.append(spent)
        self.first_ms.append(first_audio_ms(heard))

    def figures(self, listeners: int, rss_before_mb: float, engine_cpu: float) -> dict[str, float]:
        """Everything that is printed and kept."""
        audio_s = sum(one.audio_s for one in self.heard)
        cpu = sum(spent.server_cpu_s for spent in self.spent) / audio_s
        highest = max(spent.rss_mb for spent in self.spent)
        return {
            "texts": len(self.heard),
            "failed": failures(self.heard),
            "first_p50_ms": median(p50 for p50, _ in self.first_ms),
            "first_p95_ms": median(p95 for _, p95 in self.first_ms),
            "underruns": sum(one.underruns for one in self.heard),
            "underrun_s": sum(one.underrun_s for one in self.heard),
            "audio_s": audio_s,
            "cpu_s_per_audio_s": cpu,
            "of_engine_alone": cpu / engine_cpu,
            "cores_needed": listeners * cpu,
            "rss_mb": highest,
            "mb_per_stream": max(0.0, highest - rss_before_mb) / listeners,
            "client_core_share": sum(s.client_cpu_s for s in self.spent) / sum(s.wall_s for s in self.spent),
        }


async def playing(server: Server, listeners: int, seconds: float, source: random.Random) -> list[Heard]:
    """A crowd that listens for `seconds`, each again and again."""
    heard: list[Heard] = []
    ends = time.perf_counter() + seconds

    async def one(begins_s: float, texts: random.Random) -> None:
        await asyncio.sleep(begins_s)
        while time.perf_counter() < ends:
            text = some_sentences(texts, texts.randint(2, 6))
            heard.append(await ask(server, server.request(text), pace=1.0))

    await asyncio.gather(
        *(one(source.uniform(0, SPREAD_S), random.Random(source.random())) for _ in range(listeners))
    )
    return heard


async def burst(server: Server, source: random.Random) -> list[Heard]:
    """A crowd that asks in the same instant, once."""
    texts = [some_sentences(source, BURST_SENTENCES) for _ in range(BURST)]
    return list(await asyncio.gather(*(ask(server, server.request(text), pace=1.0) for text in texts)))


class Engine:
    """What the engine alone costs for a kind of text, measured between the phases."""

    def __init__(self, engine: Alone, source: random.Random) -> None:
        self._engine, self._source = engine, source
        self._cpu_s: defaultdict[str, float] = defaultdict(float)
        self._audio_s: defaultdict[str, float] = defaultdict(float)

    def speak(self, name: str) -> None:
        """A few more texts, as long as those of a crowd or of a burst."""
        for _ in range(ENGINE_TEXTS):
            sentences = BURST_SENTENCES if name == "burst" else self._source.randint(2, 6)
            cpu_s, audio_s = self._engine.cost(some_sentences(self._source, sentences))
            self._cpu_s[name] += cpu_s
            self._audio_s[name] += audio_s

    def cpu_s_per_audio_s(self, name: str) -> float:
        """So far."""
        return self._cpu_s[name] / self._audio_s[name]


def judge(report: Report, name: str, ours: dict[str, float], bare: dict[str, float]) -> None:
    """Says what holds."""
    for figure in ("first_p50_ms", "first_p95_ms"):
        report.claim(f"{name}, {figure} against the floor's", ours[figure] / bare[figure], 0.6)
    report.claim(f"{name}, underruns", ours["underruns"], 0)
    report.claim(f"{name}, failed", ours["failed"], 0)
    report.claim(f"{name}, processor time against the engine alone", ours["of_engine_alone"], 1.4)


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, help="for which new texts are asked for (25; quick: 3)")
    parser.add_argument("--listeners", default="32,128", help="sizes of the crowds (32,128; quick: 32)")
    parser.add_argument("--bursts", type=int, help="how often (6; quick: 2)")
    chosen = parser.parse_args()
    report, source = Report("capacity", chosen), random.Random(chosen.seed)
    seconds = chosen.seconds or (3 if chosen.quick else 25)
    crowds = {f"{n} listeners": int(n) for n in ("32" if chosen.quick else chosen.listeners).split(",")}
    bursts = chosen.bursts or (2 if chosen.quick else 6)
    times = [*((name, 0) for name in crowds), *(("burst", number) for number in range(bursts))]
    plan = [(name, number, who) for name, number in times for who in (0, 1)]
    phases: dict[tuple[str, int], Phase] = defaultdict(Phase)
    with ExitStack() as stack:
        servers = [stack.enter_context(server()) for server in (firstword, floor)]
        engine = Engine(stack.enter_context(alone("engine")), source)
        for server in servers:
            run(burst(server, source))
        before_mb = [server.process.rss_mb() for server in servers]
        for name, number, who in source.sample(plan, len(plan)):
            engine.speak(name)
            texts, server = random.Random(f"{chosen.seed} {name} {number}"), servers[who]
            crowd = playing(server, crowds[name], seconds, texts) if name in crowds else burst(server, texts)
            phases[name, who].add(*run(watched(server.process, crowd)))
    for name in (*crowds, "burst"):
        alone_cpu = engine.cpu_s_per_audio_s(name)
        found = [
            phases[name, who].figures(crowds.get(name, BURST), before_mb[who], alone_cpu) for who in (0, 1)
        ]
        report.figures[name] = dict(zip((server.name for server in servers), found, strict=True))
        report.figures[name]["engine_cpu_s_per_audio_s"] = alone_cpu
        rows = [(figure, ours, found[1][figure]) for figure, ours in found[0].items()]
        report.table(name, ("", *(server.name for server in servers)), rows)
        judge(report, name, *found)
        print()
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
