"""Hearing in this process: a recognizer and the pipelines, without a server.

Only the models that are needed are loaded, and nothing is fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio

from firstword import assembly, settings
from firstword.cli.gauge import Gauge, clock
from firstword.cli.interrupt import ended_by_interrupt
from firstword.cli.listen import Session
from firstword.cli.recording import Tape
from firstword.cli.transcribe import Hear, Order
from firstword.core.concurrency import task_group
from firstword.core.errors import ConfigurationError, InvalidRequest
from firstword.core.transcripts import (
    AudioSource,
    Heard,
    ListenDone,
    ListenRequest,
    TranscribeRequest,
    Transcript,
)
from firstword.core.types import EngineInfo, Task
from firstword.formats.files import Recording
from firstword.pipeline.listen import Listening
from firstword.pipeline.transcribe import Transcription
from firstword.wire import subtitles
from firstword.wire import transcriptions as wire
from firstword.wire.transcripts import separator

LOOKS_S = 0.2
"""Between two looks at how far it is."""


@contextmanager
def hearing(order: Order, config: Path | None) -> Generator[Hear]:
    """A recognizer that hears one recording after the other.

    Raises:
        FirstwordError: the model is not one, is not installed, or does not do what is asked.
    """
    with asyncio.Runner() as runner:
        application = _assembled(config)
        try:
            info = application.catalog.recognizer(order.model)
            if order.words and not info.word_timings:
                raise InvalidRequest(f"The model {info.model_id!r} does not know when words were said.")
            runner.run(application.host.start(_needed(application, info)))
            request = _request(order, info)

            def hear(tape: Tape, write: Callable[[str], object], gauge: Gauge) -> None:
                if not runner.run(_heard(application, request, tape, _Sheet(order, write), gauge)):
                    raise KeyboardInterrupt

            yield hear
        finally:
            runner.run(application.aclose())


@asynccontextmanager
async def listening(
    config: Path | None, model: str, language: str | None, sample_rate: int
) -> AsyncIterator[Session]:
    """A session, for 16-bit samples of one channel.

    Raises:
        FirstwordError: the model is not one, is not installed, or does not do what is asked.
    """
    application = _assembled(config)
    try:
        info = application.catalog.recognizer(model)
        await application.host.start(_needed(application, info, drafts=True))
        source = AudioSource(sample_rate=sample_rate)
        async with application.listen.open(
            ListenRequest(info.model_id, source, language=_known(language))
        ) as session:
            yield _Live(session)
    finally:
        await application.aclose()


def _assembled(config: Path | None) -> assembly.Application:
    return assembly.assemble(settings.load(config).model_copy(update={"fetch": False}))


def _known(language: str | None) -> str | None:
    return None if language == "auto" else language


def _request(order: Order, info: EngineInfo) -> TranscribeRequest:
    return TranscribeRequest(
        info.model_id, language=_known(order.language), prompt=order.prompt, translate=order.translate
    )


def _needed(application: assembly.Application, info: EngineInfo, *, drafts: bool = False) -> set[str]:
    """The models that have to be loaded: the recognizer, and what tells speech from silence.

    Raises:
        ConfigurationError: one of them is not installed; the message says how to have it.
    """
    infos = {one.model_id: one for one in application.catalog.infos}
    vad = next((one for one in infos.values() if one.task is Task.ENDPOINTING), None)
    wanted = [one for one in (info, vad) if one is not None]
    store = assembly.store_of(application.settings)
    missing = [name for one in wanted for name in one.needs if store.installed(name) is None]
    if missing:
        raise ConfigurationError(
            f"To hear with {info.model_id}, first run `firstword models pull {' '.join(missing)}`."
        )
    if drafts and info.drafts in infos:
        wanted.append(infos[info.drafts])
    return {one.model_id for one in wanted}


class _Live:
    """A session as the command line has it."""

    def __init__(self, listening: Listening) -> None:
        self._listening = listening

    async def send(self, audio: bytes) -> None:
        """The next audio: 16-bit samples."""
        await self._listening.feed(audio)

    async def end(self) -> None:
        """There is no more."""
        await self._listening.end()

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        """What is heard, until all has been said."""
        async for event in self._listening:
            if not isinstance(event, ListenDone):
                yield event


class _Sheet:
    """What was heard in one recording, written down: text at once, all else when all has been heard."""

    def __init__(self, order: Order, write: Callable[[str], object]) -> None:
        self._order = order
        self._write = write
        self._transcripts: list[Transcript] = []
        self._last = ""

    def add(self, transcript: Transcript) -> None:
        """Takes the next final transcript."""
        if self._order.format == "text":
            self._write(separator(self._last, transcript.text) + transcript.text)
            self._last = transcript.text
        else:
            self._transcripts.append(transcript)

    def end(self, heard: Heard, *, early: bool = False) -> None:
        """Writes the rest; where it ends `early` and nothing was heard there is none."""
        if self._order.format != "text" and (self._transcripts or not early):
            self._write(_whole(self._order, self._transcripts, heard))


def _whole(order: Order, transcripts: Sequence[Transcript], heard: Heard) -> str:
    match order.format:
        case "srt":
            return subtitles.srt(transcripts)
        case "vtt":
            return subtitles.vtt(transcripts)
        case _:
            shape = wire.TranslationForm if order.translate else wire.TranscriptionForm
            form = shape.model_validate({"model": order.model})
            return wire.dumped(wire.verbose(transcripts, heard, form=form, words=order.words)).decode()


async def _heard(
    application: assembly.Application,
    request: TranscribeRequest,
    tape: Tape,
    sheet: _Sheet,
    gauge: Gauge,
) -> bool:
    """Hears one recording; False where the user ended it, and what was heard has been written.

    Raises:
        FirstwordError: it cannot be read to its end, or the model failed.
    """
    recording = await asyncio.to_thread(tape.play)
    with anyio.CancelScope() as scope, ended_by_interrupt(scope.cancel) as interrupted:
        async with application.transcribe.open(request, iter(recording)) as run, task_group() as tasks:
            tasks.start_soon(_look, run, recording, gauge)
            async for event in run:
                if isinstance(event, ListenDone):
                    break
                sheet.add(event)
            tasks.cancel_scope.cancel()
    _show(run, recording, gauge)
    sheet.end(run.heard, early=bool(interrupted))
    return not interrupted


async def _look(run: Transcription, recording: Recording, gauge: Gauge) -> None:
    """Tells again and again how far it is."""
    while True:
        _show(run, recording, gauge)
        await anyio.sleep(LOOKS_S)


def _show(run: Transcription, recording: Recording, gauge: Gauge) -> None:
    whole_s = recording.duration_s
    where = clock(run.position_s) + (f" of {clock(whole_s)}" if whole_s else "")
    gauge.show("heard", where, min(1.0, run.position_s / whole_s) if whole_s else None)
