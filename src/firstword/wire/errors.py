"""OpenAI's error object.

Source: schema `Error` of the OpenAI spec: all four keys are required, `param` and `code` nullable.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ErrorDetail(BaseModel):
    """What went wrong, and what to do."""

    model_config = ConfigDict(frozen=True)

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(BaseModel):
    """The body of every refused request, and the last event of a failed SSE stream."""

    model_config = ConfigDict(frozen=True)

    error: ErrorDetail

    def message(self) -> str:
        """As the last JSON message of a socket. Source: CONTRACT A6."""
        return '{"type":"error",' + self.model_dump_json()[1:]

    def sse(self) -> bytes:
        """As a server-sent event; official clients raise when they read it."""
        return b"data: " + self.model_dump_json().encode() + b"\n\n"
