"""A conversation with a server: turns, answers that are heard while they arrive, and breaking in on them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from firstword.core.errors import EngineError, InvalidRequest

if TYPE_CHECKING:
    from firstword.client.asking.asynchronous import AsyncClient
    from firstword.client.asking.events import ChatEvent
    from firstword.client.playing.playback import Playback
    from firstword.client.playing.player import Player

Keep = Callable[[bytes], object]
Events = AsyncGenerator["ChatEvent", None]


@dataclass(slots=True)
class Talk:
    """One conversation. It belongs to an event loop; only `break_off` may be called from elsewhere."""

    client: AsyncClient
    model: str
    voice: str | None
    """None: answers are only written."""
    keep: Keep = lambda pcm: None
    """Takes the audio as it comes."""
    player: Player | None = None
    """Where answers are heard."""
    extensions: Mapping[str, object] = field(default_factory=dict)
    messages: list[dict[str, str]] = field(default_factory=list)
    _answer: _Answer | None = None
    _tells_times: bool = True
    """Whether the server knows when words are spoken, so far as is known."""

    @property
    def answering(self) -> bool:
        """True from a turn's words until the last of its answer has been heard."""
        return self._answer is not None

    async def say(self, text: str) -> None:
        """One turn: the answer is shown as it is written, and heard as it is spoken.

        What is remembered of it is what was heard; of one that is only written, what was shown. A turn whose
        answer was not heard at all is continued by the next one.

        Raises:
            FirstwordError: the server refused, or broke off.
        """
        self._remember("user", text)
        answer = self._answer = _Answer(self.player)
        try:
            await answer.take(self._shown(answer))
        finally:
            self._remember("assistant", answer.end())
            self._answer = None

    def break_off(self) -> None:
        """Ends the answer: nothing more of it is heard, and the server stops. In any thread."""
        if answer := self._answer:
            answer.break_off()

    async def quiet(self) -> None:
        """Returns when no answer is under way."""
        if answer := self._answer:
            await answer.over.wait()

    def _remember(self, role: str, text: str) -> None:
        if not text:
            return
        if self.messages and self.messages[-1]["role"] == role:
            text = f"{self.messages.pop()['content']} {text}"
        self.messages.append({"role": role, "content": text})

    async def _shown(self, answer: _Answer) -> Events:
        """What comes of the server, on its way to the ear."""
        from firstword.client.asking.events import ChatAudio, ChatText

        async with AsyncExitStack() as opened:
            async for event in await self._ask(opened):
                match event:
                    case ChatText(text):
                        answer.show(text)
                    case ChatAudio(data):
                        answer.audible = True
                        self.keep(data)
                yield event
        answer.arrived = True

    async def _ask(self, opened: AsyncExitStack) -> AsyncIterator[ChatEvent]:
        """The answer, with the times of its words unless the server turns out not to know them."""
        if self.player is not None and self._tells_times:
            try:
                return await self._open(opened, timings=True)
            except InvalidRequest:  # the same without them says what is wrong, if anything else is
                self._tells_times = False
        return await self._open(opened, timings=False)

    async def _open(self, opened: AsyncExitStack, *, timings: bool) -> AsyncIterator[ChatEvent]:
        asked = self.client.chat(
            self.messages,
            model=self.model,
            voice=self.voice,
            timings=timings,
            extensions=self.extensions,
        )
        return aiter(await opened.enter_async_context(asked))


class _Answer:
    """One answer, on its way to the eye and the ear.

    Args:
        player: where it is heard; None: it is only read.
    """

    def __init__(self, player: Player | None) -> None:
        self.over = asyncio.Event()
        self.arrived = False
        """True when the server has said all of it."""
        self.audible = False
        """True when some of it was audio."""
        self._loop = asyncio.get_running_loop()
        self._player = player
        self._playback: Playback | None = None
        self._reading: asyncio.Task[None] | None = None
        self._written = ""

    async def take(self, events: Events) -> None:
        """Returns when all of it has been heard, or it was broken off.

        Raises:
            FirstwordError: it failed; what came before has been heard.
        """
        if self._player is None:
            self._reading = asyncio.create_task(_read(events))
            await asyncio.wait([self._reading])
            if not self._reading.cancelled():
                self._reading.result()
            return
        self._playback = self._player.play(events)
        try:
            await self._playback.wait_async()
        except EngineError:
            if self.audible or not self.arrived:
                raise
            self._playback = None  # it can only be read

    def show(self, text: str) -> None:
        """More of it has come."""
        if self.over.is_set():
            return
        self._written += text
        click.echo(text, nl=False)

    def break_off(self) -> None:
        """Nothing more of it is heard, and the server stops. In any thread."""
        if self._playback is not None:
            self._playback.interrupt()
        elif self._reading is not None:
            self._loop.call_soon_threadsafe(self._reading.cancel)

    def end(self) -> str:
        """Ends it and its line; gives what is to be remembered."""
        self.break_off()
        self.over.set()
        if self._written:
            click.echo()
        heard = self._playback.heard.text if self._playback else None
        if heard is None or heard == self._written:
            return self._written
        click.echo(f"[heard: {heard or 'nothing'}]")
        return heard


async def _read(events: Events) -> None:
    async with aclosing(events):
        async for _ in events:
            pass
