"""`firstword serve`: the server, in the foreground."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firstword.cli import options
from firstword.cli.progress import reporting

if TYPE_CHECKING:
    from firstword.catalog.fetch import Step

LOG_LEVELS = ("debug", "info", "warning", "error")


@click.command("serve", short_help="Run the server.", epilog="Example: firstword serve --hello --port 8000")
@click.option("--host", metavar="ADDRESS", help="Address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65_535), metavar="N", help="0 picks a free one.  [default: 8000]"
)
@click.option("--tls-cert", metavar="FILE", type=click.Path(path_type=Path), help="PEM certificate chain.")
@click.option("--tls-key", metavar="FILE", type=click.Path(path_type=Path), help="PEM private key.")
@click.option("--allow-anonymous", is_flag=True, default=None, help="Serve a network without keys.")
@click.option("--engine", "engines", metavar="NAME", multiple=True, help="Use only this; may be repeated.")
@click.option("--default-model", metavar="ID", help="What OpenAI's speech model names mean here.")
@click.option("--no-fetch", is_flag=True, help="Fetch no missing models at start.")
@click.option(
    "--workers", type=click.IntRange(1, 256), metavar="N", help="Threads for the models.  [default: cores]"
)
@click.option("--max-streams", type=click.IntRange(1), metavar="N", help="Responses at once.")
@click.option("--drain-s", type=click.IntRange(0), metavar="S", help="Seconds to finish in after SIGTERM.")
@click.option("--log-level", type=click.Choice(LOG_LEVELS), metavar="NAME", help=f"{', '.join(LOG_LEVELS)}.")
@options.config
@click.option("--hello", is_flag=True, help="Speak a first request to itself, and save it.")
def command(
    config: Path | None, hello: bool, no_fetch: bool, engines: tuple[str, ...], **flags: object
) -> None:
    """Run the server in the foreground; SIGTERM or Ctrl-C ends it in order.

    It speaks at once. Models for other tasks that are missing are fetched meanwhile, at start only.

    Every setting has a place in the --config file and a FIRSTWORD_* variable; flags win over both.
    """
    from firstword import settings
    from firstword.server.serve import serve

    fetch = False if no_fetch else None
    chosen = settings.load(config, flags | {"engines": engines or None, "fetch": fetch})

    def announce(url: str) -> None:
        click.echo(f"firstword listens on {url}")
        if hello:
            from firstword.cli.hello import Hello

            Hello(url, chosen).start()

    serve(chosen, announce, partial(reporting, _log))


def _log(step: Step) -> None:
    """A step of a fetch as an event."""
    keys = {"doing": step.doing, "done_bytes": step.done_bytes, "total_bytes": step.total_bytes}
    logging.getLogger("firstword.models").info("fetching model", extra={"model": step.model_id, **keys})
