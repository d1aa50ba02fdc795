"""Anthropic's own ways: what its Messages API is asked and what its answers become. What all backends do is in
``test_contract``; its double refuses whatever the real API would."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.backends.anthropic import AnthropicBackend, is_anthropics
from llmrouter_tui.backends.anthropic_schema import closed
from llmrouter_tui.backends.anthropic_wire import Ways, request_body
from llmrouter_tui.backends.discover import build, recognise
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import BackendError
from tests.backends.anthropic_server import SIGNATURE, THOUGHTS, AnthropicServer
from tests.backends.conftest import TOOL, Site, call_for, events, read
from tests.backends.servers import ANSWER, PROMPT_TOKENS, TOKENS

Json = dict[str, Any]

MODEL = ModelInfo("here", "claude-test-4")
NEWER = Ways(64_000, frozenset({"adaptive", "disabled"}), frozenset({"low", "medium", "high", "max"}), True)
OLDER = Ways(8000, frozenset({"enabled", "disabled"}), frozenset(), False)
HI = {"role": "user", "content": "hi"}
DETAIL = {"type": "reasoning.text", "text": "hm", "signature": SIGNATURE, "format": "anthropic-claude-v1", "index": 0}


def body(ways: Ways = NEWER, **fields: Any) -> Json:
    asked = json.loads(request_body(call_for(MODEL, **fields), ways))
    assert isinstance(asked, dict)
    return asked


def turns(*messages: Json) -> list[Json]:
    found = body(messages=list(messages))["messages"]
    assert isinstance(found, list)
    return found


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def called(ident: str = "t1", arguments: str = '{"city": "Oslo"}') -> Json:
    return {"id": ident, "type": "function", "function": {"name": "weather", "arguments": arguments}}


def tool_result(ident: str, words: str) -> Json:
    return {"role": "tool", "tool_call_id": ident, "content": words}


@pytest.fixture
async def site(session: aiohttp.ClientSession) -> AsyncIterator[Site]:
    server = AnthropicServer()
    await server.start()
    backend = build("anthropic", "here", server.url, session, read_timeout=0.5)
    newer, _ = await backend.models()
    server.seen.clear()
    yield Site("anthropic", server, backend, newer)
    await backend.close()
    await server.stop()


class TestRequest:
    def test_the_least(self) -> None:
        assert body() == {
            "model": "claude-test-4",
            "max_tokens": 64_000,
            "messages": [{"role": "user", "content": [text("Hi")]}],
            "stream": True,
        }

    def test_what_this_version_refuses_or_has_no_word_for_is_left_out(self) -> None:
        colours = {
            "temperature": 0.2,
            "top_p": 0.9,
            "top_k": 5,
            "seed": 1,
            "presence_penalty": 1,
            "logit_bias": {"1": 2},
        }
        assert body(**colours, novel=1) == body()

    @pytest.mark.parametrize(
        ("ways", "fields", "expected"),
        [
            (NEWER, {}, 64_000),
            (Ways(), {}, 8192),
            (NEWER, {"max_tokens": 100}, 100),
            (NEWER, {"max_tokens": 100, "max_completion_tokens": 50}, 50),
            (OLDER, {"max_tokens": 50_000}, 8000),
        ],
    )
    def test_how_long_the_answer_may_be_is_always_said(self, ways: Ways, fields: Json, expected: int) -> None:
        assert body(ways, **fields)["max_tokens"] == expected

    def test_stops_and_the_user(self) -> None:
        assert body(stop="END", user="u")["stop_sequences"] == ["END"]
        assert body(stop=["a", "b"], user="u")["metadata"] == {"user_id": "u"}

    @pytest.mark.parametrize(
        ("fields", "param"),
        [
            ({"n": 2}, "n"),
            ({"logprobs": True}, "logprobs"),
            ({"stop": "\n"}, "stop"),
            ({"functions": [{"name": "f"}]}, "functions"),
            ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages"),
            ({"messages": [HI, {"role": "assistant", "tool_calls": [called(arguments="[1]")]}]}, "messages"),
            (
                {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "file:///x"}]}]},
                "messages",
            ),
        ],
    )
    def test_what_an_answer_would_lack_is_refused_for_another_to_do(self, fields: Json, param: str) -> None:
        with pytest.raises(BackendError) as caught:
            body(**fields)
        assert (caught.value.code, caught.value.param) == ("invalid_request", param)
        assert (caught.value.fallback, caught.value.retryable) == (True, False)


class TestTurns:
    def test_what_systems_say_stands_in_front(self) -> None:
        asked = body(messages=[{"role": "system", "content": "A"}, HI, {"role": "developer", "content": [text("B")]}])
        assert asked["system"] == [text("A"), text("B")]
        assert asked["messages"] == [{"role": "user", "content": [text("hi")]}]

    def test_roles_take_turns(self) -> None:
        said = turns(HI, HI, {"role": "assistant", "content": "a"}, {"role": "assistant", "content": "b"}, HI)
        assert [(turn["role"], len(turn["content"])) for turn in said] == [("user", 2), ("assistant", 2), ("user", 1)]

    def test_calls_and_what_came_of_them(self) -> None:
        said = turns(
            HI,
            {"role": "assistant", "content": None, "tool_calls": [called(), called("functions.weather:1", "")]},
            tool_result("t1", "4°"),
            tool_result("functions.weather:1", ""),
            {"role": "user", "content": "so?"},
        )
        assert said[1:] == [
            {
                "role": "assistant",
                "content": [
                    {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Oslo"}},
                    {"type": "tool_use", "id": "functions_weather_1", "name": "weather", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": [text("4°")]},
                    {"type": "tool_result", "tool_use_id": "functions_weather_1"},
                    text("so?"),
                ],
            },
        ]

    def test_images(self) -> None:
        urls = ("https://example.org/cat.png", "data:image/svg+xml,%3Csvg%3E")
        parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
        assert [block["source"] for block in turns({"role": "user", "content": parts})[0]["content"]] == [
            {"type": "url", "url": "https://example.org/cat.png"},
            {"type": "base64", "media_type": "image/svg+xml", "data": "PHN2Zz4="},
        ]

    def test_texts_that_are_empty_are_left_out_and_blanks_at_the_end_of_what_is_begun(self) -> None:
        begun = {"role": "assistant", "content": "The answer is "}
        assert turns(HI, {"role": "assistant", "content": ""}, HI, begun)[-1]["content"] == [text("The answer is")]
        assert turns({"role": "user", "content": [text(" "), text("x")]})[0]["content"] == [text("x")]

    def test_thoughts_go_back_only_to_who_signed_them(self) -> None:
        foreign = DETAIL | {"format": "openai-responses-v1"}
        sealed = {"type": "reasoning.encrypted", "data": "eA==", "format": "anthropic-claude-v1"}
        told = {
            "role": "assistant",
            "content": "a",
            "reasoning_content": "hm",
            "reasoning_details": [foreign, DETAIL, sealed],
        }
        assert turns(HI, told, HI)[1]["content"] == [
            {"type": "thinking", "thinking": "hm", "signature": SIGNATURE},
            {"type": "redacted_thinking", "data": "eA=="},
            text("a"),
        ]
        assert turns(HI, told | {"reasoning_details": None}, HI)[1]["content"] == [text("a")]


class TestTools:
    def test_are_described_by_their_schema(self) -> None:
        function = {"name": "f", "description": "Does.", "parameters": {"properties": {"a": {"minimum": 1}}}}
        assert body(tools=[{"type": "function", "function": function}])["tools"] == [
            {
                "name": "f",
                "description": "Does.",
                "input_schema": {"type": "object", "properties": {"a": {"minimum": 1}}},
            }
        ]

    def test_strict_ones_are_closed(self) -> None:
        function = {"name": "f", "strict": True, "parameters": {"type": "object", "properties": {}}}
        [tool] = body(tools=[{"type": "function", "function": function}])["tools"]
        assert (tool["strict"], tool["input_schema"]["additionalProperties"]) == (True, False)

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({}, None),
            ({"tool_choice": "auto"}, {"type": "auto"}),
            ({"tool_choice": "required"}, {"type": "any"}),
            ({"tool_choice": "none"}, {"type": "none"}),
            (
                {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
                {"type": "tool", "name": "weather"},
            ),
            ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
            (
                {"tool_choice": "required", "parallel_tool_calls": False},
                {"type": "any", "disable_parallel_tool_use": True},
            ),
            ({"tool_choice": "none", "parallel_tool_calls": False}, {"type": "none"}),
        ],
    )
    def test_the_choice_among_them(self, fields: Json, expected: Json | None) -> None:
        assert body(tools=[TOOL], **fields).get("tool_choice") == expected


class TestThinking:
    @pytest.mark.parametrize(
        ("ways", "fields", "thinking", "effort"),
        [
            (NEWER, {}, None, None),
            (NEWER, {"reasoning_effort": "high"}, {"type": "adaptive", "display": "summarized"}, "high"),
            (NEWER, {"reasoning_effort": "xhigh"}, {"type": "adaptive", "display": "summarized"}, "high"),
            (NEWER, {"reasoning_effort": "minimal"}, {"type": "adaptive", "display": "summarized"}, "low"),
            (NEWER, {"reasoning_effort": "none"}, {"type": "disabled"}, None),
            (NEWER, {"think": False}, {"type": "disabled"}, None),
            (NEWER, {"think": True}, {"type": "adaptive", "display": "summarized"}, "medium"),
            (NEWER, {"reasoning_effort": "a lot"}, None, None),
            (OLDER, {"reasoning_effort": "low"}, {"type": "enabled", "budget_tokens": 4096}, None),
            (OLDER, {"reasoning_effort": "high"}, {"type": "enabled", "budget_tokens": 7999}, None),
            (OLDER, {"reasoning_effort": "high", "max_tokens": 1024}, None, None),
            (OLDER, {"reasoning_effort": "low", "tools": [TOOL], "tool_choice": "required"}, None, None),
            (Ways(), {"reasoning_effort": "low"}, {"type": "enabled", "budget_tokens": 4096}, None),
            (Ways(thinking=frozenset()), {"reasoning_effort": "low"}, None, None),
        ],
    )
    def test_is_asked_for_as_the_model_takes_it(
        self, ways: Ways, fields: Json, thinking: Json | None, effort: str | None
    ) -> None:
        asked = body(ways, **fields)
        assert asked.get("thinking") == thinking
        assert asked.get("output_config", {}).get("effort") == effort

    def test_a_budget_needs_thoughts_before_calls(self) -> None:
        made = {"role": "assistant", "content": None, "tool_calls": [called()]}
        thought = made | {"reasoning_details": [DETAIL]}
        for before, able in ((made, False), (thought, True)):
            asked = body(OLDER, reasoning_effort="low", messages=[HI, before, tool_result("t1", "4°")])
            assert ("thinking" in asked) is able
        after = [HI, made, tool_result("t1", "4°"), {"role": "assistant", "content": "It is 4°."}, HI]
        assert "thinking" in body(OLDER, reasoning_effort="low", messages=after)

    def test_an_answer_that_is_begun_is_not_thought_about(self) -> None:
        begun = [HI, {"role": "assistant", "content": "It"}]
        assert "thinking" not in body(reasoning_effort="high", messages=begun)


class TestFormat:
    SCHEMA: Json = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}  # noqa: RUF012

    def wanted(self) -> Json:
        return {"type": "json_schema", "json_schema": {"name": "x", "schema": self.SCHEMA}}

    def test_a_schema_is_kept_where_the_model_keeps_to_one(self) -> None:
        told = body(response_format=self.wanted())["output_config"]["format"]
        assert told == {"type": "json_schema", "schema": closed(self.SCHEMA)}

    def test_where_it_does_not_it_is_asked_for_in_words(self) -> None:
        asked = body(OLDER, response_format=self.wanted(), messages=[{"role": "system", "content": "A"}, HI])
        assert "output_config" not in asked
        assert asked["system"][0] == text("A")
        assert '"minimum": 1' in asked["system"][1]["text"]

    def test_any_json_is_asked_for_in_words(self) -> None:
        assert "JSON object" in body(response_format={"type": "json_object"})["system"][0]["text"]

    def test_objects_are_closed_all_the_way_down_and_what_is_not_enforced_is_told(self) -> None:
        inner = {"type": "object", "properties": {"minimum": {"type": "string", "minLength": 2, "description": "Id."}}}
        schema = {"type": "object", "$defs": {"x": inner}, "properties": {"l": {"type": "array", "items": inner}}}
        made = closed(schema | {"oneOf": [{"$ref": "#/$defs/x"}]})
        assert made["additionalProperties"] is False
        assert made["anyOf"] == [{"$ref": "#/$defs/x"}]
        for found in (made["$defs"]["x"], made["properties"]["l"]["items"]):
            assert found["additionalProperties"] is False
            assert found["properties"]["minimum"] == {"type": "string", "description": "Id. (minLength: 2)"}

    @pytest.mark.parametrize("ways", [NEWER, OLDER])
    async def test_both_ways_are_taken(self, site: Site, ways: Ways) -> None:
        model = site.model if ways is NEWER else (await site.backend.models())[1]
        await read(await site.backend.chat(call_for(model, response_format=self.wanted())))


class TestAnswer:
    async def test_thoughts_come_apart_with_their_signature(self, site: Site) -> None:
        reply = await site.backend.chat(call_for(site.model, reasoning_effort="high"))
        deltas = [chunk["choices"][0]["delta"] for chunk in events(await read(reply))]
        assert "".join(delta.get("reasoning_content", "") for delta in deltas) == "".join(THOUGHTS)
        assert "".join(delta.get("content") or "" for delta in deltas) == ANSWER
        [signed] = [detail for delta in deltas for detail in delta.get("reasoning_details", ())]
        assert (signed["signature"], signed["format"]) == (SIGNATURE, "anthropic-claude-v1")
        assert reply.usage.reasoning_tokens == 2

    async def test_what_it_thought_can_be_given_back(self, site: Site) -> None:
        asked = {"reasoning_effort": "high", "tools": [TOOL]}
        answer = json.loads(await read(await site.backend.chat(call_for(site.model, stream=False, **asked))))
        made = answer["choices"][0]["message"]
        messages = [HI, made, tool_result(made["tool_calls"][0]["id"], "4°")]
        await read(await site.backend.chat(call_for(site.model, messages=messages, **asked)))
        sent = site.server.seen[-1].body["messages"][1]["content"]
        assert sent[0] == {"type": "thinking", "thinking": "".join(THOUGHTS), "signature": SIGNATURE}
        assert sent[1]["id"] == "toolu_1"

    async def test_each_call_has_arguments_also_where_there_are_none(self, site: Site) -> None:
        chunks = events(await read(await site.backend.chat(call_for(site.model, tools=[TOOL]))))
        calls = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", ())]
        words = ["".join(call["function"]["arguments"] for call in calls if call["index"] == at) for at in (0, 1)]
        assert [json.loads(one) for one in words] == [{"city": "Oslo"}, {}]
        assert [call["id"] for call in calls if "id" in call] == ["toolu_1", "toolu_2"]

    @pytest.mark.parametrize("stream", [True, False])
    async def test_what_its_cache_held_is_part_of_the_prompt(self, site: Site, stream: bool) -> None:
        reply = await site.backend.chat(call_for(site.model, stream=stream))
        await read(reply)
        assert (reply.usage.prompt_tokens, reply.usage.cached_tokens) == (PROMPT_TOKENS, 3)
        assert reply.usage.completion_tokens == len(TOKENS)

    async def test_its_own_id_is_the_answers(self, site: Site) -> None:
        assert json.loads(await read(await site.backend.chat(call_for(site.model, stream=False))))["id"] == "msg_1"

    async def test_an_end_without_its_last_word_is_an_end(self, site: Site) -> None:
        site.server.mode = "unfinished"
        reply = await site.backend.chat(call_for(site.model))
        assert events(await read(reply))[-1]["choices"][0]["finish_reason"] == "stop"


class TestFailure:
    @pytest.mark.parametrize(
        ("mode", "code", "retryable"),
        [("overloaded", "queue_full", True), ("spent", "rate_limited", False), ("unpaid", "rate_limited", False)],
    )
    async def test_of_its_own_kinds(self, site: Site, mode: str, code: str, retryable: bool) -> None:
        site.server.mode = mode
        with pytest.raises(BackendError) as caught:
            await site.backend.chat(call_for(site.model))
        assert (caught.value.code, caught.value.fallback, caught.value.retryable) == (code, True, retryable)
        assert (caught.value.retry_after is None) is not retryable

    async def test_before_anything_was_said_is_told_by_its_cause(self, site: Site) -> None:
        site.server.mode = "late"
        reply = await site.backend.chat(call_for(site.model))
        with pytest.raises(BackendError) as caught:
            await read(reply)
        assert (caught.value.code, caught.value.fallback) == ("queue_full", True)

    async def test_of_something_else_that_answers_there(self, site: Site, session: aiohttp.ClientSession) -> None:
        site.server.mode = "raw"
        with pytest.raises(BackendError, match="not part of a stream"):
            await read(await site.backend.chat(call_for(site.model)))


class TestModels:
    async def test_are_told_with_context_and_what_they_can(self, site: Site) -> None:
        newer, older = await site.backend.models()
        assert (newer.name, newer.context_length) == ("claude-test-4", 200_000)
        assert newer.capabilities == {"completion", "tools", "vision", "json", "thinking"}
        assert older.capabilities == {"completion", "tools", "thinking"}
        assert newer.capabilities_known

    async def test_of_several_pages_are_all_read(self, site: Site) -> None:
        site.server.pages = 1
        assert [model.name for model in await site.backend.models()] == list(AnthropicServer.names)
        assert [seen.path for seen in site.server.seen] == [
            "/v1/models?limit=1000",
            "/v1/models?limit=1000&after_id=claude-test-4",
        ]

    async def test_far_away_are_hosted(self, session: aiohttp.ClientSession) -> None:
        backend = AnthropicBackend("a", "https://api.anthropic.com/v1/", session)
        assert backend.url == "https://api.anthropic.com"
        assert not backend._describe({"id": "claude"}).local


class TestKey:
    async def test_goes_out_in_both_headers_and_with_the_version(
        self, site: Site, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MY_KEY", "sk-ant-1")
        backend = build("anthropic", "keyed", site.server.url, session, api_key_env="MY_KEY")
        await backend.models()
        await read(await backend.chat(call_for(site.model)))
        for seen in site.server.seen:
            assert (seen.headers["x-api-key"], seen.headers["Authorization"]) == ("sk-ant-1", "Bearer sk-ant-1")
            assert seen.headers["anthropic-version"] == "2026-10-21"
        await backend.close()

    async def test_the_usual_one_is_only_for_anthropic_itself(
        self, site: Site, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-2")
        await build("anthropic", "gateway", site.server.url, session).models()
        assert "x-api-key" not in site.server.seen[-1].headers
        own = build("anthropic", "own", "https://api.anthropic.com", session)
        assert isinstance(own, AnthropicBackend)
        assert own._link._headers["x-api-key"] == "sk-ant-2"

    async def test_a_refusal_says_which_variable_to_check(
        self, site: Site, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("MY_KEY", raising=False)
        site.server.mode = "unauthorized"
        with pytest.raises(BackendError, match="MY_KEY, which should hold the key, is not set"):
            await build("anthropic", "keyed", site.server.url, session, api_key_env="MY_KEY").probe()

    @pytest.mark.parametrize(
        ("url", "own"),
        [
            ("https://api.anthropic.com", True),
            ("https://API.Anthropic.com/v1", True),
            ("http://api.anthropic.com", False),
            ("https://api.anthropic.com.evil.example", False),
            ("https://evil.example/api.anthropic.com", False),
            ("https://notanthropic.com", False),
            ("api.anthropic.com", False),
        ],
    )
    async def test_which_addresses_are_its_own(self, session: aiohttp.ClientSession, url: str, own: bool) -> None:
        assert is_anthropics(url) is own
        if own:
            assert await recognise(session, url) == ("anthropic", "anthropic")


# ── properties ──────────────────────────────────────────────────────────────────────────────────────────────────

contents = st.none() | st.text(max_size=6) | st.lists(st.text(max_size=4).map(text), max_size=3)
messages = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "system", "developer"]), "content": contents})
    | st.fixed_dictionaries(
        {"role": st.just("assistant"), "content": contents},
        optional={"tool_calls": st.lists(st.builds(called, st.text("ab.:", min_size=1, max_size=3)), max_size=2)},
    )
    | st.builds(tool_result, st.text("ab.:", min_size=1, max_size=3), st.text(max_size=4)),
    max_size=7,
)


@given(messages)
def test_whatever_was_said_the_api_takes_the_turns(said: list[Json]) -> None:
    made = body(messages=[{"role": "user", "content": "hi"}, *said])["messages"]
    assert AnthropicServer().wrong_turns(made) == ""
