"""The log: one line an event, and never what was said."""

import json
import logging

import pytest

from firstword.server.logs import JsonLines, TextLines

pytestmark = pytest.mark.unit


def record(message: str, **keys: object) -> logging.LogRecord:
    return logging.getLogger("firstword.server").makeRecord(
        "firstword.server", logging.INFO, "here", 1, message, (), None, extra=keys
    )


def test_a_line_for_people_has_the_message_and_its_keys() -> None:
    line = TextLines().format(record("speech", outcome="done", chars=12))
    assert line.endswith("info    speech outcome=done chars=12")


def test_a_line_for_machines_is_an_object() -> None:
    line = json.loads(JsonLines().format(record("speech", outcome="done", chars=12)))
    assert (line["event"], line["outcome"], line["chars"]) == ("speech", "done", 12)
    assert line["level"] == "info"
    assert set(line) == {"time", "level", "event", "outcome", "chars"}


def test_a_failure_brings_its_traceback_in_the_same_object() -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as failure:
        made = record("unforeseen failure")
        made.exc_info = (type(failure), failure, failure.__traceback__)
    line = json.loads(JsonLines().format(made))
    assert "ZeroDivisionError" in line["trace"]
