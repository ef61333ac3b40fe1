"""What every kit of checks needs."""

from __future__ import annotations

from pathlib import Path

from firstword.core.errors import ConfigurationError, EngineError, RequestError
from firstword.core.types import EngineInfo, Task

THREADS = 4
"""Callers at once, where an engine is asked beside others."""


def no_files(model_id: str) -> Path:
    """The store of a machine on which nothing was fetched.

    Raises:
        ConfigurationError: always.
    """
    raise ConfigurationError(f"The model {model_id} is not installed.")


def listed(info: EngineInfo, task: Task) -> None:
    """Fails unless all is there that listings tell of every model."""
    assert info.model_id, "model_id is empty"
    assert info.task is task, f"task is not {task}"
    assert info.license, "license is empty: an SPDX identifier"
    assert info.source, "source is empty: where the model comes from"


def refused(call: object, otherwise: str) -> None:
    """Fails, saying `otherwise`, unless the call is refused."""
    assert callable(call)
    try:
        call()
    except (RequestError, EngineError):
        return
    raise AssertionError(otherwise)
