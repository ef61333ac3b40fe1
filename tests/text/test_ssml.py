"""SSML is refused unless it only wraps text."""

from __future__ import annotations

import pytest

from firstword.core.errors import InvalidRequest
from firstword.text.ssml import plain_text_of_ssml

pytestmark = pytest.mark.unit


@pytest.mark.requirement("ssml-is-refused")
@pytest.mark.parametrize(
    "text",
    [
        '<speak>Hello <break time="1s"/> world.</speak>',
        "<speak><prosody rate='slow'>Hello</prosody></speak>",
        '<?xml version="1.0"?>\n<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis">\n<p>Hi</p></speak>',
        "<ssml:speak><ssml:s>Hi</ssml:s></ssml:speak>",
        "<speak>Hi<!-- note --></speak>",
        "  <speak>cut <emphasis>off",
    ],
)
def test_ssml_with_elements_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        plain_text_of_ssml(text)

    assert ("ssml_unsupported", "input") == (refusal.value.code, refusal.value.param)


@pytest.mark.requirement("ssml-is-refused")
@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Hello.", "Hello."),
        ("<speak>Hello.</speak>", "Hello."),
        (' <speak version="1.1">Fish &amp; chips, 3 &lt; 4.</speak >\n', "Fish & chips, 3 < 4."),
        ("<speak>No end", "No end"),
        ("<speak></speak>", ""),
        ("<speak/>", ""),
        ("The tag <speak> begins <b>SSML</b>.", "The tag <speak> begins <b>SSML</b>."),
        ("<speaker>Bob</speaker>", "<speaker>Bob</speaker>"),
        ("a < b", "a < b"),
    ],
)
def test_text_is_given_as_it_is_and_out_of_a_bare_wrapper(text: str, plain: str) -> None:
    plain_text_of_ssml(text)

    assert plain == plain_text_of_ssml(text)


def test_a_flood_of_brackets_costs_linear_time() -> None:
    assert "<" * 1_000_000 == plain_text_of_ssml("<" * 1_000_000)
    assert "</" * 300_000 == plain_text_of_ssml("<speak>" + "</" * 300_000)
