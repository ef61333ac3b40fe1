"""Who is calling: keys, hashed at rest and compared in constant time."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from firstword.core.errors import ConfigurationError, Forbidden, Unauthorized
from firstword.settings import KEY_PREFIX, LOCALHOST_ORIGINS, hashed

KEY_SUBPROTOCOL = "openai-insecure-api-key."


def new_key() -> str:
    """A fresh key: 256 random bits."""
    return "fw-" + secrets.token_urlsafe(32)


class Keyring:
    """The keys that callers may use.

    Args:
        keys: plain or hashed; only hashes are kept. None at all: everybody may call, whatever key
            they send along.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._hashes = tuple(hashed(key) for key in keys)

    @property
    def open(self) -> bool:
        """Whether no key is asked for."""
        return not self._hashes

    def caller(self, connection: HTTPConnection) -> str:
        """A name for whoever is calling, for limits: a key's hash, or an address.

        Raises:
            Unauthorized: keys are asked for, and none of them was sent.
        """
        address = connection.client.host if connection.client else "unknown"
        if self.open:
            return address
        key = _bearer(connection) or _in_subprotocol(connection)
        if not key:
            raise Unauthorized(
                "No API key was sent; send one as 'Authorization: Bearer KEY'.", code="missing_api_key"
            )
        sent = "" if key.startswith(KEY_PREFIX) else hashed(key)
        found = [known for known in self._hashes if hmac.compare_digest(sent, known)]
        if not found:
            raise Unauthorized("The API key is not one of this server's.")
        return found[0]


def _bearer(connection: HTTPConnection) -> str:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def offered_subprotocols(connection: HTTPConnection) -> list[str]:
    """What a socket's client offers, in its order."""
    return [name.strip() for name in connection.headers.get("sec-websocket-protocol", "").split(",")]


def _in_subprotocol(connection: HTTPConnection) -> str:
    """A key where a browser can put one: it cannot set a socket's headers. Source: CONTRACT A3, B0."""
    names = offered_subprotocols(connection)
    return next(
        (name.removeprefix(KEY_SUBPROTOCOL) for name in names if name.startswith(KEY_SUBPROTOCOL)), ""
    )


class Origins:
    """The pages that may call. A browser names the page's origin; other programs name none.

    Without this any page that its user visits could set a server to work that asks for no key.

    Args:
        allowed: origins besides localhost; `*` for all.
        same_host: whether pages of the server's own address may call. Only with keys: a name that
            was pointed at this address by somebody else would be such a page too.
    """

    def __init__(self, allowed: Iterable[str], *, same_host: bool) -> None:
        self._allowed = frozenset(allowed)
        self._same_host = same_host

    def check(self, connection: HTTPConnection) -> None:
        """Raises `Forbidden` for the pages of anybody else."""
        origin = connection.headers.get("origin")
        if origin is None or "*" in self._allowed or origin in self._allowed:
            return
        host = urlsplit(origin).netloc
        own = host == connection.headers.get("host") and (self._same_host or _address(host))
        if not own and not re.fullmatch(LOCALHOST_ORIGINS, origin):
            raise Forbidden(
                f"Pages of {origin[:80]} may not call this server; its operator can add the origin to "
                "cors_origins.",
                code="origin_not_allowed",
            )


def _address(host: str) -> bool:
    """Whether a host is written as an address, so that nobody's name server has a say in it."""
    try:
        ipaddress.ip_address(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
    return True


def require_safe_binding(host: str, *, keys: Keyring, allow_anonymous: bool) -> None:
    """Refuses to open a server without keys to a network.

    Raises:
        ConfigurationError: `host` is not loopback, and anybody could call.
    """
    if keys.open and not allow_anonymous and not _loopback(host):
        raise ConfigurationError(
            f"Listening on {host} without an API key would let anybody on the network call. Set "
            "FIRSTWORD_API_KEYS (make a key with `firstword key`), or say --allow-anonymous."
        )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
