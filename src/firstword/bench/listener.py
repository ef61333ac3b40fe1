"""A listener: one speech request over a bare socket, with a stamp on every arrival.

An HTTP library would add its own time between the network and the clock; here the clock is read as
soon as the event loop hands over bytes, and nothing but chunked framing is parsed.

With a `pace` the listener plays what it gets, as a player without a jitter buffer would: sample `k` is
due `k` samples after the first bytes came, and one that arrives later is an underrun, after which the
player's clock starts anew. It then reads no more than `AHEAD_S` beyond its playhead, over a small
kernel buffer, as somebody who really listens does.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from firstword.bench.audible import Audible
from firstword.core.errors import EngineError

READ_BYTES = 65_536
AHEAD_S = 1.0
"""How much a playing listener takes before it is due."""
PLAYING_BUFFER_BYTES = 32_768
"""Kernel buffer of a playing listener: 0.7 s of pcm."""
HEADER_BYTES_MAX = 65_536
PCM_BYTES_PER_FRAME = 2

_Address = tuple[int, int, int, str, tuple[Any, ...]]
"""What `getaddrinfo` gives."""
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_RATE = re.compile(rb"rate=(\d+)")


@dataclass(slots=True)
class Heard:
    """What one request came to. Seconds count from just before the connection is opened."""

    status: int = 0
    """Of HTTP; 0 where no answer came."""
    first_byte_s: float | None = None
    """The first byte of the body."""
    first_audible_s: float | None = None
    """The bytes that hold the first audible sample; None where the format is not listened to."""
    underruns: int = 0
    underrun_s: float = 0.0
    """Silence inserted for want of samples."""
    audio_s: float = 0.0
    """Of pcm."""
    body_bytes: int = 0
    total_s: float = 0.0
    complete: bool = False
    """Whether the body ended as HTTP says it must."""
    refusal: str = ""
    """The body of an answer that is not 200."""


async def listen(
    host: str,
    port: int,
    body: Mapping[str, Any],
    *,
    pace: float | None = None,
    api_key: str | None = None,
    tls: ssl.SSLContext | None = None,
    path: str = "/v1/audio/speech",
) -> Heard:
    """Sends a speech request and listens to its end.

    Args:
        host: name or address of the server.
        port: its port.
        body: the JSON body; `response_format` decides what can be heard.
        pace: None takes all as fast as it comes; 1 plays it (pcm only), 2 plays twice as fast.
        api_key: sent as a Bearer.
        tls: for https.
        path: of the speech endpoint.

    Raises:
        EngineError: nobody answers at that address.

    Cancellation: closes the connection, as a listener who leaves does.
    """
    heard = Heard()
    player = _Player(heard, Audible(body.get("response_format", "mp3")), pace)
    began = perf_counter()
    reader, writer = await _connect(host, port, tls, playing=pace is not None)
    try:
        writer.write(_request(host, port, path, body, api_key))
        await _receive(reader, heard, player, began)
    except ConnectionError:
        pass  # what arrived before is in `heard`, which is not complete
    finally:
        writer.close()
    heard.total_s = perf_counter() - began
    return heard


async def _connect(
    host: str, port: int, tls: ssl.SSLContext | None, *, playing: bool
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        connection = await _connected(host, port, PLAYING_BUFFER_BYTES if playing else None)
    except OSError as failure:
        raise EngineError(f"Nothing answers at {host}:{port} ({failure.strerror}).") from failure
    limit = PLAYING_BUFFER_BYTES // 2 if playing else READ_BYTES
    return await asyncio.open_connection(
        sock=connection, ssl=tls, server_hostname=host if tls else None, limit=limit
    )


async def _connected(host: str, port: int, buffer_bytes: int | None) -> socket.socket:
    """A connection to the first address of `host` that takes one; its buffer is set before it opens."""
    loop = asyncio.get_running_loop()
    failure: OSError | None = None
    for family, kind, proto, _, address in await _addresses(host, port):
        connection = socket.socket(family, kind, proto)
        connection.setblocking(False)
        if buffer_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        try:
            await loop.sock_connect(connection, address)
        except OSError as refused:
            connection.close()
            failure = refused
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure or OSError("no address")


async def _addresses(host: str, port: int) -> Sequence[_Address]:
    """The addresses of a host; one that is written as an address is not looked up on another thread."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        loop = asyncio.get_running_loop()
        return await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, socket.SOCK_STREAM, 0, "", (host, port))]


