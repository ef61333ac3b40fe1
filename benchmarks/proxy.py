"""Behind nginx as it comes, buffering on and gzip on: how much later is the first audio?

    python benchmarks/proxy.py [--rounds 60] [--quick] [--json FILE]

Direct and through the proxy in turns, in random order, pcm and mp3; a new connection for each request. nginx
(its Debian package) runs for this alone, from a configuration in a temporary folder.
"""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rig.contenders import Server, firstword
from rig.recorder import record
from rig.report import Report, options

from firstword.bench.statistics import Summary
from firstword.bench.ttfa import sentence

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;
    gzip_types *;
    gzip_proxied any;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://{upstream}; }}
    }}
}}
"""
FORMATS = ("pcm", "mp3")
STARTS_S = 5.0
TEXT = sentence(15)


@contextmanager
def nginx(server: Server) -> Iterator[Server]:
    """`server` as it is reached through nginx."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "nginx.conf")
        upstream = f"{server.host}:{server.port}"
        file.write_text(CONFIGURATION.format(folder=folder, port=port, upstream=upstream), encoding="ascii")
        with subprocess.Popen(["nginx", "-p", folder, "-c", str(file)], stderr=subprocess.DEVNULL) as process:
            try:
                _wait_for(port)
                yield replace(server, name="nginx", port=port)
            finally:
                process.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + STARTS_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def main() -> int:
    """Runs."""
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, help="timings of each case (60; quick: 20)")
    chosen = parser.parse_args()
    if shutil.which("nginx") is None:
        print("nginx is not installed; in Debian: apt-get install nginx-light", file=sys.stderr)
        return 2
    report, order = Report("proxy", chosen), random.Random(chosen.seed)
    with firstword() as direct, nginx(direct) as behind:
        cases = [(server, name) for server in (direct, behind) for name in FORMATS]
        times: dict[tuple[str, str], list[float]] = {(server.name, name): [] for server, name in cases}
        for number in range((chosen.rounds or (20 if chosen.quick else 60)) + 2):
            for server, name in order.sample(cases, len(cases)):
                heard = record(server.host, server.port, server.request(TEXT, name))
                if number >= 2:
                    times[server.name, name].append(1000 * heard.first_audible_s(name))
    found = {key: Summary.of(many) for key, many in times.items()}
    rows = [(*key, s.count, s.minimum, s.median, s.p95) for key, s in found.items()]
    headings = ("THROUGH", "FORMAT", "RUNS", "MIN MS", "MEDIAN MS", "P95 MS")
    report.table("First audible sample of 15 words", headings, rows)
    fields = ("through", "format", "runs", "min_ms", "median_ms", "p95_ms")
    report.figures["first_audible"] = [dict(zip(fields, row, strict=True)) for row in rows]
    for name in FORMATS:
        later = found["nginx", name].median - found["firstword", name].median
        report.claim(f"{name}, later behind nginx", later, 20, " ms")
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
