"""The response that carries speech."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from firstword.core.types import AudioBytes, SpeechDone, SpeechEvent, WordsSpoken
from firstword.pipeline.speak import Speech
from firstword.server import errors
from firstword.server.answering import Body, RunResponse
from firstword.wire import speech as wire


class Rendering(Protocol):
    """Speech events as a response body."""

    def media_type(self, speech: Speech) -> str:
        """The Content-Type."""
        ...

    def body(self, events: Iterable[SpeechEvent]) -> bytes:
        """The bytes of one block's events."""
        ...

    def whole(self, speech: Speech) -> bytes | None:
        """The complete body, where all of it has been made already and it is better known as such."""
        ...

    def failure(self, error: Exception) -> bytes | None:
        """The bytes that tell of a failure, or None where only a broken body can."""
        ...


class AudioBody:
    """The bytes of the format, and nothing else."""

    def media_type(self, speech: Speech) -> str:
        """The format's."""
        return speech.media_type

    def body(self, events: Iterable[SpeechEvent]) -> bytes:
        """The audio of the block."""
        return b"".join(event.data for event in events if isinstance(event, AudioBytes))

    def whole(self, speech: Speech) -> bytes | None:
        """With true sizes in its header: then a Content-Length tells the client as much."""
        return speech.whole

    def failure(self, error: Exception) -> None:
        """Audio has no word for failure: the body is left incomplete, which every client reports."""
        return


class EventBody:
    """Server-sent events: a delta for each block of the encoder, then done with the usage.

    Args:
        timings: whether words are told before the audio in which they begin.
    """

    def __init__(self, *, timings: bool = False) -> None:
        self._timings = timings

    def media_type(self, speech: Speech) -> str:
        """Of event streams; the deltas carry the format that was asked for."""
        return "text/event-stream; charset=utf-8"

    def body(self, events: Iterable[SpeechEvent]) -> bytes:
        """The events of the block."""
        return b"".join(self._event(event) for event in events)

    def whole(self, speech: Speech) -> None:
        """Events are never sent as one."""
        return

    def failure(self, error: Exception) -> bytes:
        """An error event; nothing follows it, and the body stays incomplete."""
        return errors.body(error).sse()

    def _event(self, event: SpeechEvent) -> bytes:
        match event:
            case AudioBytes(blocks=blocks):
                return wire.audio_deltas(blocks)
            case WordsSpoken(words=words) if self._timings:
                return wire.audio_words(words)
            case SpeechDone(usage=usage):
                return wire.audio_done(usage)
            case _:
                return b""


class SpeechResponse(RunResponse[Speech]):
    """A speech, block by block; or all at once, where all is made already.

    Args:
        open_run: starts the speech; leaving it lets go of all that it holds.
        rendering: events to bytes.
        stall_timeout_s: a listener that takes nothing for this long is given up.
        ignored: fields of the request that no engine here has a use for, told in a header.
    """

    subject = "speech"

    def __init__(
        self,
        open_run: Callable[[], AbstractAsyncContextManager[Speech]],
        *,
        rendering: Rendering,
        stall_timeout_s: float,
        ignored: Sequence[str] = (),
    ) -> None:
        super().__init__(open_run, stall_timeout_s=stall_timeout_s, ignored=ignored)
        self._rendering = rendering

    def head(self, run: Speech) -> dict[str, str]:
        """The format, and who speaks."""
        return {"content-type": self._rendering.media_type(run), "x-model": run.model, **sounding(run)}

    async def write(self, run: Speech, body: Body) -> None:
        """Every block as it is made."""
        whole = self._rendering.whole(run)
        if whole is None:
            async for events in run:
                await body.more(self._rendering.body(events))
        await body.last(whole or b"")

    def failure(self, error: Exception) -> bytes | None:
        """By the rendering."""
        return self._rendering.failure(error)

    def facts(self, run: Speech | None) -> dict[str, object]:
        """Who spoke how much."""
        if run is None:
            return {}
        usage = run.usage
        return {
            "model": run.model,
            "voice": run.voice,
            "chars": usage.input_chars,
            "audio_ms": round(usage.audio_out_ms),
        }


def sounding(speech: Speech) -> dict[str, str]:
    """The headers that tell how an answer sounds."""
    return {
        "x-voice": speech.voice,
        "x-sample-rate": str(speech.sample_rate),
        "x-audio-encoder-delay": str(speech.delay_frames),
    }
