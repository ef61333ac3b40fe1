"""Speaking in this process: the engines and the pipeline, without a server.

Text goes into an inbox, from the command line or from stdin while it is still being written; blocks
of audio come out and are written at once. Ctrl-C ends the text, so that the audio so far is closed
as any other; a second one ends the program.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread

from firstword import assembly, settings
from firstword.cli.interrupt import ended_by_interrupt
from firstword.cli.say import LOGGED_S, Order, Progress
from firstword.core.errors import UnspeakableText
from firstword.core.types import AudioBytes, AudioFormat, AudioSpec, Container, SliceBegins, SpeechRequest
from firstword.formats import registry
from firstword.pipeline.speaking.inbox import Inbox

READ_BYTES = 65_536


def speak(
    order: Order,
    config: Path | None,
    text: str | None,
    write: Callable[[bytes], object],
    report: Progress,
) -> None:
    """Speaks `text`, or stdin where it is None.

    Raises:
        FirstwordError: it cannot be spoken.
        KeyboardInterrupt: the user ended it; what was made has been written and closed.
    """
    asyncio.run(_speak(order, settings.load(config), text, write, report))


async def _speak(
    order: Order,
    chosen: settings.Settings,
    text: str | None,
    write: Callable[[bytes], object],
    report: Progress,
) -> None:
    application = assembly.assemble(chosen.model_copy(update={"fetch": False}))
    try:
        request = _request(application, order, text)
        inbox = application.speak.inbox(request)
        with ended_by_interrupt(partial(_end, inbox)) as interrupted:
            if text is None:
                _Reader(inbox, asyncio.get_running_loop()).start()
            await application.host.start({request.model, *(one.model for one in request.scripts or ())})
            audio_ms = await _write(application, request, inbox, write, report)
        if interrupted:
            raise KeyboardInterrupt
        if not audio_ms:
            raise UnspeakableText("There is nothing to say in this text: it has no letters and no digits.")
    finally:
        await application.aclose()


def _request(application: assembly.Application, order: Order, text: str | None) -> SpeechRequest:
    audio_format = AudioFormat(order.format)
    audio = AudioSpec(
        format=audio_format,
        sample_rate=order.sample_rate or registry.default_rate(audio_format),
        bitrate=order.bitrate,
        container=Container(order.container),
    )
    registry.check(audio)
    request = application.speech_request(
        model=order.model,
        voice=order.voice,
        text=text,
        audio=audio,
        speed=order.speed or 1.0,
        lexicon=order.lexicon,
    )
    return replace(request, max_lead_s=order.max_lead_s)


async def _write(
    application: assembly.Application,
    request: SpeechRequest,
    inbox: Inbox,
    write: Callable[[bytes], object],
    report: Progress,
) -> float:
    """Gives the milliseconds of audio; blocks the loop while it writes, as nobody else is on it."""
    chars = 0
    async with application.speak.open(request, inbox) as speech:
        async for events in speech:
            for event in events:
                match event:
                    case SliceBegins(end=end):
                        chars = end
                    case AudioBytes():
                        write(event.data)
            audio_s = speech.usage.audio_out_ms / 1000
            report.show(f"{audio_s:.1f} s of audio, {chars} characters", int(audio_s) // LOGGED_S)
        return speech.usage.audio_out_ms


def _end(inbox: Inbox) -> None:
    inbox.cancel()
    inbox.end()


class _Reader(Thread):
    """Stdin into an inbox, as it comes.

    A daemon, because a read of a pipe cannot be cancelled: the program may end before its stdin does.
    """

    def __init__(self, inbox: Inbox, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name="stdin", daemon=True)
        self._inbox = inbox
        self._loop = loop

    def run(self) -> None:
        """Reads until stdin ends or the loop is gone; bytes that are no UTF-8 are passed over."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")("ignore")
        descriptor, ended = sys.stdin.fileno(), False
        while not ended:
            data = os.read(descriptor, READ_BYTES)
            ended = not data
            writing = self._write(decoder.decode(data, ended), ended)
            try:
                asyncio.run_coroutine_threadsafe(writing, self._loop).result()
            except (CancelledError, RuntimeError):  # the program is ending
                writing.close()
                return

    async def _write(self, text: str, ended: bool) -> None:
        if text:
            await self._inbox.write(text)
        if ended:
            self._inbox.end()
