"""Audio from whatever brings it: any library's response, an event stream, a file, bytes.

Nothing is asked for its size, because who asks for a size waits for that much. What the bytes are is told by
themselves, else by their header or name; bytes that nothing tells about are pcm.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, cast

from firstword.client.asking import events as typed
from firstword.client.asking.events import audio_bytes, spoken_words
from firstword.client.asking.severing import let_go, sever
from firstword.client.asking.sse import events
from firstword.client.incoming.bridge import Bridge
from firstword.client.playing.heard import SpokenText
from firstword.core.errors import EngineError, FirstwordError, InvalidRequest, UnsupportedAudio
from firstword.core.transcripts import AudioSource, InputEncoding
from firstword.core.types import AudioChunk
from firstword.formats.decoding import RAW, decoder
from firstword.formats.sniff import SNIFF_BYTES, sniff

RATE = 24_000
"""Hz of pcm that does not tell: OpenAI's."""
READ_BYTES = 4_096
"""At most so much is waited for where a library must be told a size: 85 ms of pcm."""
SHOWN_BYTES = 4_096
"""No more is read of what is not audio."""
FAILED = 500
WEAK = frozenset({InputEncoding.MP3, InputEncoding.AAC})
"""Two bytes begin these, and pcm may well begin with the same two."""
EVENTS = re.compile(rb"data:|event:|:[\n\r -~]*$")
"""What events begin with. Behind a colon alone, of a comment, text must follow: samples may begin so, too."""

Stream = object
"""What `incoming` takes."""
Items = Iterable[object] | AsyncIterable[object]


