"""A chat that talks: does it speak while the model still writes, and to eight at once?

    python benchmarks/converse.py [--rounds 12] [--turns 200] [--quick] [--json FILE]

A scripted chat server writes 20 tokens a second. Its first clause is over when the white space after its
comma has been sent; from there the first audible sample may take as long as a speech request with that clause
as its whole text, and 20 ms. An answer takes as long as its text or its audio, whichever is longer, not both.
Then eight conversations at once, 200 turns, and the embedded model with speech and without.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from rig.contenders import Server, firstword
from rig.recorder import record
from rig.report import Report, options
from rig.writer import CLAUSE, REST, Writer, writing

from firstword.bench.audible import Audible
from firstword.bench.statistics import Summary

AUDIO = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}
BYTES_PER_S = 48_000
QUESTION = "Tell me in two sentences why people like trains."
AT_ONCE = 8
TIMEOUT_S = 300.0
LEAD_S = 1.5
"""How far audio runs ahead of its listener: so much sooner an answer may be over."""


@dataclass(slots=True)
class Answer:
    """What came of one request, and when; seconds on this process's clock."""

    asked: float
    first_text: float = 0.0
    first_audible: float = 0.0
    ended: float = 0.0
    text: str = ""
    audio_bytes: int = 0
    late_text: int = 0
    """Pieces of audio that came before any text."""
    tokens: int = 0
    gaps_s: float = 0.0
    """How long a listener who plays at 1x had nothing to play."""
    _heard: Audible = field(default_factory=lambda: Audible("pcm"))
    _empty_at: float = 0.0

    def take(self, delta: dict[str, Any], now: float) -> None:
        """One delta."""
        audio = delta.get("audio") or {}
        if words := audio.get("transcript") or delta.get("content"):
            self.first_text = self.first_text or now
            self.text += words
        if data := audio.get("data"):
            self.late_text += not self.text
            pcm = base64.b64decode(data)
            self.audio_bytes += len(pcm)
            if not self.first_audible and self._heard.feed(pcm):
                self.first_audible = now
            self.gaps_s += max(0.0, now - self._empty_at) if self._empty_at else 0.0
            self._empty_at = max(now, self._empty_at) + len(pcm) / BYTES_PER_S


