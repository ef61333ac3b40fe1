"""The first request of a fresh server, to itself over HTTP: proof that it speaks, and how soon."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from threading import Thread

import click

from firstword.bench.audible import Audible
from firstword.client.asking.listing import wait_for_model
from firstword.client.asking.speech import stream_speech
from firstword.client.saving.part import saving
from firstword.core.errors import FirstwordError
from firstword.settings import Settings

TEXT = "Hello. Audio starts at the first word."
MODEL = "tts-1"
READY_S = 60.0
ANYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}
"""Addresses that one can listen on and not call -> where they can be called from here."""


class Hello(Thread):
    """Waits until the server is ready, speaks, saves, and says how to go on.

    Args:
        url: where the server listens.
        settings: how it was started.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        super().__init__(name="hello", daemon=True)
        self._url = url
        for address, callable_address in ANYWHERE.items():
            self._url = self._url.replace(f"//{address}:", f"//{callable_address}:")
        self._settings = settings

    def run(self) -> None:
        """A failure is a line on stderr: the server goes on."""
        try:
            if obstacle := self._obstacle():
                click.echo(f"No hello: {obstacle}.")
            else:
                self._speak()
            click.echo("Try:\n  " + self._curl())
        except (FirstwordError, OSError) as failure:
            click.echo(f"firstword: hello failed: {failure}", err=True)

    def _obstacle(self) -> str | None:
        if self._settings.tls_cert:
            return "the server speaks TLS, under a name that is not known here"
        if self._settings.api_keys:
            return "the server asks for a key, and keeps only hashes of them"
        return None

    def _speak(self) -> None:
        wait_for_model(self._url, MODEL, timeout_s=READY_S)
        descriptor, name = tempfile.mkstemp(prefix="firstword-hello-", suffix=".wav")
        os.close(descriptor)
        heard, first_s = Audible("wav"), None
        began = time.perf_counter()
        with (
            saving(Path(name)) as file,
            stream_speech(self._url, text=TEXT, model=MODEL, response_format="wav") as pieces,
        ):
            for piece in pieces:
                if first_s is None and heard.feed(piece):
                    first_s = time.perf_counter() - began
                file.write(piece)
        click.echo(f"Spoke its first request into {name}")
        if first_s is not None:
            click.echo(f"First audio after {1000 * first_s:.0f} ms")

    def _curl(self) -> str:
        key = " -H 'Authorization: Bearer KEY'" if self._settings.api_keys else ""
        body = '{"model":"tts-1","voice":"alloy","input":"Hello there."}'
        where = f"{self._url}/v1/audio/speech{key} -H 'Content-Type: application/json'"
        return f"curl -N {where} -d '{body}' -o hello.mp3"
