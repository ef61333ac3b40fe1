"""`firstword serve`: the server, in the foreground."""

from __future__ import annotations

from pathlib import Path

import click

from firstword.cli import options

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
@click.option(
    "--workers", type=click.IntRange(1, 256), metavar="N", help="Threads for the models.  [default: cores]"
)
@click.option("--max-streams", type=click.IntRange(1), metavar="N", help="Responses at once.")
@click.option("--drain-s", type=click.IntRange(0), metavar="S", help="Seconds to finish in after SIGTERM.")
@click.option("--log-level", type=click.Choice(LOG_LEVELS), metavar="NAME", help=f"{', '.join(LOG_LEVELS)}.")
@options.config
@click.option("--hello", is_flag=True, help="Speak a first request to itself, and save it.")
def command(config: Path | None, hello: bool, engines: tuple[str, ...], **flags: object) -> None:
    """Run the server in the foreground; SIGTERM or Ctrl-C ends it in order.

    Every setting has a place in the --config file and a FIRSTWORD_* variable; flags win over both.
    """
    from firstword import settings
    from firstword.server.serve import serve

    chosen = settings.load(config, flags | {"engines": engines or None})

    def announce(url: str) -> None:
        click.echo(f"firstword listens on {url}")
        if hello:
            from firstword.cli.hello import Hello

            Hello(url, chosen).start()

    serve(chosen, announce)