def ask(server: Server, model: str, question: str = QUESTION, **more: Any) -> Answer:
    """One turn, as it streams."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": question}],
        "stream": True,
        "stream_options": {"include_usage": True},
        **more,
    }
    answer = Answer(time.perf_counter())
    url = f"http://{server.host}:{server.port}/v1/chat/completions"
    with httpx2.stream("POST", url, json=body, timeout=TIMEOUT_S) as response:
        for event in _events(response):
            for choice in event.get("choices", ()):
                answer.take(choice["delta"], time.perf_counter())
            if event.get("usage"):
                answer.tokens = event["usage"]["completion_tokens_details"]["text_tokens"]
            if "error" in event:
                raise RuntimeError(event["error"]["message"])
    answer.ended = time.perf_counter()
    return answer


def _events(response: httpx2.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith("data: {"):
            yield json.loads(line[6:])


def overlap(report: Report, server: Server, writer: Writer, rounds: int) -> None:
    """First audio after the first clause, against that clause as a whole text; and how long all takes."""
    spoken, whole, totals = list[float](), list[float](), list[float]()
    for number in range(rounds + 1):
        answer = ask(server, "scripted", **AUDIO)
        heard = record(server.host, server.port, server.request(CLAUSE, "pcm"))
        if number:
            spoken.append(1000 * (answer.first_audible - writer.clause_over[-1]))
            whole.append(1000 * heard.first_audible_s("pcm"))
            text_s = writer.text_over[-1] - answer.asked
            audio_s = answer.first_audible - answer.asked + answer.audio_bytes / BYTES_PER_S - LEAD_S
            totals.append((answer.ended - answer.asked) / max(text_s, audio_s))
        assert answer.text == CLAUSE + REST, answer.text
    rows = [
        (name, s.count, s.minimum, s.median, s.p95)
        for name, s in (("after the clause", Summary.of(spoken)), ("as a whole text", Summary.of(whole)))
    ]
    report.table("First audible sample", ("CLAUSE", "RUNS", "MIN MS", "MEDIAN MS", "P95 MS"), rows)
    report.figures["overlap"] = {"spoken_ms": spoken, "whole_ms": whole, "totals": totals}
    report.claim("after the first clause", Summary.of(spoken).median, Summary.of(whole).median + 20, " ms")
    report.claim("the whole answer, of its text or its audio", Summary.of(totals).median, 1.1)


def crowd(report: Report, server: Server, writer: Writer, turns: int) -> None:
    """Eight at once, again and again."""
    memory = list[float]()

    def turn(number: int) -> Answer:
        answer = ask(server, "scripted", **AUDIO)
        memory.append(server.process.rss_mb())
        return answer

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(turn, range(turns)))
    first_text = Summary.of([1000 * (each.first_text - each.asked) for each in answers])
    first_audio = Summary.of([1000 * (each.first_audible - each.asked) for each in answers])
    early = sum(memory[: turns // 5]) / (turns // 5)
    late = sum(memory[-turns // 5 :]) / (turns // 5)
    gaps = sum(each.gaps_s for each in answers)
    rows = [
        (turns, first_text.median, first_text.p95, first_audio.median, first_audio.p95, gaps, late - early)
    ]
    headings = ("TURNS", "TEXT P50 MS", "P95 MS", "AUDIO P50 MS", "P95 MS", "GAPS S", "MORE MB")
    report.table(f"{AT_ONCE} conversations at once", headings, rows)
    report.figures["crowd"] = rows
    report.claim("audio before its text", sum(each.late_text for each in answers), 0)
    report.claim("first audio, p95 of median", first_audio.p95 / first_audio.median, 1.5)
    report.claim("growth", late - early, 20, " MB")
    wrong = sum(each.text != CLAUSE + REST for each in answers)
    report.claim("answers that are not what was written", wrong, 0)


def embedded(report: Report, server: Server, model: str, rounds: int) -> None:
    """The small model: with speech, and alone."""
    rows = []
    for name, more in (
        ("text alone", {}),
        ("text and speech", {**AUDIO, "model_extensions": {"max_lead_s": 60}}),
    ):
        answers = [ask(server, model, max_tokens=64, seed=1, **more) for _ in range(rounds + 1)][1:]
        first = Summary.of([1000 * (each.first_text - each.asked) for each in answers])
        audible = [1000 * (each.first_audible - each.asked) for each in answers if each.first_audible]
        speeds = [each.tokens / (each.ended - each.first_text) for each in answers]
        heard: object = Summary.of(audible).median if audible else "-"
        rows.append((name, rounds, first.median, heard, Summary.of(speeds).median))
    headings = ("ANSWER", "RUNS", "FIRST TEXT MS", "FIRST AUDIO MS", "TOKENS/S")
    report.table(f"{model}, 64 tokens", headings, rows)
    report.figures["embedded"] = rows


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, help="answers of each case (12; quick: 3)")
    parser.add_argument("--turns", type=int, default=200, help="of eight conversations at once")
    parser.add_argument("--model", default="smollm2-135m", help="the embedded one")
    chosen = parser.parse_args()
    report = Report("converse", chosen)
    rounds, turns = chosen.rounds or (3 if chosen.quick else 12), 16 if chosen.quick else chosen.turns
    with writing() as writer, tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "firstword.toml"
        config.write_text(
            f'store = "{folder}/store.sqlite3"\n'
            f'[engine_options.upstream.models]\nscripted = {{ url = "{writer.url}", model = "scripted" }}\n'
        )
        with firstword(recognizer="any", config=config) as server:
            overlap(report, server, writer, rounds)
            crowd(report, server, writer, turns)
            embedded(report, server, chosen.model, rounds)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
