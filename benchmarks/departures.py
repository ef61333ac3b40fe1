"""Listeners who leave, listeners who never read, and thousands of short requests: what stays behind.

    python benchmarks/departures.py [--full] [--quick] [--json FILE]

1. Twenty clients ask for an hour of text and hang up after the first bytes: processor time for each, as a
   share of speaking the whole text, and whether the process is idle a second later.
2. Sixteen clients ask for a long text and never read: the first audio of a seventeenth, against alone.
3. Two thousand short requests in every format, some wrong, some abandoned: how memory grows after the
   first 200.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any

from rig.contenders import Alone, Server, alone, firstword
from rig.crowd import run
from rig.processes import idle_share
from rig.recorder import record
from rig.report import Report, options
from rig.texts import of_length, random_sentence, some_sentences

from firstword.bench.listener import listen
from firstword.bench.ttfa import sentence
from firstword.core.errors import EngineError

HOUR_CHARS = 52_000
LEAVERS, SILENT, TOGETHER = 20, 16, 8
WARM_UP = 200
FORMATS = ("pcm", "wav", "mp3", "opus", "opus-webm", "aac", "flac")
MISTAKES: tuple[dict[str, Any], ...] = (
    {"voice": "nobody"},
    {"model": "nothing"},
    {"input": ""},
    {"input": "안녕하세요, 반갑습니다."},
    {"response_format": "midi"},
    {"speed": 9},
    {"model_extensions": {"colour": "red"}},
)


def leaving(report: Report, server: Server, engine: Alone, source: random.Random, *, full: bool) -> None:
    """Clients who hang up on an hour of text."""
    text = of_length(source, HOUR_CHARS)
    whole_s = whole_cost_s(server, engine, text, source, full=full)
    before, process = idle_share(server.process, 1), server.process
    threads, files = process.threads(), process.files()
    cpu_began, began = process.cpu_s(), time.perf_counter()
    for _ in range(LEAVERS):
        record(server.host, server.port, server.request(text), leave_after=1)
    last_left = time.perf_counter()
    time.sleep(1)
    each_s = (process.cpu_s() - cpu_began - before * (time.perf_counter() - began)) / LEAVERS
    after = idle_share(process, 1)
    found = {
        "whole_text_cpu_s": whole_s,
        "departure_cpu_s": each_s,
        "departure_wall_s": (last_left - began) / LEAVERS,
        "idle_share_before": before,
        "idle_share_a_second_after": after,
        "threads_more": process.threads() - threads,
        "files_more": process.files() - files,
    }
    report.figures["leaving"] = found
    report.table(f"{LEAVERS} who leave an hour of text ({len(text)} characters)", ("", ""), [*found.items()])
    report.claim("a departure, share of speaking it all", each_s / whole_s, 0.05)
    report.claim("busy a second after the last, beyond idle", after - before, 0.02, " cores")
    report.claim("threads and files left", found["threads_more"] + found["files_more"], 0)


def whole_cost_s(server: Server, engine: Alone, text: str, source: random.Random, *, full: bool) -> float:
    """Processor seconds of speaking all of `text`: measured, or from a part of it spoken by the engine."""
    if full:
        began = server.process.cpu_s()
        record(server.host, server.port, server.request(text))
        return server.process.cpu_s() - began
    part = of_length(source, 2_000)
    return engine.cost(part)[0] * len(text) / len(part)


@contextmanager
def never_reading(server: Server, count: int, text: str) -> Iterator[None]:
    """Clients who ask and then take nothing."""
    content = json.dumps(server.request(text)).encode()
    head = f"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.connect((server.host, server.port))
            connection.sendall(head + content)
        time.sleep(1)
        yield


def silent(report: Report, server: Server, source: random.Random, repeats: int) -> None:
    """Does a listener wait for those who never read?"""
    times: dict[str, list[float]] = {"alone": [], "with 16": []}

    def hear(beside: str) -> None:
        for _ in range(5):
            body = server.request(sentence(15))
            times[beside].append(1000 * record(server.host, server.port, body).first_audible_s("pcm"))

    for _ in range(repeats):
        hear("alone")
        with never_reading(server, SILENT, of_length(source, 4_000)):
            hear("with 16")
        time.sleep(0.5)
    rows = [(beside, len(many), min(many), median(many)) for beside, many in times.items()]
    report.figures["silent_ms"] = times
    report.table(f"{SILENT} who never read", ("A LISTENER", "RUNS", "MIN MS", "MEDIAN MS"), rows)
    report.claim("first audio beside them", median(times["with 16"]) / median(times["alone"]), 1.5)


def short_request(server: Server, source: random.Random) -> dict[str, Any]:
    """Any format, speed and rate; one in ten is wrong."""
    body = server.request(
        some_sentences(source, source.randint(1, 2)) if source.random() < 0.1 else random_sentence(source),
        source.choice(FORMATS),
        speed=source.choice((0.5, 1.0, 1.0, 1.25, 2.0)),
    )
    if body["response_format"] in ("pcm", "wav", "flac") and source.random() < 0.5:
        body["sample_rate"] = source.choice((8_000, 16_000, 48_000))
    if source.random() < 0.2:
        body["stream_format"] = "sse"
    return body | source.choice(MISTAKES) if source.random() < 0.1 else body


async def many(server: Server, count: int, source: random.Random) -> Counter[str]:
    """So many short requests, eight at a time; one in ten is abandoned within 20 ms."""
    outcomes: Counter[str] = Counter()
    left = iter(range(count))

    async def one() -> None:
        for _ in left:
            body = short_request(server, source)
            patience_s = source.uniform(0.001, 0.02) if source.random() < 0.1 else 60.0
            try:
                async with asyncio.timeout(patience_s):
                    heard = await listen(server.host, server.port, body)
                outcomes[str(heard.status) if heard.complete else "broken"] += 1
            except TimeoutError:
                outcomes["abandoned"] += 1
            except EngineError:
                outcomes["no connection"] += 1

    await asyncio.gather(*(one() for _ in range(TOGETHER)))
    return outcomes


def short_ones(report: Report, server: Server, source: random.Random, count: int) -> None:
    """Does anything grow?"""
    process, warm_up = server.process, min(WARM_UP, count // 3)
    run(many(server, warm_up, source))
    time.sleep(1)
    before = (process.rss_mb(), process.threads(), process.files())
    outcomes = run(many(server, count - warm_up, source))
    time.sleep(1)
    after = (process.rss_mb(), process.threads(), process.files())
    rows = [(what, b, a) for what, b, a in zip(("RSS MB", "threads", "files"), before, after, strict=True)]
    report.table(f"{count} short requests: {dict(outcomes)}", ("", f"AFTER {warm_up}", "AFTER ALL"), rows)
    report.figures["short"] = {"outcomes": outcomes, "before": before, "after": after}
    report.claim("growth", after[0] - before[0], 10, " MB")
    report.claim("threads and files left", after[1] - before[1] + after[2] - before[2], 0)
    report.claim("broken answers", outcomes["broken"] + outcomes["500"], 0)


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--full", action="store_true", help="really speak the hour once, to compare with")
    chosen = parser.parse_args()
    report, source = Report("departures", chosen), random.Random(chosen.seed)
    with firstword() as server:
        for _ in range(10):
            record(server.host, server.port, server.request(sentence(15)))
        with alone("engine") as engine:
            leaving(report, server, engine, source, full=chosen.full)
        silent(report, server, source, repeats=2 if chosen.quick else 10)
        short_ones(report, server, source, 300 if chosen.quick else 2_000)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
