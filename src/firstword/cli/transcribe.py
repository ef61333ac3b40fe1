"""`firstword transcribe`: recordings written down, here or by a server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from firstword.cli import options
from firstword.cli.gauge import Gauge
from firstword.cli.progress import megabytes
from firstword.cli.recording import STDIN, Tape, opened
from firstword.core.errors import RequestError, TooLarge, UndecodableAudio, UnsupportedAudio

SUFFIXES: Mapping[str, str] = {".txt": "text", ".srt": "srt", ".vtt": "vtt", ".json": "json"}
"""What a name ends in -> the format."""
ENDINGS = {name: suffix for suffix, name in SUFFIXES.items()}
STDOUT = "-"
FAILED, MISUSED = 1, 2
STREAMS, WHOLE = "gpt-4o-transcribe", "whisper-1"
"""The names by which OpenAI's own API, and whoever is compatible with it, streams a text, and tells times."""

Hear = Callable[[Tape, Callable[[str], object], Gauge], None]
"""Hears one recording; what was heard is written piece by piece, if need be without a last newline."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line."""

    model: str
    format: str
    words: bool
    language: str | None
    prompt: str | None
    translate: bool


@click.command(
    "transcribe",
    short_help="Write down what is said in recordings.",
    epilog="Example: firstword transcribe talk.mp3 -o talk.srt",
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="FILE", help="A file, or a folder for several; by default stdout.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(ENDINGS)),
    metavar="NAME",
    help=f"{', '.join(ENDINGS)}; by default what -o ends in, or text.",
)
@click.option("--words", is_flag=True, help="Tell when each word was said, in json.")
@click.option("--model", metavar="NAME", help="See `firstword models`; by default the default recognizer.")
@click.option("--language", metavar="TAG", help="Such as en; by default the model finds out.")
@click.option("--prompt", metavar="TEXT", help="Words to expect, for models that heed it.")
@click.option("--translate", is_flag=True, help="Write English, whatever is spoken; few models can.")
@click.option("--progress/--no-progress", default=None, help="By default on a terminal.")
@options.server
@options.api_key
@options.config
def command(
    files: Sequence[str],
    output: str | None,
    format_name: str | None,
    progress: bool | None,
    server: str | None,
    api_key: str | None,
    config: Path | None,
    **asked: object,
) -> int:
    """Write down what is said in each FILE: recordings in any usual format, films too; - is stdin.

    It is done in this process unless a --server is named. Text is written as it is heard. What has been
    heard until Ctrl-C is kept.
    """
    order = _order(output, format_name, asked)
    targets = _targets(files, output, order.format)
    with _ears(order, server, api_key, config) as hear:
        return max(_one(hear, name, target, progress) for name, target in targets)


def _order(output: str | None, format_name: str | None, asked: Mapping[str, object]) -> Order:
    name = format_name or SUFFIXES.get(Path(output or "").suffix.lower(), "text")
    if asked["words"] and name != "json":
        raise click.UsageError("--words are told in --format json.")
    plain = name == "text" and not asked["translate"]
    model = asked["model"] or (STREAMS if plain else WHOLE)
    return Order(format=name, **{**asked, "model": model})  # type: ignore[arg-type]  # click has checked them


def _targets(files: Sequence[str], output: str | None, format_name: str) -> Sequence[tuple[str, Path | None]]:
    """Where each recording's result goes; None is stdout."""
    if output is None or output == STDOUT:
        if len(files) > 1 and format_name != "text":
            raise click.UsageError(f"Several files as {format_name} need -o FOLDER.")
        return [(name, None) for name in files]
    folder = Path(output)
    if not folder.is_dir():
        if len(files) > 1:
            raise click.UsageError(f"{output} is no folder, and several files need one.")
        return [(files[0], folder)]
    names = ["stdin" if name == STDIN else Path(name).stem for name in files]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise click.UsageError(f"Two of the files would be written to {twice}{ENDINGS[format_name]}.")
    return [(file, folder / (name + ENDINGS[format_name])) for file, name in zip(files, names, strict=True)]


def _ears(
    order: Order, server: str | None, api_key: str | None, config: Path | None
) -> AbstractContextManager[Hear]:
    if server:
        return _asking(order, server, api_key)
    from firstword.cli.hearing import hearing

    return hearing(order, config)


def _one(hear: Hear, name: str, target: Path | None, progress: bool | None) -> int:
    """Hears one recording; one that cannot be read does not keep the others from it. Gives the exit code."""
    said = "stdin" if name == STDIN else name
    gauge = Gauge(said, wanted=_told(target) if progress is None else progress)
    try:
        with opened(name) as tape, _written(target) as write:
            hear(tape, write, gauge)
    except (OSError, TooLarge, UndecodableAudio, UnsupportedAudio) as failure:
        if isinstance(failure, BrokenPipeError):
            raise
        gauge.end()
        click.echo(f"firstword: {_reason(failure, said)}", err=True)
        return MISUSED if isinstance(failure, RequestError) else FAILED
    finally:
        gauge.end()
    return 0


def _told(target: Path | None) -> bool:
    """A terminal sees how far it is, unless it sees the text itself."""
    return sys.stderr.isatty() and (target is not None or not sys.stdout.isatty())


def _reason(failure: Exception, name: str) -> str:
    if isinstance(failure, OSError) and failure.strerror:
        return f"{failure.filename or name}: {failure.strerror}."
    return f"{name}: {failure}"


@contextmanager
def _written(target: Path | None) -> Generator[Callable[[str], object]]:
    """Where the text goes, and at once; it ends with a newline, whether it is complete or not."""
    if target is None:
        with _ended(lambda text: click.echo(text, nl=False)) as write:
            yield write
        return
    from firstword.client.saving.part import saving

    with saving(target) as file, _ended(lambda text: file.write(text.encode())) as write:
        yield write


@contextmanager
def _ended(write: Callable[[str], object]) -> Generator[Callable[[str], object]]:
    last = ""

    def remember(text: str) -> None:
        nonlocal last
        last = text or last  # before it is written: an interrupt may come right after
        write(text)

    try:
        yield remember
    finally:
        if last and not last.endswith("\n"):
            write("\n")


@contextmanager
def _asking(order: Order, server: str, api_key: str | None) -> Generator[Hear]:
    from firstword.client.asking.transcription import Asked, stream_transcription, transcribe

    asked = Asked(order.model, order.language, order.prompt, order.words, order.translate)

    def hear(tape: Tape, write: Callable[[str], object], gauge: Gauge) -> None:
        size_bytes, heard_chars = tape.size_bytes, 0

        def sent(done_bytes: int) -> None:
            share = done_bytes / size_bytes if size_bytes else 1.0
            gauge.show("sent", f"{done_bytes / 1e6:.1f} of {megabytes(size_bytes)}", share)

        if order.format != "text":
            shape = "verbose_json" if order.format == "json" else order.format
            write(
                transcribe(
                    *(server, tape.file),
                    name=tape.name,
                    asked=asked,
                    response_format=shape,
                    api_key=api_key,
                    sent=sent,
                )
            )
            return
        with stream_transcription(
            server, tape.file, name=tape.name, asked=asked, api_key=api_key, sent=sent
        ) as pieces:
            for piece in pieces:
                write(piece)
                heard_chars += len(piece)
                gauge.show("heard", f"{heard_chars} characters", None)

    yield hear
