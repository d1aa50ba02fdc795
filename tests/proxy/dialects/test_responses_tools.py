"""Tools of responses: groups of functions, free text, and what is left out, as Codex sends them."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.responses import Responses
from llmrouter_tui.proxy.dialects.responses_tools import Called, ResponsesTool, Toolbox, as_arguments, as_text
from tests.proxy.conftest import Router
from tests.proxy.dialects.canonical import call, stream, whole
from tests.proxy.scripted import Script

OBJECT: dict[str, Any] = {"type": "object", "properties": {"target": {"type": "string"}}}


def function(name: str) -> dict[str, Any]:
    return {"type": "function", "name": name, "description": f"Does {name}.", "strict": False, "parameters": OBJECT}


CREW: Any = {
    "type": "namespace",
    "name": "crew",
    "description": "Other agents.",
    "tools": [function("hire"), function("close")],
}
FILES: Any = {"type": "namespace", "name": "mcp__files", "tools": [function("close")]}
PATCH: Any = {
    "type": "custom",
    "name": "patch",
    "description": "Changes files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: LINE+"},
}
SEARCH: Any = {"type": "web_search", "external_web_access": False}
ASK: dict[str, Any] = {"model": "auto", "input": "Close it."}
CODEX: dict[str, Any] = {
    "model": "auto",
    "stream": True,
    "input": [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "You write code."}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Close it."}]},
    ],
    "tools": [function("exec_command"), CREW, FILES, PATCH, SEARCH],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "reasoning": {"summary": "auto"},
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "thread-1",
    "client_metadata": {"turn": "1"},
}
"""The shape of what Codex asks at first."""
NAMES = ["exec_command", "crew__hire", "crew__close", "mcp__files__close", "patch"]
"""What a model can call then."""


def read(**fields: Any) -> dict[str, Any]:
    """The canonical request."""
    request, _ = Responses().read(json.dumps({**ASK, **fields}).encode(), session="", client="")
    body = json.loads(request.body)
    assert isinstance(body, dict)
    return body


def offered(asked: dict[str, Any]) -> list[str]:
    return [tool["function"]["name"] for tool in asked.get("tools", ())]


# ── what a model is offered ──


def test_what_codex_asks_is_offered_as_functions() -> None:
    asked = read(**CODEX)
    assert offered(asked) == NAMES
    assert asked["tool_choice"] == "auto"
    assert asked["tools"][2] == {
        "type": "function",
        "function": {"name": "crew__close", "description": "Does close.", "strict": False, "parameters": OBJECT},
    }
    assert [turn["role"] for turn in asked["messages"]] == ["system", "user"]


def test_free_text_is_the_one_string_of_a_function_and_its_grammar_is_told() -> None:
    (tool,) = read(tools=[PATCH])["tools"]
    assert tool["function"]["description"] == "Changes files.\n\nThe input follows this lark grammar:\nstart: LINE+"
    parameters = tool["function"]["parameters"]
    assert (list(parameters["properties"]), parameters["required"]) == (["input"], ["input"])


@pytest.mark.parametrize("kind", ["web_search", "web_search_2025_08_26", "web_search_preview"])
@pytest.mark.parametrize(
    "choice", [None, "auto", "none", "required", {"type": "function", "name": "exec_command"}], ids=str
)
def test_a_search_of_the_web_that_is_merely_on_offer_is_left_out(kind: str, choice: Any) -> None:
    assert offered(read(tools=[{"type": kind}, function("exec_command")], tool_choice=choice)) == ["exec_command"]


def test_a_search_alone_leaves_no_tools() -> None:
    assert "tools" not in read(tools=[SEARCH])
    assert "tools" not in read(tools=[SEARCH], tool_choice="auto")


@pytest.mark.parametrize(
    ("tools", "choice", "param", "why"),
    [
        ([SEARCH, CREW], {"type": "web_search"}, "tool_choice", "runs at OpenAI"),
        ([SEARCH, CREW], {"type": "web_search_preview_2025_03_11"}, "tool_choice", "runs at OpenAI"),
        ([SEARCH], "required", "tools[0]", "runs at OpenAI"),
        ([SEARCH, CREW], {"type": "allowed_tools", "mode": "required", "tools": [SEARCH]}, "tool_choice", "at OpenAI"),
        ([CREW, {"type": "file_search"}], None, "tools[1]", "runs at OpenAI"),
        ([{"type": "mcp", "server_label": "x"}], None, "tools[0]", "runs at OpenAI"),
        ([{"type": "local_shell"}], None, "tools[0]", "cannot offer to a model"),
        ([{**CREW, "tools": [function("hire"), SEARCH]}], None, "tools[0].tools[1]", "runs at OpenAI"),
        ([{**CREW, "tools": [CREW]}], None, "tools[0].tools[0]", "cannot offer to a model"),
        ([{**CREW, "name": ""}], None, "tools[0].name", "missing"),
        ([{**CREW, "tools": [{"type": "function"}]}], None, "tools[0].tools[0].name", "missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_offered_is_refused_with_true_words(tools: list[Any], choice: Any, param: str, why: str) -> None:
    with pytest.raises(RouterError) as caught:
        read(tools=tools, tool_choice=choice)
    assert (caught.value.code, caught.value.param) == ("invalid_request", param)
    assert why in caught.value.message


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ({"type": "function", "name": "close", "namespace": "mcp__files"}, "mcp__files__close"),
        ({"type": "function", "name": "hire"}, "crew__hire"),
        ({"type": "function", "name": "crew__close"}, "crew__close"),
        ({"type": "function", "name": "exec_command"}, "exec_command"),
        ({"type": "custom", "name": "patch"}, "patch"),
    ],
)
def test_a_choice_names_a_tool_with_its_group_or_without_where_one_is_meant(choice: Any, name: str) -> None:
    asked = read(tools=CODEX["tools"], tool_choice=choice)
    assert asked["tool_choice"] == {"type": "function", "function": {"name": name}}


@pytest.mark.parametrize(
    ("allowed", "names"),
    [
        ([{"type": "namespace", "name": "crew"}], ["crew__hire", "crew__close"]),
        ([{"type": "function", "name": "close", "namespace": "crew"}, PATCH, SEARCH], ["crew__close", "patch"]),
        ([{"type": "function", "name": "hire"}], ["crew__hire"]),
        ([{"type": "function", "name": "hire"}, {"type": "mcp"}, {"type": "namespace"}], ["crew__hire"]),
    ],
)
def test_allowed_tools_may_be_in_groups(allowed: list[Any], names: list[str]) -> None:
    choice = {"type": "allowed_tools", "mode": "required", "tools": allowed}
    asked = read(tools=CODEX["tools"], tool_choice=choice)
    assert (offered(asked), asked["tool_choice"]) == (names, "required")


def test_calls_of_earlier_turns_bear_the_names_a_model_knows() -> None:
    conversation = [
        {"role": "user", "content": "Close it."},
        {"type": "function_call", "call_id": "c1", "name": "close", "namespace": "crew", "arguments": "{}"},
        {"type": "function_call", "call_id": "c2", "name": "close", "namespace": "gone", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "c3", "name": "patch", "input": 'a "b"\n'},
        {"type": "function_call_output", "call_id": "c1", "output": "closed"},
        {"type": "function_call_output", "call_id": "c2", "output": "closed"},
        {"type": "custom_tool_call_output", "call_id": "c3", "output": "patched"},
    ]
    turns = read(tools=CODEX["tools"], input=conversation)["messages"]
    assert [made["function"] for made in turns[1]["tool_calls"]] == [
        {"name": "crew__close", "arguments": "{}"},
        {"name": "gone__close", "arguments": "{}"},
        {"name": "patch", "arguments": '{"input":"a \\"b\\"\\n"}'},
    ]
    assert [turn["content"] for turn in turns[2:]] == ["closed", "closed", "patched"]


# ── what the client is told ──

CALLS = (
    call(0, "crew__close", "", "c1"),
    call(0, "", '{"target":'),
    call(0, "", '"nobody"}'),
    call(1, "patch", '{"input":', "c2"),
    call(1, "", '"a\\nb"}'),
    call(2, "exec_command", "{}", "c3"),
)
TOLD: list[dict[str, Any]] = [
    {
        "type": "function_call",
        "call_id": "c1",
        "name": "close",
        "namespace": "crew",
        "arguments": '{"target":"nobody"}',
    },
    {"type": "custom_tool_call", "call_id": "c2", "name": "patch", "input": "a\nb"},
    {"type": "function_call", "call_id": "c3", "name": "exec_command", "arguments": "{}"},
]


def bare(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in ("id", "status")}


async def test_a_stream_tells_calls_as_the_client_named_its_tools(router: Router) -> None:
    router.exchanges.script = Script(chunks=stream(CALLS, "tool_calls"))
    async with router.openai() as client:
        extra = {"client_metadata": CODEX["client_metadata"]}
        asked = {key: value for key, value in CODEX.items() if key not in extra}
        events: list[Any] = [event async for event in await client.responses.create(**asked, extra_body=extra)]
    added = [event.item.to_dict() for event in events if event.type == "response.output_item.added"]
    assert [bare(item) for item in added] == [
        item | {key: "" for key in ("arguments", "input") if key in item} for item in TOLD
    ]
    done = [event.item.to_dict() for event in events if event.type == "response.output_item.done"]
    assert [bare(item) for item in done] == TOLD
    assert [item["id"] for item in done] == [item["id"] for item in added]
    assert events[-1].type == "response.completed"
    assert [item.to_dict() for item in events[-1].response.output] == done
    text = [event for event in events if event.type.startswith("response.custom_tool_call_input")]
    assert [(event.type.rpartition(".")[2], event.to_dict().get("delta", "")) for event in text] == [
        ("delta", "a\nb"),
        ("done", ""),
    ]
    assert {event.item_id for event in text} == {done[1]["id"]}
    assert text[-1].input == "a\nb"
    (first, _) = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert first.name == "close"


async def test_calls_go_round_in_whole_answers(router: Router) -> None:
    made = [
        {"id": ident, "type": "function", "function": {"name": name, "arguments": arguments}}
        for ident, name, arguments in (
            ("c1", "crew__close", '{"target":"nobody"}'),
            ("c2", "patch", '{"input":"a\\nb"}'),
            ("c3", "exec_command", "{}"),
        )
    ]
    router.exchanges.script = Script(answer=whole({"content": None, "tool_calls": made}, "tool_calls"))
    conversation: list[Any] = [{"role": "user", "content": "Close it."}]
    async with router.openai() as client:
        first: Any = await client.responses.create(model="auto", input=conversation, tools=CODEX["tools"])
        items = [item.to_dict() for item in first.output]
        assert [bare(item) for item in items] == TOLD
        router.exchanges.script = Script(answer=whole({"content": "Closed."}))
        second: Any = await client.responses.create(model="auto", input=conversation + items, tools=CODEX["tools"])
    assert second.output_text == "Closed."
    assert json.loads(router.exchanges.last.request.body)["messages"][1]["tool_calls"] == made


def test_what_a_model_says_instead_of_free_text_is_told_as_it_is() -> None:
    assert [as_text(said) for said in ("", "*** Begin", '{"patch":"x"}', '{"input":3}')] == [
        "",
        "*** Begin",
        '{"patch":"x"}',
        '{"input":3}',
    ]


# ── laws ──

_named = st.one_of(st.sampled_from(["a", "b", "a__b", "a.b", "a_b", "x" * 64]), st.text(min_size=1, max_size=70))
_single = st.builds(lambda kind, name: ResponsesTool(kind, name), st.sampled_from(["function", "custom"]), _named)
_group = st.builds(lambda name, tools: ResponsesTool("namespace", name, tools=tools), _named, st.lists(_single))


@given(tools=st.lists(st.one_of(_single, _group)), earlier=st.lists(st.builds(Called, _named, _named)))
def test_every_tool_has_a_name_of_its_own_that_servers_take_and_that_leads_back(
    tools: list[ResponsesTool], earlier: list[Called]
) -> None:
    box = Toolbox(tools)
    asked = {
        Called(inner.name or "", tool.name or "" if tool.type == "namespace" else "", inner.type == "custom")
        for tool in tools
        for inner in (tool.tools or () if tool.type == "namespace" else (tool,))
    } | set(earlier)
    names = {called: box.name(called) for called in asked}
    assert len(set(names.values())) == len(asked)
    for called, name in names.items():
        plain = called == Called(called.name)
        assert (name == called.name) if plain else re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)
        assert box.called.get(name, Called(name)) == called
    again = Toolbox(tools)
    assert [tool["function"] for tool in again.functions] == [tool["function"] for tool in box.functions]


@given(text=st.text())
def test_free_text_is_the_same_after_a_turn_as_arguments(text: str) -> None:
    assert as_text(as_arguments(text)) == text
