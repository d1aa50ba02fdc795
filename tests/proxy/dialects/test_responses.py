"""Responses: items in and out over the same exchange, by the official client."""

import json
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.responses import Responses
from tests.proxy.conftest import Router
from tests.proxy.dialects.canonical import call, event, grouped, stream, whole
from tests.proxy.scripted import DONE, Script

ASK: dict[str, Any] = {"model": "auto", "input": "What is the weather?"}
WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "description": "Tells the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": True,
}
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def read(**fields: Any) -> dict[str, Any]:
    """The canonical request."""
    request, _ = Responses().read(json.dumps({**ASK, **fields}).encode(), session="", client="")
    body = json.loads(request.body)
    assert isinstance(body, dict)
    return body


# ── what is asked ──


def test_the_fields_of_a_response_become_those_of_a_chat() -> None:
    asked = read(
        instructions="Be brief.",
        max_output_tokens=50,
        reasoning={"effort": "low", "summary": "auto"},
        text={"verbosity": "low", "format": {"type": "json_schema", "name": "w", "schema": {"type": "object"}}},
        tools=[WEATHER],
        tool_choice={"type": "function", "name": "weather"},
        parallel_tool_calls=False,
        temperature=0.3,
        top_p=0.9,
        seed=7,
        user="me",
        store=True,
        truncation="auto",
        include=["reasoning.encrypted_content"],
        stream=True,
        stream_options={"include_obfuscation": False},
        min_p=0.1,
    )
    assert asked == {
        "model": "auto",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is the weather?"},
        ],
        "max_completion_tokens": 50,
        "reasoning_effort": "low",
        "verbosity": "low",
        "response_format": {"type": "json_schema", "json_schema": {"name": "w", "schema": {"type": "object"}}},
        "tools": [
            {"type": "function", "function": {k: v for k, v in WEATHER.items() if k != "type"}},
        ],
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "parallel_tool_calls": False,
        "temperature": 0.3,
        "top_p": 0.9,
        "seed": 7,
        "user": "me",
        "stream": True,
        "stream_options": {"include_usage": True},
        "min_p": 0.1,
    }


def test_a_conversation_of_items_becomes_turns() -> None:
    asked = read(
        instructions="Be brief.",
        input=[
            {"role": "developer", "content": "And kind."},
            {"role": "user", "content": [
                {"type": "input_text", "text": "Look:"},
                {"type": "input_image", "image_url": PIXEL, "detail": "low"},
            ]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
             "content": [{"type": "output_text", "text": "I ask.", "annotations": []}]},
            {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "weather", "arguments": '{"city":"Rome"}'},
            {"type": "function_call", "id": "fc_2", "call_id": "c2", "name": "weather", "arguments": '{"city":"Oslo"}'},
            {"type": "function_call_output", "call_id": "c1", "output": "sun"},
            {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "rain"}]},
            {"role": "user", "content": "And now?"},
        ],
    )  # fmt: skip
    calls = [
        {"id": ident, "type": "function", "function": {"name": "weather", "arguments": f'{{"city":"{city}"}}'}}
        for ident, city in (("c1", "Rome"), ("c2", "Oslo"))
    ]  # fmt: skip
    assert asked["messages"] == [
        {"role": "system", "content": "Be brief.\n\nAnd kind."},
        {"role": "user", "content": [
            {"type": "text", "text": "Look:"},
            {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
        ]},
        {"role": "assistant", "reasoning_content": "Hm.", "content": "I ask.", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c1", "content": "sun"},
        {"role": "tool", "tool_call_id": "c2", "content": "rain"},
        {"role": "user", "content": "And now?"},
    ]  # fmt: skip


def test_allowed_tools_are_the_only_ones_on_offer() -> None:
    other = {**WEATHER, "name": "time"}
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "time"}]}
    asked = read(tools=[WEATHER, other], tool_choice=allowed)
    assert [tool["function"]["name"] for tool in asked["tools"]] == ["time"]
    assert asked["tool_choice"] == "required"


