"""The canonical dialect (OpenAI chat completions): reading chunks and bodies, building them, and small splices into
a client's raw body that leave every other byte as it came.

Reading is lenient, because servers differ: ``choices`` and ``usage`` may be null or missing. JSON is parsed only
where a value is needed; the splices cost a byte search.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from llmrouter_tui.core.decision import Timings, Usage

DONE = b"data: [DONE]\n\n"
"""The event that ends every canonical stream."""


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one stream chunk or one whole completion holds, of its first choice."""

    id: str = ""
    choices: int = 0
    text: str = ""
    reasoning: str = ""
    tool_calls: Sequence[Mapping[str, Any]] = ()
    finish_reason: str = ""
    usage: Usage | None = None
    timings: Timings | None = None
    error: Any = None
    """The error object or text, where the chunk is one."""


def read_chunk(data: bytes | str) -> Chunk:
    """Read a stream chunk or a whole completion. Raises ``ValueError`` when it is not a JSON object."""
    body = json.loads(data)
    if not isinstance(body, dict):
        raise ValueError("not a JSON object")
    choices = body.get("choices")
    choices = [c for c in choices if isinstance(c, dict)] if isinstance(choices, list) else []
    first = choices[0] if choices else {}
    turn = first.get("delta") or first.get("message")
    turn = turn if isinstance(turn, dict) else {}
    calls = turn.get("tool_calls")
    return Chunk(
        id=_text(body.get("id")),
        choices=len(choices),
        text=_text(turn.get("content")) or _text(first.get("text")),
        reasoning=_text(turn.get("reasoning_content")) or _text(turn.get("reasoning")),
        tool_calls=[c for c in calls if isinstance(c, dict)] if isinstance(calls, list) else (),
        finish_reason=_text(first.get("finish_reason")),
        usage=read_usage(body.get("usage")),
        timings=read_timings(body),
        error=body.get("error"),
    )


def read_usage(value: object) -> Usage | None:
    """The token counts of a ``usage`` object; None where there is none."""
    if not isinstance(value, dict):
        return None
    prompt, completion = value.get("prompt_tokens_details"), value.get("completion_tokens_details")
    return Usage(
        prompt_tokens=_count(value.get("prompt_tokens")),
        completion_tokens=_count(value.get("completion_tokens")),
        cached_tokens=_count(prompt.get("cached_tokens")) if isinstance(prompt, dict) else None,
        reasoning_tokens=_count(completion.get("reasoning_tokens")) if isinstance(completion, dict) else None,
    )


def read_timings(body: Mapping[str, Any]) -> Timings | None:
    """The backend's own speeds: ``timings`` of llama.cpp, ``stats`` of LM Studio; None where it tells none."""
    timings, stats = body.get("timings"), body.get("stats")
    if isinstance(timings, dict):
        return Timings(_rate(timings.get("prompt_per_second")), _rate(timings.get("predicted_per_second")))
    if isinstance(stats, dict):
        return Timings(decode_per_second=_rate(stats.get("tokens_per_second")))
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return int(value)


