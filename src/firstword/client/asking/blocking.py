"""`AsyncClient` without an event loop: a thread of its own has one, and callers wait for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from functools import partial, wraps
from threading import Event, Lock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar

import anyio
from anyio import to_thread
from anyio.from_thread import BlockingPortal

from firstword.client.asking import spoken
from firstword.client.asking.asynchronous import AsyncClient
from firstword.client.asking.events import ChatAudio, SpeechAudio, SpeechEvent, SpeechStarted

if TYPE_CHECKING:
    from firstword.client.asking import live, speech_stream
    from firstword.core.transcripts import Transcript

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")


class Audio:
    """The audio alone of a stream of events: bytes, to be played or saved.

    Args:
        answer: read as far as the audio is.
        on_event: gets all events but those with audio.
    """

    def __init__(self, answer: Spoken[Any], on_event: Callable[[Any], object] | None) -> None:
        self._answer = answer
        self._on_event = on_event
        self.headers = answer.headers

    def __iter__(self) -> Iterator[bytes]:
        for event in self._answer:
            if isinstance(event, SpeechAudio | ChatAudio):
                yield event.data
            elif self._on_event:
                self._on_event(event)

    def abort(self) -> None:
        """Ends it, on the server as well, from any thread."""
        self._answer.abort()


class Spoken(Generic[T]):
    """An answer as it is made: iterating over it gives its events, once.

    Args:
        portal: to the event loop.
        inner: the answer there.
    """

    def __init__(self, portal: BlockingPortal, inner: spoken.Spoken[T]) -> None:
        self._portal = portal
        self._inner = inner
        self._reading = _Reading(aiter(inner))

    @property
    def headers(self) -> Mapping[str, str]:
        """What a player looks at."""
        return self._inner.headers

    def __iter__(self) -> Iterator[T]:
        return _taken(self._portal, self._reading)

    def abort(self) -> None:
        """Ends it, on the server as well, from any thread: who waits for more gets no more."""
        self._portal.start_task_soon(self._reading.end)

    def audio(self, on_event: Callable[[Any], object] | None = None) -> Audio:
        """The audio alone, for `play` and `save`.

        Args:
            on_event: gets all other events, when they come, in the thread that reads.
        """
        return Audio(self, on_event)


class SpeechStream(Spoken[SpeechEvent]):
    """A session: text goes in, speech comes out, in the same or in different threads.

    Args:
        portal: to the event loop.
        inner: the session there.
    """

    def __init__(self, portal: BlockingPortal, inner: speech_stream.SpeechStream) -> None:
        super().__init__(portal, inner)
        self._session = inner

    @property
    def started(self) -> SpeechStarted | None:
        """What the audio is, once it has begun."""
        return self._session.started

    def write(self, text: str) -> None:
        """Sends more of the text, cut anywhere; waits while too much of it is unspoken.

        Raises:
            EngineError: the session is over; the iteration says why.
        """
        self._portal.call(self._session.write, text)

    def flush(self) -> None:
        """Has spoken what there is now, though its sentence may not be at its end."""
        self._portal.call(self._session.flush)

    def cancel(self) -> None:
        """Drops what is unspoken; the session goes on."""
        self._portal.call(self._session.cancel)

    def end(self) -> None:
        """Says that the text is at its end: the rest is spoken, then the session ends."""
        self._portal.call(self._session.end)

    def abort(self) -> None:
        """Breaks the session off, from any thread; whoever reads it is told so."""
        self._portal.start_task_soon(self._session.aclose)


class LiveTranscription:
    """A session: audio goes in, transcripts come out, in the same or in different threads.

    Args:
        portal: to the event loop.
        inner: the session there.
    """

    def __init__(self, portal: BlockingPortal, inner: live.LiveTranscription) -> None:
        self._portal = portal
        self._inner = inner

    @property
    def reconnects(self) -> int:
        """How often a new connection went on."""
        return self._inner.reconnects

    def send(self, audio: bytes) -> None:
        """Takes the next audio, cut anywhere; waits while a minute and a half has not been heard.

        Raises:
            InvalidRequest: `end` was said before.
            FirstwordError: the session failed, which this is.
        """
        self._portal.call(self._inner.send, audio)

    def flush(self) -> None:
        """Asks for a final of what was said so far; the session goes on. Only firstword knows this."""
        self._portal.call(self._inner.flush)

    def end(self) -> None:
        """Says that there is no more audio: the last final comes, then the session ends."""
        self._portal.call(self._inner.end)

    def wait(self) -> None:
        """Returns when all has been said.

        Raises:
            FirstwordError: the session failed, which this is.
        """
        self._portal.call(self._inner.wait)

    def stop(self) -> None:
        """Ends the session at once; what has not been written down never is."""
        self._portal.call(self._inner.stop)

    def __iter__(self) -> Iterator[Transcript]:
        """The transcripts in order.

        Raises:
            FirstwordError: the server refused the session, or cannot be reached any more.
        """
        return _taken(self._portal, _Reading(aiter(self._inner)))

    def finals(self) -> Iterator[Transcript]:
        """Only those that will not change any more."""
        return (transcript for transcript in self if transcript.final)


def _opening(
    method: Callable[Concatenate[AsyncClient, P], AbstractAsyncContextManager[S]],
    made: Callable[[BlockingPortal, S], T],
) -> Callable[Concatenate[Client, P], AbstractContextManager[T]]:
    """A method of `AsyncClient` that opens something, for callers who wait."""

    @wraps(method)
    @contextmanager
    def opened(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> Generator[T]:
        portal = self._portal
        with portal.wrap_async_context_manager(method(self._inner, *args, **kwargs)) as found:
            yield made(portal, found)

    return opened


class Client:
    """A server that speaks OpenAI's API; best a firstword, as most of this is its own.

    Its methods are those of `AsyncClient`, with the same arguments. It may be used from several threads.

    Args:
        base_url: the server's address, with or without `/v1`.
        api_key: sent as a Bearer.
    """

    def __init__(self, base_url: str = "http://127.0.0.1:8000", api_key: str | None = None) -> None:
        self._inner = AsyncClient(base_url, api_key)
        self._lock = Lock()
        self._running: tuple[BlockingPortal, Thread] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets the connections go."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            portal, thread = running
            portal.call(self._inner.aclose)
            portal.call(portal.stop, True)
            thread.join()

    def models(self, *, task: str | None = None, capability: str | None = None) -> list[dict[str, Any]]:
        """The objects of `GET /v1/models`.

        Args:
            task: only those for it: `speech`, `transcription`, `chat`.
            capability: only those that have it, such as `word_timings`.

        Raises:
            FirstwordError: the server refused, or cannot be reached.
        """
        return self._portal.call(partial(self._inner.models, task=task, capability=capability))

    def voices(self) -> list[dict[str, Any]]:
        """The objects of `GET /v1/audio/voices`, which some servers give as bare names.

        Raises:
            FirstwordError: the server refused, has no such path, or cannot be reached.
        """
        return self._portal.call(self._inner.voices)

    speech = _opening(AsyncClient.speech, Spoken[SpeechEvent])
    chat = _opening(AsyncClient.chat, Spoken[Any])
    speech_stream = _opening(AsyncClient.speech_stream, SpeechStream)
    _transcribe_live = _opening(AsyncClient.transcribe_live, LiveTranscription)

    def transcribe_live(
        self,
        audio: live.Sound | None = None,
        *,
        on_partial: Callable[[Transcript], object] | None = None,
        on_final: Callable[[Transcript], object] | None = None,
        **fields: Any,
    ) -> AbstractContextManager[LiveTranscription]:
        """Opens a session in which speech is written down while it is spoken.

        Args:
            audio: as in `AsyncClient.transcribe_live`, and so are `fields`.
            on_partial: called with what is being said, whenever more is known, in a thread of its own.
            on_final: called with every utterance, in the same way.
            fields: all others.

        Raises:
            FirstwordError: as `AsyncClient.transcribe_live` does.
        """
        partial_told, final_told = _in_a_thread(on_partial), _in_a_thread(on_final)
        return self._transcribe_live(audio, on_partial=partial_told, on_final=final_told, **fields)

    @property
    def _portal(self) -> BlockingPortal:
        """The way to the event loop, which begins with the first call."""
        with self._lock:
            if self._running is None:
                self._running = _started_loop()
            return self._running[0]


def _started_loop() -> tuple[BlockingPortal, Thread]:
    """An event loop in a thread that keeps no program from ending."""
    begun, made = Event(), list[BlockingPortal]()

    async def run() -> None:
        async with BlockingPortal() as portal:
            made.append(portal)
            begun.set()
            await portal.sleep_until_stopped()

    thread = Thread(target=anyio.run, args=(run,), name="firstword-client", daemon=True)
    thread.start()
    begun.wait()
    return made[0], thread


class _Reading(Generic[T]):
    """Items that are waited for one after the other, until somebody else ends it. In the event loop.

    Args:
        items: read by nobody else.
    """

    def __init__(self, items: AsyncIterator[T]) -> None:
        self._items = items
        self._waiting: anyio.CancelScope | None = None
        self._over = False

    async def following(self) -> tuple[T] | None:
        """The next item in a box; None where there is none."""
        if self._over:
            return None
        try:
            with anyio.CancelScope() as self._waiting:
                async for item in self._items:
                    return (item,)
        finally:
            self._waiting = None
        return None

    async def end(self) -> None:
        """Waits for no more, and lets go of what brings it."""
        self._over = True
        if self._waiting is not None:
            self._waiting.cancel()
        elif isinstance(self._items, AsyncGenerator):
            await self._items.aclose()


def _taken(portal: BlockingPortal, reading: _Reading[T]) -> Iterator[T]:
    """What the event loop gives, one after the other."""
    while found := portal.call(reading.following):
        yield found[0]


def _in_a_thread(callback: Callable[[Transcript], object] | None) -> live.Callback | None:
    """The event loop is not to wait for the caller's code."""
    if callback is None:
        return None

    async def called(transcript: Transcript) -> None:
        await to_thread.run_sync(callback, transcript)

    return called
