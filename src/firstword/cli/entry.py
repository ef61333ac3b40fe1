"""`firstword`: the console script.

An error is one line on stderr, `firstword: what is wrong and what to do`, and an exit code: 2 where
the command or a setting has to change, 1 where something failed, 130 after Ctrl-C. `--debug` shows
where an error came from.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from firstword import __version__
from firstword.cli import bench, chat, doctor, key, listen, models, say, serve, transcribe, voices
from firstword.core.errors import ConfigurationError, FirstwordError, RequestError

LIBRARY_ENVIRONMENT = {"ORT_DISABLE_TELEMETRY": "1", "OPENBLAS_NUM_THREADS": "1"}
"""What libraries read once, when they are imported: no telemetry, and no threads beside our own."""

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


class Commands(click.Group):
    """The commands, whose reader may stop reading: a closed pipe is an end, not an error."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command that was named; gives its exit code, where it has one."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # The interpreter flushes again at its end, and would complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        return code


@click.group(
    cls=Commands,
    epilog="Example: firstword serve --hello",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="firstword", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def commands(debug: bool) -> None:
    """Speech that starts at the first word: a server, and what goes with it."""


for command in (serve, say, transcribe, listen, chat, voices, models, doctor, bench, key):
    commands.add_command(command.command)


def main() -> None:
    """Runs the program on the arguments it was started with, and exits."""
    for name, value in LIBRARY_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs one command line; gives the exit code."""
    try:
        code = commands.main(list(arguments), prog_name="firstword", standalone_mode=False)
    except Exception as failure:
        if "--debug" in arguments:
            raise
        return _report(failure)
    return code if isinstance(code, int) else 0


def _report(failure: Exception) -> int:
    """Says in one line what went wrong; gives the exit code."""
    match failure:
        case click.Abort():
            return INTERRUPTED
        case click.exceptions.NoArgsIsHelpError():
            click.echo(failure.format_message(), err=True)
            return MISUSED
        case click.UsageError():
            path = failure.ctx.command_path if failure.ctx else "firstword"
            return _say(f"{failure.format_message()} Try '{path} --help'.", MISUSED)
        case click.ClickException():
            return _say(failure.format_message(), FAILED)
        case RequestError() | ConfigurationError():
            return _say(failure.message, MISUSED)
        case FirstwordError():
            return _say(failure.message, FAILED)
        case OSError(strerror=str(reason), filename=str(name)):
            return _say(f"{name}: {reason}.", FAILED)
        case _:
            return _say(f"{type(failure).__name__}: {failure} (--debug shows where)", FAILED)


def _say(message: str, code: int) -> int:
    click.echo(f"firstword: {' '.join(message.split())}", err=True)
    return code


if __name__ == "__main__":
    main()
