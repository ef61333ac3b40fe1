"""Speech to text while it is spoken: how soon, how steady, how right, at what cost?

    python benchmarks/realtime.py [--clips FOLDER] [--sessions 1,4,8,16] [--chunks 20,100,200] [--quick]

Clips are spoken into the socket at the pace of speech. Times are taken against the audio: speech begins and
ends where the clip's energy says; an endpoint is called when the silence that ends an utterance has been sent
(`min_silence_ms` after the last window of speech, which is `tail_ms` before `audio_end`), with the message
that holds its last sample.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from rig.clips import OURS, RATE, Clip, clips
from rig.contenders import Server, firstword
from rig.dictation import Dictation, dictate
from rig.report import Report, options
from rig.wording import errors
from websockets.asyncio.client import connect

from firstword.bench.statistics import Summary
from firstword.core.transcripts import Endpointing

ENDPOINTING = Endpointing()
CALLED_AFTER_S = (ENDPOINTING.min_silence_ms - ENDPOINTING.tail_ms) / 1000
"""From the end of an utterance, as it is told, to the moment at which its endpoint is called."""
SILENCE_S = 1.5
HEADINGS = ("CASE", "RUNS", "P50 MS", "P95 MS")


def url(server: Server, model: str) -> str:
    """Of the socket."""
    return f"ws://{server.host}:{server.port}/v1/audio/transcriptions-realtime?model={model}"


def row(name: str, seconds: Sequence[float]) -> tuple[object, ...]:
    """A line of a table; nothing heard is told as such."""
    if not seconds:
        return name, 0, "-", "-"
    summary = Summary.of([1000 * value for value in seconds])
    return name, summary.count, summary.median, summary.p95


def first_partial_s(session: Dictation) -> list[float]:
    """From the beginning of speech to the first partial; nothing where there was none."""
    spoken = session.began + session.clip.speech_s[0]
    return [session.partials()[0][0] - spoken] if session.partials() else []


def after_speech_s(session: Dictation) -> list[float]:
    """From the end of speech to the last final."""
    spoken = session.began + session.clip.speech_s[1]
    return [session.finals()[-1][0] - spoken] if session.finals() else []


def after_endpoint_s(session: Dictation) -> list[float]:
    """From the moment an endpoint is called to its final; those that `done` called are left out."""
    called = [
        (at, session.sent_at(said["audio_end"] / 1000 + CALLED_AFTER_S)) for at, said in session.finals()
    ]
    return [at - moment for at, moment in called if moment <= session.done_at]


def after_done_s(session: Dictation) -> list[float]:
    """From `done` to the last final."""
    return [session.finals()[-1][0] - session.done_at] if session.finals() else []


async def together(
    server: Server, model: str, said: Sequence[Clip], *, chunk_ms: int, silence_s: float
) -> list[Dictation]:
    """So many sessions at once, beginning within a second."""
    return await asyncio.gather(
        *(
            dictate(
                url(server, model),
                clip,
                chunk_ms=chunk_ms,
                silence_s=silence_s,
                begin_s=number / max(1, len(said)),
            )
            for number, clip in enumerate(said)
        )
    )


def one_by_one(
    server: Server, model: str, said: Sequence[Clip], *, chunk_ms: int, silence_s: float
) -> list[Dictation]:
    """A session after the other."""
    return [
        asyncio.run(dictate(url(server, model), clip, chunk_ms=chunk_ms, silence_s=silence_s))
        for clip in said
    ]


def promptness(
    report: Report, server: Server, model: str, said: Sequence[Clip], chunks: Sequence[int]
) -> None:
    """One session at a time, in chunks of several sizes."""
    rows: list[tuple[object, ...]] = []
    for chunk_ms in chunks:
        paused = one_by_one(server, model, said, chunk_ms=chunk_ms, silence_s=SILENCE_S)
        abrupt = one_by_one(server, model, said, chunk_ms=chunk_ms, silence_s=0.0)
        lags = [lag for session in paused for each in session.utterances() for lag in each.word_lags_s()]
        stable = [lag for session in paused for each in session.utterances() for lag in each.stable_lags_s()]
        timings = {
            "first partial after speech begins": [s for each in paused for s in first_partial_s(each)],
            "word shown after it was said": lags,
            "word stable after it was said": stable,
            "final after its endpoint": [s for each in paused for s in after_endpoint_s(each)],
            "final after the end of speech": [s for each in paused for s in after_speech_s(each)],
            "final after done": [s for each in abrupt for s in after_done_s(each)],
        }
        rows += [row(f"{chunk_ms} ms: {name}", values) for name, values in timings.items()]
        report.figures[f"chunks_{chunk_ms}"] = timings
        if chunk_ms == 100:
            _claims(report, timings)
            _steadiness(report, paused)
    report.table("One session at a time", HEADINGS, rows)


def _claims(report: Report, timings: dict[str, list[float]]) -> None:
    for name, goal_ms in (
        ("final after its endpoint", 60.0),
        ("final after done", 200.0),
        ("first partial after speech begins", 600.0),
    ):
        report.claim(f"{name}, p50", Summary.of([1000 * s for s in timings[name]]).median, goal_ms, " ms")


def _steadiness(report: Report, sessions: Sequence[Dictation]) -> None:
    utterances = [each for session in sessions for each in session.utterances()]
    words = sum(len(each.words()) for each in utterances)
    changed, shown = (sum(each.revised()[i] for each in utterances) for i in (0, 1))
    broken = sum(each.broken_promises() for each in utterances)
    stable = sum(len(each.stable_lags_s()) for each in utterances)
    early = sum(each.stable_early() for each in utterances)
    wrong, said = errors([each.clip.text for each in sessions], [each.text for each in sessions])
    figures = {
        "words in finals": words,
        "words changed or taken back, of a hundred shown": 100 * changed / max(1, shown),
        "stable words that changed": broken,
        "words that were stable before their final, %": 100 * stable / max(1, words),
        "words that were stable a second before their final, %": 100 * early / max(1, words),
        "WER of the finals, %": 100 * wrong / max(1, said),
    }
    report.figures["steadiness"] = figures
    report.table("Steadiness, 100 ms", ("WHAT", "FIGURE"), list(figures.items()))
    report.claim("stable words that changed", broken, 0)


async def idle_mb(server: Server, model: str, count: int = 50) -> float:
    """What a session that says nothing holds, in MB."""
    before_mb = server.process.rss_mb()
    async with AsyncExitStack() as open_sockets:
        for _ in range(count):
            socket = await open_sockets.enter_async_context(connect(url(server, model), compression=None))
            await socket.send(json.dumps({"sample_rate": RATE}))
            await socket.recv()
        return (server.process.rss_mb() - before_mb) / count


def crowds(
    report: Report, server: Server, model: str, said: Sequence[Clip], counts: Sequence[int], seed: int
) -> None:
    """Several sessions at once."""
    rows: list[tuple[object, ...]] = []
    for count in counts:
        chosen = random.Random(seed).choices(said, k=count)
        before_s, before_mb = server.process.cpu_s(), server.process.rss_mb()
        sessions = asyncio.run(together(server, model, chosen, chunk_ms=100, silence_s=SILENCE_S))
        audio_s = sum(each.clip.seconds + SILENCE_S for each in sessions)
        cpu = (server.process.cpu_s() - before_s) / audio_s
        finals = [1000 * s for each in sessions for s in after_endpoint_s(each)] or [float("nan")]
        firsts = [1000 * s for each in sessions for s in first_partial_s(each)] or [float("nan")]
        lags = [said["lag_ms"] for each in sessions for _, said in each.partials()] or [0.0]
        wrong, words = errors([each.clip.text for each in sessions], [each.text for each in sessions])
        rows.append(
            (
                count,
                Summary.of(firsts).median,
                Summary.of(finals).median,
                Summary.of(finals).p95,
                Summary.of(lags).p95,
                100 * wrong / words,
                cpu,
                server.process.rss_mb() - before_mb,
            )
        )
    headings = (
        "SESSIONS",
        "FIRST PARTIAL MS",
        "FINAL P50 MS",
        "P95 MS",
        "LAG P95 MS",
        "WER %",
        "CPU S PER AUDIO S",
        "MORE MB",
    )
    report.table("Sessions at once, 100 ms chunks", headings, rows)
    report.figures["crowds"] = rows
    report.figures["idle_mb"] = asyncio.run(idle_mb(server, model))
    print(f"An idle session holds {1000 * report.figures['idle_mb']:.0f} kB\n")


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--clips", type=Path, default=OURS, help="a folder with a manifest.json")
    parser.add_argument("--model", default="moonshine-base")
    parser.add_argument("--sessions", default="1,4,8,16")
    parser.add_argument("--chunks", default="20,100,200", help="milliseconds in one message")
    chosen = parser.parse_args()
    report, said = Report("realtime", chosen), clips(chosen.clips)
    if chosen.quick:
        said, chosen.chunks, chosen.sessions = said[:4], "100", "1,4"
    long_enough = [clip for clip in said if clip.seconds > 2.5] or said
    with firstword(recognizer=chosen.model) as server:
        one_by_one(server, chosen.model, said[:1], chunk_ms=100, silence_s=SILENCE_S)
        promptness(report, server, chosen.model, said, [int(each) for each in chosen.chunks.split(",")])
        counts = [int(each) for each in chosen.sessions.split(",")]
        crowds(report, server, chosen.model, long_enough, counts, chosen.seed)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