def _rate(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        return None
    return float(value)


# ── building ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Writer:
    """Builds one answer: every chunk carries the same id, time of creation (Unix seconds) and model."""

    id: str
    created: int
    model: str
    _head: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        model = json.dumps(self.model)
        head = f'"id":{json.dumps(self.id)},"object":"chat.completion.chunk","created":{self.created},"model":{model},'
        object.__setattr__(self, "_head", "data: {" + head)

    def text(self, content: str, key: str = "content") -> bytes:
        """A chunk with a piece of text; ``key`` may be ``reasoning_content``."""
        return (
            f'{self._head}"choices":[{{"index":0,"delta":{{"{key}":{json.dumps(content)}}},"finish_reason":null}}]}}\n\n'
        ).encode()

    def chunk(
        self,
        delta: Mapping[str, Any],
        finish_reason: str | None = None,
        logprobs: object = None,
        *,
        stop_reason: str | None = None,
    ) -> bytes:
        """A chunk with any delta. ``stop_reason`` is the stop sequence that was met, as vLLM tells it."""
        choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        if logprobs is not None:
            choice["logprobs"] = logprobs
        if stop_reason is not None:
            choice["stop_reason"] = stop_reason
        return f'{self._head}"choices":[{json.dumps(choice)}]}}\n\n'.encode()

    def usage(self, usage: Usage) -> bytes:
        """The chunk that carries nothing but the token counts."""
        return f'{self._head}"choices":[],"usage":{json.dumps(usage_object(usage))}}}\n\n'.encode()

    def completion(
        self,
        message: Mapping[str, Any],
        finish_reason: str,
        usage: Usage,
        logprobs: object = None,
        *,
        stop_reason: str | None = None,
    ) -> bytes:
        """A whole answer as one JSON object."""
        choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": finish_reason}
        if stop_reason is not None:
            choice["stop_reason"] = stop_reason
        body = {
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [choice],
            "usage": usage_object(usage),
        }
        return json.dumps(body).encode()


def usage_object(usage: Usage) -> dict[str, Any]:
    """The ``usage`` object of the dialect; unknown counts are 0, as its schema wants integers."""
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    body: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if usage.cached_tokens is not None:
        body["prompt_tokens_details"] = {"cached_tokens": usage.cached_tokens}
    if usage.reasoning_tokens is not None:
        body["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return body


# ── splicing ──────────────────────────────────────────────────────────────────────────────────────────────────

# The reader goes over nested values in C, and makes no numbers: a long one would take long.
_SPACE, _COLON, _COMMA = (re.compile(rf"\s*{mark}?\s*") for mark in ("", ":", ","))
_READER = json.JSONDecoder(strict=False, parse_int=len, parse_float=len)
_MODEL_VALUE = re.compile(rb'\s*:\s*("(?:[^"\\]++|\\.)*+")', re.DOTALL)
_MODEL_KEY = b'"model"'
_BACKSLASH = 0x5C


def replace_model(body: bytes, name: str) -> bytes:
    """The same request for another model: only the value of the top-level ``model`` changes.

    ``body`` is valid UTF-8 JSON, an object that has ``model``.
    """
    value = _quoted(name)
    at = body.find(_MODEL_KEY)
    # One key in the whole body, none hidden behind escapes (every letter of "model" is \u006x): that is the one.
    if at > 0 and body.find(_MODEL_KEY, at + 7) < 0 and body[at - 1] != _BACKSLASH and not _escaped(body, b"\\u006"):
        found = _MODEL_VALUE.match(body, at + 7)
        if found:
            return b"%b%b%b" % (body[: found.start(1)], value, body[found.end(1) :])
    return _splice(body, _values(body, "model"), value)


@lru_cache(maxsize=256)
def _quoted(name: str) -> bytes:
    return json.dumps(name).encode()


def _escaped(body: bytes, letters: bytes) -> bool:
    """Whether such letters may be written as escapes somewhere. Most searches end at the first, fast one."""
    return b"\\" in body and letters in body


def request_usage(body: bytes) -> bytes:
    """The same request with ``stream_options.include_usage`` on; its other stream options stay."""
    spans = _values(body, "stream_options") if b"stream_options" in body or _escaped(body, b"\\u00") else []
    if not spans:
        brace = body.index(b"{") + 1
        return b'%b"stream_options":{"include_usage":true},%b' % (body[:brace], body[brace:])
    start, end = spans[-1]
    options = json.loads(body[start:end])
    options = {**options, "include_usage": True} if isinstance(options, dict) else {"include_usage": True}
    return _splice(body, spans, json.dumps(options).encode())


def _splice(body: bytes, spans: Sequence[tuple[int, int]], value: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    for start, end in spans:
        parts += (body[at:start], value)
        at = end
    parts.append(body[at:])
    return b"".join(parts)


def _values(body: bytes, key: str) -> list[tuple[int, int]]:
    """Where the values of a top-level key stand (more than one if the key is repeated)."""
    text, read = body.decode(), _READER.raw_decode
    spans: list[tuple[int, int]] = []
    at = _past(_SPACE, text, text.index("{") + 1)
    while text[at] == '"':
        name, end = read(text, at)
        start = _past(_COLON, text, end)
        _, end = read(text, start)
        if name == key:
            spans.append((start, end))
        at = _past(_COMMA, text, end)
    if len(text) == len(body):
        return spans
    return [(len(text[:start].encode()), len(text[:end].encode())) for start, end in spans]


def _past(mark: re.Pattern[str], text: str, at: int) -> int:
    found = mark.match(text, at)
    return found.end() if found else at
