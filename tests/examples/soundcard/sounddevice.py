"""As much of sounddevice as the examples use, with a file in place of speakers: `HEARD`, s16le.

It asks for samples `SPEED` times as fast as a sound card would, in threads of its own, as one does.
"""

import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

PERIOD_S = 0.01
SPEED = float(os.environ.get("SPEED", "1"))
HEARD = Path(os.environ["HEARD"])
default = SimpleNamespace(device=(0, 0))


class PortAudioError(Exception):
    pass


class CallbackStop(Exception):
    pass


def query_devices(device=None, kind=None):
    only = {"name": "speakers", "index": 0, "max_output_channels": 1, "default_samplerate": 24_000.0}
    return only if kind else [only]


def check_output_settings(*asked, **more):
    pass


class OutputStream:
    latency = 0.01

    def __init__(self, *, samplerate, channels, dtype, callback, finished_callback=None, **asked):
        assert (channels, dtype) == (1, "int16")
        self._frames, self._callback, self._finished = (
            round(samplerate * PERIOD_S),
            callback,
            finished_callback,
        )
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    abort = close = stop

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *failure):
        self.stop()

    def asked(self, out):
        """What the callback is given."""
        return out

    def _run(self):
        began, periods, stopped = time.monotonic(), 0, False
        while not self._ended.is_set() and not stopped:
            out = np.full((self._frames, 1), 99, np.int16)
            try:
                self._callback(self.asked(out), self._frames, None, SimpleNamespace(output_underflow=False))
            except CallbackStop:
                stopped = True
            with HEARD.open("ab") as file:
                file.write(out.tobytes())
            periods += 1
            self._ended.wait(max(0.0, began + periods * PERIOD_S / SPEED - time.monotonic()))
        if self._finished:
            self._finished()


class RawOutputStream(OutputStream):
    def asked(self, out):
        return memoryview(out).cast("B")


def play(samples, samplerate, latency):
    assert (samples.dtype, samplerate, samples.ndim) == (np.int16, 24_000, 1)
    HEARD.write_bytes(samples.tobytes())


def wait():
    pass
