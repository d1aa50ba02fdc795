"""Canonical answers for the tests of voices: the same answer as a stream and whole."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.proxy.scripted import DONE

HEAD: Mapping[str, Any] = {"id": "chatcmpl-7", "created": 1_700_000_000, "model": "qwen3:4b"}
USAGE: Mapping[str, Any] = {
    "prompt_tokens": 11,
    "completion_tokens": 7,
    "total_tokens": 18,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3},
}


def event(delta: Mapping[str, Any], finish: str | None = None, index: int = 0) -> bytes:
    """A chunk of a stream."""
    choice = {"index": index, "delta": dict(delta), "finish_reason": finish}
    return sse({**HEAD, "object": "chat.completion.chunk", "choices": [choice]})


def sse(body: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def call(index: int, name: str = "", arguments: str = "", ident: str = "") -> dict[str, Any]:
    """A piece of a tool call, as a delta."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value or key == "arguments"}
    piece: dict[str, Any] = {"index": index, "function": function}
    return {"tool_calls": [piece | ({"id": ident, "type": "function"} if ident else {})]}


def stream(deltas: Iterable[Mapping[str, Any]], finish: str = "stop") -> list[bytes]:
    """A whole stream, with its role, its end, its usage and ``[DONE]``."""
    usage = sse({**HEAD, "object": "chat.completion.chunk", "choices": [], "usage": USAGE})
    return [event({"role": "assistant", "content": ""}), *map(event, deltas), event({}, finish), usage, DONE]


def whole(message: Mapping[str, Any], finish: str = "stop") -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return json.dumps({**HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE}).encode()


def grouped(events: Sequence[bytes], cuts: Iterable[int]) -> list[bytes]:
    """The events in groups that end after the given numbers, as reads group them."""
    ends = sorted({cut % (len(events) + 1) for cut in cuts} | {len(events)})
    starts = [0, *ends[:-1]]
    return [b"".join(events[start:end]) for start, end in zip(starts, ends, strict=True) if end > start]
