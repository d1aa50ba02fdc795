"""What is asked of ``/v1/messages``, as the canonical request that every backend gets."""

import json
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.backends.anthropic_wire import Ways, request_body
from llmrouter_tui.core.chat import ChatCall, ChatRequest
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.anthropic import Messages, conversation

Json = dict[str, Any]

HI = [{"role": "user", "content": "hi"}]
ASK: Json = {"model": "auto", "max_tokens": 100, "messages": HI}
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}
CALL = {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Oslo"}}
WEATHER = {"name": "weather", "description": "Tells it.", "input_schema": {"type": "object"}}


def request(**fields: Any) -> ChatRequest:
    return Messages().read(json.dumps(ASK | fields).encode(), session="", client="me")[0]


def canonical(**fields: Any) -> Json:
    body = json.loads(request(**fields).body)
    assert isinstance(body, dict)
    return body


def messages(*turns: Json, **fields: Any) -> list[Json]:
    found = canonical(messages=list(turns), **fields)["messages"]
    assert isinstance(found, list)
    return found


def user(*blocks: Json | str) -> Json:
    return {"role": "user", "content": [block if isinstance(block, dict) else text(block) for block in blocks]}


def assistant(*blocks: Json | str) -> Json:
    return user(*blocks) | {"role": "assistant"}


def text(words: str, **more: Any) -> Json:
    return {"type": "text", "text": words, **more}


def refusal(**fields: Any) -> RouterError:
    with pytest.raises(RouterError) as caught:
        request(**fields)
    assert caught.value.code == "invalid_request"
    assert caught.value.hint
    return caught.value


class TestFields:
    def test_the_least_request(self) -> None:
        asked = request()
        assert json.loads(asked.body) == {"model": "auto", "max_tokens": 100, "messages": HI}
        assert (asked.model, asked.max_tokens, asked.stream, asked.client) == ("auto", 100, False, "me")
        assert not asked.thinking

    def test_sampling_and_stops_have_their_canonical_names(self) -> None:
        body = canonical(temperature=0.2, top_p=0.9, top_k=40, stop_sequences=["END"], metadata={"user_id": "u1"})
        assert {k: body[k] for k in ("temperature", "top_p", "top_k", "stop", "user")} == {
            "temperature": 0.2,
            "top_p": 0.9,
            "top_k": 40,
            "stop": ["END"],
            "user": "u1",
        }

    def test_a_stream_is_always_counted(self) -> None:
        asked = request(stream=True)
        assert asked.stream
        assert asked.wants_usage

    def test_what_is_about_anthropics_service_is_left_out(self) -> None:
        own = {"cache_control": {"type": "ephemeral"}, "service_tier": "auto", "context_management": {"edits": []}}
        assert canonical(**own) == canonical()

    def test_what_nobody_knows_passes_through(self) -> None:
        assert canonical(min_p=0.05, novel={"a": 1})["novel"] == {"a": 1}

    @pytest.mark.parametrize(
        ("fields", "param", "word"),
        [
            ({"max_tokens": None}, "max_tokens", "missing"),
            ({"max_tokens": 0}, "max_tokens", "at least 1"),
            ({"max_tokens": "many"}, "max_tokens", "whole number"),
            ({"messages": []}, "messages", "empty"),
            ({"model": 3}, "model", "string"),
            ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role", "no role"),
            ({"messages": [{"role": "user"}]}, "messages[0].content", "missing"),
            ({"messages": [user({"type": "text"})]}, "messages[0].content[0].text", "missing"),
            ({"messages": [user({"type": "sonnet"})]}, "messages[0].content[0]", "'sonnet'"),
            ({"messages": [user({"type": "container_upload"})]}, "messages[0].content[0]", "Anthropic's own servers"),
            ({"messages": [assistant({"type": "tool_use", "id": "t"})]}, "messages[0].content[0].name", "missing"),
            ({"messages": [assistant(PNG)]}, "messages[0].content[0]", "'image'"),
            ({"system": [PNG]}, "system[0]", "'image'"),
            ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0].type", "'web_search'"),
            ({"tools": [{"input_schema": {}}]}, "tools[0].name", "missing"),
            ({"tools": [WEATHER], "tool_choice": {"type": "tool"}}, "tool_choice.name", "missing"),
            ({"tools": [WEATHER], "tool_choice": {"type": "maybe"}}, "tool_choice.type", "'maybe'"),
            ({"thinking": {"type": "hard"}}, "thinking.type", "'hard'"),
            ({"output_config": {"format": {"type": "xml"}}}, "output_config.format", "JSON schema"),
            ({"mcp_servers": [{"url": "https://x"}]}, "mcp_servers", "Anthropic's own servers"),
        ],
    )
    def test_what_is_wrong_is_told_by_name(self, fields: Json, param: str, word: str) -> None:
        error = refusal(**fields)
        assert error.param == param
        assert word in error.message


