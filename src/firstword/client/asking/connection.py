"""One server: its address, its key, and whatever goes wrong on the way, in our own words.

Every failure of the HTTP library and every refusal of the server leaves this module as one of
`core.errors`, with a message that can be shown to a person.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from firstword.client.asking.severing import sever
from firstword.core import errors

CONNECT_S = 10.0
SILENCE_S = 300.0
"""How long a server may think before a byte of its answer comes: a loaded one without streaming does."""

REFUSALS: dict[int, type[errors.FirstwordError]] = {
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    408: errors.RequestTimeout,
    413: errors.TooLarge,
    429: errors.RateLimited,
    503: errors.ServerBusy,
}
"""Status -> error; other 4xx are InvalidRequest, all else is EngineError. Source: CONTRACT A2."""

BY_CODE: dict[str, type[errors.FirstwordError]] = {
    "model_not_found": errors.UnknownModel,
    "voice_not_found": errors.UnknownVoice,
    "unspeakable_text": errors.UnspeakableText,
    "nothing_to_speak": errors.UnspeakableText,
    "undecodable_audio": errors.UndecodableAudio,
    "empty_file": errors.UndecodableAudio,
    "unsupported_audio": errors.UnsupportedAudio,
    "session_too_long": errors.SessionTooLong,
    "server_closing": errors.ServerClosing,
}


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a server is, and how to speak to it.

    Args:
        url: its address, with or without `/v1`.
        api_key: sent as a Bearer, where there is one.
    """

    url: str
    api_key: str | None = None

    @property
    def root(self) -> str:
        """The address without `/v1`."""
        return self.url.rstrip("/").removesuffix("/v1")

    @property
    def options(self) -> dict[str, Any]:
        """How a client of httpx2 is made."""
        return {
            "headers": {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {},
            "timeout": httpx2.Timeout(SILENCE_S, connect=CONNECT_S),
            # Certificates take 20 ms to load, and plain HTTP has no use for them.
            "verify": self.url.lower().startswith("https:"),
            "trust_env": not self.on_this_machine,
        }

    @contextmanager
    def client(self) -> Generator[httpx2.Client]:
        """A client for the server's paths, with failures translated.

        Raises:
            InvalidRequest: the URL is not one of a server.
            EngineError: nobody answers, or the answer broke off.
        """
        with self.translated(), httpx2.Client(**self.options) as client:
            yield client

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at `path` (which begins with a slash, after the address without `/v1`).

        Raises:
            FirstwordError: the server refused, or gave something else.
        """
        with self.client() as client:
            response = client.get(self.root + path)
            refuse_failure(response)
        return json_object(response)

    @contextmanager
    def post(self, path: str, **sent: Any) -> Generator[httpx2.Response]:
        """What is answered to a request, still to be read; entering takes until it has been accepted.

        Args:
            path: as in `get`.
            sent: the body, as httpx2 takes it.

        Raises:
            FirstwordError: the server refused; and while the answer is being read, that it broke off.
        """
        with self.client() as client, client.stream("POST", self.root + path, **sent) as response:
            refuse_failure(response)
            try:
                yield response
            finally:
                sever(response)  # another thread may be waiting for more of it

    @contextmanager
    def translated(self) -> Generator[None]:
        """Failures of the HTTP library, in our own words.

        Raises:
            FirstwordError: in place of what the library raised.
        """
        try:
            yield
        except httpx2.RemoteProtocolError as failure:
            raise errors.EngineError(
                f"The server at {self.root} broke off before its answer was complete.", code="incomplete"
            ) from failure
        except httpx2.ConnectError as failure:
            raise errors.EngineError(
                f"Nothing answers at {self.root} ({reason(failure)}). Is the server running?",
                code="unreachable",
            ) from failure
        except httpx2.TimeoutException as failure:
            raise errors.EngineError(
                f"The server at {self.root} took too long to answer.", code="unreachable"
            ) from failure
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as failure:
            raise errors.InvalidRequest(
                f"{self.url!r} is no server's address; it should look like http://127.0.0.1:8000."
            ) from failure
        except httpx2.HTTPError as failure:
            raise errors.EngineError(
                f"The connection to {self.root} failed ({reason(failure)}).", code="incomplete"
            ) from failure

    @property
    def on_this_machine(self) -> bool:
        """Loopback is never asked of a proxy, whatever the environment says."""
        try:
            host = urlsplit(self.url).hostname or ""
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


def refuse_failure(response: httpx2.Response) -> None:
    """Passes a success; reads the body of anything else and raises what it says.

    Raises:
        FirstwordError: of the class that fits the status and the code.
    """
    if response.is_success:
        return
    response.read()
    try:
        said = response.json()
    except ValueError:
        said = None
    error = said.get("error", said.get("detail")) if isinstance(said, dict) else None
    wait = response.headers.get("retry-after", "")
    retry_after_s = int(wait) if wait.isdecimal() else 1
    if failure := told(error, response.status_code, retry_after_s=retry_after_s):
        raise failure
    shown = error if isinstance(error, str) else " ".join(response.text.split())[:200]
    where = f"{response.request.url} answered {response.status_code}"
    message = f"{where}: {shown}" if shown else f"{where}."
    raise _failure(response.status_code, message, None, None, retry_after_s)


def json_object(response: httpx2.Response) -> dict[str, Any]:
    """The body of a success that has been read.

    Raises:
        EngineError: it is something else.
    """
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise errors.EngineError(f"{response.request.url} did not answer with a JSON object.")
    return answer


def media_type(response: httpx2.Response) -> str:
    """What an answer says that it is, without parameters."""
    kind: str = response.headers.get("content-type", "").partition(";")[0]
    return kind


def told(error: object, status: int, *, retry_after_s: int = 1) -> errors.FirstwordError | None:
    """What an OpenAI error object says, as ours; None where it is no such object.

    Args:
        error: the object, as JSON has it.
        status: what it came with, or what would have come with it.
        retry_after_s: when to try again, if that would help.
    """
    if not isinstance(error, dict) or not isinstance(error.get("message"), str):
        return None
    param, code = (
        value if isinstance(value, str) else None for value in (error.get("param"), error.get("code"))
    )
    return _failure(status, error["message"], param, code, retry_after_s)


def _failure(
    status: int, message: str, param: str | None, code: str | None, retry_after_s: int
) -> errors.FirstwordError:
    by_status = errors.InvalidRequest if 400 <= status < 500 else errors.EngineError
    kind = BY_CODE.get(code or "") or REFUSALS.get(status, by_status)
    if issubclass(kind, errors.CapacityError):
        return kind(message, param=param, code=code, retry_after_s=retry_after_s)
    return kind(message, param=param, code=code)


def reason(failure: BaseException) -> str:
    """What the operating system said, which libraries keep at the end of the chain."""
    cause = failure
    while True:
        if isinstance(cause, OSError) and (said := _said(cause)):
            return said.lower()
        if (deeper := cause.__cause__ or cause.__context__) is None:
            return str(failure) or type(failure).__name__
        cause = deeper


def _said(failure: OSError) -> str | None:
    """Event loops put words of their own in place of the system's; name servers have numbers of their own."""
    number = failure.errno or 0
    return os.strerror(number) if number > 0 else failure.strerror
