"""`firstword key`: a key for callers, and the line that makes the server know it."""

from __future__ import annotations

import click


@click.command("key", short_help="Make an API key.", epilog="Example: firstword key")
def command() -> None:
    """Make an API key: one line for the caller, one for the server, which keeps only its hash."""
    from firstword.server.auth import new_key
    from firstword.settings import hashed

    key = new_key()
    click.echo(f"For the caller, shown only now:  {key}")
    click.echo(f'For the settings file:           api_keys = ["{hashed(key)}"]')
    click.echo(f"Or for the environment:          FIRSTWORD_API_KEYS='[\"{hashed(key)}\"]'")