class TestTurns:
    def test_the_system_prompt_comes_first_as_text_or_blocks(self) -> None:
        first = {"role": "system", "content": "Be brief."}
        assert messages(*HI, system="Be brief.") == [first, *HI]
        assert messages(*HI, system=[text("Be brief.", cache_control={"type": "ephemeral"})]) == [first, *HI]
        assert messages(*HI, system=[text("Be"), text("brief.")])[0]["content"] == "Be\nbrief."

    def test_a_system_turn_stays_where_it_stands(self) -> None:
        said = messages(*HI, assistant("hello"), {"role": "system", "content": [text("Now in French.")]}, user("go on"))
        assert [message["role"] for message in said] == ["user", "assistant", "system", "user"]

    def test_blocks_of_text_are_text(self) -> None:
        assert messages(user("one", "two")) == [{"role": "user", "content": "one\ntwo"}]

    def test_turns_of_one_role_are_one_turn(self) -> None:
        said = messages(user("one"), user("two"), assistant("a"), assistant("b"), user("three"), user(PNG))
        assert said == [
            {"role": "user", "content": "one\ntwo"},
            {"role": "assistant", "content": "a\nb"},
            {"role": "user", "content": [{"type": "text", "text": "three"}, IMAGE]},
        ]

    def test_images_by_value_and_by_address(self) -> None:
        far = {"type": "image", "source": {"type": "url", "url": "https://example.org/cat.png"}}
        parts = messages(user("What are these?", PNG, far))[0]["content"]
        assert parts[1:] == [IMAGE, {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}}]
        assert request(messages=[user(PNG, far)]).messages[0].images == 2

    def test_documents_of_text_are_text_under_their_title(self) -> None:
        plain = {
            "type": "document",
            "title": "Notes",
            "source": {"type": "text", "data": "a b", "media_type": "text/plain"},
        }
        parts = {"type": "document", "source": {"type": "content", "content": [text("c"), PNG]}}
        found = {"type": "search_result", "title": "T", "source": "https://t", "content": [text("d")]}
        assert messages(user(plain, found))[0]["content"] == "Notes\na b\nT\nhttps://t\nd"
        assert messages(user(parts))[0]["content"] == [{"type": "text", "text": "c"}, IMAGE]

    @pytest.mark.parametrize(
        ("source", "word"),
        [
            ({"type": "base64", "media_type": "application/pdf", "data": "JVBE"}, "PDF"),
            ({"type": "url", "url": "https://example.org/a.pdf"}, "PDF"),
            ({"type": "file", "file_id": "file_1"}, "uploaded to Anthropic"),
        ],
    )
    def test_documents_that_are_no_text_are_refused(self, source: Json, word: str) -> None:
        error = refusal(messages=[user({"type": "document", "source": source})])
        assert word in error.message
        assert error.param == "messages[0].content[0].source"

    def test_a_call_and_what_came_of_it(self) -> None:
        called = {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Oslo"}}
        result = {"type": "tool_result", "tool_use_id": "t1", "content": [text("4°"), PNG]}
        failed = {"type": "tool_result", "tool_use_id": "t2", "content": "no such city", "is_error": True}
        said = messages(user("weather?"), assistant("Let me see.", called), user("and now?", result, failed))
        arguments = said[1]["tool_calls"][0]["function"].pop("arguments")
        assert json.loads(arguments) == {"city": "Oslo"}
        assert said[1:] == [
            {
                "role": "assistant",
                "content": "Let me see.",
                "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "weather"}}],
            },
            {"role": "tool", "tool_call_id": "t1", "content": "4°\n(The image that the tool gave follows.)"},
            {"role": "tool", "tool_call_id": "t2", "content": "Error: no such city"},
            {"role": "user", "content": [IMAGE, {"type": "text", "text": "and now?"}]},
        ]

    def test_a_call_without_words_has_no_content(self) -> None:
        called = {"type": "tool_use", "id": "t1", "name": "now", "input": {}}
        assert messages(*HI, assistant(called))[1]["content"] is None

    def test_a_result_may_be_empty(self) -> None:
        assert messages(*HI, user({"type": "tool_result", "tool_use_id": "t1"}))[-1]["content"] == ""

    def test_thoughts_of_before_are_handed_on_and_signed_ones_with_their_signature(self) -> None:
        signed = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
        sealed = {"type": "redacted_thinking", "data": "c2VhbGVk"}
        said = messages(*HI, assistant(signed, sealed, "hello"), user("go on"))[1]
        assert (said["reasoning_content"], said["content"]) == ("hm", "hello")
        assert said["reasoning_details"] == [
            {"type": "reasoning.text", "text": "hm", "signature": "c2ln", "format": "anthropic-claude-v1", "index": 0},
            {"type": "reasoning.encrypted", "data": "c2VhbGVk", "format": "anthropic-claude-v1", "index": 1},
        ]

    def test_thoughts_that_nobody_signed_are_text_only(self) -> None:
        said = messages(*HI, assistant({"type": "thinking", "thinking": "hm", "signature": ""}, "hello"))[1]
        assert said == {"role": "assistant", "reasoning_content": "hm", "content": "hello"}


class TestTools:
    def test_are_functions(self) -> None:
        asked = request(tools=[WEATHER | {"strict": True, "cache_control": {"type": "ephemeral"}}])
        assert asked.tools == 1
        assert json.loads(asked.body)["tools"] == [
            {
                "type": "function",
                "function": {
                    "name": "weather",
                    "description": "Tells it.",
                    "parameters": {"type": "object"},
                    "strict": True,
                },
            }
        ]

    @pytest.mark.parametrize(
        ("choice", "expected"),
        [
            ({"type": "auto"}, "auto"),
            ({"type": "any"}, "required"),
            ({"type": "none"}, "none"),
            ({"type": "tool", "name": "weather"}, {"type": "function", "function": {"name": "weather"}}),
        ],
    )
    def test_the_choice_among_them(self, choice: Json, expected: Any) -> None:
        body = canonical(tools=[WEATHER], tool_choice=choice)
        assert body["tool_choice"] == expected
        assert "parallel_tool_calls" not in body

    def test_one_at_a_time(self) -> None:
        choice = {"type": "auto", "disable_parallel_tool_use": True}
        assert canonical(tools=[WEATHER], tool_choice=choice)["parallel_tool_calls"] is False

    def test_a_choice_without_tools_means_nothing(self) -> None:
        assert "tool_choice" not in canonical(tool_choice={"type": "auto"})


class TestThinking:
    @pytest.mark.parametrize(
        ("fields", "effort", "needed"),
        [
            ({"thinking": {"type": "enabled", "budget_tokens": 4000}}, "low", True),
            ({"thinking": {"type": "enabled", "budget_tokens": 10_000}}, "medium", True),
            ({"thinking": {"type": "enabled", "budget_tokens": 31_999}}, "high", True),
            ({"thinking": {"type": "enabled", "budget_tokens": 1024}, "output_config": {"effort": "max"}}, "max", True),
            ({"thinking": {"type": "disabled"}}, "none", False),
            ({"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}}, "none", False),
            ({"thinking": {"type": "adaptive"}}, None, False),
            ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}, "high", False),
            ({"output_config": {"effort": "medium"}}, "medium", False),
        ],
    )
    def test_is_an_effort_and_a_need_only_where_it_is_switched_on(
        self, fields: Json, effort: str | None, needed: bool
    ) -> None:
        asked = request(**fields)
        assert json.loads(asked.body).get("reasoning_effort") == effort
        assert asked.switch == (f"reasoning_effort {effort}" if effort else "")
        assert asked.thinking is needed


@pytest.mark.parametrize("place", ["output_config", "output_format"])
def test_a_schema_for_the_answer(place: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    wanted = {"type": "json_schema", "schema": schema}
    asked = request(**{place: {"format": wanted} if place == "output_config" else wanted})
    assert asked.json_mode
    told = json.loads(asked.body)["response_format"]
    assert (told["type"], told["json_schema"]["schema"]) == ("json_schema", schema)


@pytest.mark.parametrize(
    ("user_id", "expected"),
    [
        ("user_0f_account_11-22_session_33-44", "33-44"),
        ('{"device_id": "d", "session_id": "5-6"}', "5-6"),
        ('{"device_id": "d"}', ""),
        ("{broken", ""),
        ("alice", ""),
        ("", ""),
    ],
)
def test_claude_code_names_its_conversation(user_id: str, expected: str) -> None:
    assert conversation(user_id) == expected
    asked = request(metadata={"user_id": user_id})
    assert asked.session == expected


def test_an_explicit_session_wins() -> None:
    body = json.dumps(ASK | {"metadata": {"user_id": "x_session_y"}}).encode()
    assert Messages().read(body, session="mine", client="")[0].session == "mine"


def json_values() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
    return st.recursive(leaves, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=6), v, max_size=3))


