"""A conversation by voice: who speaks takes a turn, and breaks in on an answer."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from firstword.cli.interrupt import each_interrupt
from firstword.cli.keys import END, STOPS, keys
from firstword.cli.showing import write_over
from firstword.cli.sounds import Spoken, spoken
from firstword.cli.talking import Talk
from firstword.core.concurrency import task_group
from firstword.core.transcripts import Transcript


@dataclass(frozen=True, slots=True)
class Ear:
    """How the user is heard."""

    device: str | int | None
    """An input device; None for the default one."""
    latency: float
    """Seconds that it should hold."""
    model: str
    """The recognizer."""
    language: str | None
    breaks_in: bool
    """False: while an answer is under way, nothing is heard."""


async def converse(talk: Talk, ear: Ear) -> None:
    """Until Ctrl-C where nothing is to be broken off, or Ctrl-D.

    Raises:
        FirstwordError: the server refused or broke off, or the microphone did.
    """

    def deaf() -> bool:
        return talk.answering and not ear.breaks_in

    with spoken(device=ear.device, latency=ear.latency, deaf=deaf) as sound, _controls(talk, sound):
        if sys.stderr.isatty():
            click.echo("Speak. Esc, or your voice, breaks an answer off; Ctrl-C ends.", err=True)
        session = talk.client.transcribe_live(sound, model=ear.model, language=ear.language)
        async with session as transcripts:
            await _take_turns(talk, transcripts, sound, breaks_in=ear.breaks_in)
    if sound.failure is not None:
        raise sound.failure


async def _take_turns(
    talk: Talk, transcripts: AsyncIterable[Transcript], sound: Spoken, *, breaks_in: bool
) -> None:
    """A turn for each final."""
    async with task_group() as tasks:
        async for transcript in transcripts:
            if not transcript.text or sound.stopped or (talk.answering and not breaks_in):
                continue
            talk.break_off()
            await talk.quiet()
            _show(transcript)
            if transcript.final:
                tasks.start_soon(talk.say, transcript.text)
                await asyncio.sleep(0)  # it has begun
        tasks.cancel_scope.cancel()


def _show(transcript: Transcript) -> None:
    if sys.stdout.isatty():
        write_over(f"> {transcript.text}")
        click.echo("\n" * transcript.final, nl=False)
    elif transcript.final:
        click.echo(f"> {transcript.text}")


@contextmanager
def _controls(talk: Talk, sound: Spoken) -> Generator[None]:
    """Keys break answers off; Ctrl-C does so too, and ends where there is none."""
    loop = asyncio.get_running_loop()

    def pressed(key: str) -> None:
        if key == END:
            loop.call_soon_threadsafe(sound.stop)
        elif key in STOPS:
            talk.break_off()

    def interrupted() -> None:
        if talk.answering:
            talk.break_off()
        else:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # the next one ends the program
            sound.stop()

    with keys(pressed), each_interrupt(interrupted):
        yield
