"""How far a fetch is, on stderr: a bar on a terminal, now and then a line in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from firstword.catalog.fetch import Progress, Step

LOGGED_PARTS = 4
"""A log is told of progress this often in each step."""
BAR_CHARS = 30


@contextmanager
def reporting(log: Callable[[Step], None] | None = None) -> Generator[Progress]:
    """Takes the steps of one fetch.

    Args:
        log: takes those that are worth a line, where there is no terminal; by default they are printed.
    """
    report = _Bar() if sys.stderr.isatty() else _Log(log or _print)
    try:
        yield report
    finally:
        if isinstance(report, _Bar):
            report.end()


def megabytes(size_bytes: int) -> str:
    """For people."""
    return f"{size_bytes / 1e6:.1f} MB"


class _Bar:
    """A bar that grows, one for each step."""

    def __init__(self) -> None:
        self._told: tuple[str, str] | None = None

    def __call__(self, step: Step) -> None:
        if self._told not in (None, (step.model_id, step.doing)):
            click.echo(err=True)
        self._told = step.model_id, step.doing
        bar = "#" * int(BAR_CHARS * _share(step))
        click.echo(f"\r[{bar:{BAR_CHARS}}] {_line(step)}\033[K", err=True, nl=False)

    def end(self) -> None:
        """Leaves the last line standing."""
        if self._told:
            click.echo(err=True)


class _Log:
    """A few lines for each step."""

    def __init__(self, log: Callable[[Step], None]) -> None:
        self._log = log
        self._told: tuple[str, str, int] | None = None

    def __call__(self, step: Step) -> None:
        telling = (step.model_id, step.doing, int(LOGGED_PARTS * _share(step)))
        if telling != self._told:
            self._log(step)
        self._told = telling


def _share(step: Step) -> float:
    return step.done_bytes / step.total_bytes if step.total_bytes else 1.0


def _line(step: Step) -> str:
    line = f"{step.model_id}: {step.doing}"
    if step.total_bytes:
        line += f" {step.done_bytes / 1e6:.1f} of {megabytes(step.total_bytes)}"
    return line


def _print(step: Step) -> None:
    click.echo(_line(step), err=True)
