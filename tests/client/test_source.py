"""Audio out of whatever brings it, the same however it was cut."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from email.message import Message
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import numpy as np
import pytest
from openai.types.chat import ChatCompletionChunk

from firstword.client.asking.chat import Piece
from firstword.client.incoming.source import incoming
from firstword.core.errors import EngineError, FirstwordError, InvalidRequest, UndecodableAudio
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, Container, Samples
from firstword.formats import registry

pytestmark = pytest.mark.unit

RATE = 24_000
FORMATS = [AudioSpec(name, registry.default_rate(name)) for name in AudioFormat]
FORMATS.append(AudioSpec(AudioFormat.OPUS, container=Container.WEBM))


def tone(frames: int = 12_000, rate: int = RATE) -> Samples:
    wave: Samples = (0.3 * np.sin(2 * np.pi * 440 * np.arange(frames) / rate)).astype(np.float32)
    return np.round(wave * 32768) / np.float32(32768)


def body(spec: AudioSpec) -> bytes:
    encoder = registry.encoder(spec)
    chunk = AudioChunk(tone(spec.sample_rate // 2, spec.sample_rate), spec.sample_rate)
    return b"".join([*encoder.feed(chunk), *encoder.flush()])


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def samples_of(stream: object, **told: Any) -> Samples:
    return np.concatenate([chunk.samples for chunk in incoming(stream, **told).chunks()])


WAV, PCM = body(AudioSpec(AudioFormat.WAV)), body(AudioSpec(AudioFormat.PCM))


@pytest.mark.parametrize("spec", FORMATS, ids=lambda spec: f"{spec.format}-{spec.container}")
def test_any_format_is_told_by_itself_and_decoded_however_it_was_cut(spec: AudioSpec) -> None:
    whole = samples_of(body(spec))
    chunks = list(incoming(body(spec)).chunks())

    assert 0.5 <= sum(chunk.duration_s for chunk in chunks) < 0.6
    for size in (1, 7, 1_000):
        assert np.array_equal(whole, samples_of(cut(body(spec), size)))


@pytest.mark.parametrize("spec", FORMATS, ids=lambda spec: f"{spec.format}-{spec.container}")
def test_audio_comes_before_the_stream_has_ended(spec: AudioSpec) -> None:
    read = 0

    def pieces() -> Iterator[bytes]:
        nonlocal read
        for piece in cut(body(spec), 64):
            read += len(piece)
            yield piece

    next(incoming(pieces()).chunks())

    assert read < len(body(spec)) / 2


async def later(items: Iterable[object]) -> AsyncIterator[object]:
    for item in items:
        await asyncio.sleep(0)
        yield item


def chat_chunk(data: bytes) -> dict[str, Any]:
    delta = {"audio": {"data": base64.b64encode(data).decode()}}
    return {
        "id": "c", "created": 0, "model": "m", "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
    }  # fmt: skip


def delta_event(data: bytes) -> dict[str, Any]:
    return {"type": "speech.audio.delta", "audio": base64.b64encode(data).decode()}


def sse(*events: object) -> bytes:
    lines = (f"data: {json.dumps(event)}\n\n".encode() for event in events)
    return b"".join([b": hello\n\n", *lines, b"data: [DONE]\n\n"])


def response(content: bytes, kind: str = "audio/wav", status: int = 200) -> httpx2.Response:
    return httpx2.Response(status, headers={"content-type": kind}, content=cut(content, 1_111))


BRINGERS: dict[str, Callable[[], object]] = {
    "bytes": lambda: WAV,
    "an open file": lambda: io.BytesIO(WAV),
    "a response with iter_bytes": lambda: response(WAV),
    "a response with iter_content": lambda: SimpleNamespace(
        iter_content=lambda chunk_size: cut(WAV, chunk_size)
    ),
    "a generator": lambda: (piece for piece in cut(WAV, 999)),
    "an asynchronous generator": lambda: later(cut(WAV, 999)),
    "an asynchronous response": lambda: SimpleNamespace(iter_bytes=lambda: later(cut(WAV, 999))),
    "event objects": lambda: [SimpleNamespace(**delta_event(piece)) for piece in cut(WAV, 999)],
    "event dicts": lambda: [*map(delta_event, cut(WAV, 999)), {"type": "speech.audio.done", "usage": {}}],
    "events in bytes": lambda: cut(sse(*map(delta_event, cut(WAV, 999))), 100),
    "events in a response": lambda: response(sse(*map(delta_event, cut(WAV, 999))), "text/event-stream"),
    "chat chunks": lambda: [ChatCompletionChunk.model_validate(chat_chunk(piece)) for piece in cut(PCM, 999)],
    "chat dicts": lambda: [{"choices": []}, *map(chat_chunk, cut(PCM, 999))],
    "chat in bytes": lambda: cut(sse(*map(chat_chunk, cut(PCM, 999))), 1),
    "our own chat": lambda: [Piece("Hello"), *(Piece(pcm=piece) for piece in cut(PCM, 999))],
    "pcm in a response": lambda: response(PCM, "audio/pcm"),
}


@pytest.mark.parametrize("bringer", BRINGERS)
def test_the_same_samples_come_out_of_all_that_brings_them(bringer: str) -> None:
    assert np.array_equal(tone(), samples_of(BRINGERS[bringer]()))


def test_a_path_is_opened(tmp_path: Path) -> None:
    (tmp_path / "tone.wav").write_bytes(WAV)

    assert np.array_equal(tone(), samples_of(tmp_path / "tone.wav"))


def test_pcm_has_the_rate_that_its_header_says() -> None:
    chunk = next(incoming(response(PCM, "audio/pcm; rate=16000; channels=1")).chunks())

    assert 16_000 == chunk.sample_rate


def test_the_headers_of_the_standard_library_are_read() -> None:
    class Response(io.BytesIO):
        headers = Message()

    Response.headers["Content-Type"] = "audio/pcm; rate=16000"

    assert 16_000 == incoming(Response(PCM)).source.sample_rate


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_events_may_be_in_any_kind_of_bytes(kind: Callable[[bytes], object]) -> None:
    body = sse({"type": "speech.audio.delta", "audio": base64.b64encode(PCM).decode()})

    assert len(PCM) // 2 == len(samples_of([kind(b""), kind(body[:3]), kind(b""), kind(body[3:])]))


def test_audio_that_is_no_base64_is_the_servers_failure() -> None:
    with pytest.raises(EngineError, match="no base64"):
        samples_of([{"type": "speech.audio.delta", "audio": "abc"}])


def test_pcm_that_begins_like_mp3_is_pcm_where_that_is_said() -> None:
    loud = b"\xff\xfb\x90\x64" * 100

    assert 200 == len(samples_of(response(loud, "audio/pcm")))
    assert 200 == len(samples_of(loud, encoding="pcm"))


def test_pcm_whose_first_byte_is_a_colon_is_no_comment_of_an_event_stream() -> None:
    quiet = b":\0\x51\0\x30\1\xfe\xff" * 100

    assert 400 == len(samples_of(response(quiet, "audio/pcm")))
    assert 400 == len(samples_of([quiet[:1], quiet[1:]]))


@pytest.mark.parametrize("kind", [{}, {"type": "error"}])
def test_an_error_that_is_only_a_text_is_told(kind: dict[str, str]) -> None:
    with pytest.raises(EngineError, match="It fell over"):
        samples_of([{**kind, "error": "It fell over."}])


ERROR = {"error": {"message": "No such voice.", "param": "voice", "code": "voice_not_found"}}


@pytest.mark.parametrize(
    "stream",
    [
        lambda: response(json.dumps(ERROR).encode(), "application/json", 400),
        lambda: cut(json.dumps(ERROR).encode(), 5),
        lambda: cut(sse(ERROR), 5),
        lambda: [{"type": "error", **ERROR}],
    ],
)
def test_an_error_object_is_the_error(stream: Callable[[], object]) -> None:
    with pytest.raises(FirstwordError, match="No such voice") as raised:
        samples_of(stream())

    assert "voice_not_found" == raised.value.code


@pytest.mark.parametrize(
    "stream",
    [
        lambda: response(b"<html>Bad gateway</html>", "text/html", 502),
        lambda: response(b"<html>Bad gateway</html>", "text/html"),
        lambda: [b"  <html>Bad ", b"gateway</html>"],
    ],
)
def test_a_page_is_shown_in_the_error(stream: Callable[[], object]) -> None:
    with pytest.raises(EngineError, match="instead of audio: <html>Bad gateway"):
        samples_of(stream())


def test_audio_before_a_break_comes_before_the_error() -> None:
    chunks, frames = incoming(body(AudioSpec(AudioFormat.FLAC))[:-10]).chunks(), 0

    while frames < 11_000:
        frames += len(next(chunks).samples)
    with pytest.raises(UndecodableAudio):
        list(chunks)


@pytest.mark.parametrize("thing", ["tone.wav", 7, None, {"audio": "x"}])
def test_what_brings_no_audio_is_refused(thing: object) -> None:
    with pytest.raises(InvalidRequest, match=r"give a response, an open file"):
        incoming(thing)


def test_nothing_at_all_is_an_error() -> None:
    with pytest.raises(EngineError, match="There is no audio"):
        incoming([])


def test_an_asynchronous_stream_s_failure_is_raised_where_it_is_read() -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield WAV[:10_000]
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        samples_of(breaks())
