"""What official SDKs do not have, beside an event loop: live text, speech of text as it is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx2

from firstword.client.asking import chat as chats
from firstword.client.asking import listing
from firstword.client.asking import speech as speeches
from firstword.client.asking.connection import Connection, json_object, media_type, refuse_failure
from firstword.client.asking.events import ChatEvent, SpeechEvent
from firstword.client.asking.spoken import Spoken, audio_events, chat_events, pcm_type, speech_events

if TYPE_CHECKING:
    from firstword.client.asking.live import Callback, LiveTranscription, Sound
    from firstword.client.asking.speech_stream import SpeechStream, Text


class AsyncClient:
    """A server that speaks OpenAI's API; best a firstword, as most of this is its own.

    One HTTP connection is kept for the next request. `Client` is the same without an event loop.

    Args:
        base_url: the server's address, with or without `/v1`.
        api_key: sent as a Bearer.
    """

    def __init__(self, base_url: str = "http://127.0.0.1:8000", api_key: str | None = None) -> None:
        self._server = Connection(base_url, api_key)
        self._opened: httpx2.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Lets the connections go."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()

    async def models(self, *, task: str | None = None, capability: str | None = None) -> list[dict[str, Any]]:
        """The objects of `GET /v1/models`.

        Args:
            task: only those for it: `speech`, `transcription`, `chat`.
            capability: only those that have it, such as `word_timings`.

        Raises:
            FirstwordError: the server refused, or cannot be reached.
        """
        asked = {"task": task, "capability": capability}
        return listing.objects(await self._get(listing.MODELS, asked), "data")

    async def voices(self) -> list[dict[str, Any]]:
        """The objects of `GET /v1/audio/voices`, which some servers give as bare names.

        Raises:
            FirstwordError: the server refused, has no such path, or cannot be reached.
        """
        return listing.objects(await self._get(listing.VOICES, {}), "voices")

    @asynccontextmanager
    async def speech(
        self,
        /,
        text: str,
        *,
        model: str = "tts-1",
        voice: str = "alloy",
        response_format: str = "mp3",
        speed: float | None = None,
        timings: bool = False,
        **extensions: Any,
    ) -> AsyncIterator[Spoken[SpeechEvent]]:
        """Opens a stream of speech; entering takes until the server has accepted the request.

        Args:
            text: what to speak.
            model: a model of the server.
            voice: a voice of the server.
            response_format: `pcm`, `wav`, `mp3`, `opus`, `aac` or `flac`.
            speed: 0.25 to 4; None for the voice's own pace.
            timings: True: `SpeechWords` come, too, and `SpeechDone`.
            extensions: `model_extensions`: `sr`, `language`, `lexicon` and so on. See docs/api.md.

        Raises:
            RequestError: the server refused the request.
            CapacityError: it is full, or the key is over its limit.
            EngineError: nobody answers, or, while it is being read, the audio broke off.
        """
        told = _extensions(extensions, timings)
        options = speeches.speech_options(model, voice, response_format, speed=speed, extensions=told)
        body = {"input": text, **options} | ({"stream_format": "sse"} if timings else {})
        async with self._post(speeches.PATH, body) as response:
            kind = media_type(response)
            speeches.refuse_other(self._server, kind)
            if kind == "text/event-stream":
                yield Spoken(
                    speech_events(self._read(response)), media_type=pcm_type(response_format, extensions)
                )
            else:
                yield Spoken(
                    audio_events(self._read(response)), media_type=response.headers.get("content-type", "")
                )

    def speech_stream(
        self,
        /,
        text: Text | None = None,
        *,
        model: str = "tts-1",
        voice: str = "alloy",
        response_format: str = "pcm",
        speed: float | None = None,
        timings: bool = False,
        **extensions: Any,
    ) -> AbstractAsyncContextManager[SpeechStream]:
        """Opens a session in which text is spoken while it is being written; leaving ends it.

        Args:
            text: an iterable of strings, plain or asynchronous, as a language model gives them; it is sent
                while the session is read. None: `write` it.
            model: as in `speech`, and so are all others.
            voice: a voice of the server.
            response_format: of the audio.
            speed: 0.25 to 4; None for the voice's own pace.
            timings: True: `SpeechWords` come, too.
            extensions: `model_extensions`.

        Raises:
            FirstwordError: as `speech` does; refusals of the server come from the iteration.
        """
        from firstword.client.asking.speech_stream import speech_stream

        told = _extensions(extensions, timings)
        start = speeches.speech_options(model, voice, response_format, speed=speed, extensions=told)
        kind = pcm_type(response_format, extensions)
        return speech_stream(self._server, start, media_type=kind, text=text)

    @asynccontextmanager
    async def chat(
        self,
        /,
        messages: Sequence[Mapping[str, Any]],
        *,
        model: str = "gpt-audio",
        voice: str | None = None,
        audio_format: str = "pcm16",
        timings: bool = False,
        extensions: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> AsyncIterator[Spoken[ChatEvent]]:
        """Opens a streamed answer; entering takes until the server has accepted the request.

        Args:
            messages: as OpenAI writes them.
            model: a chat model of the server.
            voice: who speaks the answer; None: it is only written.
            audio_format: `pcm16`, and on firstword `wav`, `mp3`, `opus`, `aac` and `flac`, too.
            timings: True: `ChatWords` come, too. Only firstword knows this.
            extensions: `model_extensions`, for the answer's audio.
            fields: of the request: `tools`, `temperature` and so on.

        Raises:
            FirstwordError: as `speech` does.
        """
        told = _extensions(extensions or {}, timings)
        body = chats.chat_body(messages, model=model, voice=voice, audio_format=audio_format, extensions=told)
        async with self._post(chats.PATH, body | fields) as response:
            chats.refuse_other(self._server, media_type(response))
            yield Spoken(chat_events(self._read(response)), media_type=pcm_type(audio_format, told))

    def transcribe_live(
        self,
        /,
        audio: Sound | None = None,
        *,
        model: str = "whisper-1",
        sample_rate: int = 16_000,
        encoding: str | None = None,
        on_partial: Callback | None = None,
        on_final: Callback | None = None,
        reconnect_s: float | None = None,
        **fields: Any,
    ) -> AbstractAsyncContextManager[LiveTranscription]:
        """Opens a session in which speech is written down while it is spoken.

        Where the connection breaks, another one goes on with the audio that no final covered yet: no word is
        lost and none comes twice. Leaving says that there is no more audio, and waits for the last finals.

        Args:
            audio: an iterable of bytes, plain or asynchronous, such as a microphone; it is sent while the
                session is read. None: `send` it.
            model: a recognizer of the server.
            sample_rate: Hz, of raw samples.
            encoding: how it is written; None: 16-bit samples. What has a header cannot be gone on with.
            on_partial: called with what is being said, whenever more is known.
            on_final: called with every utterance.
            reconnect_s: how long the server may be out of reach, 30 by default; 0: a break is an error.
            fields: of the first message: `language`, `channels`, `endpointing` and so on.

        Raises:
            RequestError: the server refused the connection; what else it refuses comes from the session.
            EngineError: nobody answers.
        """
        from firstword.client.asking.dictation import dictation
        from firstword.client.asking.live import RECONNECT_S, Wishes, live_transcription
        from firstword.client.asking.resending import Unheard

        wishes = Wishes(on_partial, on_final, RECONNECT_S if reconnect_s is None else reconnect_s)

        def connect() -> AbstractAsyncContextManager[Any]:
            return dictation(
                self._server.url,
                model=model,
                sample_rate=sample_rate,
                encoding=encoding,
                options=fields,
                api_key=self._server.api_key,
            )

        unheard = Unheard(encoding, sample_rate, int(fields.get("channels", 1)))
        return live_transcription(connect, unheard, wishes, audio=audio)

    @property
    def _http(self) -> httpx2.AsyncClient:
        if self._opened is None:
            self._opened = httpx2.AsyncClient(**self._server.options)
        return self._opened

    async def _get(self, path: str, query: Mapping[str, str | None]) -> dict[str, Any]:
        asked = {name: value for name, value in query.items() if value is not None}
        with self._server.translated():
            response = await self._http.get(self._server.root + path, params=asked)
            refuse_failure(response)
        return json_object(response)

    @asynccontextmanager
    async def _post(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[httpx2.Response]:
        with self._server.translated():
            async with self._http.stream("POST", self._server.root + path, json=body) as response:
                if not response.is_success:
                    await response.aread()
                refuse_failure(response)
                yield response

    async def _read(self, response: httpx2.Response) -> AsyncIterator[bytes]:
        """The body; its failures come out of here, whoever reads it."""
        with self._server.translated():
            async for data in response.aiter_bytes():
                yield data


def _extensions(given: Mapping[str, Any], timings: bool) -> dict[str, Any]:
    return {**given, "timings": "word"} if timings else dict(given)
