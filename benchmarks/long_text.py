"""An hour of text in one request: memory must not grow with it, and it must be far faster than real time.

    python benchmarks/long_text.py [--chars 52000] [--format pcm] [--quick] [--json FILE]

One client reads as fast as it can; the server's memory is looked at four times a second.
"""

from __future__ import annotations

import random
import sys

from rig.contenders import firstword
from rig.crowd import ask, run, watched
from rig.report import Report, options
from rig.texts import of_length

from firstword.bench.ttfa import sentence

WARM_UP = 20
HOUR_CHARS, QUICK_CHARS = 52_000, 10_000


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--chars", type=int, help=f"length of the text ({HOUR_CHARS}; quick: {QUICK_CHARS})")
    parser.add_argument("--format", default="pcm", choices=("pcm", "wav"), help="in which audio is counted")
    chosen = parser.parse_args()
    report = Report("long_text", chosen)
    text = of_length(
        random.Random(chosen.seed), chosen.chars or (QUICK_CHARS if chosen.quick else HOUR_CHARS)
    )
    with firstword() as server:
        for _ in range(WARM_UP):
            run(ask(server, server.request(sentence(40), chosen.format)))
        before_mb = server.process.rss_mb()
        heard, spent = run(watched(server.process, ask(server, server.request(text, chosen.format))))
    found = {
        "characters": len(text),
        "complete": heard.complete,
        "audio_s": heard.audio_s,
        "first_audio_ms": 1000 * (heard.first_audible_s or 0),
        "wall_s": heard.total_s,
        "real_time_factor": heard.total_s / heard.audio_s,
        "cpu_s_per_audio_s": spent.server_cpu_s / heard.audio_s,
        "rss_before_mb": before_mb,
        "rss_highest_mb": spent.rss_mb,
    }
    report.figures |= found
    report.table(f"{len(text)} characters, {chosen.format}", ("", ""), [*found.items()])
    report.claim("memory beyond that of short texts", spent.rss_mb - before_mb, 50, " MB")
    report.claim("real-time factor", heard.total_s / heard.audio_s, 0.1)
    report.claim("incomplete", float(not heard.complete), 0)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
