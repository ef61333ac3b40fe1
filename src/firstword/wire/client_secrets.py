"""`POST /v1/realtime/client_secrets`: short-lived tokens.

Source: CONTRACT A3, and OpenAI's type of the same name, whose answer repeats the session.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Scope = Literal["speech", "transcription", "chat", "realtime"]
MAX_S = 3_600


class ExpiresAfter(BaseModel):
    """When a token ends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    anchor: Literal["created_at"] = "created_at"
    seconds: int = Field(default=600, ge=10, le=MAX_S)


class SecretBody(BaseModel):
    """The request; it may be empty."""

    model_config = ConfigDict(extra="ignore", strict=True)

    expires_after: ExpiresAfter = ExpiresAfter()
    scope: list[Scope] | None = Field(None, description="What it may do; all that the key may, by default.")
    session: dict[str, Any] | None = Field(None, description="Repeated in the answer.")


class Secret(BaseModel):
    """The answer."""

    object: Literal["realtime.client_secret"] = "realtime.client_secret"
    value: str
    expires_at: int
    """Unix seconds."""
    scope: list[Scope] | None
    session: dict[str, Any]

    @classmethod
    def of(cls, value: str, expires_at: int, asked: SecretBody, session_id: str) -> Secret:
        """A token, as OpenAI tells of one."""
        given = asked.session or {}
        kind = given.get("type", "realtime")
        name = "realtime.transcription_session" if kind == "transcription" else "realtime.session"
        session = {"type": kind, "object": name, "id": session_id, "expires_at": 0, **given}
        return cls(value=value, expires_at=expires_at, scope=asked.scope, session=session)
