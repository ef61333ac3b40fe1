"""A client that records what arrives when, over a blocking socket and a new connection for each request.

Nothing stands between the socket and the clock: framing is taken apart, and audio decoded, only after the
last byte. The clock starts just before the connection is opened.
"""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import av
import numpy as np

from firstword.bench.audible import LOUD, Audible

READ_BYTES = 65_536
HEARD_BYTES = 40_000
"""Somebody who leaves after so many bytes has 0.8 s of pcm: the first audible sample is among it."""
DEMUXERS = {"opus": "ogg", "opus-webm": "webm"}


@dataclass(slots=True)
class Recording:
    """What one request brought."""

    arrivals: list[tuple[float, bytes]] = field(default_factory=list)
    """Seconds, and what the socket gave then: head, framing and body."""

    @property
    def status(self) -> int:
        """Of HTTP; 0 where nothing came."""
        return int(self.arrivals[0][1][9:12]) if self.arrivals else 0

    def body(self) -> Iterator[tuple[float, bytes]]:
        """What came of the body, and when."""
        raw = b"".join(data for _, data in self.arrivals)
        spans, begin = list(_content(raw)), 0
        for moment, data in self.arrivals:
            end = begin + len(data)
            piece = b"".join(raw[max(first, begin) : min(last, end)] for first, last in spans)
            if piece:
                yield moment, piece
            begin = end

    def first_byte_s(self) -> float:
        """When the body began."""
        return next(self.body())[0]

    def first_audible_s(self, response_format: str) -> float:
        """When the first audible sample could be decoded from what had come.

        Raises:
            ValueError: nothing was to be heard.
        """
        listening, so_far = Audible(response_format), b""
        for moment, piece in self.body():
            so_far += piece
            if listening.feed(piece) if listening.decodes else _audible(so_far, response_format):
                return moment
        raise ValueError(f"nothing to be heard in {response_format}, status {self.status}")


def record(
    host: str,
    port: int,
    body: dict[str, Any],
    leave_after: int | None = None,
    path: str = "/v1/audio/speech",
) -> Recording:
    """Sends one speech request and takes the answer, all of it or at least `leave_after` bytes."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    )
    recording, left = Recording(), leave_after
    began = perf_counter()
    with socket.create_connection((host, port)) as connection:
        connection.sendall(head.encode() + content)
        while data := connection.recv(READ_BYTES):
            recording.arrivals.append((perf_counter() - began, data))
            if left is not None and (left := left - len(data)) <= 0:
                break
    return recording


def _content(raw: bytes) -> Iterator[tuple[int, int]]:
    """Where the body's own bytes are in an answer, which may be cut anywhere in its body."""
    at = raw.index(b"\r\n\r\n") + 4
    if b"transfer-encoding: chunked" not in raw[:at].lower():
        yield at, len(raw)
        return
    while (line := raw.find(b"\r\n", at)) > 0 and (size := int(raw[at:line], 16)):
        yield line + 2, line + 2 + size
        at = line + 2 + size + 2


def _audible(body: bytes, response_format: str) -> bool:
    """Whether a decoder finds an audible sample in the beginning of a coded stream."""
    with (
        suppress(av.error.FFmpegError),  # cut in the middle: what could be decoded has been looked at
        av.open(io.BytesIO(body), "r", format=DEMUXERS.get(response_format, response_format)) as container,
    ):
        for frame in container.decode(audio=0):
            samples = frame.to_ndarray()
            full_scale = 32_768 if samples.dtype == np.int16 else 1.0
            if np.abs(samples.astype(np.float32)).max() > LOUD / 32_768 * full_scale:
                return True
    return False