@pytest.mark.parametrize(
    ("fields", "param", "word"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id", "stores none"),
        ({"conversation": "conv_1"}, "conversation", "stores none"),
        ({"background": True}, "background", "stores none"),
        ({"prompt": {"id": "p"}}, "prompt", "template"),
        ({"tools": [{"type": "code_interpreter"}]}, "tools[0]", "code_interpreter"),
        ({"tool_choice": {"type": "file_search"}}, "tool_choice", "file_search"),
        ({"tools": [{"type": "function"}]}, "tools[0].name", "missing"),
        ({"input": []}, "input", "empty"),
        ({"input": None}, "input", "empty"),
        ({"input": 3}, "input", "must be"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0]", "item_reference"),
        ({"input": [{"role": "robot", "content": "x"}]}, "input[0].role", "must be one of"),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].call_id", "missing"),
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input[0].content[0]", "audio"),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]},
         "input[0].content[0]", "input_file"),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
         "input[0].content[0].image_url", "no files"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format", "grammar"),
        ({"max_output_tokens": 1 << 40}, "max_output_tokens", "max_output_tokens"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_by_the_name_it_was_given(fields: dict[str, Any], param: str, word: str) -> None:
    with pytest.raises(RouterError) as caught:
        read(**fields)
    assert (caught.value.code, caught.value.param) == ("invalid_request", param)
    assert word in caught.value.message


# ── what is answered ──


async def test_the_official_client_gets_an_answer(router: Router) -> None:
    router.exchanges.script = Script(answer=whole({"content": "Sunny.", "reasoning": "Look outside."}))
    async with router.openai() as client:
        answer: Any = await client.responses.create(**ASK, metadata={"topic": "sky"}, temperature=0.5, store=True)
    assert (answer.id, answer.object, answer.status, answer.model) == (
        "chatcmpl-7",
        "response",
        "completed",
        "qwen3:4b",
    )
    assert answer.output_text == "Sunny."
    thought, message = answer.output
    assert thought.type == "reasoning"
    assert thought.content is not None
    assert thought.content[0].text == "Look outside."
    assert message.type == "message"
    assert (answer.metadata, answer.temperature, answer.tools) == ({"topic": "sky"}, 0.5, [])
    assert answer.to_dict()["store"] is False
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (11, 7, 18)
    assert answer.usage.input_tokens_details.cached_tokens == 4
    assert answer.usage.output_tokens_details.reasoning_tokens == 3


TOLD = (
    {"reasoning_content": "Look "},
    {"reasoning_content": "outside."},
    {"content": "I "},
    {"content": "ask."},
    call(0, "weather", "", "c1"),
    call(0, "", '{"city":'),
    call(0, "", '"Rome"}'),
    call(1, "weather", '{"city":"Oslo"}', "c2"),
)
"""Thinking, text and two tool calls, in pieces."""


async def test_the_official_client_streams_every_named_event_in_order(router: Router) -> None:
    router.exchanges.script = Script(chunks=stream(TOLD, "tool_calls"))
    async with router.openai() as client:
        events: list[Any] = [
            event async for event in await client.responses.create(**ASK, stream=True, tools=[WEATHER])
        ]
    text = ["response.content_part.added", "response.output_text.delta", "response.output_text.delta"]
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.reasoning_text.delta",
        "response.reasoning_text.delta",
        "response.reasoning_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.output_item.added",
        *text,
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.delta",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last = events[-1]
    assert last.type == "response.completed"
    kinds = [item.type for item in last.response.output]
    assert kinds == ["reasoning", "message", "function_call", "function_call"]
    assert last.response.usage is not None
    assert last.response.usage.total_tokens == 18


async def test_the_official_helper_follows_a_stream(router: Router) -> None:
    router.exchanges.script = Script(chunks=stream(TOLD, "tool_calls"))
    async with router.openai() as client, client.responses.stream(**ASK, tools=[WEATHER]) as told:
        snapshots = [event.snapshot async for event in told if event.type == "response.function_call_arguments.delta"]
        final: Any = await told.get_final_response()
    assert snapshots == ['{"city":', '{"city":"Rome"}', '{"city":"Oslo"}']
    assert final.output_text == "I ask."
    calls = [item for item in final.output if item.type == "function_call"]
    assert [(item.call_id, item.parsed_arguments) for item in calls] == [
        ("c1", {"city": "Rome"}),
        ("c2", {"city": "Oslo"}),
    ]


class Weather(BaseModel):
    city: str
    degrees: int


async def test_the_official_client_parses_a_schema(router: Router) -> None:
    router.exchanges.script = Script(answer=whole({"content": '{"city":"Rome","degrees":30}'}))
    async with router.openai() as client:
        answer: Any = await client.responses.parse(**ASK, text_format=Weather)
    assert answer.output_parsed == Weather(city="Rome", degrees=30)
    request = router.exchanges.last.request
    assert request.json_mode
    assert json.loads(request.body)["response_format"]["json_schema"]["strict"] is True


async def test_tools_go_round_with_the_official_client(router: Router) -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}]
    router.exchanges.script = Script(answer=whole({"content": None, "tool_calls": calls}, "tool_calls"))
    conversation: list[Any] = [{"role": "user", "content": "Weather in Rome?"}]
    async with router.openai() as client:
        first: Any = await client.responses.create(model="auto", input=conversation, tools=[WEATHER])
        asked = first.output[0]
        assert asked.type == "function_call"
        conversation += [item.to_dict() for item in first.output]
        conversation.append({"type": "function_call_output", "call_id": asked.call_id, "output": "sun"})
        router.exchanges.script = Script(answer=whole({"content": "Sunny."}))
        second: Any = await client.responses.create(model="auto", input=conversation, tools=[WEATHER])
    assert second.output_text == "Sunny."
    sent = json.loads(router.exchanges.last.request.body)["messages"]
    assert [turn["role"] for turn in sent] == ["user", "assistant", "tool"]
    assert sent[1]["tool_calls"] == calls
    assert router.exchanges.last.request.tools == 1


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("finish", "why"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
async def test_an_answer_that_was_cut_off_is_incomplete(router: Router, streamed: bool, finish: str, why: str) -> None:
    router.exchanges.script = Script(
        chunks=stream([{"content": "Sun"}], finish), answer=whole({"content": "Sun"}, finish)
    )
    async with router.openai() as client:
        if streamed:
            events: list[Any] = [event async for event in await client.responses.create(**ASK, stream=True)]
            last = events[-1]
            assert last.type == "response.incomplete"
            answer: Any = last.response
        else:
            answer = await client.responses.create(**ASK)
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == why
    assert answer.output[0].type == "message"
    assert answer.output[0].status == "incomplete"


async def test_a_refusal_is_a_part_of_its_own(router: Router) -> None:
    router.exchanges.script = Script(chunks=stream([{"content": "Well. "}, {"refusal": "No."}]))
    async with router.openai() as client:
        events: list[Any] = [event async for event in await client.responses.create(**ASK, stream=True)]
    kinds = [event.type for event in events]
    assert "response.refusal.delta" in kinds
    assert "response.refusal.done" in kinds
    last = events[-1]
    assert last.type == "response.completed"
    message = last.response.output[0]
    assert message.type == "message"
    assert [part.type for part in message.content] == ["output_text", "refusal"]


async def test_logprobs_are_told(router: Router) -> None:
    answer = json.loads(whole({"content": "Sun"}))
    answer["choices"][0]["logprobs"] = {"content": [{"token": "Sun", "logprob": -0.1, "bytes": [83, 117, 110]}]}
    router.exchanges.script = Script(answer=json.dumps(answer).encode())
    async with router.openai() as client:
        told: Any = await client.responses.create(**ASK, include=["message.output_text.logprobs"], top_logprobs=2)
    asked = json.loads(router.exchanges.last.request.body)
    assert (asked["logprobs"], asked["top_logprobs"]) == (True, 2)
    assert told.output[0].type == "message"
    part = told.output[0].content[0]
    assert part.type == "output_text"
    assert part.logprobs is not None
    assert part.logprobs[0].logprob == -0.1


async def test_a_failure_in_the_middle_is_told_twice_and_raises(router: Router) -> None:
    error = RouterError("upstream_interrupted", "box stopped in the middle.")
    router.exchanges.script = Script(chunks=stream([{"content": "Sun"}])[:2], body_error=error)
    seen: list[Any] = []
    async with router.openai() as client:
        with pytest.raises(openai.APIError, match="stopped in the middle"):
            async for told in await client.responses.create(**ASK, stream=True):
                seen.append(told)  # noqa: PERF401 - what came before the failure counts
    assert seen[-1].type == "response.failed"
    assert seen[-1].response.error.code == "server_error"
    assert seen[-1].response.output[0].content[0].text == "Sun"


async def test_errors_are_openais(router: Router) -> None:
    async with router.openai() as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.responses.create(**ASK, previous_response_id="resp_1")
    assert (caught.value.code, caught.value.param) == ("invalid_request", "previous_response_id")
    assert router.exchanges.refusals[0]["prompt"] == "What is the weather?"


@pytest.mark.parametrize(
    "pieces",
    [
        [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "1"}},
         {"index": 0, "id": "b", "function": {"name": "f", "arguments": "2"}}],
        [{"id": "a", "function": {"name": "f", "arguments": "1"}},
         {"id": "b", "function": {"name": "f", "arguments": "2"}}],
        [{"function": {"name": "f", "arguments": "1"}}, {"function": {"name": "f", "arguments": "2"}}],
        [{"index": 0, "id": "a"}, {"index": 0, "function": {"name": "f", "arguments": 1}},
         {"index": 1, "id": "b", "function": {"name": "f", "arguments": 2}}],
    ],
    ids=["all numbered 0", "not numbered", "not even named", "id before name, arguments not as text"],
)  # fmt: skip
def test_calls_of_servers_with_habits_of_their_own_stay_apart(pieces: list[dict[str, Any]]) -> None:
    calls = final(stream([{"tool_calls": [piece]} for piece in pieces], "tool_calls"))["output"]
    assert [(item["name"], item["arguments"]) for item in calls] == [("f", "1"), ("f", "2")]
    assert len({item["call_id"] for item in calls}) == 2


