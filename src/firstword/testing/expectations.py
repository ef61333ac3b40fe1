"""What every kit of checks needs."""

from __future__ import annotations

from pathlib import Path

from firstword.core.errors import ConfigurationError, EngineError, RequestError

THREADS = 4
"""Callers at once, where an engine is asked beside others."""


def no_files(model_id: str) -> Path:
    """The store of a machine on which nothing was fetched.

    Raises:
        ConfigurationError: always.
    """
    raise ConfigurationError(f"The model {model_id} is not installed.")


def refused(call: object, otherwise: str) -> None:
    """Fails, saying `otherwise`, unless the call is refused."""
    assert callable(call)
    try:
        call()
    except (RequestError, EngineError):
        return
    raise AssertionError(otherwise)