class _File(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Label:
    """What is said about a stream beside it."""

    media_type: str = ""
    name: str | None = None
    status: int = 200
    delay_frames: int | None = None

    @property
    def kind(self) -> str:
        """The media type without its parameters."""
        return self.media_type.partition(";")[0].strip().lower()

    def parameter(self, name: str, default: int) -> int:
        """A number in the media type."""
        for field in self.media_type.split(";")[1:]:
            key, _, value = field.partition("=")
            if key.strip().lower() == name and value.strip().isdecimal():
                return int(value)
        return default


@dataclass(frozen=True, slots=True)
class Incoming:
    """Encoded audio on its way, to be read once."""

    source: AudioSource
    """How it is written."""
    pieces: Iterator[bytes]
    delay_frames: int | None = None
    """Silence that its encoder put before the audio, where its server tells."""

    def chunks(self) -> Iterator[AudioChunk]:
        """The audio, as soon as its bytes are here.

        Raises:
            FirstwordError: it is broken, or breaks off; all that was whole has come before.
        """
        reading = decoder(self.source)
        for piece in self.pieces:
            yield from reading.read(piece)
        yield from reading.flush()


def incoming(stream: Stream, *, encoding: str | None = None, sample_rate: int = RATE) -> Incoming:
    """What a stream brings. Blocking: its first bytes are here when this returns.

    Args:
        stream: bytes, a path, an open file; a response of OpenAI's SDK, httpx, requests or aiohttp; an
            iterable, plain or asynchronous, of bytes, of speech events or of chat chunks, as objects or as
            JSON has them.
        encoding: `pcm`, or another name of how it is written; None: as it says itself.
        sample_rate: Hz, for pcm that does not tell.

    Raises:
        InvalidRequest: nothing can be read from such an object.
        UnsupportedAudio: nobody here can read it.
        FirstwordError: it is no audio but an error, which this is.
    """
    return opened(prepared(stream), encoding=encoding, sample_rate=sample_rate)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A stream that can be read from any thread."""

    items: Iterator[object]
    label: _Label
    close: Callable[[], None]
    """Ends what brings it, from any thread: whoever is reading gets no more, and the server stops."""
    release: Callable[[], None]
    """Lets go of it; in the thread that has read it, where it was not read to its end."""
    on_loop: bool = False
    """True where the caller's event loop reads it."""


def prepared(stream: Stream) -> Prepared:
    """Finds out how a stream is read, and reads nothing yet.

    In an event loop, an asynchronous stream is read by a task of that loop.

    Raises:
        InvalidRequest: nothing can be read from such an object.
        OSError: there is no such file.
    """
    items, label = _items(stream), _label(stream)
    if isinstance(items, AsyncIterable):
        bridge = Bridge(items, stream)
        return Prepared(iter(bridge), label, bridge.close, lambda: None, bridge.on_loop)
    read = iter(items)

    def release() -> None:
        let_go(read)
        let_go(stream)

    return Prepared(read, label, lambda: sever(stream), release)


def opened(
    ready: Prepared, *, encoding: str | None, sample_rate: int, spoken: SpokenText | None = None
) -> Incoming:
    """What `incoming` gives, of a stream that has been prepared.

    Args:
        ready: the stream.
        encoding: as `incoming` has it.
        sample_rate: likewise.
        spoken: is told the text that comes with the audio, and the times of its words.
    """
    unpacked = _Unpacked(ready.items, ready.label, spoken or SpokenText())
    pieces = iter(unpacked)
    head = b""
    while len(head) < SNIFF_BYTES and (piece := next(pieces, None)) is not None:
        head += piece
    label = unpacked.label
    pieces = chain([head], pieces)
    if encoding is not None:
        return Incoming(_named(encoding, sample_rate), pieces, label.delay_frames)
    if unpacked.chat:
        return Incoming(_in_a_chat(head), pieces, label.delay_frames)
    if failure := _failure(head, pieces, label):
        raise failure
    return Incoming(_found(head, label, sample_rate), pieces, label.delay_frames)


def _items(stream: Stream) -> Items:
    """What a stream is made of, in order: bytes or events."""
    if isinstance(stream, bytes | bytearray | memoryview):
        return [bytes(stream)]
    if isinstance(stream, PathLike):
        return _read_path(Path(stream))
    known = cast(Any, stream)
    if hasattr(stream, "iter_bytes"):
        return cast(Items, known.aiter_bytes() if _only_async(stream) else known.iter_bytes())
    if hasattr(stream, "iter_content"):
        return cast(Items, known.iter_content(chunk_size=1_024))
    if hasattr(getattr(stream, "content", None), "iter_any"):
        return cast(Items, known.content.iter_any())
    if hasattr(stream, "read") and not hasattr(stream, "__aiter__"):
        return _read(cast(_File, stream))
    if isinstance(stream, Iterable | AsyncIterable) and not isinstance(stream, str | Mapping):
        return stream
    raise InvalidRequest(
        f"There is no audio to be read from {type(stream).__name__!r}: "
        "give a response, an open file, a Path, bytes, or an iterable of bytes or events."
    )


def _only_async(response: object) -> bool:
    """True for httpx's responses of an asynchronous client, which have `iter_bytes` too."""
    body = getattr(response, "stream", None)
    return hasattr(body, "__aiter__") and not hasattr(body, "__iter__")


def _read(file: _File) -> Iterator[bytes]:
    read = getattr(file, "read1", file.read)
    while data := read(READ_BYTES):
        yield data


def _read_path(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _read(file)


def _label(stream: Stream) -> _Label:
    inner = (stream, *(getattr(stream, name, None) for name in ("http_response", "response")))
    given = (getattr(one, "headers", None) for one in inner)
    headers: Any = next((found for found in given if hasattr(found, "get")), {})  # urllib's are no Mapping
    statuses = (getattr(one, field, None) for one in inner for field in ("status_code", "status"))
    status = next((found for found in statuses if isinstance(found, int)), 200)
    name = stream if isinstance(stream, PathLike) else getattr(stream, "name", None)
    kind, delay = headers.get("content-type"), str(headers.get("x-audio-encoder-delay"))
    return _Label(
        media_type=str(kind or ""),
        name=str(name) if isinstance(name, str | PathLike) else None,
        status=status,
        delay_frames=int(delay) if delay.isdecimal() else None,
    )


class _Unpacked:
    """The encoded bytes in a stream of bytes, of events, or of bytes that are events."""

    def __init__(self, items: Iterator[object], label: _Label, spoken: SpokenText) -> None:
        self._items = items
        self._spoken = spoken
        self.label = label
        """What is said about the audio: of events nothing, unless they say it."""
        self.chat = False
        """True when they were a chat's, whose audio is pcm16."""
        self._events = False
        """True when events brought what has been read."""

    def __iter__(self) -> Iterator[bytes]:
        items = (bytes(one) if isinstance(one, bytearray | memoryview) else one for one in self._items)
        first = next(items, b"")
        while isinstance(first, bytes) and len(first) < len(b"event:"):
            if (more := next(items, None)) is None:
                break
            first += cast(bytes, more)
        whole: Iterator[object] = chain([first], items)
        if isinstance(first, bytes) and EVENTS.match(first[: len(b"event:")]):
            whole = (event for event in events(cast(Iterator[bytes], whole)) if event is not None)
        for item in whole:
            if data := item if isinstance(item, bytes) else self._audio(item):
                yield data

    def _audio(self, event: object) -> bytes:
        if not self._events:
            self._events = True
            if not isinstance(event, typed.SpeechEvent | typed.ChatEvent):  # whose label is the audio's own
                self.label = _Label(delay_frames=self.label.delay_frames)
        event = _field(event, "chunk") or event  # the SDK's helper wraps it
        if error := _field(event, "error"):
            raise _told(error) or EngineError(f"The server failed: {error}")
        self._spoken.time(_words(_field(event, "words")) or _words(_field(event, "audio_words")))
        if isinstance(ours := _field(event, "pcm"), bytes):
            self.chat = True
            self._spoken.write(str(_field(event, "text") or ""))
            return ours
        if isinstance(event, typed.SpeechEvent | typed.ChatEvent):
            return self._typed(event)
        if isinstance(choices := _field(event, "choices"), list):
            self.chat = True
            audio = [_field(_field(choice, "delta"), "audio") for choice in choices]
            self._spoken.write("".join(str(_field(one, "transcript") or "") for one in audio))
            return b"".join(audio_bytes(_field(one, "data")) for one in audio)
        if _field(event, "type") is None:
            raise InvalidRequest(f"{type(event).__name__!r} is neither bytes nor an event that brings audio.")
        return audio_bytes(_field(event, "audio"))

    def _typed(self, event: typed.SpeechEvent | typed.ChatEvent) -> bytes:
        match event:
            case typed.SpeechStarted(media_type=kind):
                self.label = replace(self.label, media_type=kind)
            case typed.ChatText(text):
                self._spoken.write(text)
            case typed.ChatAudio(data):
                self.chat = True
                return data
            case typed.SpeechAudio(data):
                return data
        return b""


def _words(told: object) -> tuple[typed.SpokenWord, ...]:
    """Words, as our own client or as JSON has them."""
    if not isinstance(told, Iterable) or isinstance(told, str | bytes):
        return ()
    ours = tuple(word for word in told if isinstance(word, typed.SpokenWord))
    return ours or spoken_words(told)


def _field(thing: object, name: str) -> object:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def _named(encoding: str, sample_rate: int) -> AudioSource:
    found = sniff(b"", name=f"audio.{encoding}", media_type=None)
    if found is None:
        raise InvalidRequest(f"{encoding!r} is no format; pcm, wav, mp3, opus, aac, flac, webm and m4a are.")
    return AudioSource(found, sample_rate)


def _found(head: bytes, label: _Label, sample_rate: int) -> AudioSource:
    if not head:
        raise EngineError("There is no audio: the stream ended before its first byte.", code="incomplete")
    said = sniff(b"", name=label.name, media_type=label.media_type)
    found = sniff(head, name=label.name, media_type=label.media_type) or InputEncoding.S16LE
    if said in RAW and found in WEAK:
        found = said
    if found not in RAW:
        return AudioSource(found)
    rate, channels = label.parameter("rate", sample_rate), label.parameter("channels", 1)
    if label.kind.startswith("video/"):
        raise UnsupportedAudio(f"{label.kind} cannot be read here.")
    return AudioSource(found, rate, channels)


def _in_a_chat(head: bytes) -> AudioSource:
    """pcm16, unless a header says something else; an mp3 or aac without one has to be named."""
    found = sniff(head, name=None, media_type=None)
    if found is None or found in RAW | WEAK:
        return AudioSource(InputEncoding.S16LE, RATE)
    return AudioSource(found)


def _failure(head: bytes, pieces: Iterator[bytes], label: _Label) -> FirstwordError | None:
    """What a body says that is no audio; None for one that may be."""
    written = label.kind.startswith("text/") or label.kind == "application/json"
    looks = head.lstrip()[:1] in (b"{", b"<") and all(9 <= byte < 127 for byte in head)
    if label.status < 400 and not written and not looks:
        return None
    body = b""
    while len(body) < SHOWN_BYTES and (piece := next(pieces, None)) is not None:
        body += piece
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    error = said.get("error", said.get("detail")) if isinstance(said, dict) else None
    shown = error if isinstance(error, str) else " ".join(body.decode("utf-8", "replace").split())[:200]
    what = f"status {label.status}" if label.status >= 400 else label.kind if written else "text"
    return _told(error, label.status) or EngineError(f"This is {what} instead of audio: {shown}")


def _told(error: object, status: int = FAILED) -> FirstwordError | None:
    """What an OpenAI error object says."""
    if error is None:
        return None
    from firstword.client.asking.connection import told

    if not isinstance(error, Mapping):
        error = {name: getattr(error, name, None) for name in ("message", "param", "code")}
    return told(dict(error), status if status >= 400 else FAILED)
