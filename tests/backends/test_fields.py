"""Every field of OpenAI's chat completions, at every kind of server: it arrives, in the server's own words, or the
request is refused by that field's name, so that another model can be asked. Nothing is left out without a word."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from llmrouter_tui.core.errors import BackendError
from tests.backends.conftest import SERVERS, TOOL, Site, call_for, events, read
from tests.backends.servers import PNG

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
JSON = {"type": "json_schema", "json_schema": {"name": "w", "schema": SCHEMA, "strict": True}}
PICTURE = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}}]
MADE = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
HISTORY = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": None, "tool_calls": [MADE], "reasoning_content": "Hm."},
    {"role": "tool", "tool_call_id": "c1", "content": "rain"},
]

KINDS = tuple(kind for kind in SERVERS if kind != "anthropic")
"""Those that are asked in OpenAI's words or in Ollama's; Anthropic's are tested where they are translated."""
every_kind = pytest.mark.parametrize("site", KINDS, indirect=True)

FIELDS: Mapping[str, tuple[Any, Mapping[str, Any]]] = {
    "temperature": (0.2, {"options": {"temperature": 0.2}}),
    "top_p": (0.9, {"options": {"top_p": 0.9}}),
    "seed": (7, {"options": {"seed": 7}}),
    "stop": (["END"], {"options": {"stop": ["END"]}}),
    "presence_penalty": (1, {"options": {"presence_penalty": 1}}),
    "frequency_penalty": (1, {"options": {"frequency_penalty": 1}}),
    "max_tokens": (5, {"options": {"num_predict": 5}}),
    "max_completion_tokens": (5, {"options": {"num_predict": 5}}),
    "response_format": (JSON, {"format": SCHEMA}),
    "tools": ([TOOL], {"tools": [TOOL]}),
    "logprobs": (True, {"logprobs": True}),
    "top_logprobs": (2, {"top_logprobs": 2}),
    "reasoning_effort": ("high", {"think": True}),
    "messages": (
        HISTORY,
        {"messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "", "thinking": "Hm.", "tool_calls": [
                {"id": "c1", "function": {"name": "weather", "arguments": {"city": "Oslo"}}}]},
            {"role": "tool", "content": "rain", "tool_call_id": "c1", "tool_name": "weather"},
        ]},
    ),
}  # fmt: skip
"""What is asked, and the same to Ollama. All others are asked it as it is."""
MEANINGLESS_TO_OLLAMA = {"user": "me", "store": False, "metadata": {"a": "b"}, "service_tier": "auto"}
"""They change no answer: who asks, and what is kept and paid at OpenAI."""


async def asked(site: Site, **fields: Any) -> dict[str, Any]:
    """What the server was asked."""
    model = replace(site.model, capabilities=site.model.capabilities | {"thinking"})
    await read(await site.backend.chat(call_for(model, stream=False, **fields)))
    body = site.server.seen[-1].body
    assert isinstance(body, dict)
    return body


@every_kind
@pytest.mark.parametrize("field", FIELDS)
async def test_a_field_arrives(site: Site, field: str) -> None:
    value, ollamas = FIELDS[field]
    extra = {"tools": [TOOL]} if field == "messages" else {"logprobs": True} if field == "top_logprobs" else {}
    body = await asked(site, **{field: value}, **extra)
    wanted = ollamas if site.kind == "ollama" else {field: value}
    assert {name: body.get(name) for name in wanted} == wanted


@every_kind
async def test_a_picture_arrives_as_it_was_sent(site: Site) -> None:
    body = await asked(site, messages=[{"role": "user", "content": [{"type": "text", "text": "What?"}, *PICTURE]}])
    turn = body["messages"][0]
    assert turn.get("images") == [PNG] if site.kind == "ollama" else turn["content"][1:] == PICTURE


@every_kind
async def test_the_newer_name_of_the_limit_reaches_servers_that_know_the_older(site: Site) -> None:
    both = await asked(site, max_completion_tokens=5)
    kept = await asked(site, max_completion_tokens=5, max_tokens=9)
    if site.kind in ("ollama", "openai"):
        assert "max_tokens" not in both, "OpenAI refuses both names in one request"
    else:
        assert (both["max_tokens"], both["max_completion_tokens"]) == (5, 5)
        assert (kept["max_tokens"], kept["max_completion_tokens"]) == (9, 5)


