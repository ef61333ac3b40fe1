"""What a benchmark prints and keeps: the machine, tables, claims that hold or do not, and JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from firstword import __version__
from firstword.cli.table import table


def options(description: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a trial of 20 s to a minute")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there as well")
    parser.add_argument("--seed", type=int, default=0, help="of texts and orders")
    return parser


class Report:
    """One run of one benchmark.

    Args:
        name: of the benchmark.
        chosen: its options.
    """

    def __init__(self, name: str, chosen: argparse.Namespace) -> None:
        self._json: Path | None = chosen.json
        self._claims: list[dict[str, Any]] = []
        self.figures: dict[str, Any] = {}
        self._run = {"benchmark": name, "quick": chosen.quick, "seed": chosen.seed, **machine()}
        self._run["load_before"] = os.getloadavg()
        print("{benchmark}: {cpu}, {cores} cores, Python {python}, {commit}".format(**self._run))
        print(f"Load average before: {_load(self._run['load_before'])}\n", flush=True)

    def table(self, title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Prints rows; numbers get at most three figures after the point."""
        cells = [[f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
        print(f"{title}\n{table(headings, cells)}\n", flush=True)

    def claim(self, what: str, measured: float, at_most: float, unit: str = "") -> None:
        """Prints whether something is as small as it is said to be."""
        holds = measured <= at_most
        self._claims.append({"claim": what, "measured": measured, "at_most": at_most, "holds": holds})
        print(f"{'pass' if holds else 'FAIL'}  {what}: {measured:.3g}{unit}, at most {at_most:.3g}{unit}")

    def end(self) -> int:
        """Writes the file; gives the exit status: 1 where a claim does not hold."""
        self._run["load_after"] = os.getloadavg()
        print(f"\nLoad average after: {_load(self._run['load_after'])}")
        if self._json is not None:
            content = {**self._run, "figures": self.figures, "claims": self._claims}
            self._json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        return 0 if all(claim["holds"] for claim in self._claims) else 1


def machine() -> dict[str, Any]:
    """Where this runs, and what."""
    information = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*: (.+)", information)
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "version": __version__,
        "commit": commit(),
    }


def commit() -> str:
    """What is measured: the commit, and whether the sources differ from it."""
    here = Path(__file__).parent
    try:
        said = [
            subprocess.run(
                ["git", *words], cwd=here, capture_output=True, text=True, check=True
            ).stdout.strip()
            for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "--", "../../src"))
        ]
    except (OSError, subprocess.CalledProcessError):
        return f"version {__version__}"
    return said[0] + (" and changes" if said[1] else "")


def _load(averages: Sequence[float]) -> str:
    return ", ".join(f"{average:.2f}" for average in averages)
