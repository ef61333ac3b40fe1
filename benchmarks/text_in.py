"""Speech while the text is still being written: how long after the first clause does it sound?

    python benchmarks/text_in.py [--rounds 30] [--quick] [--json FILE]

A scripted writer sends 20 words a second into the socket. Its first clause is over when the white space
after its comma has been sent; from there the first audible sample may take as long as a request with that
clause as its whole text takes over HTTP, and 20 ms. Both are asked in turns, on one server.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time

from rig.contenders import Server, firstword
from rig.recorder import record
from rig.report import Report, options
from websockets.sync.client import ClientConnection, connect

from firstword.bench.audible import Audible
from firstword.bench.statistics import Summary

TOKENS_PER_S = 20
CLAUSE = "When the morning train leaves the harbour town, "
REST = "it follows the river past the mill, and people with their coffee watch the light over the fields."


def write(socket: ClientConnection, clause_over: list[float]) -> None:
    """Sends the text a word at a time; notes when the clause was over."""
    begun, sent = time.perf_counter(), ""
    for number, word in enumerate((CLAUSE + REST).split(" ")):
        time.sleep(max(0.0, begun + number / TOKENS_PER_S - time.perf_counter()))
        sent += word + " "
        socket.send(json.dumps({"text": word + " "}))
        if sent == CLAUSE:
            clause_over.append(time.perf_counter())
    socket.send('{"done": true}')


def first_audible_after_clause_s(server: Server) -> float:
    """Seconds from the end of the first clause to the first audible sample."""
    heard, over = Audible("pcm"), list[float]()
    with connect(f"ws://{server.host}:{server.port}/v1/audio/speech/stream", compression=None) as socket:
        socket.send('{"model": "tts-1", "voice": "alloy", "response_format": "pcm"}')
        socket.recv()
        writer = threading.Thread(target=write, args=(socket, over))
        writer.start()
        at = next(time.perf_counter() for said in socket if isinstance(said, bytes) and heard.feed(said))
        writer.join()
        for _ in socket:
            pass
    return at - over[0]


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, help="timings of each case (30; quick: 6)")
    chosen = parser.parse_args()
    report, order = Report("text_in", chosen), random.Random(chosen.seed)
    written: list[float] = []
    whole: list[float] = []
    with firstword() as server:
        for number in range((chosen.rounds or (6 if chosen.quick else 30)) + 1):
            for kind in order.sample(("written", "whole"), 2):
                if kind == "written":
                    taken, into = first_audible_after_clause_s(server), written
                else:
                    heard = record(server.host, server.port, server.request(CLAUSE, "pcm"))
                    taken, into = heard.first_audible_s("pcm"), whole
                if number:
                    into.append(1000 * taken)
    rows = [
        (name, s.count, s.minimum, s.median, s.p95)
        for name, s in (("after the clause", Summary.of(written)), ("whole text", Summary.of(whole)))
    ]
    report.table("First audible sample", ("TEXT", "RUNS", "MIN MS", "MEDIAN MS", "P95 MS"), rows)
    report.figures["first_audible_ms"] = {"written": written, "whole": whole}
    report.claim("after the first clause", Summary.of(written).median, Summary.of(whole).median + 20, " ms")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
