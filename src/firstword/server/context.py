"""What every route needs, kept on the application's state."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from firstword.assembly import Application
from firstword.server.auth import Keyring, Origins


@dataclass(frozen=True, slots=True)
class Context:
    """The wired application, and who may call it."""

    application: Application
    keys: Keyring
    origins: Origins
    started: int
    """Unix seconds when the server was made; the `created` of its models."""

    def caller(self, connection: HTTPConnection) -> str:
        """A name for whoever is calling.

        Raises:
            Forbidden: a page of an origin that may not call.
            Unauthorized: a key is asked for, and none of ours was sent.
        """
        self.origins.check(connection)
        return self.keys.caller(connection)


def context(connection: HTTPConnection) -> Context:
    """The context of a request or a socket."""
    found: Context = connection.app.state.context
    return found
