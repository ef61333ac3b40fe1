"""The two sockets as LiveKit services: text in while it is written, audio in while it is spoken.

The openai plugin works too, a sentence and an utterance at a time. Through the sockets speech begins while
the language model is still writing, and words come back while they are being said, so that the agent needs no
model for voice activity.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectionError, APIError, stt, tts, utils
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException


@asynccontextmanager
async def opened(base_url: str, path: str, api_key: str) -> AsyncIterator[ClientConnection]:
    url = f"ws{base_url.removeprefix('http')}{path}"
    try:
        async with connect(url, additional_headers={"Authorization": f"Bearer {api_key}"}) as socket:
            yield socket
    except (OSError, WebSocketException) as failure:
        raise APIConnectionError(str(failure)) from failure


class TTS(tts.TTS):
    """Speaks text while it is being written, by `/v1/audio/speech/stream`."""

    def __init__(self, *, base_url: str, api_key: str, model: str = "tts-1", voice: str = "alloy") -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=True), sample_rate=24_000, num_channels=1)
        self.socket = (base_url, "/audio/speech/stream", api_key)
        self.wanted = {"model": model, "voice": voice, "response_format": "pcm"}

    def stream(self, *, conn_options=DEFAULT_API_CONNECT_OPTIONS) -> tts.SynthesizeStream:
        return Speech(tts=self, conn_options=conn_options)

    def synthesize(self, text: str, *, conn_options=DEFAULT_API_CONNECT_OPTIONS) -> tts.ChunkedStream:
        return self._synthesize_with_stream(text, conn_options=conn_options)


class Speech(tts.SynthesizeStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        name = utils.shortuuid()
        output_emitter.initialize(
            request_id=name,
            sample_rate=24_000,
            num_channels=1,
            mime_type="audio/pcm",
            frame_size_ms=50,
            stream=True,
        )
        output_emitter.start_segment(segment_id=name)
        async with opened(*self._tts.socket) as socket:
            await socket.send(json.dumps(self._tts.wanted))
            writer = asyncio.create_task(self._write(socket))
            try:
                async for message in socket:
                    if isinstance(message, bytes):
                        output_emitter.push(message)
                    elif (event := json.loads(message))["type"] == "error":
                        raise APIError(event["error"]["message"])
            finally:
                await utils.aio.cancel_and_wait(writer)
        output_emitter.end_segment()

    async def _write(self, socket: ClientConnection) -> None:
        async for text in self._input_ch:
            if isinstance(text, self._FlushSentinel):
                await socket.send('{"flush": true}')
            else:
                self._mark_started()
                await socket.send(json.dumps({"text": text}))
        await socket.send('{"done": true}')


class STT(stt.STT):
    """Writes speech down while it is spoken, by `/v1/audio/transcriptions-realtime`."""

    def __init__(self, *, base_url: str, api_key: str, model: str = "whisper-1") -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(streaming=True, interim_results=True, offline_recognize=False)
        )
        self.socket = (base_url, f"/audio/transcriptions-realtime?model={model}", api_key)

    def stream(self, *, language=None, conn_options=DEFAULT_API_CONNECT_OPTIONS) -> stt.RecognizeStream:
        return Listening(stt=self, conn_options=conn_options, sample_rate=16_000)

    async def _recognize_impl(self, buffer, *, language, conn_options) -> stt.SpeechEvent:
        raise NotImplementedError(
            "A whole recording is for the openai plugin; this listens while one speaks."
        )


class Listening(stt.RecognizeStream):
    async def _run(self) -> None:
        async with opened(*self._stt.socket) as socket:
            await socket.send('{"sample_rate": 16000}')
            writer = asyncio.create_task(self._write(socket))
            try:
                speaking = False
                async for message in socket:
                    event = json.loads(message)
                    if event["message_type"] == "Error":
                        raise APIError(event["error"]["message"])
                    if (
                        event["message_type"] not in ("PartialTranscript", "FinalTranscript")
                        or not event["text"]
                    ):
                        continue
                    if not speaking:
                        self._tell(stt.SpeechEventType.START_OF_SPEECH)
                    speaking = event["message_type"] == "PartialTranscript"
                    if speaking:
                        self._tell(stt.SpeechEventType.INTERIM_TRANSCRIPT, event)
                    else:
                        self._tell(stt.SpeechEventType.FINAL_TRANSCRIPT, event)
                        self._tell(stt.SpeechEventType.END_OF_SPEECH)
            finally:
                await utils.aio.cancel_and_wait(writer)

    def _tell(self, kind: stt.SpeechEventType, event: dict | None = None) -> None:
        said = []
        if event is not None:
            begin_s, end_s = (
                self.start_time_offset + event[at] / 1000 for at in ("audio_start", "audio_end")
            )
            said = [
                stt.SpeechData(
                    event["language"] or "", event["text"], begin_s, end_s, event["confidence"] or 0
                )
            ]
        self._event_ch.send_nowait(stt.SpeechEvent(kind, alternatives=said))

    async def _write(self, socket: ClientConnection) -> None:
        async for frame in self._input_ch:
            if isinstance(frame, self._FlushSentinel):
                await socket.send('{"flush": true}')
            else:
                await socket.send(frame.data.tobytes())
        await socket.send('{"done": true}')
