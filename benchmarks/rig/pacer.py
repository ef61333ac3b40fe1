"""A speech server that says one recording, at the pace that its path names; prints its URL.

    python benchmarks/rig/pacer.py RECORDING.wav

`URL/fast/v1/audio/speech` sends everything at once, `steady` at 1.05 times real time, `stalling` at 1.5 times
with 300 ms of nothing after every second of audio. The body is as OpenAI's clients send it: of its fields
only `response_format` matters.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from firstword.audio.resampler import Resampler
from firstword.client.incoming.source import incoming
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec
from firstword.formats import registry

BLOCK_S = 0.02
"""What the encoder is fed with at a time."""
STALL_S, STALL_EVERY_S = 0.3, 1.0


@dataclass(frozen=True)
class Pace:
    """How fast audio is sent."""

    speed: float
    """Seconds of audio in a second."""
    stalls: bool = False

    def due_s(self, audio_s: float) -> float:
        """When the audio up to a place is sent, after the first of it could be."""
        stalls = int(audio_s / STALL_EVERY_S) if self.stalls else 0
        return audio_s / self.speed + stalls * STALL_S


PACES = {"fast": Pace(float("inf")), "steady": Pace(1.05), "stalling": Pace(1.5, stalls=True)}


@dataclass(frozen=True)
class Said:
    """The recording in one format."""

    media_type: str
    pieces: list[tuple[float, bytes]]
    """Bytes, and how much audio has been fed before they came out."""


@cache
def said(audio_format: AudioFormat) -> Said:
    """Every answer in a format has the same bytes."""
    chunks = list(incoming(Path(sys.argv[1])).chunks())
    rate = chunks[0].sample_rate
    at_rate = AudioSpec(audio_format, rate if audio_format is not AudioFormat.AAC else 48_000)
    encoder = registry.encoder(at_rate)
    pieces: list[tuple[float, bytes]] = []
    blocks = _blocks(chunks, at_rate.sample_rate)
    for number, block in enumerate(blocks, 1):
        if made := b"".join(encoder.feed(block)):
            pieces.append((number * BLOCK_S, made))
    pieces.append((len(blocks) * BLOCK_S, b"".join(encoder.flush())))
    return Said(encoder.media_type, [piece for piece in pieces if piece[1]])


def _blocks(chunks: list[AudioChunk], rate: int) -> list[AudioChunk]:
    resampler = Resampler(chunks[0].sample_rate, rate)
    made = [one.samples for chunk in chunks for one in resampler.feed(chunk)]
    samples = np.concatenate([*made, *(one.samples for one in resampler.flush())])
    size = round(rate * BLOCK_S)
    return [AudioChunk(samples[at : at + size], rate) for at in range(0, len(samples), size)]


class Handler(BaseHTTPRequestHandler):
    """Answers with chunks, when they are due."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Any path that begins with a pace."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        pace, answer = PACES[self.path.split("/")[1]], said(AudioFormat(asked["response_format"]))
        self.send_response(200)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        began = time.monotonic()
        for audio_s, data in answer.pieces:
            time.sleep(max(0.0, began + pace.due_s(audio_s) - time.monotonic()))
            try:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            except ConnectionError:
                return
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *args: object) -> None:
        """Nothing."""


def main() -> None:
    """Serves on a free port until it is ended."""
    for audio_format in AudioFormat:
        said(audio_format)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
