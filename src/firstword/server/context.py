"""What every route needs, kept on the application's state."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from firstword.assembly import Application
from firstword.server.auth import Keyring


@dataclass(frozen=True, slots=True)
class Context:
    """The wired application, and who may call it."""

    application: Application
    keys: Keyring
    started: int
    """Unix seconds when the server was made; the `created` of its models."""


def context(connection: HTTPConnection) -> Context:
    """The context of a request or a socket."""
    found: Context = connection.app.state.context
    return found
