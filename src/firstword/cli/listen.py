"""`firstword listen`: what is said, as text while it is being said; of a microphone or of a recording."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from firstword.cli import options
from firstword.cli.recording import opened
from firstword.core.errors import FirstwordError

if TYPE_CHECKING:
    from firstword.cli.showing import Show
    from firstword.cli.sounds import Sound
    from firstword.core.transcripts import Transcript


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
    short_help="Write down what is said, while it is being said.",
    epilog="Example: firstword listen --language en",
)
@click.option("--file", "name", metavar="FILE", help="A recording instead of the microphone; - is stdin.")
@options.device("Hears it: a part of its name; see `firstword doctor`.")
@options.latency
@click.option(
    "--model", metavar="NAME", default="whisper-1", show_default=True, help="See `firstword models`."
)
@click.option("--language", metavar="TAG", help="Such as en; by default the model finds out.")
@click.option("--fast", is_flag=True, help="FILE as fast as it can be heard, instead of as it was spoken.")
@click.option("--json", "as_json", is_flag=True, help="One event a line, the open ones too.")
@options.server
@options.api_key
@options.config
def command(  # noqa: PLR0913  # one for each option
    name: str | None,
    device: str | int | None,
    latency: float,
    model: str,
    language: str | None,
    fast: bool,
    as_json: bool,
    server: str | None,
    api_key: str | None,
    config: Path | None,
) -> None:
    """Hear the microphone, or FILE as if it were being spoken, and show the text as it becomes clear.

    On a terminal open text is written over until it is final; elsewhere only final text is written, a
    line each with its time. Ctrl-C ends the speech; what was heard until then is written.
    """
    from firstword.cli.showing import shown

    if name is None and fast:
        raise click.UsageError("--fast is for a --file: a microphone is as fast as who speaks.")
    if name is not None and device is not None:
        raise click.UsageError("--device is a microphone, and --file is none; give one of them.")

    def opening(sample_rate: int) -> AbstractAsyncContextManager[Session]:
        if not server:
            return _here(config, model, language, sample_rate)
        if name is None:  # a person goes on speaking while a server is away
            from firstword.client.asking.asynchronous import AsyncClient

            live = AsyncClient(server, api_key).transcribe_live
            return live(sample_rate=sample_rate, model=model, language=language)
        from firstword.client.asking.dictation import dictation

        return dictation(server, model=model, sample_rate=sample_rate, language=language, api_key=api_key)

    show = shown(as_json=as_json)
    if name is None:
        asyncio.run(_listen_live(device, latency, opening, show))
        return
    with opened(name) as tape:
        from firstword.cli.sounds import Recorded

        asyncio.run(_listen_to(Recorded(tape.play(), paced=not fast), opening, show))


async def _listen_to(sound: Sound, opening: Open, show: Show) -> None:
    """Hears a recording.

    Raises:
        FirstwordError: nobody can hear it, or it cannot be read to its end; what was heard has been shown.
        KeyboardInterrupt: the user ended it; what was heard has been shown.
    """
    async with opening(sound.sample_rate) as session:
        interrupted = await _hear(sound, session, show)
    if interrupted:
        raise KeyboardInterrupt


async def _listen_live(device: str | int | None, latency: float, opening: Open, show: Show) -> None:
    """Hears a microphone until Ctrl-C, which is how its speech ends.

    Raises:
        FirstwordError: there is none, or nobody can hear it; what was heard has been shown.
    """
    from firstword.cli.sounds import spoken
    from firstword.client.playing.devices import Direction, find_device
    from firstword.core.errors import ConfigurationError
    from firstword.core.transcripts import LISTENING_RATE

    try:
        name = find_device(device, Direction.INPUT)
    except ConfigurationError as failure:
        raise ConfigurationError(f"{failure.message} --file FILE hears a recording instead.") from failure
    async with opening(LISTENING_RATE) as session:
        with spoken(device=device, latency=latency) as sound:
            if sys.stderr.isatty():
                click.echo(f"Listening to {name}; Ctrl-C ends.", err=True)
            await _hear(sound, session, show)


async def _hear(sound: Sound, session: Session, show: Show) -> bool:
    """Sends and shows at once, until the last transcript has come; True where the user ended it.

    Raises:
        FirstwordError: the session or the sound broke off; what was heard has been shown.
    """
    from firstword.cli.interrupt import ended_by_interrupt
    from firstword.core.concurrency import task_group

    with ended_by_interrupt(sound.stop) as interrupted:
        async with task_group() as tasks:
            tasks.start_soon(_send, sound, session)
            async for transcript in session:
                show(transcript)
            tasks.cancel_scope.cancel()
    if sound.failure is not None and not interrupted:
        raise sound.failure
    return bool(interrupted)


async def _send(sound: Sound, session: Session) -> None:
    """Until its end; a session that ends by itself says why to its reader."""
    with suppress(FirstwordError):
        async for audio in sound:
            await session.send(audio)
        await session.end()


@asynccontextmanager
async def _here(
    config: Path | None, model: str, language: str | None, sample_rate: int
) -> AsyncIterator[Session]:
    """A session in this process."""
    from firstword.cli.hearing import listening

    async with listening(config, model, language, sample_rate) as session:
        yield session
