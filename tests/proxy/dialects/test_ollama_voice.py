"""Canonical answers as Ollama's lines, read back by the official client's own types."""

import json
from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ollama import ChatResponse, GenerateResponse

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.canonical import UnreadableError
from llmrouter_tui.proxy.dialects.ollama_voice import CHAT, GENERATE, Clock, OllamaVoice, Shape
from tests.proxy.dialects.canonical import HEAD, call, grouped, sse, stream, whole

Json = dict[str, Any]


def voice(shape: Shape = CHAT, step: int = 0) -> OllamaVoice:
    """One whose every look at the clock finds ``step`` nanoseconds gone."""
    ticks = count(0, step) if step else None
    clock = Clock(lambda: 1_700_000_000.5, (lambda: next(ticks)) if ticks is not None else (lambda: 0))
    return OllamaVoice(shape, "asked-for", clock)


def said(events: Sequence[bytes], shape: Shape = CHAT) -> list[Json]:
    speaker = voice(shape)
    return lines(b"".join([speaker.feed(chunk) for chunk in events]))


def lines(spoken: bytes) -> list[Json]:
    assert spoken.endswith(b"\n")
    return [json.loads(line) for line in spoken.splitlines()]


class TestStream:
    def test_each_piece_is_a_line_and_the_last_one_has_the_counters(self) -> None:
        told = said(stream([{"content": "Hel"}, {"content": "lo"}]))
        assert [line["message"]["content"] for line in told] == ["Hel", "lo", ""]
        assert [line["done"] for line in told] == [False, False, True]
        assert {line["model"] for line in told} == {"qwen3:4b"}
        assert told[0]["created_at"] == "2023-11-14T22:13:20.500000Z"
        last = ChatResponse.model_validate(told[-1])
        assert (last.done_reason, last.prompt_eval_count, last.eval_count) == ("stop", 11, 7)
        assert told[-1]["id"] == HEAD["id"]

    def test_durations_are_from_the_request_to_the_first_word_and_on_to_the_end(self) -> None:
        speaker = voice(step=1_000)
        told = lines(b"".join(speaker.feed(chunk) for chunk in stream([{"content": "a"}, {"content": "b"}])))
        assert (
            told[-1]
            | {
                "prompt_eval_duration": 1_000,
                "eval_duration": 1_000,
                "total_duration": 2_000,
                "load_duration": 0,
            }
            == told[-1]
        )

    def test_thoughts_are_told_apart(self) -> None:
        told = said(stream([{"reasoning_content": "hm"}, {"reasoning": "so"}, {"content": "4"}]))
        assert [line["message"].get("thinking") for line in told] == ["hm", "so", None, None]
        assert [line["message"]["content"] for line in told] == ["", "", "4", ""]

    def test_tool_calls_are_told_whole_with_their_arguments_as_objects(self) -> None:
        deltas = [
            call(0, "weather", "", "id0"),
            call(0, arguments='{"city": "Os'),
            call(1, "time", '{"zone"', "id1"),
            call(0, arguments='lo"}'),
            call(1, arguments=": 2}"),
        ]
        told = said(stream(deltas, "tool_calls"))
        assert len(told) == 2
        assert told[0]["message"]["tool_calls"] == [
            {"id": "id0", "function": {"index": 0, "name": "weather", "arguments": {"city": "Oslo"}}},
            {"id": "id1", "function": {"index": 1, "name": "time", "arguments": {"zone": 2}}},
        ]
        assert (told[1]["done_reason"], "tool_calls" in told[1]["message"]) == ("stop", False)

    def test_calls_without_an_index_or_arguments_are_told_too(self) -> None:
        pieces = [{"tool_calls": [{"function": {"name": name}}]} for name in ("a", "b")]
        told = said(stream(pieces, "tool_calls"))
        assert [c["function"]["name"] for c in told[0]["message"]["tool_calls"]] == ["a", "b"]
        assert told[0]["message"]["tool_calls"][0]["function"]["arguments"] == {}

    @pytest.mark.parametrize("arguments", ['{"city": ', "[1]", "Oslo", "[" * 100_000])
    def test_arguments_that_are_no_object_are_no_answer(self, arguments: str) -> None:
        with pytest.raises(UnreadableError, match="of its call of 'weather' are no JSON object"):
            said(stream([call(0, "weather", arguments)], "tool_calls"))

    def test_an_answer_that_was_cut_says_so(self) -> None:
        assert said(stream([{"content": "a"}], "length"))[-1]["done_reason"] == "length"

    def test_logprobs_are_one_level_higher(self) -> None:
        token = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}
        choice = {"index": 0, "delta": {"content": "a"}, "logprobs": {"content": [token]}}
        told = said([sse({**HEAD, "choices": [choice]}), *stream([])])
        assert told[0]["logprobs"] == [token]

    def test_comments_say_nothing(self) -> None:
        assert said([b": waiting\n\n", *stream([{"content": "a"}])]) == said(stream([{"content": "a"}]))

    def test_generate_has_its_words_at_the_top(self) -> None:
        told = said(stream([{"reasoning_content": "hm"}, {"content": "4"}]), GENERATE)
        assert [(line["response"], line.get("thinking")) for line in told] == [("", "hm"), ("4", None), ("", None)]
        assert GenerateResponse.model_validate(told[-1]).eval_count == 7

    def test_a_failure_is_a_line(self) -> None:
        error = RouterError("backend_error", "It broke.", hint="Try another model.")
        assert lines(voice().failed(error)) == [{"error": "It broke. Try another model."}]

    def test_waiting_is_a_line_without_words(self) -> None:
        (line,) = lines(voice().waiting("loading"))
        assert (line["message"]["content"], line["done"], line["model"]) == ("", False, "asked-for")


