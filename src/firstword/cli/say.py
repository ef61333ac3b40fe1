"""`firstword say`: speech for the ear, into a file or a pipe, from here or from a server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from firstword.cli import options

FORMATS: Mapping[str, tuple[str, str]] = {
    "wav": ("wav", "ogg"),
    "mp3": ("mp3", "ogg"),
    "opus": ("opus", "ogg"),
    "webm": ("opus", "webm"),
    "aac": ("aac", "ogg"),
    "flac": ("flac", "ogg"),
    "pcm": ("pcm", "ogg"),
}
"""What `--format` may say -> the format and, for opus, its container."""

SUFFIXES = {f".{name}": name for name in FORMATS} | {".ogg": "opus", ".raw": "pcm", ".m4a": "aac"}
STDOUT = "-"
Write = Callable[[bytes], object]
PLAYED_LEAD_S = 10.0
"""What is played is made so far ahead, so that Ctrl-C finds nobody waiting for room."""
LOGGED_BYTES = 500_000
"""A log is told of progress this often: 10 s of wav."""
LOGGED_S = 10
"""And this often, in seconds of audio."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line."""

    model: str
    voice: str
    format: str
    container: str
    speed: float | None
    sample_rate: int | None
    """Hz."""
    bitrate: int | None
    """Bits per second."""
    lexicon: Mapping[str, str]
    """Words, and how each is said."""
    max_lead_s: float | None = None
    """How far audio may be made ahead of its listener, where there is one."""


@click.command(
    "say",
    short_help="Speak a text, or write it into a file or a pipe.",
    epilog='Example: firstword say "Audio starts at the first word." -o hello.mp3',
)
@click.argument("text", required=False)
@click.option(
    "-o", "--output", metavar="FILE", help="Where the audio goes; - is stdout. Without it, it is played."
)
@options.device("Plays it: a part of its name; see `firstword doctor`.")
@options.latency
@click.option("--voice", metavar="NAME", default="alloy", show_default=True, help="See `firstword voices`.")
@click.option("--model", metavar="NAME", default="tts-1", show_default=True, help="See `firstword models`.")
@click.option("--speed", type=click.FloatRange(0.25, 4), metavar="X", help="1 is the voice's own pace.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    metavar="NAME",
    help=f"{', '.join(FORMATS)}; by default what FILE ends in, wav for stdout.",
)
@click.option(
    "--sample-rate", type=click.IntRange(8000, 48000), metavar="HZ", help="By default 24000; 48000 for aac."
)
@click.option(
    "--bitrate", type=click.IntRange(6000, 512_000), metavar="BITS", help="Per second, for mp3, opus, aac."
)
@click.option(
    "--lexicon",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help='TOML lines: "word" = "respelling", or "/phonemes/".',
)
@click.option("--progress/--no-progress", default=None, help="By default on a terminal.")
@options.server
@options.api_key
@options.config
def command(
    text: str | None,
    output: str | None,
    format_name: str | None,
    progress: bool | None,
    server: str | None,
    api_key: str | None,
    config: Path | None,
    **asked: object,
) -> None:
    """Speak TEXT, or what comes on stdin; with -o, into a file or a pipe.

    Without TEXT (or with -), stdin is spoken while it is still being written; with --server it is
    read to its end first. The audio is made in this process unless a --server is named.

    Ctrl-C stops what is played at once; where TEXT is given, so do Esc, space, Enter and q.
    """
    device, latency = asked.pop("device"), asked.pop("latency")
    if output is not None and device is not None:
        raise click.UsageError("--device plays, and -o FILE does not; give one of them.")
    order = _order(output, format_name, asked)
    text = None if text == STDOUT else text
    if text is None and sys.stdin is None:
        raise click.UsageError("There is no text, and no stdin to read it from.")
    if text is None and sys.stdin.isatty():
        click.echo("Reading from the terminal; Ctrl-D ends the text.", err=True)
    report = Progress(sys.stderr.isatty() if progress is None else progress)
    with (
        _played(order, device, latency, keyed=text is not None)
        if output is None
        else _opened(output, order, server) as write
    ):
        if server:
            _speak_there(order, server, api_key, text, write, report)
        else:
            from firstword.cli.embedded import speak

            speak(order, config, text, write, report)
    report.end()


