"""Where a chat model is, and how it wants to be asked."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from firstword.core.errors import EngineError, UpstreamFailed

NATIVE, SCHEMA = "native", "schema"
"""How tools are called: the server does it itself, or the answer is held to a JSON schema."""
TOKEN_FIELDS = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model of one server."""

    name: str
    """What it is called here."""
    url: str
    """`http://HOST:PORT`, with `/v1` or whatever path its completions are under; without a path, `/v1`."""
    model: str
    """What it is called there."""
    api_key: str | None = field(default=None, repr=False)
    """Sent as a Bearer."""
    tools: str = NATIVE
    max_tokens_field: str = TOKEN_FIELDS[0]
    """What the server calls a limit on the answer; OpenAI's newer models know only the second name."""
    failure: type[EngineError] = UpstreamFailed
    """What its failures are."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url {self.url!r} is no server's address, such as http://127.0.0.1:11434")
        if not self.model:
            raise ValueError("model is empty")
        if self.tools not in (NATIVE, SCHEMA):
            raise ValueError(f"tools must be {NATIVE} or {SCHEMA}, not {self.tools!r}")
        if self.max_tokens_field not in TOKEN_FIELDS:
            raise ValueError(f"max_tokens_field must be {' or '.join(TOKEN_FIELDS)}")

    @property
    def completions(self) -> str:
        """The URL that is asked."""
        base = self.url.rstrip("/")
        return f"{base}{'' if urlsplit(base).path else '/v1'}/chat/completions"

    @property
    def host(self) -> str:
        """For messages and listings: without a path, and without a password."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    @property
    def on_this_machine(self) -> bool:
        """Loopback is never asked of a proxy, and a connection to it costs nothing."""
        host = urlsplit(self.url).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False