class TestWhole:
    def test_is_one_object(self) -> None:
        made = {"id": "id0", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
        answer = whole({"content": "Hello", "reasoning_content": "hm", "tool_calls": [made]}, "tool_calls")
        told = json.loads(voice().whole(answer))
        read = ChatResponse.model_validate(told)
        assert (read.message.content, read.message.thinking, read.done, read.done_reason) == (
            "Hello",
            "hm",
            True,
            "stop",
        )
        assert read.message.tool_calls is not None
        assert read.message.tool_calls[0].function.arguments == {"city": "Oslo"}
        assert (read.prompt_eval_count, read.eval_count, told["id"]) == (11, 7, HEAD["id"])

    def test_of_a_prompt(self) -> None:
        told = GenerateResponse.model_validate_json(voice(GENERATE, step=500).whole(whole({"content": "Hello"})))
        assert (told.response, told.eval_duration, told.prompt_eval_duration) == ("Hello", 500, 0)

    def test_what_is_no_answer_is_told(self) -> None:
        with pytest.raises(UnreadableError):
            voice().whole(b"<html>")


words = st.text(max_size=8)
deltas = st.one_of(
    st.builds(lambda text: {"content": text}, words),
    st.builds(lambda text: {"reasoning_content": text}, words),
    st.builds(lambda at, key, value: call(at, f"tool{at}", json.dumps({key: value})), st.integers(0, 2), words, words),
    st.just({"role": "assistant", "content": None}),
)


def once_each(pieces: list[Json]) -> list[Json]:
    """Whole calls with an index of their own, as servers send them."""
    seen: set[int] = set()
    kept = []
    for piece in pieces:
        if made := piece.get("tool_calls"):
            if made[0]["index"] in seen:
                continue
            seen.add(made[0]["index"])
        kept.append(piece)
    return kept


@given(
    st.lists(deltas, max_size=12).map(once_each),
    st.lists(st.integers(0, 30), max_size=8),
    st.sampled_from([CHAT, GENERATE]),
)
def test_however_events_are_grouped_the_lines_are_the_same(pieces: list[Json], cuts: list[int], shape: Shape) -> None:
    events = stream(pieces)
    told = said(events, shape)
    assert said(grouped(events, cuts), shape) == told
    place = (lambda line: line["message"]["content"]) if shape == CHAT else (lambda line: line["response"])
    assert "".join(map(place, told)) == "".join(piece.get("content") or "" for piece in pieces)
    assert [line["done"] for line in told] == [False] * (len(told) - 1) + [True]


@given(st.lists(st.builds(lambda text: {"content": text}, words), max_size=6))
def test_an_answer_says_the_same_whole_and_in_lines(pieces: list[Json]) -> None:
    text = "".join(piece["content"] for piece in pieces)
    told = said(stream(pieces))
    one = json.loads(voice().whole(whole({"content": text})))
    assert one["message"]["content"] == "".join(line["message"]["content"] for line in told)
    same = ("model", "done", "done_reason", "prompt_eval_count", "eval_count", "id")
    assert {key: one[key] for key in same} == {key: told[-1][key] for key in same}
