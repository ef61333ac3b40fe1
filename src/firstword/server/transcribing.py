"""The response that carries what was heard in a recording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Protocol

from firstword.core.errors import InvalidRequest
from firstword.core.transcripts import Heard, ListenDone, Transcript
from firstword.pipeline.transcribe import Transcription
from firstword.server import errors
from firstword.server.answering import Body, RunResponse
from firstword.wire import subtitles
from firstword.wire import transcriptions as wire
from firstword.wire.transcriptions import TranscriptionForm, TranslationForm
from firstword.wire.transcripts import joined, separator


class Rendering(Protocol):
    """Transcripts as a response body."""

    @property
    def media_type(self) -> str:
        """The Content-Type."""
        ...

    @property
    def streams(self) -> bool:
        """Whether there is something to send before the end."""
        ...

    def part(self, transcript: Transcript) -> bytes:
        """What can be sent as soon as a final transcript is there."""
        ...

    def end(self, heard: Heard) -> bytes:
        """The rest; all of it, where nothing was sent before."""
        ...


class Whole:
    """A body that is sent when all has been heard.

    Args:
        form: what was asked for.
    """

    streams = False

    def __init__(self, form: TranslationForm) -> None:
        self._form = form
        self._transcripts: list[Transcript] = []

    @property
    def media_type(self) -> str:
        """By `response_format`."""
        return {
            "text": "text/plain; charset=utf-8",
            "srt": "application/x-subrip; charset=utf-8",
            "vtt": "text/vtt; charset=utf-8",
        }.get(self._form.response_format, "application/json")

    def part(self, transcript: Transcript) -> bytes:
        """Nothing yet."""
        self._transcripts.append(kept(transcript, self._form))
        return b""

    def end(self, heard: Heard) -> bytes:
        """All of it."""
        transcripts = self._transcripts
        match self._form.response_format:
            case "text":
                return (joined(transcripts) + "\n").encode()
            case "srt":
                return subtitles.srt(transcripts).encode()
            case "vtt":
                return subtitles.vtt(transcripts).encode()
            case "verbose_json":
                return wire.dumped(self._verbose(heard))
            case _:
                return wire.dumped(self._plain(heard))

    def _plain(self, heard: Heard) -> dict[str, object]:
        form = self._form
        if not isinstance(form, TranscriptionForm):
            return {"text": joined(self._transcripts)}
        counted = wire.usage(form.model, heard, form.asked_prompt)
        return wire.plain(self._transcripts, counted, logprobs=form.logprobs)

    def _verbose(self, heard: Heard) -> dict[str, object]:
        form = self._form
        if not isinstance(form, TranscriptionForm):
            return wire.verbose(self._transcripts, heard, form=form)
        return wire.verbose(self._transcripts, heard, form=form, segments=form.segments, words=form.words)


class EventStream:
    """Server-sent events: a delta for each final transcript, then done with all of the text.

    Args:
        form: what was asked for.
    """

    streams = True
    media_type = "text/event-stream; charset=utf-8"

    def __init__(self, form: TranscriptionForm) -> None:
        self._form = form
        self._transcripts: list[Transcript] = []

    def part(self, transcript: Transcript) -> bytes:
        """A delta; all of them, joined, are the text of the end."""
        before = self._transcripts[-1].text if self._transcripts else ""
        self._transcripts.append(kept(transcript, self._form))
        text = separator(before, transcript.text) + transcript.text
        return wire.delta(text, transcript, logprobs=self._form.logprobs)

    def end(self, heard: Heard) -> bytes:
        """The done event."""
        form = self._form
        return wire.done(self._transcripts, heard, form.asked_prompt, logprobs=form.logprobs)


def kept(transcript: Transcript, form: TranslationForm) -> Transcript:
    """What the end needs of a transcript: words and tokens of hours are many times larger than their text.

    Raises:
        InvalidRequest: log probabilities are asked for, and the model does not tell them.
    """
    verbose = form.response_format == "verbose_json"
    logprobs = isinstance(form, TranscriptionForm) and form.logprobs
    if logprobs and not transcript.tokens:
        raise InvalidRequest(
            "This model does not tell how likely its words are; leave out include.",
            param="include",
            code="logprobs_unsupported",
        )
    words = verbose or form.response_format in ("srt", "vtt")
    return replace(
        transcript,
        words=transcript.words if words else (),
        tokens=transcript.tokens if verbose or logprobs else (),
    )


class TranscriptionResponse(RunResponse[Transcription]):
    """What is heard in a recording; where it is sent as it is heard, a failure is an error event.

    Args:
        open_run: starts the run; leaving it lets go of all that it holds.
        model: that listens, for the header.
        rendering: transcripts to bytes.
        stall_timeout_s: a reader that takes nothing for this long is given up.
        ignored: fields that are of no use here, told in a header.
    """

    subject = "transcription"

    def __init__(
        self,
        open_run: Callable[[], AbstractAsyncContextManager[Transcription]],
        *,
        model: str,
        rendering: Rendering,
        stall_timeout_s: float,
        ignored: Sequence[str] = (),
    ) -> None:
        super().__init__(open_run, stall_timeout_s=stall_timeout_s, ignored=ignored)
        self._model = model
        self._rendering = rendering

    def head(self, run: Transcription) -> dict[str, str]:
        """The shape, and who listens."""
        return {"content-type": self._rendering.media_type, "x-model": self._model}

    async def write(self, run: Transcription, body: Body) -> None:
        """What can be sent of each transcript, then the rest."""
        async for event in run:
            if isinstance(event, ListenDone):
                await body.last(self._rendering.end(event.heard), sized=not self._rendering.streams)
            else:
                await body.more(self._rendering.part(event))

    def failure(self, error: Exception) -> bytes | None:
        """An error event; what is sent whole is told by its status."""
        return errors.body(error).sse() if self._rendering.streams else None

    def facts(self, run: Transcription | None) -> dict[str, object]:
        """Who heard how much."""
        heard = run.heard if run else Heard()
        return {"model": self._model, "audio_ms": round(heard.audio_in_ms), "chars": heard.text_chars}
