"""How right are transcripts: the engine alone against the whole road, and our own voice heard again.

    python benchmarks/wer.py [--clips FOLDER] [--models moonshine-base,moonshine-tiny] [--quick] [--json FILE]

Recorded clips go to the engine, whole, and to `POST /v1/audio/transcriptions`. Sentences with numbers, dates,
money, names, addresses and markdown are spoken with and without the normalizer and written down again; a long
text is spoken, and every sentence of it is looked for.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
from rig.clips import OURS, RATE, Clip, clips
from rig.contenders import Server, firstword
from rig.report import Report, options
from rig.sayings import SAYINGS, Saying, sayings
from rig.wording import errors, in_place, plain

from firstword import assembly, settings
from firstword.catalog.store import ModelStore
from firstword.core.protocols import SttEngine
from firstword.core.transcripts import RecognitionRequest

TIMEOUT_S = 3_600.0
MAY_LOSE_POINTS = 0.5
SAYING_S = 2.7
"""A saying takes about so long."""
FOUND = 0.6
"""Share of a sentence's words that must be there, in order, for it to count as there."""


def load(model: str) -> SttEngine:
    """The engine alone."""
    chosen = settings.load()
    store = ModelStore(chosen.models_folder, hub=chosen.hub_url)
    for plugin in assembly.discover().values():
        for info in plugin.infos():
            if info.model_id == model:
                engine: Any = plugin.load(info, lambda wanted: store.pull(store.entries[wanted]), {})
                return engine  # type: ignore[no-any-return]
    raise SystemExit(f"no engine has {model}")


def hear_alone(engine: SttEngine, clip: Clip) -> str:
    """What the engine writes for a whole clip, with nothing around it."""
    steps = engine.recognize(RecognitionRequest(clip.samples, language="en"))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return str(end.value.text)


def hear(server: Server, model: str, pcm: bytes) -> str:
    """What the server writes for s16le samples at 16 kHz."""
    answer = httpx2.post(
        f"http://{server.host}:{server.port}/v1/audio/transcriptions",
        data={"model": model, "language": "en"},
        files={"file": ("clip.wav", _wav(pcm), "audio/wav")},
        timeout=TIMEOUT_S,
    )
    answer.raise_for_status()
    return str(answer.json()["text"])


def say(server: Server, text: str, **extensions: Any) -> bytes:
    """A text spoken as s16le at 16 kHz."""
    body = server.request(text, "pcm") | {"model_extensions": {"sr": RATE, **extensions}}
    answer = httpx2.post(f"http://{server.host}:{server.port}/v1/audio/speech", json=body, timeout=TIMEOUT_S)
    answer.raise_for_status()
    return answer.content


def recorded(report: Report, server: Server, model: str, said: Sequence[Clip]) -> None:
    """Clips, by the engine alone and by the server."""
    engine = load(model)
    rows: list[tuple[object, ...]] = []
    groups = {"all": list(said)} | {
        group: [clip for clip in said if clip.group == group] for group in sorted({c.group for c in said})
    }
    alone = {clip.file: hear_alone(engine, clip) for clip in said}
    served = {clip.file: hear(server, model, clip.pcm) for clip in said}
    engine.close()
    for group, members in groups.items():
        texts = [clip.text for clip in members]
        by_engine, words = errors(texts, [alone[clip.file] for clip in members])
        by_server, _ = errors(texts, [served[clip.file] for clip in members])
        rows.append((group, len(members), words, 100 * by_engine / words, 100 * by_server / words))
        if group == "all":
            report.claim(
                f"{model}: points lost by the road",
                100 * (by_server - by_engine) / words,
                MAY_LOSE_POINTS,
            )
    report.table(f"{model}, recorded", ("GROUP", "CLIPS", "WORDS", "ENGINE WER %", "SERVER WER %"), rows)
    report.figures[f"{model} recorded"] = rows


def own_voice(report: Report, server: Server, model: str, said: Sequence[Saying]) -> None:
    """Sentences of every kind, spoken by our voice and written down again."""
    rows = []
    for name, normalize in (("with the normalizer", True), ("without", False)):
        wrong = words = 0
        for saying in said:
            heard = hear(server, model, say(server, saying.written, normalize=normalize))
            more, count = errors([saying.spoken], [heard])
            wrong, words = wrong + more, words + count
        rows.append((name, len(said), words, 100 * wrong / words))
    report.table(f"{model}, our own voice", ("TEXT", "SENTENCES", "WORDS", "WER %"), rows)
    report.figures[f"{model} own voice"] = rows
    report.claim("WER with the normalizer, of that without", rows[0][3], rows[1][3], " %")


def long_text(report: Report, server: Server, model: str, minutes: float, seed: int) -> None:
    """A long text: every sentence of it must be there, in its place."""
    chosen = sayings(seed, 1 + int(minutes / 2))[: int(minutes * 60 / SAYING_S)]
    sentences = [one.spoken for one in chosen]
    pcm = say(server, "\n\n".join(one.written for one in chosen))
    written = plain(hear(server, model, pcm)).split()
    expected = [(number, word) for number, one in enumerate(sentences) for word in plain(one).split()]
    there = [0] * len(sentences)
    for at in in_place([word for _, word in expected], written):
        there[expected[at][0]] += 1
    missing = [
        one for one, count in zip(sentences, there, strict=True) if count < FOUND * len(plain(one).split())
    ]
    rows = [(len(pcm) / 2 / RATE / 60, len(sentences), len(missing), 100 * sum(there) / len(expected))]
    report.table("A long text", ("MINUTES", "SENTENCES", "MISSING", "WORDS THERE %"), rows)
    report.figures["long text"] = {"rows": rows, "missing": missing}
    for one in missing:
        print(f"missing: {one}")
    report.claim("sentences missing", len(missing), 0)


def _wav(pcm: bytes) -> bytes:
    """Samples with a header."""
    size = len(pcm)
    return (
        b"RIFF"
        + (size + 36).to_bytes(4, "little")
        + b"WAVEfmt "
        + (16).to_bytes(4, "little")
        + b"\x01\x00\x01\x00"
        + RATE.to_bytes(4, "little")
        + (2 * RATE).to_bytes(4, "little")
        + b"\x02\x00\x10\x00data"
        + size.to_bytes(4, "little")
        + pcm
    )


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--clips", type=Path, default=OURS, help="a folder with a manifest.json")
    parser.add_argument("--models", default="moonshine-base,moonshine-tiny")
    parser.add_argument("--minutes", type=float, default=30.0, help="of the long text")
    chosen = parser.parse_args()
    report, said = Report("wer", chosen), clips(chosen.clips)
    own: Sequence[Saying] = SAYINGS
    if chosen.quick:
        said, own, chosen.minutes = said[:5], SAYINGS[::20], 1.0
    models = chosen.models.split(",")
    with firstword(recognizer=models[0]) as server:
        for model in models:
            recorded(report, server, model, said)
        own_voice(report, server, models[0], own)
        long_text(report, server, models[0], chosen.minutes, chosen.seed)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
