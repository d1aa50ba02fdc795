"""Canonical answers as Anthropic's messages: whole and in events, put together by the official client's own code."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.anthropic_voice import MessageVoice
from tests.proxy.scripted import DONE

Json = dict[str, Any]

_EVENT: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)


def event(delta: Json | None = None, finish: str | None = None, **more: Any) -> bytes:
    """A canonical event."""
    stop = more.pop("stop_reason", None)
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish, "stop_reason": stop}
    body = {"id": "chatcmpl-1", "model": "qwen3:4b", "choices": [choice], **more}
    return f"data: {json.dumps(body)}\n\n".encode()


def counted(**usage: Any) -> bytes:
    body = {"id": "chatcmpl-1", "model": "qwen3:4b", "choices": [], "usage": usage}
    return f"data: {json.dumps(body)}\n\n".encode()


def call(index: int, words: str = "", ident: str = "", name: str = "") -> Json:
    function = {"arguments": words, **({"name": name} if name else {})}
    return {"tool_calls": [{"index": index, "function": function, **({"id": ident} if ident else {})}]}


def events_of(said: bytes) -> list[Json]:
    """The events of a stream, each of which says its name twice."""
    found = []
    for one in said.removesuffix(b"\n\n").split(b"\n\n"):
        name, data = one.split(b"\n")
        body = json.loads(data.removeprefix(b"data: "))
        assert name == b"event: " + body["type"].encode()
        found.append(body)
    return found


def message_of(said: bytes) -> Message:
    """The message that the official client makes of a stream. Blocks are opened and closed one after the other."""
    message, buffers, open_ = None, {}, None
    for body in events_of(said):
        kind = body["type"]
        if kind == "content_block_start":
            assert open_ is None
            open_ = body["index"]
        elif kind in ("content_block_delta", "content_block_stop"):
            assert body["index"] == open_
            open_ = None if kind == "content_block_stop" else open_
        message = accumulate_event(event=_EVENT.validate_python(body), current_snapshot=message, json_bufs=buffers)  # type: ignore[arg-type]
    assert open_ is None
    assert body["type"] == "message_stop"
    assert message is not None
    return Message.model_validate(message.model_dump(warnings=False))


def streamed(*chunks: bytes, stops: Sequence[str] = ()) -> Message:
    voice = MessageVoice(stops)
    return message_of(b"".join([voice.feed(chunk) for chunk in (*chunks, DONE)]))


def whole(message: Json, finish: str = "stop", stops: Sequence[str] = (), **more: Any) -> Message:
    choice = {"index": 0, "message": message, "finish_reason": finish, "stop_reason": more.pop("stop_reason", None)}
    body = {"id": "chatcmpl-1", "model": "qwen3:4b", "choices": [choice], **more}
    return Message.model_validate_json(MessageVoice(stops).whole(json.dumps(body).encode()))


def blocks(message: Message) -> list[tuple[Any, ...]]:
    """What a message holds, in short."""
    found: list[tuple[Any, ...]] = []
    for block in message.content:
        if block.type == "text":
            found.append(("text", block.text))
        elif block.type == "thinking":
            found.append(("thinking", block.thinking, block.signature))
        elif block.type == "tool_use":
            found.append(("tool_use", block.id, block.name, block.input))
        elif block.type == "redacted_thinking":
            found.append(("sealed", block.data))
    return found


class TestStream:
    def test_the_order_of_events(self) -> None:
        voice = MessageVoice(())
        said = voice.feed(event({"role": "assistant", "content": ""}) + event({"content": "Hi"}))
        said += voice.feed(event({}, "stop")) + voice.feed(counted(prompt_tokens=3, completion_tokens=2) + DONE)
        told = events_of(said)
        assert [one["type"] for one in told] == [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
        started = told[0]["message"]
        assert (started["id"], started["model"], started["stop_reason"]) == ("chatcmpl-1", "qwen3:4b", None)
        assert told[4]["usage"]["output_tokens"] == 2

    def test_thinking_text_and_calls_are_blocks_in_turn(self) -> None:
        message = streamed(
            event({"reasoning_content": "let "}),
            event({"reasoning": "me"}),
            event({"content": "I look"}),
            event(call(0, "", "t1", "weather")),
            event(call(0, '{"city"')),
            event(call(0, ': "Oslo"}')),
            event(call(1, "{}", "t2", "now")),
            event({}, "tool_calls"),
        )
        assert blocks(message) == [
            ("thinking", "let me", ""),
            ("text", "I look"),
            ("tool_use", "t1", "weather", {"city": "Oslo"}),
            ("tool_use", "t2", "now", {}),
        ]
        assert message.stop_reason == "tool_use"

    def test_calls_that_come_at_once_are_told_one_after_the_other(self) -> None:
        message = streamed(
            event(call(0, '{"a"', "t1", "first")),
            event(call(1, '{"b"', "t2", "second")),
            event({"content": "meanwhile"}),
            event(call(0, ": 1}")),
            event(call(1, ": 2}")),
            event({}, "tool_calls"),
        )
        assert blocks(message) == [
            ("tool_use", "t1", "first", {"a": 1}),
            ("tool_use", "t2", "second", {"b": 2}),
            ("text", "meanwhile"),
        ]

    def test_calls_that_share_an_index_are_told_apart_by_their_ids(self) -> None:
        message = streamed(
            event(call(0, '{"a": 1}', "t1", "f")), event(call(0, '{"a": 2}', "t2", "f")), event({}, "stop")
        )
        assert [block[1:] for block in blocks(message)] == [("t1", "f", {"a": 1}), ("t2", "f", {"a": 2})]
        assert message.stop_reason == "tool_use"

    def test_a_call_is_told_while_it_is_written(self) -> None:
        voice = MessageVoice(())
        said = voice.feed(event(call(0, '{"text": "on', "t1", "write")))
        assert events_of(said)[-1]["delta"] == {"type": "input_json_delta", "partial_json": '{"text": "on'}

    def test_what_is_signed_and_sealed_comes_with_the_thoughts(self) -> None:
        message = streamed(
            event({"reasoning_content": "hm"}),
            event({"reasoning_details": [{"type": "reasoning.text", "signature": "c2ln"}]}),
            event({"reasoning_details": [{"type": "reasoning.encrypted", "data": "eA=="}]}),
            event({"content": "yes"}),
            event({}, "stop"),
        )
        assert blocks(message) == [("thinking", "hm", "c2ln"), ("sealed", "eA=="), ("text", "yes")]

    def test_an_answer_without_anything_is_an_empty_message(self) -> None:
        message = streamed(event({"content": ""}), event({}, "stop"))
        assert (message.content, message.stop_reason) == ([], "end_turn")

    def test_comments_in_a_stream_are_passed_over(self) -> None:
        assert blocks(streamed(b": resumed\n\n" + event({"content": "x"}), event({}, "stop"))) == [("text", "x")]

    def test_other_choices_are_not_this_answer(self) -> None:
        other = event({"content": "other"}).replace(b'"index": 0', b'"index": 1')
        assert blocks(streamed(event({"content": "x"}), other, event({}, "stop"))) == [("text", "x")]

    def test_while_it_waits_it_says_so_to_people_and_pings_programs(self) -> None:
        assert MessageVoice(()).waiting("loading x") == (
            ": waiting — loading x\n\n".encode() + b'event: ping\ndata: {"type":"ping"}\n\n'
        )

    def test_a_failure_ends_it_with_an_error(self) -> None:
        voice = MessageVoice(())
        voice.feed(event({"content": "x"}))
        error = RouterError("upstream_interrupted", "box stopped.", hint="Ask again.")
        assert events_of(voice.failed(error)) == [
            {
                "type": "error",
                "error": {
                    "type": "api_error",
                    "message": "box stopped. Ask again.",
                    "details": {"error_code": "upstream_interrupted", "param": None},
                },
                "request_id": "chatcmpl-1",
            }
        ]


class TestWhole:
    def test_all_kinds_of_blocks(self) -> None:
        function = {"name": "weather", "arguments": '{"city": "Oslo"}'}
        message = whole(
            {
                "content": "I look",
                "reasoning_content": "hm",
                "reasoning_details": [{"type": "reasoning.text", "text": "hm", "signature": "c2ln"}],
                "tool_calls": [{"id": "t1", "type": "function", "function": function}],
            },
            "tool_calls",
        )
        assert blocks(message) == [
            ("thinking", "hm", "c2ln"),
            ("text", "I look"),
            ("tool_use", "t1", "weather", {"city": "Oslo"}),
        ]
        assert (message.id, message.model, message.role, message.type) == (
            "chatcmpl-1",
            "qwen3:4b",
            "assistant",
            "message",
        )

    @pytest.mark.parametrize("arguments", ['{"city": Oslo', "[" * 100_000])
    def test_arguments_that_are_no_object_are_wrapped_not_lost(self, arguments: str) -> None:
        made = {"id": "t1", "function": {"name": "f", "arguments": arguments}}
        assert blocks(whole({"content": None, "tool_calls": [made]})) == [
            ("tool_use", "t1", "f", {"INVALID_JSON": arguments})
        ]

    def test_a_refusal_is_its_words(self) -> None:
        message = whole({"content": None, "refusal": "I cannot."}, "content_filter")
        assert (blocks(message), message.stop_reason) == ([("text", "I cannot.")], "refusal")

    def test_what_came_from_a_cache_is_counted_beside_the_rest(self) -> None:
        details = {"cached_tokens": 70, "cache_write_tokens": 20}
        usage = {"prompt_tokens": 100, "completion_tokens": 5, "prompt_tokens_details": details}
        told = whole({"content": "x"}, usage=usage | {"completion_tokens_details": {"reasoning_tokens": 4}}).usage
        assert (told.input_tokens, told.cache_read_input_tokens, told.cache_creation_input_tokens) == (10, 70, 20)
        assert told.output_tokens == 5
        assert told.output_tokens_details is not None
        assert told.output_tokens_details.thinking_tokens == 4


@pytest.mark.parametrize("way", ["stream", "whole"])
@pytest.mark.parametrize(
    ("finish", "stop", "expected"),
    [
        ("stop", None, ("end_turn", None)),
        ("length", None, ("max_tokens", None)),
        ("content_filter", None, ("refusal", None)),
        ("function_call", None, ("tool_use", None)),
        ("stop", "END", ("stop_sequence", "END")),
        ("stop", 151645, ("end_turn", None)),
        ("novel", None, ("end_turn", None)),
    ],
)
def test_why_it_ended(way: str, finish: str, stop: Any, expected: tuple[str, str | None]) -> None:
    if way == "stream":
        message = streamed(event({"content": "x"}), event({}, finish, stop_reason=stop), stops=["END"])
    else:
        message = whole({"content": "x"}, finish, ["END"], stop_reason=stop)
    assert (message.stop_reason, message.stop_sequence) == expected


# ── properties ──────────────────────────────────────────────────────────────────────────────────────────────────

arguments = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3).map(json.dumps)


@st.composite
def answers(draw: st.DrawFn) -> tuple[Json, list[bytes]]:
    """A whole canonical message, and its events: each text cut anywhere, the pieces of its calls in any order that
    keeps each call's own, as servers may send them."""
    thought, words = draw(st.text(max_size=12)), draw(st.text(max_size=12))
    made = draw(st.lists(arguments, max_size=3))
    told = [event({"reasoning_content": piece}) for piece in cut(draw, thought)]
    told += [event({"content": piece}) for piece in cut(draw, words)]
    calls = [
        [event(call(at, "", f"t{at}", f"f{at}")), *[event(call(at, piece)) for piece in cut(draw, given)]]
        for at, given in enumerate(made)
    ]
    while left := [pieces for pieces in calls if pieces]:
        told.append(draw(st.sampled_from(left)).pop(0))
    told += [event({}, "tool_calls" if made else "stop"), counted(prompt_tokens=9, completion_tokens=4)]
    message: Json = {"content": words, "reasoning_content": thought}
    message["tool_calls"] = [
        {"id": f"t{at}", "function": {"name": f"f{at}", "arguments": given}} for at, given in enumerate(made)
    ]
    return message, told


def cut(draw: st.DrawFn, words: str) -> list[str]:
    places = sorted(draw(st.sets(st.integers(0, len(words)), max_size=4)) | {0, len(words)})
    return [words[a:b] for a, b in pairwise(places)]


@given(answers(), st.sets(st.integers(0, 60), max_size=8))
def test_however_events_are_cut_and_grouped_the_message_is_the_whole_one(
    made: tuple[Json, list[bytes]], breaks: set[int]
) -> None:
    message, told = made
    voice, said, group = MessageVoice(()), b"", b""
    for number, one in enumerate([*told, DONE]):
        group += one
        if number in breaks:
            said, group = said + voice.feed(group), b""
    found = message_of(said + voice.feed(group))
    usage = {"prompt_tokens": 9, "completion_tokens": 4}
    expected = whole(message, "tool_calls" if message["tool_calls"] else "stop", usage=usage)
    assert sorted(blocks(found), key=str) == sorted(blocks(expected), key=str)
    assert blocks(found)[:2] == blocks(expected)[:2] or len(message["tool_calls"]) > 1
    assert (found.stop_reason, found.usage.output_tokens) == (expected.stop_reason, 4)
