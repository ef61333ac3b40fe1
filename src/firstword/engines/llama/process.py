"""Starts the process of a model, and ends it."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

from firstword.core.errors import ConfigurationError, EngineError
from firstword.engines.upstream.endpoint import SCHEMA, Endpoint

PATIENCE_S = 300.0
"""For a model to be loaded and to write its first token."""
GRACE_S = 1.0
"""For the process to end by itself; it takes some 0.1 s."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a process is to run, and how."""

    model_id: str
    file: Path
    threads: int
    context: int
    """Tokens of one conversation, answer and all."""
    parallel: int


@dataclass(slots=True)
class ModelProcess:
    """A process that was started for a model."""

    load: Load
    popen: subprocess.Popen[bytes]
    api_key: str = field(repr=False)
    port: int = 0

    @classmethod
    def start(cls, load: Load) -> ModelProcess:
        """Starts it; `wait` says when it works.

        Raises:
            ConfigurationError: no process can be started.
        """
        # In a session of its own, so that a Ctrl-C in the terminal is for us alone. The key goes through
        # the pipe: arguments are everybody's to read.
        command = [sys.executable, "-P", "-m", "firstword.engines.llama.child"]
        try:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as failure:
            raise ConfigurationError(
                f"The model {load.model_id} has no process: {failure.strerror}."
            ) from failure
        return cls(load, popen, secrets.token_urlsafe(32))

    def wait(self) -> None:
        """Returns when the model is loaded and has answered.

        Raises:
            ConfigurationError: it cannot be loaded, takes too long, or was ended meanwhile.
        """
        load = self.load
        told = {
            "path": str(load.file),
            "api_key": self.api_key,
            "threads": load.threads,
            "context": load.context * load.parallel,
            "parallel": load.parallel,
        }
        assert self.popen.stdin
        assert self.popen.stdout
        late = Timer(PATIENCE_S, self.popen.kill)
        late.daemon = True
        late.start()
        try:
            with suppress(BrokenPipeError):  # it has ended; what it said tells why
                self.popen.stdin.write(json.dumps(told).encode() + b"\n")
                self.popen.stdin.flush()
            said = self.popen.stdout.read()  # the child closes it after its one line
        finally:
            late.cancel()
        report: dict[str, Any] = (
            json.loads(said) if said else {"error": f"its process ended with {self._status()}"}
        )
        if "port" not in report:
            raise ConfigurationError(
                f"The model {load.model_id} cannot be loaded from {load.file}: {report['error']}."
            )
        self.port = int(report["port"])

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.popen.poll() is None

    @property
    def endpoint(self) -> Endpoint:
        """Where it is to be asked."""
        return Endpoint(
            name=self.load.model_id,
            url=f"http://127.0.0.1:{self.port}",
            model=self.load.model_id,
            api_key=self.api_key,
            tools=SCHEMA,
            failure=EngineError,
        )

    def end(self) -> None:
        """Ends it, and leaves nothing of it behind."""
        assert self.popen.stdin
        assert self.popen.stdout
        with suppress(OSError):
            self.popen.stdin.close()
        try:
            self.popen.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self.popen.stdout.close()

    def _status(self) -> str:
        return f"status {self.popen.wait()}"
