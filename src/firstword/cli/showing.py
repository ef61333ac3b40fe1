"""How what is heard is shown: on a terminal, in a log, as JSON."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from firstword.core.transcripts import Transcript


class Show(Protocol):
    """How transcripts are shown."""

    def __call__(self, transcript: Transcript, /) -> None:
        """Shows one."""
        ...


def shown(*, as_json: bool) -> Show:
    """What fits where stdout goes."""
    return as_lines if as_json else on_screen if sys.stdout.isatty() else in_log


def in_log(transcript: Transcript) -> None:
    """A line for each final."""
    if transcript.final and transcript.text:
        click.echo(_line(transcript))


def on_screen(transcript: Transcript) -> None:
    """A line for each final, and one below them for what is still open, written over and over."""
    if transcript.final:
        click.echo("\r\033[K" + (f"{_line(transcript)}\n" if transcript.text else ""), nl=False)
    else:
        write_over(_line(transcript))


def as_lines(transcript: Transcript) -> None:
    """A JSON object for each, as a socket would have it."""
    from firstword.wire.realtime_transcription import transcript as message

    click.echo(message(transcript, created=datetime.now(UTC).isoformat(timespec="milliseconds")))


def write_over(line: str) -> None:
    """A line in place of the one before; of a long one, its end."""
    columns = shutil.get_terminal_size().columns - 1
    if _columns(line) > columns:  # a line that wraps could not be written over
        line = "…" + _end(line, columns - 1)
    click.echo(f"\r{line}\033[K", nl=False)


def _end(line: str, columns: int) -> str:
    """As much of its end as fits."""
    at = len(line)
    while at and (columns := columns - _columns(line[at - 1])) >= 0:
        at -= 1
    return line[at:]


def _columns(text: str) -> int:
    """How wide a terminal shows it: Chinese, Japanese and Korean characters take two columns."""
    shown = (char for char in text if not unicodedata.combining(char))
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in shown)


def _line(transcript: Transcript) -> str:
    return f"{_seconds(transcript.start_ms)} - {_seconds(transcript.end_ms)}  {transcript.text}"


def _seconds(ms: float) -> str:
    minutes, rest = divmod(round(ms), 60_000)
    return f"{minutes}:{rest // 1000:02d}.{rest % 1000:03d}"
