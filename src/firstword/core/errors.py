"""Every error firstword raises on purpose, as one tree.

    FirstwordError
    ├── RequestError            the caller can mend it
    │   ├── InvalidRequest      malformed or unsupported value
    │   ├── UnspeakableText     the voice cannot say this text
    │   ├── UndecodableAudio    audio that is not what it says, or broken
    │   ├── UnsupportedAudio    audio of a kind that nobody here can read
    │   ├── UnknownModel        no such model
    │   ├── UnknownVoice        no such voice at all
    │   ├── NotFound            no such path or object
    │   ├── MethodNotAllowed    the path exists, the method does not
    │   ├── TooLarge            body or text over the limit
    │   ├── RequestTimeout      the caller stopped sending
    │   ├── SessionTooLong      a session lasts longer than it may
    │   ├── Unauthorized        no key, or a wrong one
    │   └── Forbidden           the key may not do this
    ├── CapacityError           try again later
    │   ├── RateLimited         the caller is over its own limit
    │   └── ServerBusy          the server is full, loading or draining
    │       └── ServerClosing   it goes down, and ends what runs
    ├── EngineError             a model failed
    │   └── UpstreamFailed      whoever serves it elsewhere did
    └── ConfigurationError      the operator can mend it

Status, wire shape and close codes live in `server/errors.py`, one row for each class here.
"""

from __future__ import annotations


class FirstwordError(Exception):
    """Base of the tree.

    Args:
        message: a sentence that says what to do about it.
        param: the request field at fault, or None.
        code: a stable snake_case word; the class's own when not given.
    """

    default_code = "error"

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code or self.default_code


class RequestError(FirstwordError):
    """The caller can mend it."""

    default_code = "invalid_request"


class InvalidRequest(RequestError):
    """A field is malformed, or asks for what is not supported."""


class UnspeakableText(RequestError):
    """The chosen voice cannot say this text."""

    default_code = "unspeakable_text"


class UndecodableAudio(RequestError):
    """Audio that is not of its format, or broken; the message names the byte or the second."""

    default_code = "undecodable_audio"


class UnsupportedAudio(RequestError):
    """Audio of a kind that nobody here can read; the message names those that can be read."""

    default_code = "unsupported_audio"


class UnknownModel(RequestError):
    """No such model."""

    default_code = "model_not_found"


class UnknownVoice(RequestError):
    """No voice of that name anywhere."""

    default_code = "voice_not_found"


class NotFound(RequestError):
    """No such path or object."""

    default_code = "not_found"


class MethodNotAllowed(RequestError):
    """The path exists, the method does not."""

    default_code = "method_not_allowed"


class TooLarge(RequestError):
    """A body is over the configured limit."""

    default_code = "body_too_large"


class RequestTimeout(RequestError):
    """The caller stopped sending before the request was complete."""

    default_code = "request_timeout"


class SessionTooLong(RequestError):
    """A session lasts longer than it may."""

    default_code = "session_too_long"


class Unauthorized(RequestError):
    """No key, or a wrong one."""

    default_code = "invalid_api_key"


class Forbidden(RequestError):
    """The key, or the origin, may not do this."""

    default_code = "forbidden"


class CapacityError(FirstwordError):
    """Nothing is wrong with the request; try again later.

    Args:
        retry_after_s: whole seconds, at least 1.
    """

    default_code = "overloaded"

    def __init__(
        self, message: str, *, retry_after_s: int = 1, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message, param=param, code=code)
        self.retry_after_s = max(1, retry_after_s)


class RateLimited(CapacityError):
    """The caller is over its own limit."""

    default_code = "rate_limit_exceeded"


class ServerBusy(CapacityError):
    """The server is full, loading or draining."""

    default_code = "server_busy"


class ServerClosing(ServerBusy):
    """The server goes down; a session that runs is ended, with all that was heard written down."""

    default_code = "server_closing"


class EngineError(FirstwordError):
    """A model failed while it worked."""

    default_code = "engine_failed"


class UpstreamFailed(EngineError):
    """A model's server, somewhere else, failed, or cannot be reached."""

    default_code = "upstream_failed"


class ConfigurationError(FirstwordError):
    """A setting is wrong; the operator can mend it."""

    default_code = "configuration"