# ── laws ──


def told(groups: list[bytes]) -> bytes:
    _, voice = Responses().read(json.dumps(ASK).encode(), session="", client="")
    return b"".join([voice.feed(group) for group in groups])


def events_of(text: bytes) -> list[dict[str, Any]]:
    events = [part.split(b"\ndata: ") for part in text.split(b"\n\n") if part]
    assert all(json.loads(data)["type"] == name.removeprefix(b"event: ").decode() for name, data in events)
    return [json.loads(data) for _, data in events]


def final(groups: list[bytes]) -> dict[str, Any]:
    last = events_of(told(groups))[-1]
    assert last["type"] in ("response.completed", "response.incomplete")
    response = last["response"]
    assert isinstance(response, dict)
    return response


_words = st.text(min_size=1, max_size=5)
_deltas = st.lists(
    st.one_of(
        st.builds(lambda text: {"content": text}, _words),
        st.builds(lambda text: {"reasoning_content": text}, _words),
        st.builds(lambda text: {"refusal": text}, _words),
        st.builds(lambda at, text: call(at, f"f{at}", text, f"c{at}"), st.integers(0, 2), _words),
    ),
    max_size=10,
)


@given(deltas=_deltas, finish=st.sampled_from(["stop", "length", "tool_calls"]), cuts=st.sets(st.integers(0, 15)))
def test_however_events_are_grouped_the_same_is_told(deltas: list[dict[str, Any]], finish: str, cuts: set[int]) -> None:
    events = stream(deltas, finish)
    assert told(grouped(events, cuts)) == told(events)


