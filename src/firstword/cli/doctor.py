"""`firstword doctor`: is everything here that speaking needs, and if not, what to do."""

from __future__ import annotations

from pathlib import Path

import click

from firstword.cli import options


@click.command(
    "doctor", short_help="Check this installation.", epilog="Example: firstword doctor --port 8000"
)
@click.option("--host", metavar="ADDRESS", help="Address that the server is to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), metavar="N", help="Port that it is to listen on.")
@options.config
def command(config: Path | None, host: str | None, port: int | None) -> int:
    """Check versions, settings, models, formats and the port; say what to do about each ✗.

    The exit code is 1 where something has to be done.
    """
    from firstword.cli.checkup import checkup

    sound = True
    for finding in checkup(config, {"host": host, "port": port}):
        sound = sound and finding.remedy is None
        click.echo(f"{'✓' if finding.remedy is None else '✗'} {finding.fact}")
        if finding.remedy is not None:
            click.echo(f"    {finding.remedy}")
    return 0 if sound else 1
