"""Child processes, and what they cost: processor time, memory, threads, open files. Linux only."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RIG = Path(__file__).parent
STOP_S = 15.0
QUIET = {
    **os.environ,
    "ORT_DISABLE_TELEMETRY": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONPATH": os.fspath(RIG.parent),
}
"""The environment of every child: what firstword sets for itself, the others get as well."""
_CPU_CLOCK = 2
"""CPUCLOCK_SCHED. Source: clock_getcpuclockid(3), Linux: the clock of a process is `~pid << 3 | 2`."""


@dataclass(frozen=True, slots=True)
class Process:
    """A running process, looked at from outside."""

    pid: int

    def cpu_s(self) -> float:
        """Processor time of all its threads since it began, the ended ones too, to the nanosecond."""
        return time.clock_gettime(~self.pid << 3 | _CPU_CLOCK)

    def rss_mb(self) -> float:
        """Resident memory."""
        return self._status("VmRSS") / 1024

    def threads(self) -> int:
        """Threads."""
        return self._status("Threads")

    def files(self) -> int:
        """Open file descriptors, sockets among them."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def _status(self, name: str) -> int:
        found = re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text(encoding="ascii"))
        assert found is not None
        return int(found[1])


def idle_share(process: Process, seconds: float) -> float:
    """The share of one core that it uses over the next `seconds`."""
    before = process.cpu_s()
    time.sleep(seconds)
    return (process.cpu_s() - before) / seconds


@contextmanager
def running(command: Sequence[str], more: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A child with pipes to talk over, and more in its environment; ends it when the context ends."""
    env = {**QUIET, **(more or {})}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    """The first thing a child says, once it is ready.

    Raises:
        RuntimeError: it ended instead.
    """
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended before it was ready")
    return line


def ask(process: subprocess.Popen[str], question: dict[str, Any]) -> dict[str, float]:
    """One line of JSON to a child, one back."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    answer: dict[str, float] = json.loads(process.stdout.readline())
    return answer


def python(script: str, *arguments: str) -> list[str]:
    """The command that runs a script of this folder."""
    return [sys.executable, os.fspath(RIG / script), *arguments]
