"""Time to first audible sample, over HTTP on loopback and without: everybody in one run, in random order.

    python benchmarks/ttfa.py [--rounds 60] [--quick] [--json FILE]

Engine: the engine alone, in a process of its own, given the first unit of text. Package: the first array of
its own whole-sentence stream. Floor: a bare server around that stream. Firstword: our server. A round asks
everybody for every text once; every request opens a new connection. Audible is a sample over 200 of 32768,
in coded formats one that a decoder finds in the bytes that have come; decoding is done after the request.
"""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from rig.contenders import Alone, Server, alone, firstword, floor
from rig.recorder import HEARD_BYTES, record
from rig.report import Report, options
from rig.texts import lengths

from firstword.bench.statistics import Summary

FORMATS = ("pcm", "wav", "mp3", "opus", "opus-webm", "aac", "flac")
SENTENCE, LONG_SENTENCE, LONG_TEXT = "15 words", "40 words", "4,000 chars"
REST_S = 0.05
"""Between requests: a sentence that nobody listens to any more is finished meanwhile."""
WARM_UP_ROUNDS = 2

Key = tuple[str, str, str]
"""Contender, text, format."""


def over_http(server: Server, text: str, response_format: str, leave_after: int | None) -> float:
    """Milliseconds to the first audible sample."""
    heard = record(server.host, server.port, server.request(text, response_format), leave_after)
    return 1000 * heard.first_audible_s(response_format)


def cases(
    engine: Alone, package: Alone, bare: Server, ours: Server, texts: dict[str, str]
) -> dict[Key, Callable[[], float]]:
    """Everything that a round asks for. Of long texts only the beginning is listened to."""
    every: dict[Key, Callable[[], float]] = {}
    for name, text in texts.items():
        leave_after = HEARD_BYTES if name.endswith("chars") else None
        every["engine", name, "-"] = partial(engine.first_ms, text)
        every["package", name, "-"] = partial(package.first_ms, text)
        every["floor", name, "pcm"] = partial(over_http, bare, text, "pcm", leave_after)
        every["firstword", name, "pcm"] = partial(over_http, ours, text, "pcm", leave_after)
    for name in FORMATS:
        every["firstword", SENTENCE, name] = partial(over_http, ours, texts[SENTENCE], name, None)
    return every


def measure(every: dict[Key, Callable[[], float]], rounds: int, order: random.Random) -> dict[Key, Summary]:
    """Each case once a round, in another order every time; the first rounds do not count."""
    times: dict[Key, list[float]] = defaultdict(list)
    for number in range(rounds + WARM_UP_ROUNDS):
        for key in order.sample(list(every), len(every)):
            took_ms = every[key]()
            time.sleep(REST_S)
            if number >= WARM_UP_ROUNDS:
                times[key].append(took_ms)
    return {key: Summary.of(times[key]) for key in every}


def judge(report: Report, found: dict[Key, Summary], texts: dict[str, str]) -> None:
    """Says what holds; medians against medians of the same run."""
    for name in texts:
        bound = 1.15 * found["engine", name, "-"].median + 3
        report.claim(f"pcm, {name}", found["firstword", name, "pcm"].median, bound, " ms")
    bound = 1.15 * found["engine", SENTENCE, "-"].median + 3
    report.claim(f"wav, {SENTENCE}", found["firstword", SENTENCE, "wav"].median, bound, " ms")
    ours, whole = found["firstword", LONG_SENTENCE, "pcm"].median, found["package", LONG_SENTENCE, "-"].median
    report.claim(f"{LONG_SENTENCE}, share of the whole sentence's time", ours / whole, 0.5)
    long, one = found["firstword", LONG_TEXT, "pcm"].median, found["firstword", SENTENCE, "pcm"].median
    report.claim(f"{LONG_TEXT} against one sentence", long / one, 1.1)


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, help="timings of each case (60; quick: 6)")
    chosen = parser.parse_args()
    report, order, texts = Report("ttfa", chosen), random.Random(chosen.seed), lengths(chosen.seed)
    with ExitStack() as stack:
        engine, package = (stack.enter_context(alone(which)) for which in ("engine", "package"))
        bare, ours = (stack.enter_context(server()) for server in (floor, firstword))
        every = cases(engine, package, bare, ours, texts)
        found = measure(every, chosen.rounds or (6 if chosen.quick else 60), order)
    rows = [(*key, s.count, s.minimum, s.median, s.p95) for key, s in found.items()]
    headings = ("CONTENDER", "TEXT", "FORMAT", "RUNS", "MIN MS", "MEDIAN MS", "P95 MS")
    report.table("First audible sample, a new connection for each request", headings, rows)
    fields = ("contender", "text", "format", "runs", "min_ms", "median_ms", "p95_ms")
    report.figures["first_audible"] = [dict(zip(fields, row, strict=True)) for row in rows]
    judge(report, found, texts)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
