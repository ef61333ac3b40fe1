"""Where utterances begin and end, told from tables of probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from firstword.audio.endpointer import Endpointer
from firstword.core.transcripts import Endpointing, VadKind

pytestmark = pytest.mark.unit

WINDOW = 160
"""A window of 10 ms makes tables short."""
PLAIN = Endpointing(
    min_speech_ms=30, min_silence_ms=50, pre_roll_ms=20, tail_ms=20, max_utterance_ms=1_000_000
)
S, Q = 0.9, 0.1
"""Speech and quiet."""


def events(
    probabilities: Sequence[float], options: Endpointing = PLAIN, *, flush: bool = True
) -> list[tuple[str, int]]:
    """Kinds and places, in windows."""
    endpointer = Endpointer(options, WINDOW)
    found = [*endpointer.feed(probabilities), *(endpointer.flush() if flush else ())]
    return [(str(event.kind), event.at // WINDOW) for event in found]


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([], []),
        ([Q] * 50, []),
        ([Q] * 5 + [S] * 5 + [Q] * 9, [("start", 3), ("end", 12)]),
        ([S] * 5 + [Q] * 9, [("start", 0), ("end", 7)]),
        ([Q] * 5 + [S] * 2 + [Q] * 9, []),
        ([Q] * 5 + [S] * 2 + [Q] * 2 + [S] + [Q] * 9, [("start", 3), ("end", 12)]),
        ([S] * 5 + [Q] * 4 + [S] * 5 + [Q] * 9, [("start", 0), ("end", 16)]),
        ([S] * 5 + [Q] * 5 + [S] * 5 + [Q] * 9, [("start", 0), ("end", 7), ("start", 8), ("end", 17)]),
        ([S] * 5 + [0.4] * 20 + [Q] * 9, [("start", 0), ("end", 27)]),
        ([S] * 5 + [Q] + [0.4] * 20 + [S] * 5, [("start", 0), ("end", 7), ("start", 24), ("end", 31)]),
        ([0.4] * 30, []),
    ],
    ids=[
        *("nothing", "quiet", "pre-roll and tail", "no pre-roll before the beginning", "a click"),
        *(
            "speech in two parts",
            "a short pause",
            "a long pause",
            "release keeps speech",
            "a dip ends speech",
        ),
        "between the thresholds nothing begins",
    ],
)
def test_the_table(probabilities: list[float], expected: list[tuple[str, int]]) -> None:
    assert events(probabilities) == expected


def test_neighbours_never_overlap_however_long_the_pre_roll() -> None:
    options = Endpointing(min_speech_ms=30, min_silence_ms=50, pre_roll_ms=500, tail_ms=40)
    found = events([S] * 5 + [Q] * 6 + [S] * 5 + [Q] * 9, options)
    assert found == [("start", 0), ("end", 9), ("start", 9), ("end", 20)]


def test_flushing_ends_the_utterance_where_it_was_heard_and_what_follows_is_another() -> None:
    endpointer = Endpointer(PLAIN, WINDOW)
    assert [event.kind for event in endpointer.feed([S] * 6)] == [VadKind.START]
    assert [event.at for event in endpointer.flush()] == [6 * WINDOW]
    assert endpointer.flush() == []
    assert [event.at // WINDOW for event in endpointer.feed([S] * 6)] == [6]


def test_flushing_takes_no_more_silence_along_than_the_tail() -> None:
    endpointer = Endpointer(PLAIN, WINDOW)
    endpointer.feed([S] * 6 + [Q] * 4)
    assert [event.at // WINDOW for event in endpointer.flush()] == [8]


def test_an_utterance_that_is_too_long_is_cut_at_the_quietest_window_of_its_second_half() -> None:
    options = Endpointing(min_speech_ms=30, min_silence_ms=50, pre_roll_ms=0, tail_ms=0, max_utterance_ms=200)
    speech = [S] * 40
    speech[4] = 0.4  # in the first half: of no interest
    speech[14] = 0.6
    endpointer = Endpointer(options, WINDOW)
    found = [event for event in endpointer.feed(speech[:21]) if event.kind is VadKind.END]
    assert [event.at for event in found] == [14 * WINDOW + WINDOW // 2]
    assert endpointer.speaking


def test_cuts_join_to_the_whole() -> None:
    options = Endpointing(min_speech_ms=30, min_silence_ms=50, max_utterance_ms=200)
    found = events([0.5 + (at * 7 % 11) / 30 for at in range(400)], options)
    ends = [at for kind, at in found if kind == "end"]
    starts = [at for kind, at in found if kind == "start"]
    assert ends[:-1] == starts[1:]
    assert (starts[0], ends[-1]) == (0, 400)
    assert all(end - start <= 20 for start, end in zip(starts, ends, strict=True))


def test_it_tells_for_how_long_nobody_has_spoken_inside_of_an_utterance() -> None:
    endpointer = Endpointer(PLAIN, WINDOW)
    told = []
    for probability in [Q, Q, S, S, S, S, 0.4, Q, Q, S, Q, Q, Q, Q, Q, Q]:
        endpointer.feed([probability])
        told.append(endpointer.silent_ms)
    assert told == [0, 0, 0, 0, 0, 0, 0, 10, 20, 0, 10, 20, 30, 40, 0, 0]


def test_the_end_it_tells_in_advance_is_the_end() -> None:
    endpointer = Endpointer(PLAIN, WINDOW)
    endpointer.feed([S] * 6 + [Q] * 3)
    foreseen = endpointer.end_if_silent
    assert [event.at for event in endpointer.feed([Q] * 2)] == [foreseen]


def test_what_is_needed_is_bounded_and_holds_every_utterance() -> None:
    endpointer = Endpointer(PLAIN, WINDOW)
    for at in range(5_000):
        needed = endpointer.needed_from
        events = endpointer.feed([S if at % 100 > 80 else Q])
        assert all(event.at >= needed for event in events)
        assert endpointer.heard - endpointer.needed_from <= 40 * WINDOW
