"""Who is calling: keys, hashed at rest and compared in constant time."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from firstword.core.errors import ConfigurationError, Forbidden, Unauthorized
from firstword.server.tokens import PREFIX, Token, Tokens
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
        tokens: makes and reads the short-lived ones.
    """

    def __init__(self, keys: Iterable[str], tokens: Tokens | None = None) -> None:
        self._hashes = tuple(hashed(key) for key in keys)
        self._tokens = tokens or Tokens()

    @property
    def open(self) -> bool:
        """Whether no key is asked for."""
        return not self._hashes

    def caller(self, connection: HTTPConnection, scope: str | None = None) -> str:
        """A name for whoever is calling, for limits: a key's hash, or an address.

        Args:
            connection: with a key or a token in a header or a subprotocol, or a token in its URL.
            scope: what is to be done; a token may be for something else. None: what every token may.

        Raises:
            Unauthorized: keys are asked for, and neither one of them nor a token was sent.
            Forbidden: the token is for something else.
        """
        if self.open:
            return _address_of(connection)
        sent = _bearer(connection) or _in_subprotocol(connection) or _in_url(connection)
        if not sent.startswith(PREFIX):
            return self._known(sent)
        token = self._tokens.read(sent)
        if scope is not None and token.scope is not None and scope not in token.scope:
            raise Forbidden(
                f"This token is for {', '.join(token.scope) or 'nothing'}, not for {scope}; ask for another.",
                code="token_scope",
            )
        return self._behind(token)

    def owner(self, connection: HTTPConnection) -> str:
        """The same for what no token may do.

        Raises:
            Unauthorized: keys are asked for, and none of them was sent.
            Forbidden: a token was sent.
        """
        if not self.open and (_bearer(connection) or _in_subprotocol(connection)).startswith(PREFIX):
            raise Forbidden("A short-lived token may not do this; use the key itself.", code="key_needed")
        return self.caller(connection)

    def vouched(self, connection: HTTPConnection) -> bool:
        """Whether a token in the URL is ours, whether or not keys are asked for."""
        try:
            return bool(sent := _in_url(connection)) and bool(self._tokens.read(sent))
        except Unauthorized:
            return False

    def token(self, caller: str, *, seconds: int, scope: Sequence[str] | None) -> tuple[str, int]:
        """A token for whoever is calling, and the Unix second in which it ends."""
        expires_at = self._tokens.now() + seconds
        subject = "" if self.open else self._tokens.tag(caller)
        told = None if scope is None else tuple(scope)
        return self._tokens.make(Token(subject, expires_at, told)), expires_at

    def _known(self, key: str) -> str:
        if not key:
            raise Unauthorized(
                "No API key was sent; send one as 'Authorization: Bearer KEY'.", code="missing_api_key"
            )
        sent = "" if key.startswith(KEY_PREFIX) else hashed(key)
        found = [known for known in self._hashes if hmac.compare_digest(sent, known)]
        if not found:
            raise Unauthorized("The API key is not one of this server's.")
        return found[0]

    def _behind(self, token: Token) -> str:
        """The key that a token was asked for with: whoever has no key any more has no tokens either."""
        for known in self._hashes:
            if hmac.compare_digest(self._tokens.tag(known), token.subject):
                return known
        raise Unauthorized("The key that this token was made with is no longer one of this server's.")


def _address_of(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else "unknown"


def _in_url(connection: HTTPConnection) -> str:
    """A token where `<audio src>` can put one. Keys that last are not taken from URLs, which are logged.

    Raises:
        Unauthorized: it is no token.
    """
    sent = connection.query_params.get("token", "")
    if sent and not sent.startswith(PREFIX):
        raise Unauthorized(
            "Only short-lived tokens are taken from a URL: ask POST /v1/realtime/client_secrets for one, and "
            "send the key itself as 'Authorization: Bearer KEY'.",
            code="key_in_url",
        )
    return sent


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

    def check_fetched(self, connection: HTTPConnection) -> None:
        """Raises `Forbidden` for what a page of anybody else fetches as a medium, without naming itself.

        Source: Fetch Metadata; browsers send it to addresses they trust, localhost among them.
        """
        if "*" not in self._allowed and connection.headers.get("sec-fetch-site") == "cross-site":
            raise Forbidden(
                "Another site's page may fetch this only with a token; ask POST /v1/realtime/client_secrets.",
                code="origin_not_allowed",
            )

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
