"""Keeps a model's process alive: one that has ended is started again, at once at first, then less soon."""

from __future__ import annotations

import logging
import time
from threading import Event, Lock, Thread

import anyio

from firstword.core.errors import ConfigurationError, EngineError, ServerBusy
from firstword.engines.llama.process import Load, ModelProcess

LONGEST_PAUSE_S = 30.0
FIRST_PAUSE_S = 0.5
SETTLED_S = 30.0
"""A process that has run so long was no failure."""
HOPELESS = 3
"""So many starts in a row that failed: it will not work any more."""
READY_WITHIN_S = 10.0
"""How long a request waits for a process that is being started again."""
NOTICED_WITHIN_S = 1.0
"""How long after its last byte a process may seem to be alive."""
LOOK_S = 0.02

log = logging.getLogger("firstword.models")


class Supervisor:
    """One model's process, whichever it is at the moment. Thread-safe.

    Args:
        load: what runs in it.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._lock = Lock()
        self._closed = Event()
        self._process: ModelProcess | None = None
        self._ready = False
        self._restarts = 0
        self._failures = 0
        self._thread = Thread(target=self._watch, name=f"llama {load.model_id}", daemon=True)

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return self._restarts

    @property
    def hopeful(self) -> bool:
        """Whether there is a process that answers, or that still may."""
        return not self._closed.is_set() and self._failures < HOPELESS

    @property
    def pid(self) -> int:
        """Of the process there is."""
        assert self._process
        return self._process.popen.pid

    def start(self) -> None:
        """Starts the process, and returns when the model answers (blocking).

        Raises:
            ConfigurationError: it does not.
        """
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        self._thread.start()

    async def ready(self) -> ModelProcess:
        """The process, as soon as it answers.

        Raises:
            ServerBusy: it is being started again, and that takes long.
            EngineError: it is closed.
        """
        with anyio.move_on_after(READY_WITHIN_S):
            while not self._closed.is_set():
                process = self._process
                if self._ready and process is not None and process.alive:
                    return process
                await anyio.sleep(LOOK_S)
        if self._closed.is_set():
            raise EngineError("The engine is closed.", code="engine_closed")
        raise ServerBusy(
            f"The model {self._load.model_id!r} is being started again; try again in a moment.",
            param="model",
            retry_after_s=5,
            code="model_loading",
        )

    async def lost(self, process: ModelProcess) -> bool:
        """Whether a process that failed to answer has ended."""
        with anyio.move_on_after(NOTICED_WITHIN_S):
            while process.alive:  # noqa: ASYNC110  # what ends is a process, not a task
                await anyio.sleep(LOOK_S)
        return not process.alive

    def close(self) -> None:
        """Ends the process, and the watching (some 0.1 s)."""
        with self._lock:
            self._closed.set()
        self._end()
        if self._thread.is_alive():
            self._thread.join()

    def _start(self) -> None:
        with self._lock:
            if self._closed.is_set():
                raise ConfigurationError("The engine is closed.")
            self._process = process = ModelProcess.start(self._load)
        process.wait()
        self._ready = True

    def _end(self) -> None:
        self._ready = False
        if self._process is not None:
            self._process.end()

    def _watch(self) -> None:
        pause_s = 0.0
        while not self._closed.is_set():
            began = time.monotonic()
            assert self._process
            status = self._process.popen.wait()
            if self._closed.is_set():
                return
            self._end()
            log.warning("chat runtime ended", extra={"model": self._load.model_id, "status": status})
            if time.monotonic() - began > SETTLED_S:
                pause_s = 0.0
            while not self._closed.wait(pause_s):
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s or FIRST_PAUSE_S)
                try:
                    self._start()
                except ConfigurationError as failure:
                    self._failures += 1
                    self._end()
                    log.warning(
                        "chat runtime does not start",
                        extra={"model": self._load.model_id, "remedy": failure.message},
                    )
                else:
                    self._restarts += 1
                    self._failures = 0
                    log.info("chat runtime started again", extra={"model": self._load.model_id})
                    break