@given(deltas=_deltas, finish=st.sampled_from(["stop", "length", "tool_calls"]))
def test_the_events_add_up_to_the_response_they_end_with(deltas: list[dict[str, Any]], finish: str) -> None:
    """Every item is added once, done once as it is in the end, and is the sum of its deltas."""
    events = events_of(told(stream(deltas, finish)))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    output = events[-1]["response"]["output"]
    added = [event["item"]["id"] for event in events if event["type"] == "response.output_item.added"]
    done = {event["output_index"]: event["item"] for event in events if event["type"] == "response.output_item.done"}
    assert added == [item["id"] for item in output]
    assert [done[at] for at in range(len(output))] == output
    for at, item in enumerate(output):
        said = "".join(e["delta"] for e in events if e.get("output_index") == at and e["type"].endswith(".delta"))
        parts = item.get("content") or []
        whole_text = "".join(part.get("text") or part.get("refusal") or "" for part in parts)
        assert said == whole_text + item.get("arguments", "")
    for key in ("content", "refusal", "reasoning_content"):
        assert "".join(delta.get(key, "") for delta in deltas) == "".join(_texts(output, key))


def _texts(output: list[dict[str, Any]], key: str) -> list[str]:
    kind = {"content": "output_text", "refusal": "refusal", "reasoning_content": "reasoning_text"}[key]
    parts = [part for item in output for part in item.get("content") or []]
    return [part.get("text") or part.get("refusal") for part in parts if part["type"] == kind]


def test_a_stream_and_a_whole_answer_say_the_same() -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    message = {"content": "Sun", "reasoning_content": "Hm", "tool_calls": calls}
    deltas = [{"reasoning_content": "Hm"}, {"content": "Sun"}, call(0, "f", "{}", "c1")]
    _, voice = Responses().read(json.dumps(ASK).encode(), session="", client="")
    assert json.loads(voice.whole(whole(message, "tool_calls"))) == final(stream(deltas, "tool_calls"))


def test_a_failure_before_anything_was_said_is_an_error_event_alone() -> None:
    _, voice = Responses().read(json.dumps(ASK).encode(), session="", client="")
    assert voice.waiting("loading") == ": waiting — loading\n\n".encode()
    (only,) = events_of(voice.failed(RouterError("load_timeout", "too long")))
    assert (only["type"], only["code"], only["sequence_number"]) == ("error", "load_timeout", 0)


def test_comments_mean_nothing() -> None:
    events = [b": hello\n\n" + event({"content": "Sun"}) + b": bye\n\n", event({}, "stop"), DONE]
    assert final(events)["output"][0]["content"][0]["text"] == "Sun"