@every_kind
async def test_a_prompt_about_fields_is_no_field(site: Site) -> None:
    text = 'What do "functions", "max_completion_tokens" and "web_search_options" mean?'
    body = await asked(site, messages=[{"role": "user", "content": text}])
    assert body["messages"][-1]["content"] == text
    assert "max_tokens" not in body


ALL_BUT_OLLAMA = frozenset(KINDS) - {"ollama"}
REFUSED: Mapping[str, tuple[Any, frozenset[str]]] = {
    "functions": ([{"name": "weather"}], frozenset({"openai"})),
    "web_search_options": ({"search_context_size": "low"}, frozenset({"openai"})),
    "logit_bias": ({"50256": -100}, ALL_BUT_OLLAMA),
    "grammar": ("root ::= x", ALL_BUT_OLLAMA),
    "response_format": ({"type": "grammar"}, ALL_BUT_OLLAMA),
    "n": (2, frozenset()),
}
"""What some servers would not heed, and which of them are asked it all the same."""


@every_kind
@pytest.mark.parametrize("field", REFUSED)
async def test_what_a_server_does_not_heed_is_refused_by_name(site: Site, field: str) -> None:
    value, takers = REFUSED[field]
    if site.kind in takers:
        assert (await asked(site, **{field: value}))[field] == value
        return
    with pytest.raises(BackendError) as caught:
        await asked(site, **{field: value})
    error = caught.value
    assert (error.code, error.param, error.fallback, error.retryable) == ("invalid_request", field, True, False)


@every_kind
async def test_what_changes_no_answer_is_no_reason_to_refuse(site: Site) -> None:
    body = await asked(site, **MEANINGLESS_TO_OLLAMA)
    if site.kind != "ollama":
        assert {name: body[name] for name in MEANINGLESS_TO_OLLAMA} == MEANINGLESS_TO_OLLAMA


# ── what Ollama cannot be told of tool calls, its answers are held to ──

RULES: list[dict[str, Any]] = [
    {"tool_choice": "required"},
    {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
]


only_ollama = pytest.mark.parametrize("site", ["ollama"], indirect=True)


@only_ollama
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("rule", RULES)
async def test_words_where_a_call_is_required_are_a_failure_that_another_model_may_heal(
    site: Site, rule: dict[str, Any], stream: bool
) -> None:
    site.server.shy = True
    reply = await site.backend.chat(call_for(site.model, stream=stream, tools=[TOOL], **rule))
    told: list[bytes] = []
    with pytest.raises(BackendError, match="tool call was required") as caught:
        async for chunk in reply.chunks():
            told.append(chunk)  # noqa: PERF401 - what came before the failure counts
    assert told == [], "nothing may be told before, or no other model could be asked"
    assert caught.value.fallback


@only_ollama
@pytest.mark.parametrize("stream", [False, True])
async def test_without_the_rule_words_are_an_answer(site: Site, stream: bool) -> None:
    site.server.shy = True
    rules: list[dict[str, Any]] = [{}, {"tool_choice": "auto"}, {"tool_choice": "none"}, {"parallel_tool_calls": False}]
    for free in rules:
        assert await read(await site.backend.chat(call_for(site.model, stream=stream, tools=[TOOL], **free)))


@only_ollama
@pytest.mark.parametrize("stream", [False, True])
async def test_one_call_at_a_time_is_the_first(site: Site, stream: bool) -> None:
    rules: dict[str, Any] = {"tool_choice": "required", "parallel_tool_calls": False}
    other = {"type": "function", "function": {"name": "time"}}
    raw = await read(await site.backend.chat(call_for(site.model, stream=stream, tools=[TOOL, other], **rules)))
    if stream:
        calls = [c for e in events(raw) for c in e["choices"][0]["delta"].get("tool_calls", ())]
    else:
        calls = json.loads(raw)["choices"][0]["message"]["tool_calls"]
    assert [call["function"]["name"] for call in calls] == ["weather"]
