"""One line for each event: a constant message and its keys. Text and audio never stand in it."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

_TOKEN = re.compile(r"([?&]token=)[^&\s]+")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class _Lines(logging.Formatter):
    """What both formats share: a record as a time, a message and keys."""

    def keys(self, record: logging.LogRecord) -> dict[str, Any]:
        """The record's own keys, in the order they were given."""
        return {name: value for name, value in vars(record).items() if name not in _STANDARD}

    def time(self, record: logging.LogRecord) -> str:
        """UTC, to the millisecond."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def trace(self, record: logging.LogRecord) -> str:
        """The traceback, where there is one."""
        return self.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""


class TextLines(_Lines):
    """For people: `time level message key=value ...`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback below it where there is one."""
        keys = "".join(f" {name}={value}" for name, value in self.keys(record).items())
        line = f"{self.time(record)} {record.levelname.lower():7} {record.getMessage()}{keys}"
        return f"{line}\n{trace}" if (trace := self.trace(record)) else line


class JsonLines(_Lines):
    """For machines: an object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, tracebacks included."""
        line = {"time": self.time(record), "level": record.levelname.lower(), "event": record.getMessage()}
        if trace := self.trace(record):
            line["trace"] = trace
        return json.dumps(line | self.keys(record), default=str)


class _NotTwice(logging.Filter):
    """Drops what uvicorn says of a body that was broken off on purpose: `speech` has said why."""

    def filter(self, record: logging.LogRecord) -> bool:
        """False for that one message."""
        return record.msg != "ASGI callable returned without completing response."


class _WithoutTokens(logging.Filter):
    """Takes tokens out of the addresses that uvicorn writes down."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True; the record's arguments are mended."""
        if isinstance(record.args, tuple):
            record.args = tuple(_TOKEN.sub(r"\1...", a) if isinstance(a, str) else a for a in record.args)
        return True


def config(level: str, log_format: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything to stderr.

    Args:
        level: least severe one that is logged.
        log_format: `text` or `json`.
    """
    lines = JsonLines if log_format == "json" else TextLines
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": lines}},
        "filters": {"not_twice": {"()": _NotTwice}, "without_tokens": {"()": _WithoutTokens}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "lines",
                "filters": ["not_twice", "without_tokens"],
            }
        },
        "loggers": {
            "firstword": {"handlers": ["stderr"], "level": level.upper(), "propagate": False},
            "uvicorn": {"handlers": ["stderr"], "level": level.upper(), "propagate": False},
        },
    }
