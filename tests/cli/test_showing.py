"""How what is heard is written on a terminal."""

from __future__ import annotations

import pytest

from firstword.cli.showing import write_over

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("hello", "hello"),
        ("a line that is too long", "…s too long"),
        ("안녕하세", "안녕하세"),
        ("안녕하세요 여러분", "…요 여러분"),
        ("cafe\N{COMBINING ACUTE ACCENT} au lait", "…fe\N{COMBINING ACUTE ACCENT} au lait"),
    ],
)
def test_a_line_that_would_wrap_is_shown_by_its_end(
    line: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    write_over(line)

    assert f"\r{shown}" == capsys.readouterr().out  # what erases the rest is for terminals alone
