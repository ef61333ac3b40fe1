"""Who is calling: keys, hashed at rest and compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Iterable

from starlette.requests import HTTPConnection

from firstword.core.errors import ConfigurationError, Unauthorized

PREFIX = "sha256:"


def hashed(key: str) -> str:
    """A key as it is kept: `sha256:<hex>`. Keys are long and random, so one plain hash is enough."""
    if key.startswith(PREFIX):
        return key.lower()
    return PREFIX + hashlib.sha256(key.encode()).hexdigest()


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
        scheme, _, key = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Unauthorized(
                "No API key was sent; send one as 'Authorization: Bearer KEY'.", code="missing_api_key"
            )
        sent = hashed(key.strip()) if not key.strip().startswith(PREFIX) else ""
        found = [known for known in self._hashes if hmac.compare_digest(sent, known)]
        if not found:
            raise Unauthorized("The API key is not one of this server's.")
        return found[0]


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
