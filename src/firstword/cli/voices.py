"""`firstword voices`: every name that may be asked for, and the voice that answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from firstword.cli import options
from firstword.cli.table import table


@click.command(
    "voices",
    short_help="List the voices, and the names they answer to.",
    epilog="Example: firstword voices --server http://127.0.0.1:8000",
)
@options.server
@options.api_key
@options.config
@options.as_json
def command(server: str | None, api_key: str | None, config: Path | None, as_json: bool) -> None:
    """List the voices, and the names they answer to."""
    if server:
        from firstword.client.asking.listing import list_voices

        voices = list_voices(server, api_key=api_key)
    else:
        voices = _installed(config)
    if as_json:
        click.echo(json.dumps({"voices": voices}, indent=2, ensure_ascii=False))
        return
    fields = ("id", "language", "gender", "model", "alias_of")
    rows = [[str(voice.get(field) or "") for field in fields] for voice in voices]
    click.echo(table(("ID", "LANGUAGE", "GENDER", "MODEL", "ANSWERS AS"), rows))


def _installed(config: Path | None) -> list[dict[str, Any]]:
    """The voices of this installation, in the shape in which a server lists them."""
    from firstword import assembly, settings

    chosen = settings.load(config)
    catalog = assembly.catalogue(chosen, assembly.discover(chosen.engines))
    return [voice.model_dump() for voice in assembly.listed_voices(catalog)]
