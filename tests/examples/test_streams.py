"""What a stream is made of, and when it begins, by the programs that show it."""

from __future__ import annotations

import re

import pytest

from tests.conformance.conftest import LONG, House
from tests.examples.conftest import Run

PRE_SKIP_S = 0.013
"""What a decoder leaves out at the beginning; the page's count has it."""

pytestmark = [pytest.mark.conformance, pytest.mark.program("curl")]


def test_every_format_is_heard_before_its_end(house: House, run_example: Run) -> None:
    _, *rows = run_example("first-chunk", f"{LONG}. " * 4).stdout.splitlines()

    assert [row.split()[0] for row in rows] == ["pcm", "wav", "flac", "mp3", "opus", "aac"]
    for row in rows:
        first, heard, end = (float(figure) for figure in re.findall(r"([\d.]+) ms", row))
        assert first <= heard < end, row


def test_a_page_is_a_packet_of_20_ms(house: House, run_example: Run) -> None:
    _, head, tags, first, second, *_, last = run_example("ogg-pages", LONG).stdout.splitlines()

    assert [re.split(r"  +", row.strip())[2:] for row in (head, tags)] == [["1", "0 ms"], ["1", "0 ms"]]
    assert [re.split(r"  +", row.strip())[2:] for row in (first, second)] == [["1", "20 ms"], ["1", "40 ms"]]
    assert last.endswith(f"{len(house.body('pcm')) / 48_000 + PRE_SKIP_S:.2f} s of audio")