@given(
    odd=st.dictionaries(st.sampled_from([*ASK, "system", "tools", "thinking", "metadata"]), json_values(), max_size=2)
)
def test_whatever_is_sent_it_is_read_or_refused_by_name(odd: Json) -> None:
    try:
        asked, _ = Messages().read(json.dumps(ASK | odd).encode(), session="", client="")
    except RouterError as error:
        assert error.status == 400
    else:
        assert json.loads(asked.body)["messages"]


@given(given=st.dictionaries(st.text(), json_values(), max_size=4))
def test_arguments_of_calls_survive_there_and_back(given: Json) -> None:
    called = {"type": "tool_use", "id": "t", "name": "f", "input": given}
    function = messages(*HI, assistant(called))[1]["tool_calls"][0]["function"]
    assert json.loads(function["arguments"]) == given


class TestWhatIsToBeCached:
    """Marks reach Anthropic as they came, and nobody else."""

    MARK: ClassVar[Json] = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}

    def asked(self, **more: Any) -> Any:
        result = {"type": "tool_result", "tool_use_id": "t1", "content": [text("sunny", **self.MARK)]}
        turns = [
            {"role": "user", "content": [text("context", **self.MARK), text("question")]},
            {"role": "assistant", "content": [text("Let me see."), {**CALL, **self.MARK}]},
            {"role": "user", "content": [result]},
        ]
        system = [text("Who you are."), text("All the rules.", **self.MARK)]
        return request(messages=turns, system=system, tools=[WEATHER | self.MARK], **more)

    def test_others_hear_the_words_only(self) -> None:
        asked = self.asked()
        assert b"cache_control" not in asked.body
        said = json.loads(asked.body)["messages"]
        assert [turn["content"] for turn in said] == [
            "Who you are.\nAll the rules.",
            "context\nquestion",
            "Let me see.",
            "sunny",
        ]
        assert request().marked is None

    def test_anthropic_gets_them_where_they_stood(self) -> None:
        call = ChatCall(self.asked(), ModelInfo("cloud", "claude-test-4"), "x1")
        sent = json.loads(request_body(call, Ways()))
        assert sent["system"] == [text("Who you are."), text("All the rules.", **self.MARK)]
        first, second, third = (turn["content"] for turn in sent["messages"])
        assert first == [text("context", **self.MARK), text("question")]
        assert second == [text("Let me see."), {**CALL, **self.MARK}]
        (result,) = third
        assert (result["cache_control"], result["content"]) == (self.MARK["cache_control"], [text("sunny")])
        assert sent["tools"][0]["cache_control"] == self.MARK["cache_control"]

    def test_a_whole_request_may_be_marked(self) -> None:
        call = ChatCall(self.asked(**self.MARK), ModelInfo("cloud", "claude-test-4"), "x1")
        assert json.loads(request_body(call, Ways()))["cache_control"] == self.MARK["cache_control"]
        gone_on = replace(call, resumes=True)
        assert b"cache_control" not in request_body(gone_on, Ways()), "the body is another one then"
