"""Somebody who plays speech from a server: our player, the official SDK's own, or a naive loop.

    python benchmarks/rig/ears.py WHO

Reads lines of JSON ({"url": ...}), plays what that server says, and prints when it asked and when it was done
(seconds of the machine's clock).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

import numpy as np
import sounddevice
from openai import AsyncOpenAI, OpenAI
from openai.helpers import LocalAudioPlayer

from firstword.client import Player, play

RATE = 24_000
COLLECTED_BYTES = 150_000
"""What users in a forum collect before they begin, to be on the safe side."""
CHUNK_BYTES = 1_024
ASKED = {"model": "tts-1", "voice": "alloy", "input": "?"}


def said(url: str, audio_format: str = "pcm") -> AbstractContextManager[Any]:
    """The answer, through the SDK."""
    client = CLIENTS.setdefault(url, OpenAI(base_url=url, api_key="none"))
    return client.audio.speech.with_streaming_response.create(**ASKED, response_format=audio_format)


def ours(url: str) -> None:
    """`play`, as in the documentation."""
    with said(url) as response:
        play(response, device="pulse").wait()


def ours_opus(url: str) -> None:
    """The same, with opus."""
    with said(url, "opus") as response:
        play(response, device="pulse").wait()


def ours_kept(url: str) -> None:
    """A `Player` that has its device open already."""
    with said(url) as response:
        PLAYER[0].play(response).wait()


def sdk(url: str) -> None:
    """`LocalAudioPlayer.play`, as in the SDK's examples."""
    asyncio.run(_sdk(url))


async def _sdk(url: str) -> None:
    async with AsyncOpenAI(base_url=url, api_key="none") as client, _asked(client) as response:
        await LocalAudioPlayer().play(response)


def sdk_stream(url: str) -> None:
    """`LocalAudioPlayer.play_stream`, with chunks made into arrays for it."""
    asyncio.run(_sdk_stream(url))


async def _sdk_stream(url: str) -> None:
    async with AsyncOpenAI(base_url=url, api_key="none") as client, _asked(client) as response:

        async def arrays() -> AsyncIterator[Any]:
            async for chunk in response.iter_bytes(CHUNK_BYTES):
                yield np.frombuffer(chunk, np.int16)

        await LocalAudioPlayer().play_stream(arrays())


def _asked(client: AsyncOpenAI) -> AbstractAsyncContextManager[Any]:
    return client.audio.speech.with_streaming_response.create(**ASKED, response_format="pcm")


def naive(url: str, collected: int = 0) -> None:
    """Writes what comes into a device, after so many bytes have been collected."""
    with said(url) as response, sounddevice.RawOutputStream(RATE, channels=1, dtype="int16") as stream:
        waiting = b""
        for chunk in response.iter_bytes(CHUNK_BYTES):
            waiting += chunk
            if len(waiting) >= collected:
                stream.write(waiting)
                waiting, collected = b"", 0
        stream.write(waiting)


def naive_collected(url: str) -> None:
    """The way of the forum."""
    naive(url, COLLECTED_BYTES)


WHO: dict[str, Callable[[str], None]] = {
    "firstword": ours,
    "firstword-kept": ours_kept,
    "firstword-opus": ours_opus,
    "sdk": sdk,
    "sdk-stream": sdk_stream,
    "naive": naive,
    "naive-150kB": naive_collected,
}
CLIENTS: dict[str, OpenAI] = {}
PLAYER: list[Player] = []


def main() -> None:
    """Plays as often as it is told to."""
    sounddevice.default.device = "pulse"
    who = sys.argv[1]
    if who == "firstword-kept":
        PLAYER.append(Player(device="pulse"))
    print("ready", flush=True)
    for line in sys.stdin:
        asked_at_s = time.monotonic()
        WHO[who](json.loads(line)["url"])
        print(json.dumps({"asked_at_s": asked_at_s, "done_at_s": time.monotonic()}), flush=True)


if __name__ == "__main__":
    main()
