"""Tools by schema: what is asked for, and what is read out of the JSON that comes back, as it comes."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firstword.core.conversation import (
    ChatDelta,
    ChatEnd,
    ChatRequest,
    ChatUsage,
    FinishReason,
    Message,
    Role,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
)
from firstword.core.errors import InvalidRequest
from firstword.engines.upstream import by_schema
from firstword.engines.upstream.events import EventReader
from firstword.engines.upstream.forced import ForcedReader
from tests.engines.deltas import text_of

pytestmark = pytest.mark.unit

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("get_weather", "The weather in a city.", CITY)
CLOCK = Tool("get_time", "What time it is.")
ASKED = ChatRequest("m", (Message(Role.USER, "Rain?"),), (WEATHER, CLOCK))
SPACES = st.sampled_from(["", " ", "\n", "\n    ", "\t"])


def read(*texts: str, reason: FinishReason = FinishReason.STOP) -> list[ChatDelta]:
    reader = ForcedReader(lambda: "call_1")
    items: list[ChatDelta] = [*map(TextDelta, texts), ChatEnd(reason, ChatUsage(1, 2))]
    return [made for item in items for made in reader.feed(item)]


def call_of(deltas: list[ChatDelta]) -> tuple[str | None, str | None, str]:
    calls = [delta for delta in deltas if isinstance(delta, ToolCallDelta)]
    assert all(call.id is None and call.name is None for call in calls[1:])
    return calls[0].id, calls[0].name, "".join(call.arguments for call in calls)


# What is read


def test_a_call_is_told_as_soon_as_it_has_a_name_and_its_arguments_as_they_come() -> None:
    reader = ForcedReader(lambda: "call_1")
    made = [
        reader.feed(TextDelta(text))
        for text in ('{"name": "get', '_weather", "arguments"', ': {"ci', 'ty": "a}b"', "}", "} ")
    ]

    assert [
        [],
        [],
        [ToolCallDelta(0, "call_1", "get_weather"), ToolCallDelta(0, arguments='{"ci')],
        [ToolCallDelta(0, arguments='ty": "a}b"')],
        [ToolCallDelta(0, arguments="}")],
        [],
    ] == made


def test_an_answer_in_words_is_text_as_it_comes() -> None:
    assert [
        TextDelta("It "),
        TextDelta('rains "here"'),
        TextDelta("."),
        TextDelta("\n"),
        ChatEnd(FinishReason.STOP, ChatUsage(1, 2)),
    ] == read('{"answer":', ' "', "It ", 'rains \\"here\\"', ".\\", 'n"', "}")


def test_calls_end_as_calls_unless_they_were_cut() -> None:
    call = '{"name": "x", "arguments": {'

    assert read(call + "}}")[-1] == ChatEnd(FinishReason.TOOL_CALLS, ChatUsage(1, 2))
    assert read(call, reason=FinishReason.LENGTH)[-1] == ChatEnd(FinishReason.LENGTH, ChatUsage(1, 2))


@pytest.mark.parametrize("text", ["No tool is needed.", "  Well: {}", "```json\n{}\n```", "{" + "x" * 3_000])
def test_what_is_no_such_form_is_passed_on_as_text(text: str) -> None:
    assert text == text_of(read(*text)) == text_of(read(text))


@pytest.mark.parametrize("text", ["{", '{"na', '{"name": "get_w', '{"answer":', ""])
def test_a_form_that_was_cut_before_it_said_anything_is_nothing(text: str) -> None:
    assert [ChatEnd(FinishReason.LENGTH, ChatUsage(1, 2))] == read(text, reason=FinishReason.LENGTH)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(['"', "\\", "}{", "]["]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
CUTS = st.lists(st.integers(0, 60), max_size=20)


def pieces(text: str, sizes: list[int]) -> list[str]:
    cuts = [min(cut, len(text)) for cut in itertools.accumulate(sizes, initial=0)]
    return [text[begin:end] for begin, end in itertools.pairwise([*cuts, len(text)])]


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), SPACES, st.booleans(), CUTS)
def test_any_arguments_cut_anyhow_come_out_whole(
    arguments: dict[str, Any], space: str, ascii_only: bool, sizes: list[int]
) -> None:
    written = json.dumps(arguments, ensure_ascii=ascii_only, indent=2 if space else None)
    text = f'{space}{{{space}"name":{space}"x"{space},{space}"arguments":{space}{written}{space}}}{space}'

    assert ("call_1", "x", written) == call_of(read(*pieces(text, sizes)))


@given(st.text(), SPACES, st.booleans(), CUTS)
@example("😀 한 \x00 \ud83d".encode("utf-8", "replace").decode(), "", True, [1] * 60)
def test_any_answer_cut_anyhow_comes_out_whole(
    said: str, space: str, ascii_only: bool, sizes: list[int]
) -> None:
    text = f'{{{space}"answer"{space}:{space}{json.dumps(said, ensure_ascii=ascii_only)}{space}}}'

    assert said == text_of(read(*pieces(text, sizes)))


@pytest.mark.parametrize("sizes", [[], [1] * 40])
@pytest.mark.parametrize(
    ("written", "said"),
    [(r"\ud83dx", "\ufffdx"), (r"x\ude00y", "x\ufffdy"), (r"\ud83d\n", "\ufffd\n"), (r"\q", "q")],
)
def test_half_a_character_is_marked_as_such(written: str, said: str, sizes: list[int]) -> None:
    assert said == text_of(read(*pieces(f'{{"answer": "{written}"}}', sizes)))


@given(st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=3)), st.booleans(), CUTS)
def test_events_cut_anyhow_come_out_whole(
    events: list[dict[str, Any]], ascii_only: bool, sizes: list[int]
) -> None:
    body = b": hello\n\n" + b"".join(
        b"data: " + json.dumps(event, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass") + b"\r\n\r\n"
        for event in events
    )
    reader = EventReader()
    cuts = [min(cut, len(body)) for cut in itertools.accumulate(sizes, initial=0)]

    found = [e for begin, end in itertools.pairwise([*cuts, len(body)]) for e in reader.feed(body[begin:end])]

    assert events == [*found, *reader.flush()]


# What is asked


def form_of(request: ChatRequest) -> Any:
    assert request.response_format
    return request.response_format["json_schema"]["schema"]


def names_of(form: Any) -> list[str]:
    return [one["properties"].get("name", {}).get("const", "-") for one in form.get("anyOf", [form])]


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("auto", ["get_weather", "get_time", "-"]),
        ("required", ["get_weather", "get_time"]),
        ("get_time", ["get_time"]),
    ],
)
def test_the_schema_has_what_may_be_chosen(choice: str, names: list[str]) -> None:
    made = by_schema.written_out(replace(ASKED, tool_choice=choice))

    assert names == names_of(form_of(made))
    assert () == made.tools
    assert ("- get_weather: The weather" in made.messages[0].text) == ("get_weather" in names)
    assert ('{"answer"' in made.messages[0].text) == ("-" in names)


def test_without_a_tool_to_call_nothing_is_forced() -> None:
    for request in (replace(ASKED, tool_choice="none"), replace(ASKED, tools=())):
        made = by_schema.written_out(request)
        assert (None, ASKED.messages) == (made.response_format, made.messages)

    wanted = {"type": "json_object"}
    assert wanted == by_schema.written_out(replace(ASKED, tools=(), response_format=wanted)).response_format


@pytest.mark.parametrize(("choice", "forced"), [("auto", False), ("required", True), ("get_time", True)])
def test_after_a_result_words_are_due_unless_a_call_must_be(choice: str, forced: bool) -> None:
    messages = (*ASKED.messages, Message(Role.TOOL, "Rain.", tool_call_id="c1"))
    made = by_schema.written_out(replace(ASKED, messages=messages, tool_choice=choice))

    assert forced == (made.response_format is not None)


def test_tools_and_a_form_of_the_caller_s_do_not_go_together() -> None:
    with pytest.raises(InvalidRequest, match="response_format"):
        by_schema.check(replace(ASKED, response_format={"type": "json_object"}))


def test_the_rules_follow_the_caller_s_own() -> None:
    messages = (Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "Rain?"))
    made = by_schema.written_out(replace(ASKED, messages=messages))

    assert [Role.SYSTEM, Role.USER] == [message.role for message in made.messages]
    assert made.messages[0].text.startswith("Be brief.\n\nYou can call")


def test_results_are_told_with_their_calls_and_roles_take_turns() -> None:
    messages = (
        Message(Role.USER, "Rain in Oslo?"),
        Message(Role.ASSISTANT, "Let me see.", (ToolCall("c1", "get_weather", '{"city": "Oslo"}'),)),
        Message(Role.TOOL, "Rain.", tool_call_id="c1"),
        Message(Role.TOOL, "Cold.", tool_call_id="c9"),
        Message(Role.USER, "So?"),
    )
    made = by_schema.written_out(replace(ASKED, messages=messages, tools=()))

    assert (
        Message(Role.USER, "Rain in Oslo?"),
        Message(Role.ASSISTANT, "Let me see."),
        Message(
            Role.USER,
            'Result of get_weather {"city": "Oslo"}: Rain.\n\nResult of the tool: Cold.\n\nSo?',
        ),
    ) == made.messages


def test_a_tool_without_arguments_gets_none() -> None:
    form = form_of(by_schema.written_out(replace(ASKED, tools=(CLOCK,), tool_choice="required")))

    expected = {"type": "object", "properties": {}, "additionalProperties": False}
    assert expected == form["properties"]["arguments"]


def test_what_schemas_refer_to_is_found_from_the_whole() -> None:
    def tool(name: str, kind: str) -> Tool:
        place = {"type": "object", "properties": {"near": {"$ref": "#/$defs/Place"}, "name": {"type": kind}}}
        parameters = {
            "type": "object",
            "properties": {"at": {"$ref": "#/$defs/Place"}},
            "$defs": {"Place": place},
        }
        return Tool(name, "", parameters)

    form = form_of(by_schema.written_out(replace(ASKED, tools=(tool("a", "string"), tool("b", "integer")))))

    assert {"a.Place", "b.Place"} == set(form["$defs"])
    assert {"$ref": "#/$defs/b.Place"} == form["anyOf"][1]["properties"]["arguments"]["properties"]["at"]
    assert {"$ref": "#/$defs/b.Place"} == form["$defs"]["b.Place"]["properties"]["near"]
    assert "integer" == form["$defs"]["b.Place"]["properties"]["name"]["type"]
    assert "$defs" not in form["anyOf"][0]["properties"]["arguments"]
