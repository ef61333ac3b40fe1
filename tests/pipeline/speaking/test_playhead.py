"""The listener's clock."""

import pytest

from firstword.pipeline.speaking.playhead import Playhead

pytestmark = pytest.mark.unit


def test_the_first_block_is_due_when_the_stream_arrives() -> None:
    assert Playhead(10.0).due == 10.0


def test_after_a_block_the_next_is_due_when_it_has_been_played() -> None:
    playhead = Playhead(10.0)
    playhead.advance(10.1, 0.25)
    assert playhead.due == pytest.approx(10.35)


def test_lead_grows_with_audio_and_shrinks_with_time() -> None:
    playhead = Playhead(0.0)
    playhead.advance(0.0, 1.0)
    playhead.advance(0.1, 2.0)
    assert playhead.lead_s(0.1) == pytest.approx(2.9)
    assert playhead.lead_s(2.0) == pytest.approx(1.0)
    assert playhead.lead_s(9.0) == 0.0


def test_the_first_block_is_never_an_underrun() -> None:
    assert Playhead(0.0).advance(5.0, 0.25) == 0.0


def test_a_late_block_is_late_by_what_the_listener_waited() -> None:
    playhead = Playhead(0.0)
    playhead.advance(0.0, 1.0)
    assert playhead.advance(1.5, 1.0) == pytest.approx(0.5)


def test_a_stream_that_was_late_once_does_not_stay_first_for_ever() -> None:
    playhead = Playhead(0.0)
    playhead.advance(0.0, 1.0)
    playhead.advance(5.0, 1.0)
    assert playhead.due == pytest.approx(6.0)


def test_text_that_came_after_a_wait_is_owed_audio_only_from_then() -> None:
    playhead = Playhead(0.0)
    playhead.advance(0.0, 1.0)
    playhead.await_text(30.0)
    assert playhead.due == 30.0
    assert playhead.advance(30.1, 1.0) == pytest.approx(0.1)


def test_text_that_came_in_time_changes_nothing() -> None:
    playhead = Playhead(0.0)
    playhead.advance(0.0, 5.0)
    playhead.await_text(2.0)
    assert playhead.due == 5.0
