"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

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

latency = click.option(
    "--latency",
    type=click.FloatRange(0.005, 2),
    metavar="SECONDS",
    default=0.06,
    show_default=True,
    help="What the device holds; more where it crackles.",
)


def device(help: str, name: str = "--device") -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Which device: a name, a part of one, or a number, which comes as one."""

    def number_or_name(ctx: Any, param: Any, value: str | None) -> str | int | None:
        return int(value) if value is not None and value.isdecimal() else value

    return click.option(name, metavar="NAME", callback=number_or_name, help=help)
