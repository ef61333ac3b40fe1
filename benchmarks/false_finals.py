"""What is no speech gives no text; hours of speech keep their time and their memory.

    python benchmarks/false_finals.py [--minutes 10] [--hours 1] [--quick] [--json FILE]

Ten minutes each of silence, white noise, hum, clicks and music go into the realtime socket, as fast as it
takes them: no final may come. Then an hour of speech, our own voice saying a known word now and then between
sentences: the word must be found where it was said, at the end as at the beginning.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Callable
from typing import Any

import httpx2
import numpy as np
from numpy.typing import NDArray
from rig.clips import RATE
from rig.contenders import Server, firstword
from rig.report import Report, options
from rig.texts import random_sentence
from rig.wording import bare
from websockets.asyncio.client import ClientConnection, connect

from firstword.bench.statistics import quantile

MODEL = "moonshine-base"
CHUNK = RATE // 5
MARKER = "Watermelon."
EVERY_S = 30.0
GAP_S = 1.0
TEXTS = 40
"""Different paragraphs of the long recording; they come again in turns."""
PULL_S = 2.0
"""A marker is looked for this near to where it was said."""

Noise = NDArray[np.float32]


def silence(count: int, source: np.random.Generator) -> Noise:
    """Nothing at all."""
    return np.zeros(count, np.float32)


def white_noise(count: int, source: np.random.Generator) -> Noise:
    """A loud hiss, -26 dBFS."""
    return source.normal(0, 0.05, count).astype(np.float32)


def hum(count: int, source: np.random.Generator) -> Noise:
    """The mains and two of its harmonics."""
    time = np.arange(count) / RATE
    return sum(  # type: ignore[no-any-return]
        (np.sin(2 * np.pi * 50 * number * time) * 0.1 / number).astype(np.float32) for number in (1, 2, 3)
    )


def clicks(count: int, source: np.random.Generator) -> Noise:
    """A keyboard: short bursts at random moments."""
    samples = np.zeros(count + RATE, np.float32)
    for at in source.integers(0, count, count // RATE * 6):
        length = int(source.integers(40, 300))
        samples[at : at + length] += source.normal(0, 0.3, length) * np.exp(-np.arange(length) / 60)
    return np.clip(samples[:count], -1, 1)


def music(count: int, source: np.random.Generator) -> Noise:
    """Chords of plucked strings, three a second, with their overtones."""
    samples, length = np.zeros(count + 2 * RATE, np.float32), RATE
    time = np.arange(length) / RATE
    for at in range(0, count, RATE // 3):
        for pitch in source.choice([220.0, 261.6, 293.7, 329.6, 392.0, 440.0, 523.3], 3, replace=False):
            tone = sum(np.sin(2 * np.pi * pitch * number * time) / number for number in range(1, 6))
            samples[at : at + length] += (0.06 * tone * np.exp(-3 * time)).astype(np.float32)
    return np.clip(samples[:count], -1, 1)


KINDS: tuple[Callable[[int, np.random.Generator], Noise], ...] = (silence, white_noise, hum, clicks, music)


def pcm(samples: Noise) -> bytes:
    """As s16le."""
    return (np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes()


async def send(server: Server, audio: bytes) -> tuple[list[dict[str, Any]], list[float]]:
    """Everything that is said about so much audio, sent as fast as it is taken; and memory meanwhile."""
    url = f"ws://{server.host}:{server.port}/v1/audio/transcriptions-realtime?model={MODEL}"
    memory: list[float] = []
    async with connect(url, compression=None, max_size=None, ping_interval=None) as socket:
        await socket.send(json.dumps({"sample_rate": RATE, "interim_results": False}))
        await socket.recv()
        reader = asyncio.create_task(_read(socket))
        for number, start in enumerate(range(0, len(audio), 2 * CHUNK)):
            await socket.send(audio[start : start + 2 * CHUNK])
            if number % 300 == 0:
                memory.append(server.process.rss_mb())
        await socket.send('{"done": true}')
        return await reader, memory


async def _read(socket: ClientConnection) -> list[dict[str, Any]]:
    said = [json.loads(message) async for message in socket]
    assert said[-1]["message_type"] == "SessionTerminated", said[-1]
    return said


def say(server: Server, text: str) -> bytes:
    """A text spoken as s16le at 16 kHz."""
    body = server.request(text, "pcm") | {"model_extensions": {"sr": RATE}}
    answer = httpx2.post(f"http://{server.host}:{server.port}/v1/audio/speech", json=body, timeout=600)
    answer.raise_for_status()
    return answer.content


def no_speech(report: Report, server: Server, minutes: float, seed: int) -> None:
    """Every kind of noise."""
    rows = []
    for kind in KINDS:
        samples = kind(int(minutes * 60 * RATE), np.random.default_rng(seed))
        said, _ = asyncio.run(send(server, pcm(samples)))
        finals = [each["text"] for each in said if each["message_type"] == "FinalTranscript"]
        rows.append((kind.__name__.replace("_", " "), minutes, len(finals), " | ".join(finals)[:60]))
    report.table("What is no speech", ("KIND", "MINUTES", "FINALS", "THEIR TEXT"), rows)
    report.figures["no_speech"] = rows
    report.claim("finals", sum(int(row[2]) for row in rows), 0)


def long_session(report: Report, server: Server, hours: float, seed: int) -> None:
    """Speech for hours, with a marker now and then."""
    source, gap = random.Random(seed), bytes(2 * int(GAP_S * RATE))
    marker = say(server, MARKER)
    texts = [say(server, " ".join(random_sentence(source) for _ in range(8))) for _ in range(TEXTS)]
    parts, marked, size, last = [], list[float](), 0, 0.0
    while size < hours * 3600 * 2 * RATE:
        parts += [texts[len(parts) % TEXTS], gap]
        size += sum(map(len, parts[-2:]))
        if size / 2 / RATE - last >= EVERY_S:
            marked.append(size / 2 / RATE + _onset_s(marker))
            last = size / 2 / RATE
            parts += [marker, gap]
            size += sum(map(len, parts[-2:]))
    said, memory = asyncio.run(send(server, b"".join(parts)))
    heard = [
        word["start"] / 1000
        for each in said
        if each["message_type"] == "FinalTranscript"
        for word in each["words"]
        if bare(word["text"]) == bare(MARKER)
    ]
    errors_ms = [1000 * min((at - moment for at in heard), key=abs, default=9.9) for moment in marked]
    found = [error for error in errors_ms if abs(error) < 1000 * PULL_S]
    half = len(found) // 2
    drift_ms = quantile(found[half:], 0.5) - quantile(found[:half], 0.5)
    warm = memory[len(memory) // 4 :]
    rows = [
        (
            size / 2 / RATE / 60,
            len(marked),
            len(found),
            quantile([abs(error) for error in found], 0.5),
            quantile([abs(error) for error in found], 0.95),
            drift_ms,
            max(warm) - warm[0],
        )
    ]
    headings = ("MINUTES", "MARKERS", "FOUND", "ERROR P50 MS", "P95 MS", "DRIFT MS", "MORE MB")
    report.table("A long session", headings, rows)
    report.figures["long_session"] = {"rows": rows, "errors_ms": errors_ms, "memory_mb": memory}
    report.claim("markers missed, %", 100 * (1 - len(found) / len(marked)), 5)
    report.claim("timestamp error, p95", rows[0][4], 200, " ms")
    report.claim("drift", abs(drift_ms), 20, " ms")
    report.claim("memory", float(rows[0][6]), 30, " MB more")


def _onset_s(audio: bytes) -> float:
    """Where the first sound of a recording is."""
    samples = np.abs(np.frombuffer(audio, "<i2"))
    return float(np.argmax(samples > 600)) / RATE


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of each kind of noise")
    parser.add_argument("--hours", type=float, default=1.0, help="of speech")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.minutes, chosen.hours = 1.0, 0.05
    report = Report("false_finals", chosen)
    with firstword(recognizer=MODEL) as server:
        no_speech(report, server, chosen.minutes, chosen.seed)
        long_session(report, server, chosen.hours, chosen.seed)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
