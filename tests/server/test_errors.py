"""The one table of errors."""

from collections.abc import Iterator

import pytest

from firstword.core import errors
from firstword.server import errors as table

pytestmark = pytest.mark.unit


def leaves(cls: type[errors.FirstwordError]) -> Iterator[type[errors.FirstwordError]]:
    below = cls.__subclasses__()
    if not below:
        yield cls
    for child in below:
        yield from leaves(child)


@pytest.mark.requirement("every-error-has-a-status")
@pytest.mark.parametrize("cls", sorted(leaves(errors.FirstwordError), key=lambda c: c.__name__))
def test_every_error_has_a_row(cls: type[errors.FirstwordError]) -> None:
    assert cls in table.TABLE


@pytest.mark.requirement("error-object-has-all-four-keys")
def test_an_error_body_has_all_four_keys_even_when_they_are_null() -> None:
    body = table.body(errors.EngineError("It broke; try again."))
    assert body.model_dump() == {
        "error": {
            "message": "It broke; try again.",
            "type": "server_error",
            "param": None,
            "code": "engine_failed",
        }
    }


def test_what_was_not_foreseen_is_not_told_to_the_caller(caplog: pytest.LogCaptureFixture) -> None:
    body = table.body(ValueError("secret"))
    assert body.error.code == "internal_error"
    assert "secret" not in body.error.message
    assert "secret" in caplog.text


def test_a_refusal_for_capacity_says_when_to_come_back() -> None:
    response = table.response(errors.ServerBusy("Full.", retry_after_s=7))
    assert response.status_code == 503
    assert response.headers["retry-after"] == "7"
    assert response.headers["x-should-retry"] == "true"


def test_an_expensive_failure_is_not_to_be_retried_by_itself() -> None:
    assert table.response(errors.EngineError("No.")).headers["x-should-retry"] == "false"