class Progress:
    """How far the speaking is, on stderr: a line written over on a terminal, now and then one on a log."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._over = sys.stderr.isatty()
        self._line = ""
        self._step = 0

    def show(self, line: str, step: int) -> None:
        """Says where it is; a log hears of it only when `step` has changed."""
        self._line = line
        if self._wanted and self._over:
            click.echo(f"\r{line}\033[K", err=True, nl=False)
        elif self._wanted and step != self._step:
            click.echo(line, err=True)
        self._step = step

    def end(self) -> None:
        """Leaves the last line standing."""
        if self._wanted and self._line:
            click.echo("" if self._over else self._line, err=True)


def _order(output: str | None, format_name: str | None, asked: Mapping[str, object]) -> Order:
    if output is None or output == STDOUT:
        by_default: str | None = "pcm" if output is None else "wav"
    else:
        by_default = SUFFIXES.get(Path(output).suffix.lower())
    name = format_name or by_default
    if name is None:
        endings = " ".join(SUFFIXES)
        raise click.UsageError(f"{output} ends in none of {endings}; name a --format.")
    audio_format, container = FORMATS[name]
    lexicon = _entries(asked["lexicon"])
    given = {**asked, "lexicon": lexicon, "max_lead_s": PLAYED_LEAD_S if output is None else None}
    return Order(format=audio_format, container=container, **given)  # type: ignore[arg-type]  # click has checked them


def _entries(lexicon: object) -> Mapping[str, str]:
    if not isinstance(lexicon, Path):
        return {}
    from firstword.settings import lexicon_entries

    return lexicon_entries(lexicon)


@contextmanager
def _played(order: Order, device: object, latency: object, *, keyed: bool) -> Generator[Write]:
    """On a device; where it is `keyed`, Ctrl-C is not the only key that stops it."""
    from firstword.cli.keys import stopped_by_key
    from firstword.cli.playing import PLAYED_RATE, played

    encoding = "webm" if order.container == "webm" else order.format
    heard = played(
        device=device,  # type: ignore[arg-type]  # click has checked them
        latency=latency,  # type: ignore[arg-type]
        encoding=encoding,
        sample_rate=order.sample_rate or PLAYED_RATE,
    )
    with stopped_by_key() if keyed else nullcontext(), heard as write:
        yield write


@contextmanager
def _opened(output: str, order: Order, server: str | None) -> Generator[Write]:
    """Where the bytes go, and at once."""
    if output != STDOUT:
        from firstword.client.saving.part import saving
        from firstword.formats import registry

        with saving(Path(output)) as file:
            if not server:
                file.state(registry.delay_frames(order.format))
            yield file.write
        return
    if sys.stdout.isatty():
        raise click.UsageError("stdout is a terminal, which cannot play audio; pipe it, or give -o FILE.")

    def write(data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    yield write


def _speak_there(
    order: Order,
    server: str,
    api_key: str | None,
    text: str | None,
    write: Callable[[bytes], object],
    report: Progress,
) -> None:
    from firstword.client.asking.speech import stream_speech

    extensions = {
        "container": order.container if order.container != "ogg" else None,
        "sample_rate": order.sample_rate,
        "bitrate": order.bitrate,
        "lexicon": order.lexicon or None,
    }
    received_bytes = 0
    with stream_speech(
        server,
        text=sys.stdin.buffer.read().decode("utf-8", "replace") if text is None else text,
        model=order.model,
        voice=order.voice,
        response_format=order.format,
        speed=order.speed,
        extensions={name: value for name, value in extensions.items() if value is not None},
        api_key=api_key,
    ) as pieces:
        for piece in pieces:
            write(piece)
            received_bytes += len(piece)
            report.show(f"{received_bytes / 1000:.0f} kB of {order.format}", received_bytes // LOGGED_BYTES)
