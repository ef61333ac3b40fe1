"""`firstword models`: what can speak here, or on a server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from firstword.cli import options
from firstword.cli.table import table


@click.command(
    "models",
    short_help="List the models, and the names they answer to.",
    epilog="Example: firstword models --json",
)
@options.server
@options.api_key
@options.config
@options.as_json
def command(server: str | None, api_key: str | None, config: Path | None, as_json: bool) -> None:
    """List the models, and the names they answer to."""
    if server:
        from firstword.client.listing import list_models

        models = list_models(server, api_key=api_key)
    else:
        models = _installed(config)
    if as_json:
        click.echo(json.dumps({"models": models}, indent=2, ensure_ascii=False))
        return
    real = [model for model in models if not model.get("alias_of")]
    headings = ("ID", "TASK", "LANGUAGES", "LICENSE", "SIZE", "STATE", "ALSO CALLED")
    click.echo(table(headings, [_row(model, models) for model in real]))


def _row(model: dict[str, Any], models: Sequence[dict[str, Any]]) -> list[str]:
    aliases = [other["id"] for other in models if other.get("alias_of") == model["id"]]
    size_bytes = model.get("size_bytes")
    return [
        str(model["id"]),
        str(model.get("task") or ""),
        ", ".join(model.get("languages") or ()),
        str(model.get("license") or ""),
        f"{size_bytes / 1e6:.1f} MB" if size_bytes else "",
        str(model.get("state") or ""),
        ", ".join(aliases),
    ]


def _installed(config: Path | None) -> list[dict[str, Any]]:
    """The models of this installation, with the fields of a server's listing that hold without one."""
    from firstword import assembly, settings
    from firstword.catalog.entries import entry

    chosen = settings.load(config)
    catalog = assembly.catalogue(chosen, assembly.discover(chosen.engines).values())
    sizes = {
        info.model_id: sum(file.size_bytes for file in known.files)
        for info in catalog.infos
        if (known := entry(info.model_id))
    }
    return [
        {
            "id": listed.id,
            "task": str(listed.info.task),
            "languages": list(listed.info.languages),
            "voices": [voice.id for voice in listed.info.voices],
            "sample_rate": listed.info.sample_rate,
            "license": listed.info.license,
            "source": listed.info.source,
            "size_bytes": sizes.get(listed.info.model_id),
            "state": "installed",
            "alias_of": listed.alias_of,
        }
        for listed in catalog.models()
    ]
