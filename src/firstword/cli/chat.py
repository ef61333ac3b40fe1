"""`firstword chat`: a conversation in the terminal, typed or spoken; answers are read, heard and saved."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firstword.cli import options
from firstword.cli.say import FORMATS, SUFFIXES

if TYPE_CHECKING:
    from firstword.cli.handsfree import Ear
    from firstword.cli.talking import Keep, Talk
    from firstword.client.playing.player import Player

RATE = 24_000
"""Hz, of the audio that chats stream."""
OURS = {"max_lead_s": 3_600}
"""What a server of our own is told where nobody listens to a file while it is made."""


@click.command(
    "chat",
    short_help="Talk with a model; its answers are heard, and can be saved.",
    epilog='Example: firstword chat "Tell me a story." --save story.mp3',
)
@click.argument("text", required=False)
@click.option(
    "--model", metavar="NAME", default="gpt-audio", show_default=True, help="See `firstword models`."
)
@click.option("--voice", metavar="NAME", default="alloy", show_default=True, help="See `firstword voices`.")
@click.option("--system", metavar="TEXT", help="What the model is told first.")
@click.option("--save", metavar="FILE", help="Speak the answers into this file, one after the other.")
@click.option("--text-only", is_flag=True, help="Speak nothing.")
@options.device("Plays the answers: a part of its name; see `firstword doctor`.")
@options.latency
@click.option("--mic", is_flag=True, help="Speak your turns; meant for a headset.")
@options.device("Hears you, with --mic.", "--mic-device")
@click.option(
    "--voice-interrupt/--no-voice-interrupt",
    default=True,
    help="Speaking breaks an answer off; say no where it would hear itself, from loudspeakers.",
)
@click.option(
    "--recognizer", metavar="NAME", default="whisper-1", show_default=True, help="Writes down what you say."
)
@click.option("--language", metavar="TAG", help="You speak it, such as en; by default it is found out.")
@options.server
@options.api_key
@options.config
def command(  # noqa: PLR0913  # one for each option
    text: str | None,
    model: str,
    voice: str,
    system: str | None,
    save: str | None,
    text_only: bool,
    device: str | int | None,
    latency: float,
    mic: bool,
    mic_device: str | int | None,
    voice_interrupt: bool,
    recognizer: str,
    language: str | None,
    server: str | None,
    api_key: str | None,
    config: Path | None,
) -> None:
    """Ask a model TEXT, or talk with it, a line a turn; Ctrl-D ends.

    On a terminal its answers are heard while they arrive, if there is a device. Any key, or Ctrl-C, breaks an
    answer off, and the model is told what you heard of it. With --mic you speak, and break in by speaking.
    Without --server, one is started for as long as this lasts.
    """
    from firstword.cli.talking import Talk
    from firstword.client.asking.asynchronous import AsyncClient

    if text_only and (save is not None or device is not None):
        raise click.UsageError("--text-only has nothing to --save, and nothing to play on a --device.")
    if mic_device is not None and not mic:
        raise click.UsageError("--mic-device is for --mic.")
    ear = _ear(mic_device, latency, recognizer, language, breaks_in=voice_interrupt) if mic else None
    recording: AbstractContextManager[Keep] = nullcontext(lambda pcm: None)
    if save is not None:
        recording = _saved(Path(save))
    wanted = device is not None or mic or sys.stdout.isatty()
    heard = _speakers(device, latency) if wanted and not text_only else nullcontext(None)
    with recording as keep, _served(server, config) as url, heard as player:
        spoken = player is not None or save is not None
        talk = Talk(AsyncClient(url, api_key), model, voice if spoken else None, keep, player)
        if not server and player is None:
            talk.extensions = OURS
        if system:
            talk.messages.append({"role": "system", "content": system})
        with asyncio.Runner() as runner:
            try:
                _converse(talk, text, ear, runner)
            finally:
                runner.run(talk.client.aclose())


def _converse(talk: Talk, text: str | None, ear: Ear | None, runner: asyncio.Runner) -> None:
    """The turn that was given, or all that are typed or spoken."""
    from firstword.cli.typed import turn

    if text is not None and not runner.run(turn(talk, text)):
        raise KeyboardInterrupt
    if ear is not None:
        from firstword.cli.handsfree import converse

        runner.run(converse(talk, ear))
    elif text is None:
        for line in _lines():
            if line.strip() and not runner.run(turn(talk, line)) and not sys.stdin.isatty():
                raise KeyboardInterrupt


def _lines() -> Iterator[str]:
    """What is typed, or comes through a pipe."""
    if not sys.stdin.isatty():
        yield from (line.rstrip("\n") for line in sys.stdin)
        return
    with suppress(ImportError):
        import readline  # noqa: F401  # lines can be edited
    while True:
        try:
            yield input("> ")
        except EOFError:
            click.echo()
            return


def _ear(
    device: str | int | None, latency: float, model: str, language: str | None, *, breaks_in: bool
) -> Ear:
    """How the user is heard.

    Raises:
        ConfigurationError: there is no such microphone, or no library to reach it.
    """
    from firstword.cli.handsfree import Ear
    from firstword.client.playing.devices import Direction, find_device

    find_device(device, Direction.INPUT)
    return Ear(device, latency, model, language, breaks_in)


@contextmanager
def _speakers(device: str | int | None, latency: float) -> Generator[Player | None]:
    """What plays the answers; None, and a line that says why, where there is nothing and none was asked for.

    Raises:
        ConfigurationError: there is no such device as was asked for, or no library to reach it.
    """
    from firstword.client.playing.devices import find_device
    from firstword.core.errors import ConfigurationError

    try:
        find_device(device)
    except ConfigurationError as failure:
        if device is not None:
            raise
        click.echo(f"Answers are only written. {failure.message}", err=True)
        yield None
        return
    from firstword.client.playing.player import Player

    with Player(device=device, latency=latency) as player:
        yield player


@contextmanager
def _served(server: str | None, config: Path | None) -> Generator[str]:
    """The server that was named, or one of our own."""
    if server:
        yield server
        return
    from firstword.cli.interrupt import ended_in_order
    from firstword.cli.server_process import running_server

    with ended_in_order(), running_server(config) as url:
        yield url


@contextmanager
def _saved(path: Path) -> Generator[Keep]:
    """A file of all audio, in the format that its name ends in."""
    name = SUFFIXES.get(path.suffix.lower())
    if name is None:
        raise click.UsageError(f"{path} ends in none of {' '.join(SUFFIXES)}.")
    import numpy as np

    from firstword.client.saving.part import saving
    from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, Container
    from firstword.formats import registry

    audio_format, container = FORMATS[name]
    encoder = registry.encoder(AudioSpec(AudioFormat(audio_format), RATE, container=Container(container)))
    frames, rest = 0, b""
    with saving(path) as file:

        def keep(pcm: bytes) -> None:
            nonlocal frames, rest
            pcm = rest + pcm  # a server may cut in the middle of a sample
            whole = len(pcm) // 2 * 2
            pcm, rest = pcm[:whole], pcm[whole:]
            samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
            for block in encoder.feed(AudioChunk(samples, RATE, frames)):
                file.write(block)
            frames += len(samples)

        try:
            yield keep
        finally:
            for block in encoder.flush():
                file.write(block)
            file.state(encoder.delay_frames, frames)
