"""What every route needs, kept on the application's state."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import HTTPConnection

from firstword.assembly import Application
from firstword.core.errors import InvalidRequest
from firstword.core.types import SpeechRequest
from firstword.formats import registry
from firstword.server.auth import Keyring, Origins
from firstword.wire.speech import SpeechOptions


@dataclass(frozen=True, slots=True)
class Context:
    """The wired application, and who may call it."""

    application: Application
    keys: Keyring
    origins: Origins
    started: int
    """Unix seconds when the server was made; the `created` of its models."""

    def caller(self, connection: HTTPConnection, scope: str | None = None) -> str:
        """A name for whoever is calling.

        Args:
            connection: theirs.
            scope: what is to be done; a token may be for something else.

        Raises:
            Forbidden: a page of an origin that may not call, or a token for something else.
            Unauthorized: a key is asked for, and none of ours was sent.
        """
        self.origins.check(connection)
        return self.keys.caller(connection, scope)

    def owner(self, connection: HTTPConnection) -> str:
        """The same for what no short-lived token may do."""
        self.origins.check(connection)
        return self.keys.owner(connection)

    def speech_request(
        self, options: SpeechOptions, *, text: str | None, max_lead_s: float | None = None
    ) -> SpeechRequest:
        """A request as the pipeline takes it.

        Args:
            options: what the caller asked for.
            text: all of it, or None where it is still being written.
            max_lead_s: see `SpeechRequest`.

        Raises:
            RequestError: a name means nothing here, or the model cannot do what is asked.
        """
        request = self.application.speech_request(
            model=options.model,
            voice=options.voice_name,
            text=text,
            speed=options.speed or 1.0,
            language=options.spoken_language,
            normalize=options.normalize,
            lexicon=options.lexicon,
            audio=options.audio(registry.default_rate(options.format)),
        )
        if options.timings and not self.application.catalog.model(request.model).word_timings:
            raise InvalidRequest(
                f"The model {request.model!r} does not know when its words sound.",
                param="model_extensions.timings",
                code="timings_unsupported",
            )
        return replace(request, pauses=options.pauses, max_lead_s=max_lead_s)


def context(connection: HTTPConnection) -> Context:
    """The context of a request or a socket."""
    found: Context = connection.app.state.context
    return found
