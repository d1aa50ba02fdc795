"""The canonical dialect: lenient reading, exact building, splices that touch nothing else."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.openai import (
    Writer,
    read_chunk,
    read_usage,
    replace_model,
    request_usage,
    usage_object,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("model"), inner, max_size=3),
    max_leaves=12,
)
LONG = b"1" * 5000
"""More digits than Python makes a number of."""
KEYS = st.text() | st.sampled_from(["model", "messages", "stream_options", "mod\\el", '"model"'])


def chunk(body: dict[str, Any]) -> Any:
    return read_chunk(json.dumps(body))


class TestReading:
    def test_a_delta(self) -> None:
        read = chunk({"id": "c1", "choices": [{"delta": {"content": "Hi", "reasoning_content": "hm"}}]})
        assert (read.id, read.text, read.reasoning, read.finish_reason) == ("c1", "Hi", "hm", "")

    def test_reasoning_by_its_other_name(self) -> None:
        assert chunk({"choices": [{"delta": {"reasoning": "hm"}}]}).reasoning == "hm"

    def test_tool_calls_and_the_finish(self) -> None:
        call = {"index": 0, "function": {"name": "f", "arguments": ""}}
        read = chunk({"choices": [{"delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]})
        assert list(read.tool_calls) == [call]
        assert read.finish_reason == "tool_calls"

    def test_a_whole_completion(self) -> None:
        read = chunk({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "usage": {}})
        assert (read.text, read.finish_reason, read.usage) == ("Hi", "stop", Usage())

    @pytest.mark.parametrize("body", [{"choices": None}, {"choices": []}, {}, {"choices": "no"}, {"usage": None}])
    def test_nulls_and_gaps(self, body: dict[str, Any]) -> None:
        read = chunk(body)
        assert (read.choices, read.text, read.usage, read.error) == (0, "", None, None)

    def test_an_error(self) -> None:
        assert chunk({"error": {"message": "no"}}).error == {"message": "no"}

    @pytest.mark.parametrize("data", [b"[]", b"{", b"null", b'"x"', b"\xff"])
    def test_what_is_no_object_is_a_value_error(self, data: bytes) -> None:
        with pytest.raises(ValueError):
            read_chunk(data)

    def test_usage_with_details(self) -> None:
        told = {
            "prompt_tokens": 10,
            "completion_tokens": 5.0,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2},
        }
        assert read_usage(told) == Usage(10, 5, 4, 2)

    @pytest.mark.parametrize("value", [None, "10", True, -1, math.inf])
    def test_counts_that_are_none(self, value: object) -> None:
        assert read_usage({"prompt_tokens": value, "prompt_tokens_details": None}) == Usage()

    def test_speeds_of_llama_cpp_and_of_lm_studio(self) -> None:
        told = {"timings": {"prompt_per_second": 100.5, "predicted_per_second": 0}}
        assert chunk(told).timings == Timings(prefill_per_second=100.5)
        assert chunk({"stats": {"tokens_per_second": 42.0}}).timings == Timings(decode_per_second=42.0)


class TestWriting:
    writer = Writer("chatcmpl-1", 1795381169, 'a "quoted" model')

    def read(self, event: bytes) -> Any:
        assert event.startswith(b"data: ")
        assert event.endswith(b"\n\n")
        return json.loads(event[6:])

    @pytest.mark.parametrize("text", ["Hi", 'a "b"\n\n', "日本", "\ud800 lone", ""])
    def test_text_of_any_kind(self, text: str) -> None:
        body = self.read(self.writer.text(text))
        assert body["choices"] == [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
        assert (body["id"], body["created"], body["model"]) == ("chatcmpl-1", 1795381169, 'a "quoted" model')
        assert body["object"] == "chat.completion.chunk"

    def test_a_finish(self) -> None:
        assert self.read(self.writer.chunk({}, "length"))["choices"][0]["finish_reason"] == "length"

    def test_usage_stands_alone(self) -> None:
        body = self.read(self.writer.usage(Usage(10, 5, 4)))
        assert body["choices"] == []
        assert read_usage(body["usage"]) == Usage(10, 5, 4)

    def test_unknown_counts_are_written_as_zero(self) -> None:
        assert usage_object(Usage()) == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}

    def test_a_completion(self) -> None:
        body = json.loads(self.writer.completion({"role": "assistant", "content": "Hi"}, "stop", Usage(1, 2)))
        assert body["object"] == "chat.completion"
        assert body["choices"][0]["message"]["content"] == "Hi"
        assert body["usage"]["total_tokens"] == 3


class TestReplaceModel:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b'{"model":"auto","x":1}', b'{"model":"new","x":1}'),
            (b'{ "messages" : [], "model" :\n "auto" }', b'{ "messages" : [], "model" :\n "new" }'),
            (b'{"tools":[{"model":"inner"}],"model":"auto"}', b'{"tools":[{"model":"inner"}],"model":"new"}'),
            (b'{"model":"auto","t":{"model":"inner"}}', b'{"model":"new","t":{"model":"inner"}}'),
            (b'{"type":"model","model":"auto"}', b'{"type":"model","model":"new"}'),
            (b'{"m":"a \\"model\\": \\"x\\"","model":"auto"}', b'{"m":"a \\"model\\": \\"x\\"","model":"new"}'),
            (b'{"mod\\u0065l":"auto","t":{"model":"i"}}', b'{"mod\\u0065l":"new","t":{"model":"i"}}'),
            (b'{"a\\"model":1,"model":"auto"}', b'{"a\\"model":1,"model":"new"}'),
            (b'{"model":"a","model":"b"}', b'{"model":"new","model":"new"}'),
            (b'{"model":"a \\" \\\\","x":"y"}', b'{"model":"new","x":"y"}'),
            (b'{"model": null ,"t":{"model":1}}', b'{"model": "new" ,"t":{"model":1}}'),
            (
                '{"é":"日","model":"a","t":"ü","model":"é"}'.encode(),
                '{"é":"日","model":"new","t":"ü","model":"new"}'.encode(),
            ),
            (b'{"model":"a","n":%b,"model":1}' % LONG, b'{"model":"new","n":%b,"model":"new"}' % LONG),
        ],
    )
    def test_only_the_top_level_value_changes(self, body: bytes, expected: bytes) -> None:
        assert replace_model(body, "new") == expected

    def test_any_name_is_quoted(self) -> None:
        name = 'org/"odd"\\name\n日本'
        assert json.loads(replace_model(b'{"model":"auto"}', name)) == {"model": name}

    @given(st.dictionaries(KEYS, JSON, max_size=5), st.text(), st.booleans(), st.sampled_from([None, 2]))
    def test_any_json(self, body: dict[str, Any], name: str, ascii_only: bool, indent: int | None) -> None:
        body = {**body, "model": "auto"}
        raw = json.dumps(body, ensure_ascii=ascii_only, indent=indent).encode()
        assert json.loads(replace_model(raw, name)) == {**body, "model": name}


class TestRequestUsage:
    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({}, {"include_usage": True}),
            ({"stream_options": None}, {"include_usage": True}),
            ({"stream_options": {}}, {"include_usage": True}),
            ({"stream_options": {"include_usage": False}}, {"include_usage": True}),
            ({"stream_options": {"other": [1, {"a": "}"}]}}, {"other": [1, {"a": "}"}], "include_usage": True}),
        ],
    )
    def test_is_on_and_the_rest_stays(self, options: dict[str, Any], expected: dict[str, Any]) -> None:
        body = {"tools": [{"stream_options": 1}], **options, "model": "auto"}
        raw = request_usage(json.dumps(body).encode())
        assert json.loads(raw) == {**body, "stream_options": expected}

    def test_a_key_written_with_escapes_is_found(self) -> None:
        raw = request_usage(b'{"\\u0073tream_options":{"include_usage":false},"model":"auto"}')
        assert json.loads(raw) == {"stream_options": {"include_usage": True}, "model": "auto"}

    @given(st.dictionaries(KEYS, JSON, max_size=5), st.booleans())
    def test_any_json(self, body: dict[str, Any], ascii_only: bool) -> None:
        body = {"model": "auto", **body}
        read = json.loads(request_usage(json.dumps(body, ensure_ascii=ascii_only).encode()))
        assert read.pop("stream_options")["include_usage"] is True
        body.pop("stream_options", None)
        assert read == body
