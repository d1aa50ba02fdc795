"""What routing learns from a body."""

import json
from typing import Any

import pytest

from llmrouter_tui.core.chat import ChatRequest, Message
from llmrouter_tui.proxy.parse import parse_chat, peek

BASE: dict[str, Any] = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}


def parsed(**fields: Any) -> ChatRequest:
    return parse_chat(json.dumps({**BASE, **fields}).encode())


def test_the_clients_own_bytes_are_kept() -> None:
    body = b' {"messages" :[{"role":"user","content":"\\u00e9"}],"x":1e2, "model":"auto"}\n'
    request = parse_chat(body)
    assert request.body is body
    assert request.messages == (Message("user", "é"),)


def test_a_bare_request_asks_for_nothing_special() -> None:
    assert parsed() == ChatRequest(model="auto", messages=(Message("user", "hi"),), body=json.dumps(BASE).encode())


def test_null_means_left_out() -> None:
    names = ["stream", "stream_options", "tools", "functions", "response_format", "max_tokens", "n", "metadata",
             "max_completion_tokens", "reasoning_effort", "session_id", "conversation_id"]  # fmt: skip
    request = parsed(**dict.fromkeys(names))
    assert (request.stream, request.tools, request.max_tokens, request.choices) == (False, 0, None, 1)
    assert (request.session, request.json_mode, request.has_stream_options) == ("", False, False)


def test_messages_are_reduced_to_what_analysis_reads() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    turns: list[dict[str, Any]] = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "a"}, image, {"type": "text", "text": "b"}, image]},
        {"role": "assistant", "content": None, "tool_calls": [call, call]},
        {"role": "tool", "tool_call_id": "1", "content": "42"},
        {"role": "assistant", "tool_calls": None},
        {"role": "developer", "content": [{"type": "some_new_part", "x": 1}]},
    ]
    assert parsed(messages=turns).messages == (
        Message("system", "be brief"),
        Message("user", "a\nb", images=2),
        Message("assistant", "", tool_calls=2),
        Message("tool", "42"),
        Message("assistant"),
        Message("developer"),
    )


def test_tools_are_counted() -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    request = parsed(tools=[tool, tool], tool_choice="none")
    assert (request.tools, request.tool_choice_none) == (2, True)
    assert not parsed(tools=[tool], tool_choice="auto").tool_choice_none
    assert not parsed(tools=[tool], tool_choice={"type": "function", "function": {"name": "none"}}).tool_choice_none
    assert parsed(functions=[{"name": "f"}]).tools == 1


@pytest.mark.parametrize(("kind", "json_mode"), [("json_object", True), ("json_schema", True), ("text", False)])
def test_json_mode(kind: str, json_mode: bool) -> None:
    assert parsed(response_format={"type": kind, "json_schema": {}}).json_mode is json_mode


@pytest.mark.parametrize(
    ("effort", "thinking"), [("high", True), ("low", True), ("minimal", False), ("none", False), (None, False)]
)
def test_explicit_reasoning(effort: str | None, thinking: bool) -> None:
    assert parsed(reasoning_effort=effort).thinking is thinking


@pytest.mark.parametrize(
    ("fields", "switch"),
    [
        ({}, ""),
        ({"think": False}, "think false"),
        ({"think": True}, "think true"),
        ({"think": "low"}, "think low"),
        ({"chat_template_kwargs": {"enable_thinking": False, "other": 1}}, "enable_thinking false"),
        ({"chat_template_kwargs": {"enable_thinking": True}}, "enable_thinking true"),
        ({"reasoning_effort": "none"}, "reasoning_effort none"),
        ({"reasoning_effort": "high"}, "reasoning_effort high"),
        ({"think": False, "reasoning_effort": "high"}, "think false"),
        ({"chat_template_kwargs": {"enable_thinking": False}, "reasoning_effort": "high"}, "enable_thinking false"),
        ({"think": None, "reasoning_effort": "low"}, "reasoning_effort low"),
        ({"think": {"odd": 1}}, ""),
        ({"think": "ünlike"}, ""),
        ({"chat_template_kwargs": {"enable_thinking": "no"}}, ""),
        ({"chat_template_kwargs": [1]}, ""),
        ({"chat_template_kwargs": None}, ""),
    ],
)
def test_what_is_said_of_thinking(fields: dict[str, object], switch: str) -> None:
    found = parsed(**fields)
    assert found.switch == switch
    assert found.thinking is (switch.rpartition(" ")[2] in ("true", "low", "high"))


@pytest.mark.parametrize(
    ("fields", "bound"),
    [
        ({"max_tokens": 50}, 50),
        ({"max_tokens": 50.0}, 50),
        ({"max_tokens": 50, "max_completion_tokens": 70}, 70),
        ({"max_tokens": -1}, None),
        ({"max_tokens": 0}, None),
    ],
)
def test_the_bound_on_the_answer(fields: dict[str, Any], bound: int | None) -> None:
    assert parsed(**fields).max_tokens == bound


def test_usage_is_wanted_only_when_asked_for() -> None:
    assert parsed(stream=True, stream_options={"include_usage": True}).wants_usage
    request = parsed(stream=True, stream_options={"include_usage": False})
    assert (request.wants_usage, request.has_stream_options) == (False, True)


@pytest.mark.parametrize(
    ("fields", "session"),
    [
        ({"session_id": "s1"}, "s1"),
        ({"conversation_id": 17}, "17"),
        ({"metadata": {"session_id": "s2", "other": [1]}}, "s2"),
        ({"metadata": {"conversation_id": "c"}}, "c"),
        ({"metadata": {"session_id": {"odd": 1}}}, ""),
        ({"metadata": "text"}, ""),
        ({"user": "jane"}, ""),
        ({"session_id": "a\nb"}, "a?b"),
    ],
)
def test_the_conversation_is_known_by_the_fields_clients_use(fields: dict[str, Any], session: str) -> None:
    assert parsed(**fields).session == session


def test_a_header_wins_over_fields() -> None:
    body = json.dumps({**BASE, "session_id": "field"}).encode()
    assert parse_chat(body, session="header").session == "header"


def test_of_duplicate_keys_the_last_counts() -> None:
    body = b'{"model":"a","model":"b","messages":[{"role":"user","content":"x"}]}'
    assert parse_chat(body).model == "b"


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (b'{"model":"m","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}', ("m", "q")),
        (b'{"model":5,"messages":[{"content":[{"type":"text","text":"q"},5,{"text":7}]}]}', ("", "q")),
        (b'{"messages":"x","model":"m"}', ("m", "")),
        (b"{", ("", "")),
        (b'["a"]', ("", "")),
        (b'{"a":' + b"[" * 50_000, ("", "")),
        (b'{"model":"m","pad":"' + b"x" * 2_000_000 + b'"}', ("", "")),
    ],
)
def test_what_can_be_seen_of_a_refused_body(body: bytes, seen: tuple[str, str]) -> None:
    assert peek(body) == seen
