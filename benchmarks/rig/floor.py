"""The floor: the package's own voice behind the barest uvicorn application; prints its URL once it is warm.

One whole sentence at a time in a thread pool, raw pcm, nothing checked, no features; it stops after the
sentence in hand when its listener has left. Nobody can do much less with this engine.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import uvicorn
from hibari import Hibari

VOICE = Hibari()
POOL = ThreadPoolExecutor(len(os.sched_getaffinity(0)))
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"audio/pcm;rate=24000")],
}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Speaks the `input` of a JSON body."""
    body = b""
    while (message := await receive()).get("more_body"):
        body += message["body"]
    sentences = VOICE.stream(json.loads(body + message["body"])["input"])
    await send(START)
    gone = asyncio.ensure_future(receive())
    loop = asyncio.get_running_loop()
    while not gone.done() and (pcm := await loop.run_in_executor(POOL, _next, sentences)) is not None:
        await send({"type": "http.response.body", "body": pcm, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    gone.cancel()


def _next(sentences: Any) -> bytes | None:
    samples = next(sentences, None)
    return None if samples is None else (samples * 32_767).astype(np.int16).tobytes()


def main() -> None:
    """Serves on a free port."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    for _ in range(5):
        VOICE("The first words of a day are slow ones.")
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", lifespan="off", log_level="warning", access_log=False
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
