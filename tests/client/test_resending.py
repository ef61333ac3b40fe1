"""What of a session's audio another connection would have to hear again."""

from __future__ import annotations

import pytest

from firstword.client.asking.resending import BEHIND_S, KEPT_S, Unheard

pytestmark = pytest.mark.unit

SECOND = 32_000


def seconds(count: int) -> bytes:
    return b"".join(bytes([number % 256]) * SECOND for number in range(count))


@pytest.fixture
def unheard() -> Unheard:
    kept = Unheard(None, 16_000)
    kept.add(seconds(4))
    return kept


def test_a_final_takes_away_what_it_covers(unheard: Unheard) -> None:
    unheard.cover(1_500, sent=4 * SECOND)

    assert (1_500, 1.5 * SECOND, 4 * SECOND) == (unheard.begin_ms, unheard.begin, unheard.given)
    assert seconds(4)[48_000 : 48_000 + unheard.piece_bytes] == unheard.after(48_000, 4 * SECOND)


def test_a_piece_ends_where_a_final_was_asked_for(unheard: Unheard) -> None:
    assert seconds(4)[100:200] == unheard.after(100, 200)


def test_what_was_not_sent_is_not_covered(unheard: Unheard) -> None:
    unheard.cover(3_000, sent=SECOND)

    assert SECOND == unheard.begin


def test_a_cut_is_between_two_samples() -> None:
    kept = Unheard("f32le", 22_050, channels=2)
    kept.add(bytes(80_000))
    kept.cover(33.333, sent=80_000)

    assert 735 * 8 - 8 == kept.begin
    assert kept.begin_ms == pytest.approx(33.3, abs=0.05)


def test_nothing_is_sent_before_a_final_that_was_asked_for_of_what_is_forgotten() -> None:
    kept = Unheard(None, 16_000)
    kept.add(seconds(60))
    kept.received(60 * SECOND)

    assert b"" == kept.after(kept.begin, SECOND)


def test_what_is_kept_begins_with_a_sample_though_pieces_end_anywhere() -> None:
    kept = Unheard(None, 16_000)
    kept.add(seconds(60))
    kept.cover(1_500, sent=SECOND + 1)
    assert SECOND == kept.begin

    kept.received(50 * SECOND + 1)
    assert 5 * SECOND == kept.begin


def test_silence_is_forgotten_when_the_server_must_have_heard_it() -> None:
    kept = Unheard(None, 16_000)
    while not kept.full:
        kept.add(bytes(SECOND))
    assert KEPT_S * SECOND == kept.given

    kept.received(int(BEHIND_S) * SECOND)
    assert kept.full
    kept.received(kept.given)
    assert not kept.full
    assert (KEPT_S - BEHIND_S) * SECOND == kept.begin


@pytest.mark.parametrize("encoding", ["webm", "ogg", "opus", "mp3", "somebody's own"])
def test_what_has_a_header_is_kept_until_it_has_arrived(encoding: str) -> None:
    kept = Unheard(encoding, 16_000)
    kept.add(b"a" * 1_000)
    assert not kept.resumable

    kept.cover(500, sent=1_000)
    assert 0 == kept.begin
    kept.received(600)
    assert (b"a" * 400, 0.0) == (kept.after(600, kept.given), kept.begin_ms)


def test_finals_without_times_cannot_be_gone_on_from(unheard: Unheard) -> None:
    assert unheard.resumable
    unheard.cover(0, sent=SECOND)
    assert not unheard.resumable
