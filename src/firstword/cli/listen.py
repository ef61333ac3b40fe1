"""`firstword listen`: a recording heard as if it were being spoken, here or by a server."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from firstword.cli import options
from firstword.cli.recording import opened
from firstword.core.errors import FirstwordError

if TYPE_CHECKING:
    from firstword.core.transcripts import Transcript
    from firstword.formats.files import Recording

BLOCK_S = 0.1
"""Audio that is sent at once, as a microphone's programs do."""


class Session(Protocol):
    """Where speech is heard."""

    async def send(self, audio: bytes) -> None:
        """The next audio: 16-bit samples."""
        ...

    async def end(self) -> None:
        """There is no more."""
        ...

    def __aiter__(self) -> AsyncIterator[Transcript]:
        """What is heard, until all has been said."""
        ...


Open = Callable[[int], AbstractAsyncContextManager[Session]]
"""Opens a session for audio of so many Hz."""


@click.command(
    "listen",
    short_help="Hear a recording as if it were being spoken.",
    epilog="Example: firstword listen --file talk.wav",
)
@click.option("--file", "name", metavar="FILE", required=True, help="The recording; - is stdin.")
@click.option(
    "--model", metavar="NAME", default="whisper-1", show_default=True, help="See `firstword models`."
)
@click.option("--language", metavar="TAG", help="Such as en; by default the model finds out.")
@click.option("--fast", is_flag=True, help="As fast as it can be heard, instead of as it was spoken.")
@click.option("--json", "as_json", is_flag=True, help="One event a line, the open ones too.")
@options.server
@options.api_key
@options.config
def command(
    name: str,
    model: str,
    language: str | None,
    fast: bool,
    as_json: bool,
    server: str | None,
    api_key: str | None,
    config: Path | None,
) -> None:
    """Hear FILE as if it were being spoken, and show the text as it becomes clear.

    On a terminal open text is written over until it is final; elsewhere only final text is written, a
    line each with its time. Ctrl-C ends the speech; what was heard until then is written.
    """

    def opening(sample_rate: int) -> AbstractAsyncContextManager[Session]:
        if server:
            from firstword.client.dictation import dictation

            return dictation(server, model=model, sample_rate=sample_rate, language=language, api_key=api_key)
        return _here(config, model, language, sample_rate)

    show = _Lines() if as_json else _Screen() if sys.stdout.isatty() else _Log()
    with opened(name) as tape:
        asyncio.run(_listen(tape.play(), opening, show, fast=fast))


class Show(Protocol):
    """How transcripts are shown."""

    def __call__(self, transcript: Transcript, /) -> None:
        """Shows one."""
        ...


class _Log:
    """A line for each final."""

    def __call__(self, transcript: Transcript) -> None:
        if transcript.final and transcript.text:
            click.echo(_line(transcript))


class _Screen:
    """A line for each final, and one below them for what is still open, written over and over."""

    def __call__(self, transcript: Transcript) -> None:
        if transcript.final:
            click.echo("\r\033[K" + (f"{_line(transcript)}\n" if transcript.text else ""), nl=False)
            return
        line = _line(transcript)
        columns = shutil.get_terminal_size().columns - 1
        if len(line) > columns:  # a line that wraps could not be written over
            line = "…" + line[1 - columns :]
        click.echo(f"\r{line}\033[K", nl=False)


class _Lines:
    """A JSON object for each, as a socket would have it."""

    def __call__(self, transcript: Transcript) -> None:
        from firstword.wire.realtime_transcription import transcript as message

        click.echo(message(transcript, created=datetime.now(UTC).isoformat(timespec="milliseconds")))


def _line(transcript: Transcript) -> str:
    return f"{_seconds(transcript.start_ms)} - {_seconds(transcript.end_ms)}  {transcript.text}"


def _seconds(ms: float) -> str:
    minutes, rest = divmod(round(ms), 60_000)
    return f"{minutes}:{rest // 1000:02d}.{rest % 1000:03d}"


async def _listen(recording: Recording, opening: Open, show: Show, *, fast: bool) -> None:
    """Sends and shows at once, until the last transcript has come.

    Raises:
        FirstwordError: nobody can hear it, or it cannot be read to its end; what was heard has been shown.
        KeyboardInterrupt: the user ended it; what was heard has been shown.
    """
    from firstword.cli.interrupt import ended_by_interrupt
    from firstword.core.concurrency import task_group

    stopped = asyncio.Event()
    speaking = _Speaking(recording, stopped, paced=not fast)
    async with opening(recording.sample_rate or 16_000) as session:
        with ended_by_interrupt(stopped.set) as interrupted:
            async with task_group() as tasks:
                tasks.start_soon(speaking.speak, session)
                async for transcript in session:
                    show(transcript)
                tasks.cancel_scope.cancel()
    if interrupted:
        raise KeyboardInterrupt
    if speaking.failure is not None:
        raise speaking.failure


@dataclass(slots=True)
class _Speaking:
    """A recording on its way to whoever hears it."""

    recording: Recording
    stopped: asyncio.Event
    paced: bool
    failure: FirstwordError | None = None
    """Why it could not be read to its end."""

    async def speak(self, session: Session) -> None:
        """Until its end, or until it is stopped; a session that ends by itself says why to its reader."""
        loop = asyncio.get_running_loop()
        began, sent_s = loop.time(), 0.0
        blocks = _blocks(self.recording)
        with suppress(FirstwordError):
            while not self.stopped.is_set():
                block = await asyncio.to_thread(self._next, blocks)
                if block is None:
                    break
                audio, duration_s = block
                sent_s += duration_s
                await self._wait(began + sent_s - loop.time())
                await session.send(audio)
            await session.end()

    def _next(self, blocks: Iterator[tuple[bytes, float]]) -> tuple[bytes, float] | None:
        try:
            return next(blocks, None)
        except FirstwordError as failure:
            self.failure = failure
            return None

    async def _wait(self, seconds: float) -> None:
        """Until the block has been spoken, as a microphone gives it only then."""
        if self.paced and seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopped.wait(), seconds)


def _blocks(recording: Recording) -> Iterator[tuple[bytes, float]]:
    """16-bit samples in small pieces, each with its seconds."""
    from firstword.core.types import SampleEncoding
    from firstword.formats.pcm import encode

    for chunk in recording:
        size = max(1, round(BLOCK_S * chunk.sample_rate))
        for at in range(0, len(chunk.samples), size):
            part = chunk.samples[at : at + size]
            yield encode(part, SampleEncoding.S16LE), len(part) / chunk.sample_rate


@asynccontextmanager
async def _here(
    config: Path | None, model: str, language: str | None, sample_rate: int
) -> AsyncIterator[Session]:
    """A session in this process."""
    from firstword.cli.hearing import listening

    async with listening(config, model, language, sample_rate) as session:
        yield session
