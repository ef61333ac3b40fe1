"""`firstword chat`: a conversation in the terminal, its answers spoken into a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import click

from firstword.cli import options
from firstword.cli.say import FORMATS, SUFFIXES

RATE = 24_000
"""Hz, of the audio that chats stream."""
OURS = {"max_lead_s": 3_600}
"""What a server of our own is told: nobody listens to a file while it is made."""
Keep = Callable[[bytes], object]


@dataclass(slots=True)
class Talk:
    """One conversation with a server."""

    server: str
    api_key: str | None
    model: str
    voice: str | None
    """None: answers are only written."""
    keep: Keep
    """Takes the audio as it comes."""
    extensions: Mapping[str, object] = field(default_factory=dict)
    messages: list[dict[str, str]] = field(default_factory=list)

    def say(self, text: str) -> None:
        """One turn: the answer is shown as it is written. What was broken off stays said.

        Raises:
            FirstwordError: the server refused, or broke off.
            KeyboardInterrupt: the user broke it off.
        """
        from firstword.client.chat import stream_chat

        self.messages.append({"role": "user", "content": text})
        said: list[str] = []
        opened = stream_chat(
            self.server,
            self.messages,
            model=self.model,
            voice=self.voice,
            extensions=self.extensions,
            api_key=self.api_key,
        )
        try:
            with opened as pieces:
                for piece in pieces:
                    click.echo(piece.text, nl=False)
                    said.append(piece.text)
                    if piece.pcm:
                        self.keep(piece.pcm)
        finally:
            if said:
                click.echo()
            self.messages.append({"role": "assistant", "content": "".join(said)})


@click.command(
    "chat",
    short_help="Talk with a model; its answers can be saved as speech.",
    epilog='Example: firstword chat "Tell me a story." --save story.mp3',
)
@click.argument("text", required=False)
@click.option(
    "--model", metavar="NAME", default="gpt-audio", show_default=True, help="See `firstword models`."
)
@click.option("--voice", metavar="NAME", default="alloy", show_default=True, help="See `firstword voices`.")
@click.option("--system", metavar="TEXT", help="What the model is told first.")
@click.option("--save", metavar="FILE", help="Speak the answers into this file, one after the other.")
@click.option("--text-only", is_flag=True, help="Speak nothing; so it is without --save.")
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
    server: str | None,
    api_key: str | None,
    config: Path | None,
) -> None:
    """Ask a model TEXT, or talk with it, a line a turn; Ctrl-D ends.

    Ctrl-C breaks an answer off. Without --server, one is started for as long as this lasts.
    """
    if text_only and save is not None:
        raise click.UsageError("--text-only has nothing to --save.")
    recording: AbstractContextManager[Keep] = nullcontext(lambda pcm: None)
    if save is not None:
        recording = _saved(Path(save))
    with recording as keep, _served(server, config) as url:
        talk = Talk(url, api_key, model, None if save is None else voice, keep, {} if server else OURS)
        if system:
            talk.messages.append({"role": "system", "content": system})
        if text is not None:
            talk.say(text)
        else:
            _converse(talk)


def _converse(talk: Talk) -> None:
    """A turn for each line."""
    for line in _lines():
        if not line.strip():
            continue
        try:
            talk.say(line)
        except KeyboardInterrupt:
            if not sys.stdin.isatty():
                raise


def _lines() -> Iterator[str]:
    """What is typed, or comes through a pipe."""
    if not sys.stdin.isatty():
        yield from (line.rstrip("\n") for line in sys.stdin)
        return
    while True:
        try:
            yield input("> ")
        except EOFError:
            click.echo()
            return


@contextmanager
def _served(server: str | None, config: Path | None) -> Generator[str]:
    """The server that was named, or one of our own."""
    if server:
        yield server
        return
    from firstword.cli.server_process import running_server

    with running_server(config) as url:
        yield url


@contextmanager
def _saved(path: Path) -> Generator[Keep]:
    """A file of all audio, in the format that its name ends in."""
    name = SUFFIXES.get(path.suffix.lower())
    if name is None:
        raise click.UsageError(f"{path} ends in none of {' '.join(SUFFIXES)}.")
    import numpy as np

    from firstword.client.saving import saving
    from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, Container
    from firstword.formats import registry

    audio_format, container = FORMATS[name]
    encoder = registry.encoder(AudioSpec(AudioFormat(audio_format), RATE, container=Container(container)))
    frames = 0
    with saving(path) as file:

        def keep(pcm: bytes) -> None:
            nonlocal frames
            samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
            for block in encoder.feed(AudioChunk(samples, RATE, frames)):
                file.write(block)
            frames += len(samples)

        try:
            yield keep
        finally:
            for block in encoder.flush():
                file.write(block)
