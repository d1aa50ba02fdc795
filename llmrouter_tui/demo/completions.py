"""The shapes of OpenAI's chat completions, as the servers that speak them share them."""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llmrouter_tui.demo.answers import Answer, Ask, Turn, compose
from llmrouter_tui.demo.cast import SimModel
from llmrouter_tui.demo.generation import Generation, tokens
from llmrouter_tui.demo.server import Refusal, options_of
from llmrouter_tui.demo.structured import Call

TEMPLATE_TOKENS = 5
"""What a chat template adds to each message."""


@dataclass(slots=True)
class Job:
    """One request on its way."""

    ask: Ask
    answer: Answer
    generation: Generation
    pieces: list[str]
    reason: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.ask.model.name}

    def event(self, delta: Mapping[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return sse(self.head("chat.completion.chunk") | {"choices": [choice]})

    def calls_event(self) -> bytes:
        calls = [{"index": index} | _call(call) for index, call in enumerate(self.answer.calls)]
        return self.event({"tool_calls": calls})

    def last_event(self, **more: Any) -> bytes:
        """The one with the usage, which has no choices."""
        return sse(self.head("chat.completion.chunk") | {"choices": [], "usage": self.usage(), **more})

    def whole(self, text: str, **more: Any) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if self.reason == "tool_calls":
            message = {"role": "assistant", "content": None, "tool_calls": [_call(call) for call in self.answer.calls]}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.reason}
        return self.head("chat.completion") | {"choices": [choice], "usage": self.usage(), **more}

    def usage(self) -> dict[str, Any]:
        prompt, completion = self.generation.prompt_tokens, self.generation.tokens
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def job(ask: Ask, body: Mapping[str, Any], generation: Generation) -> Job:
    """The answer that will be given, cut where the request says."""
    answer = compose(ask)
    text = answer.text or "".join(json.dumps(dict(call.arguments)) for call in answer.calls)
    pieces, reason, wanted = tokens(text), "tool_calls" if answer.calls else "stop", limit(body)
    if wanted is not None and wanted < len(pieces):
        pieces, reason = pieces[:wanted], "length"
    return Job(ask, answer, generation, pieces, reason)


def ask_of(body: Mapping[str, Any], model: SimModel, seed: int) -> Ask:
    """What the model is asked. Raises ``Refusal``."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refusal(400, "messages: a list with at least one message is required", param="messages")
    turns = tuple(_turn(message) for message in messages)
    tools = tuple(body.get("tools") or ()) if body.get("tool_choice") != "none" else ()
    shape = options_of(body, "response_format")
    schema: Any = None
    if shape.get("type") == "json_schema":
        schema = options_of(shape, "json_schema").get("schema")
    elif shape.get("type") == "json_object":
        schema = "json"
    return Ask(model, turns, tools, schema, seed=seed)


def prompt_tokens(ask: Ask) -> int:
    spoken = sum(len(tokens(turn.text)) + TEMPLATE_TOKENS for turn in ask.turns)
    return spoken + sum(len(tokens(json.dumps(tool))) for tool in ask.tools)


def limit(body: Mapping[str, Any]) -> int | None:
    """The most tokens that the request wants."""
    wanted = body.get("max_completion_tokens") or body.get("max_tokens")
    return wanted if isinstance(wanted, int) else None


def sse(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def _turn(message: Any) -> Turn:
    if not isinstance(message, Mapping):
        raise Refusal(400, "messages: each message is an object", param="messages")
    content = message.get("content")
    if isinstance(content, list):
        if any(isinstance(part, Mapping) and part.get("type") != "text" for part in content):
            raise Refusal(400, "This model does not support multimodal input: At most 0 image(s) may be provided.")
        content = "\n".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    if content is not None and not isinstance(content, str):
        raise Refusal(400, "messages: content is text or a list of parts", param="messages")
    return Turn(str(message.get("role", "")), content or "")


def _call(call: Call) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(dict(call.arguments), ensure_ascii=False)}
    return {"id": call.id, "type": "function", "function": function}
