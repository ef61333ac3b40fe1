"""Short-lived tokens: what a page may hold while the key stays with whoever asked for them.

Signed, not stored: every server that signs with the same secret knows them. A token says when it ends, who
asked for it and, where that was said, what it is for. Source: CONTRACT A3.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import time

from firstword.core.errors import Unauthorized

PREFIX = "ek_"
"""As OpenAI's begin. No key of ours does."""
_SIGNATURE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says."""

    subject: str
    """The tag of the key it was asked for with; empty on a server without keys."""
    expires_at: int
    """Unix seconds."""
    scope: tuple[str, ...] | None = None
    """What it is for; None for all that its key may, but making tokens."""


class Tokens:
    """Makes and reads them.

    Args:
        secret: what they are signed with; None for one that ends with this process.
        clock: Unix seconds.
    """

    def __init__(self, secret: str | None = None, clock: Callable[[], float] = time) -> None:
        self._secret = secret.encode() if secret else secrets.token_bytes(32)
        self._clock = clock

    def now(self) -> int:
        """Unix seconds."""
        return int(self._clock())

    def tag(self, caller: str) -> str:
        """A name for a caller that tells nobody else who it is."""
        return self._sign(b"caller:" + caller.encode())[:12].hex()

    def make(self, token: Token) -> str:
        """The token, fit for a header, a URL and the name of a subprotocol."""
        said: dict[str, object] = {"s": token.subject, "e": token.expires_at}
        if token.scope is not None:
            said["c"] = token.scope
        payload = json.dumps(said, separators=(",", ":")).encode()
        return PREFIX + _encoded(payload + self._sign(b"token:" + payload))

    def read(self, value: str) -> Token:
        """What a token says.

        Raises:
            Unauthorized: it is none of ours, or has expired.
        """
        try:
            raw = base64.urlsafe_b64decode(value.removeprefix(PREFIX) + "===")
        except (NotBase64, ValueError):
            raw = b""
        payload, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(b"token:" + payload)):
            raise Unauthorized("The token is not one of this server's; ask for a new one.")
        said = json.loads(payload)
        if said["e"] <= self._clock():
            raise Unauthorized("The token has expired; ask for a new one.", code="token_expired")
        scope: Sequence[str] | None = said.get("c")
        return Token(said["s"], said["e"], None if scope is None else tuple(scope))

    def _sign(self, message: bytes) -> bytes:
        return hmac.digest(self._secret, message, hashlib.sha256)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