def _request(host: str, port: int, path: str, body: Mapping[str, Any], api_key: str | None) -> bytes:
    content = json.dumps(body).encode()
    name = f"[{host}]" if ":" in host else host
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {name}:{port}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        "Connection: close",
    ]
    if api_key:
        lines.append(f"Authorization: Bearer {api_key}")
    return "\r\n".join([*lines, "", ""]).encode() + content


async def _receive(reader: asyncio.StreamReader, heard: Heard, player: _Player, began: float) -> None:
    head, rest = await _head(reader)
    status = _STATUS.match(head)
    heard.status = int(status[1]) if status else 0
    if rate := _RATE.search(head):
        player.sample_rate = int(rate[1])
    framing = _Chunked() if b"transfer-encoding: chunked" in head.lower() else _Plain(_length(head))
    refusal = b""
    async for data in _body(reader, framing, rest):
        now = perf_counter() - began
        heard.body_bytes += len(data)
        if heard.first_byte_s is None:
            heard.first_byte_s = now
        if heard.status != 200:
            refusal += data
        elif ahead_s := player.arrived(data, now):
            await asyncio.sleep(ahead_s)
    heard.complete = framing.done
    heard.refusal = refusal.decode("utf-8", "replace")


async def _head(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Status line and headers, and what came of the body with them."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0 and len(data) < HEADER_BYTES_MAX:
        piece = await reader.read(READ_BYTES)
        if not piece:
            return data, b""
        data += piece
    return data[: end + 2], data[end + 4 :]


async def _body(
    reader: asyncio.StreamReader, framing: _Chunked | _Plain, data: bytes
) -> AsyncIterator[bytes]:
    while True:
        if content := framing.feed(data):
            yield content
        if framing.done:
            return
        data = await reader.read(READ_BYTES)
        if not data:
            framing.end()
            return


def _length(head: bytes) -> int | None:
    found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else None


@dataclass(slots=True)
class _Plain:
    """A body of a stated length, or, where none is stated, one that the connection ends."""

    left: int | None
    done: bool = False

    def feed(self, data: bytes) -> bytes:
        """The content in `data`."""
        if self.left is None:
            return data
        self.left -= len(data)
        self.done = self.left <= 0
        return data

    def end(self) -> None:
        """The connection was closed."""
        self.done = self.done or self.left is None


@dataclass(slots=True)
class _Chunked:
    """A chunked body. Source: RFC 9112, 7.1; trailers are passed over."""

    done: bool = False
    _rest: bytes = b""
    _left: int = 0
    """Bytes of the current chunk still to come, with the two that close it."""

    def feed(self, data: bytes) -> bytes:
        """The content in `data`, without its framing."""
        content: list[bytes] = []
        data = self._rest + data
        self._rest = b""
        while data and not self.done:
            if self._left:
                content.append(data[: max(0, min(len(data), self._left - 2))])
                taken = min(len(data), self._left)
                self._left -= taken
                data = data[taken:]
                continue
            line, found, after = data.partition(b"\r\n")
            if not found:
                self._rest = data
                break
            size = int(line.partition(b";")[0], 16)
            self.done = size == 0
            self._left, data = size + 2, after
        return b"".join(content)

    def end(self) -> None:
        """The connection was closed: too soon, unless the last chunk was seen."""


@dataclass(slots=True)
class _Player:
    """The playhead of a listener, and what it has to wait for."""

    heard: Heard
    audible: Audible
    pace: float | None
    sample_rate: int = 24_000
    """Hz."""
    _frames: float = 0
    _starts_s: float = field(default=0.0)
    """When frame 0 would have been played, for every frame to be played where it was."""

    def arrived(self, data: bytes, now: float) -> float:
        """Counts what came at `now`; gives the seconds to wait before taking more."""
        first = self._frames
        if self.audible.decodes:
            self._frames += len(data) / PCM_BYTES_PER_FRAME
            self.heard.audio_s = self._frames / self.sample_rate
        if self.heard.first_audible_s is None and self.audible.feed(data) and self.audible.decodes:
            self.heard.first_audible_s = now
        if self.pace is None:
            return 0.0
        if not first:
            self._starts_s = now
        late_s = now - (self._starts_s + first / self._rate)
        if late_s > 0:
            self.heard.underruns += 1
            self.heard.underrun_s += late_s
            self._starts_s += late_s
        return max(0.0, self._starts_s + self._frames / self._rate - now - AHEAD_S)

    @property
    def _rate(self) -> float:
        return self.sample_rate * (self.pace or 1.0)
