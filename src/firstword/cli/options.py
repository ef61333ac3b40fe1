"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

server = click.option(
    "--server", metavar="URL", help="Ask this server instead: any that speaks OpenAI's API."
)
api_key = click.option(
    "--api-key",
    metavar="KEY",
    envvar="FIRSTWORD_API_KEY",
    show_envvar=True,
    help="Key for --server.",
)
config = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Settings, as TOML; FIRSTWORD_* variables win over it.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
