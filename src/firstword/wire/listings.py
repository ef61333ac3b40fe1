"""What `GET /v1/models` and `GET /v1/audio/voices` answer.

Source: CONTRACT A1 and B5.
"""

from __future__ import annotations

from pydantic import BaseModel


class ModelObject(BaseModel):
    """OpenAI's model object, and what we add to it."""

    id: str
    object: str = "model"
    created: int
    owned_by: str
    shutdown_date: None = None
    task: str
    capabilities: list[str]
    languages: list[str]
    voices: list[str]
    sample_rate: int | None
    """Hz of what it speaks or hears; None for a model of text."""
    license: str
    state: str
    """`available`, `fetching`, `loading`, `ready` or `failed`."""
    remedy: str | None = None
    """What to do, when it failed or is not installed."""
    progress: float | None = None
    """0-1, while it is fetched."""
    alias_of: str | None = None


class ModelList(BaseModel):
    """`GET /v1/models`."""

    object: str = "list"
    data: list[ModelObject]


class VoiceObject(BaseModel):
    """A name that may stand in `voice`."""

    id: str
    name: str
    model: str
    language: str
    gender: str
    alias_of: str | None = None
    """The voice that answers, where the name is another's."""


class VoiceList(BaseModel):
    """`GET /v1/audio/voices`."""

    voices: list[VoiceObject]
    note: str | None = None
    """Said where several names share one voice."""
