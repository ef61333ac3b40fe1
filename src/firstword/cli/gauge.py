"""How far the hearing of a recording is, on stderr: a bar on a terminal, now and then a line in a log."""

from __future__ import annotations

import sys

import click

from firstword.cli.progress import BAR_CHARS, LOGGED_PARTS


def clock(seconds: float) -> str:
    """A place in a recording, for people: `1:02` or `1:00:02`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


class Gauge:
    """One recording's.

    Args:
        name: what is told of it.
        wanted: whether anything is told at all.
    """

    def __init__(self, name: str, *, wanted: bool) -> None:
        self._name = name
        self._wanted = wanted
        self._over = sys.stderr.isatty()
        self._told: tuple[str, int] | None = None

    def show(self, doing: str, where: str, share: float | None) -> None:
        """Says where it is.

        Args:
            doing: what is done; a log hears of each thing that is done, and of every quarter of it.
            where: how far it is, for people.
            share: 0-1, where the whole is known.
        """
        if not self._wanted:
            return
        line = f"{self._name}: {doing} {where}"
        if self._over:
            bar = f"[{'#' * int(BAR_CHARS * share):{BAR_CHARS}}] " if share is not None else ""
            click.echo(f"\r{bar}{line}\033[K", err=True, nl=False)
            self._told = doing, 0
            return
        telling = doing, int(LOGGED_PARTS * (share or 0.0))
        if telling != self._told:
            click.echo(line, err=True)
        self._told = telling

    def end(self) -> None:
        """Takes the bar away, so that what follows has a line of its own."""
        if self._wanted and self._over and self._told:
            click.echo("\r\033[K", err=True, nl=False)
            self._told = None
