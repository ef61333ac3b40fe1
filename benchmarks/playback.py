"""When speech from a server is heard, and with how many breaks: our player, the SDK's own, and naive ones.

    python benchmarks/playback.py [--rounds 5] [--quick] [--json FILE]

A server says one recording as pcm, faster than it is heard, hardly faster (1.05 times real time) and with
stalls of 300 ms. Each contender is a child that has everything loaded; it plays on a sound server that runs
for this alone, and what counts is what can be heard there. The clock starts before the request. Needs
pulseaudio (its Debian package), PortAudio, and nobody else on the machine.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from rig import clips
from rig.ears import WHO
from rig.pacer import PACES
from rig.processes import ask, first_line, python, running
from rig.report import Report, options
from rig.sink import PROGRAMS, RATE, Sink, sink

from firstword.bench.statistics import Summary

CLIP_S, QUICK_CLIP_S = 6.0, 2.5
OURS = "firstword"


def recording(path: Path, seconds: float) -> int:
    """Writes speech of which no sample is 0; tells how many samples."""
    speech = np.concatenate([clip.samples for clip in clips.clips()])
    at_rate = soxr.resample(speech, clips.RATE, RATE)[: round(seconds * RATE)]
    whole = np.rint(at_rate * 32_000).astype(np.int16)
    whole[whole == 0] = 1
    soundfile.write(path, whole, RATE)
    return len(whole)


@dataclass(frozen=True, slots=True)
class Play:
    """One answer, as it was heard."""

    first_ms: float
    breaks: int
    """Silences within words."""
    broken_ms: float
    paused_ms: float
    """Silence that made pauses longer."""
    lost_ms: float
    """Of the audio."""


def played(child: subprocess.Popen[str], url: str, speakers: Sink, frames: int) -> Play:
    """Has a contender play an answer."""
    with speakers.heard() as heard:
        told = ask(child, {"url": url})
    gaps, lost = heard.gaps(), max(0, frames - int(np.count_nonzero(heard.samples)))
    return Play(
        first_ms=1000 * (heard.first_at_s - told["asked_at_s"]),
        breaks=sum(not gap.in_pause for gap in gaps),
        broken_ms=1000 * sum(gap.seconds for gap in gaps if not gap.in_pause),
        paused_ms=1000 * sum(gap.seconds for gap in gaps if gap.in_pause),
        lost_ms=1000 * lost / RATE,
    )


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, help="plays of each case (5; quick: 1)")
    chosen = parser.parse_args()
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        print(f"{', '.join(missing)} not installed; in Debian: apt-get install pulseaudio", file=sys.stderr)
        return 2
    report, order = Report("playback", chosen), random.Random(chosen.seed)
    cases = [(who, pace) for pace in PACES for who in WHO]
    found: dict[tuple[str, str], list[Play]] = {case: [] for case in cases}
    with ExitStack() as opened:
        file = Path(opened.enter_context(tempfile.TemporaryDirectory()), "said.wav")
        frames = recording(file, QUICK_CLIP_S if chosen.quick else CLIP_S)
        url = first_line(opened.enter_context(running(python("pacer.py", str(file))))).strip()
        speakers = opened.enter_context(sink())
        children = {who: opened.enter_context(running(python("ears.py", who), speakers.env)) for who in WHO}
        for child in children.values():
            first_line(child)
            ask(child, {"url": f"{url}/fast/v1"})
        for _ in range(chosen.rounds or (1 if chosen.quick else 5)):
            for who, pace in order.sample(cases, len(cases)):
                found[who, pace].append(played(children[who], f"{url}/{pace}/v1", speakers, frames))
    _tell(report, found)
    return report.end()


def _tell(report: Report, found: dict[tuple[str, str], list[Play]]) -> None:
    rows, first = [], {}
    for (who, pace), plays in found.items():
        times = Summary.of([play.first_ms for play in plays])
        first[who, pace] = times.median
        sums = (
            sum(getattr(play, name) for play in plays) / len(plays)
            for name in ("breaks", "broken_ms", "paused_ms", "lost_ms")
        )
        rows.append((pace, who, len(plays), times.minimum, times.median, *sums))
    headings = (
        "SERVER",
        "WHO",
        "PLAYS",
        "MIN MS",
        "MEDIAN MS",
        "BREAKS",
        "BROKEN MS",
        "PAUSED MS",
        "LOST MS",
    )
    report.table("First sound at the speakers; and what a play had, in the mean", headings, rows)
    fields = tuple(heading.lower().replace(" ", "_") for heading in headings)
    report.figures["playback"] = [dict(zip(fields, row, strict=True)) for row in rows]
    for pace in ("steady", "stalling"):
        report.claim(
            f"{pace}: first sound against the SDK's player", first[OURS, pace] / first["sdk", pace], 0.2
        )
    later_ms = first[OURS, "fast"] - first["sdk", "fast"]
    report.claim("fast: first sound later than the SDK's, whose device holds less", later_ms, 60, " ms")
    for pace in PACES:
        plays = found[OURS, pace]
        report.claim(f"{pace}: words broken", sum(play.breaks for play in plays), 0)
        report.claim(f"{pace}: lost", max(play.lost_ms for play in plays), 0, " ms")


if __name__ == "__main__":
    sys.exit(main())
