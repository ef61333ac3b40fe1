"""The process that a model runs in: llama.cpp's own server on a loopback port, for whoever has the key.

It is told what to load by one line of JSON on its standard input, tells its port by one line on its standard
output, and ends when its standard input does: with its parent, however that ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from typing import Any

PATIENCE_S = 600.0
"""For a large model from a slow disk; the parent has less."""
_PROMPT = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}


def serve(told: dict[str, Any]) -> tuple[object, int]:
    """Loads a model and serves it; gives the server, which serves for as long as it is kept, and its port.

    Args:
        told: `path`, `api_key`, `threads`, `context` (tokens of all answers at once) and `parallel`.

    Raises:
        Exception: whatever the runtime raises.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = told["path"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = told["threads"]
    params.n_ctx, params.n_parallel = told["context"], told["parallel"]
    params.n_batch = params.n_ubatch = 64  # a prompt can be left between two batches
    params.port, params.api_keys = 0, [told["api_key"]]
    params.verbosity, params.warmup = -1, False
    params.cache_ram_mib = 0  # it would keep the prompts of those who have left, up to 8 GB of them
    params.ui = params.endpoint_slots = False
    server = xllamacpp.Server(params)
    port = int(server.listening_address.rpartition(":")[2])
    _have_work(port, told["api_key"])
    return server, port


def _have_work(port: int, api_key: str) -> None:
    """Waits until it is healthy, and has it write a token; it drops what comes sooner."""
    until = time.monotonic() + PATIENCE_S
    while (status := _status(port, "GET", "/health", api_key)) != 200:
        if time.monotonic() > until:
            raise TimeoutError(f"the runtime is not healthy after {PATIENCE_S:.0f} s ({status})")
        time.sleep(0.02)
    status = _status(port, "POST", "/v1/chat/completions", api_key, json.dumps(_PROMPT))
    if status != 200:
        raise RuntimeError(f"the runtime does not answer: {status}")


def _status(port: int, method: str, path: str, api_key: str, body: str | None = None) -> int | str:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException) as failure:
        return repr(failure)
    finally:
        connection.close()


def _end_with(parent: int) -> None:
    """Ends the process when nobody holds the other end of its standard input any more."""
    while os.read(parent, 4096):
        pass
    os._exit(0)


def _said(failure: Exception) -> str:
    """What is wrong, and what to do where that is known."""
    said = str(failure) or repr(failure)
    if isinstance(failure, ImportError):
        remedy = "apt-get install libgomp1" if "libgomp" in said else "pip install xllamacpp"
        return f"its runtime cannot be imported ({said}): {remedy}"
    return said


def main() -> None:
    """Serves until the standard input ends."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # a service manager tells everybody; answers are still due
        signal.signal(ending, signal.SIG_IGN)
    told = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with, args=(sys.stdin.fileno(),), daemon=True).start()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as report:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever the runtime prints is nobody's
        try:
            server, port = serve(told)
        except Exception as failure:  # whatever is wrong, the parent is to know
            report.write(json.dumps({"error": _said(failure)}))
            return
        report.write(json.dumps({"port": port}))
    threading.Event().wait()
    del server


if __name__ == "__main__":
    main()
