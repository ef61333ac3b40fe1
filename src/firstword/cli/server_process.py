"""A server of our own in a child process, on a free port."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from firstword.client.asking.listing import wait_until_ready
from firstword.core.errors import EngineError

READY_S = 60.0
STOP_S = 15.0


@contextmanager
def running_server(config: Path | None = None, arguments: Sequence[str] = ()) -> Generator[str]:
    """A server that is ready, of what is installed; gives its URL, and ends it when the context ends.

    Args:
        config: its settings file.
        arguments: further ones of `firstword serve`.

    Raises:
        EngineError: it did not start, or did not become ready in 60 s.
    """
    command = [sys.executable, "-m", "firstword.cli.entry", "serve", "--host", "127.0.0.1", "--port", "0"]
    if config is not None:
        command += ["--config", str(config)]
    with subprocess.Popen(
        [*command, "--no-fetch", "--log-level", "warning", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        **_alone(),
    ) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"https?://\S+", process.stdout.readline())
            if found is None:
                raise EngineError("The server did not start; what it said stands above.")
            wait_until_ready(found[0], timeout_s=READY_S)
            yield found[0]
        finally:
            _stop(process)


def _alone() -> dict[str, Any]:
    """A terminal's Ctrl-C is for the command, which may go on: it does not reach the server."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
