"""Who may start a response."""

import pytest

from firstword.core.errors import RateLimited, ServerBusy
from firstword.runtime.admission import Admission

pytestmark = pytest.mark.unit


def test_a_full_server_says_so_and_when_to_come_back() -> None:
    admission = Admission(max_streams=1, max_late_s=1, late_s=lambda: 0.0)
    with admission.admit("a"), pytest.raises(ServerBusy) as refused, admission.admit("b"):
        pass
    assert refused.value.code == "server_busy"
    assert refused.value.retry_after_s >= 1


def test_a_caller_over_its_own_limit_is_refused_while_others_are_served() -> None:
    admission = Admission(max_streams=9, max_per_caller=1, max_late_s=1, late_s=lambda: 0.0)
    with admission.admit("a"):
        with pytest.raises(RateLimited), admission.admit("a"):
            pass
        with admission.admit("b"):
            assert admission.active == 2


def test_a_place_is_free_again_after_a_failure() -> None:
    admission = Admission(max_streams=1, max_late_s=1, late_s=lambda: 0.0)
    with pytest.raises(ZeroDivisionError), admission.admit("a"):
        raise ZeroDivisionError
    assert admission.active == 0


def test_a_server_that_is_behind_refuses_before_quality_breaks() -> None:
    admission = Admission(max_streams=9, max_late_s=1, late_s=lambda: 1.5)
    with pytest.raises(ServerBusy), admission.admit("a"):
        pass


def test_a_draining_server_takes_nothing_new() -> None:
    admission = Admission(max_streams=9, max_late_s=1, late_s=lambda: 0.0)
    admission.draining = True
    with pytest.raises(ServerBusy) as refused, admission.admit("a"):
        pass
    assert refused.value.code == "server_draining"
