"""Backends whose models can do just what a test says, as far as probes try it."""

import base64
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.embedding import Embedded, Inputs
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.picture import COLOURS
from llmrouter_tui.core.prompts import ToolCall
from tests.core.test_picture import read
from tests.engine.house import ScriptedBackend, ScriptedReply

ALL = frozenset({"tools", "vision", "json", "thinking", "context"})
CODE = re.compile(r"^Note: the code of the \w+ is (\d+)\.$", re.M)
WEATHER = re.compile(r"weather in (\w+) .* in (\w+)\.")


def refusal(backend: str, model: str, words: str) -> BackendError:
    text = f"{backend} ({model}) cannot do what the request needs: {words}"
    return BackendError("invalid_request", text, backend=backend, fallback=True, retryable=False)


class PupilReply(ScriptedReply):
    def __init__(self, backend: "Pupils", call: ChatCall, body: dict[str, Any]) -> None:
        super().__init__(backend, call)
        self._delta = backend.answer(call.model.name, body)
        self.usage = Usage(len(str(body["messages"])) // 4, 20)
        self.timings = backend.timings

    async def chunks(self) -> AsyncIterator[bytes]:
        await self._backend.gate.wait()
        yield b"data: " + json.dumps({"choices": [{"delta": self._delta}]}).encode() + b"\n\n"
        yield b"data: [DONE]\n\n"


@dataclass
class Pupils(ScriptedBackend):
    """``can``: by model; a model that is not named can do everything but embed. ``refuses``: what the server turns away
    in words instead of letting the model try."""

    can: dict[str, frozenset[str]] = field(default_factory=dict)
    refuses: frozenset[str] = frozenset()
    tried: list[str] = field(default_factory=list)
    """The needs that requests came for."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    timings: Timings = Timings()
    """What its server counts."""

    async def chat(self, call: ChatCall) -> ScriptedReply:
        if call.request.body == b"{}":
            return await super().chat(call)
        body = json.loads(call.request.body)
        self.tried.append(about(body))
        self.bodies.append(body)
        if self.failures.get(call.model.name):
            raise self.failures[call.model.name].pop(0)
        if about(body) in self.refuses and about(body) not in self.able(call.model.name):
            raise refusal(self.name, call.model.name, f"it does not support {about(body)}")
        reply = PupilReply(self, call, body)
        self.replies.append(reply)
        return reply

    async def embed(self, model: ModelInfo, inputs: Inputs, **how: Any) -> Embedded:
        self.tried.append("embedding")
        if "embedding" not in self.able(model.name):
            return await super().embed(model, inputs, **how)
        return Embedded([[float(len(text)), 1.0, 0.5] for text in inputs])

    def able(self, model: str) -> frozenset[str]:
        return self.can.get(model, ALL)

    def answer(self, model: str, body: dict[str, Any]) -> dict[str, Any]:
        """A delta: right where the model can, else what a plain model would say."""
        need, asked = about(body), body["messages"][0]["content"]
        switched = body.get("chat_template_kwargs", {}).get("enable_thinking", True)
        thoughts = {"reasoning_content": "hm"} if "thinking" in self.able(model) and switched else {}
        if need not in self.able(model):
            return {"content": "A fine text.", **thoughts}
        if need == "tools":
            city, unit = WEATHER.findall(asked)[0]
            call = ToolCall("get_weather", json.dumps({"city": city, "unit": unit}))
            return {"tool_calls": [{"index": 0, "function": {"name": call.name, "arguments": call.arguments}}]}
        if need == "vision":
            word, ground = read(base64.b64decode(asked[1]["image_url"]["url"].partition(",")[2]))
            colour = next(name for name, rgb in COLOURS.items() if rgb == ground)
            return {"content": f"{word}, {colour}"}
        if need == "json":
            return {"content": '{"creature": "cat", "spot": "wall", "sits": true}'}
        return {"content": " and ".join(CODE.findall(asked)) or "no", **thoughts}


def about(body: dict[str, Any]) -> str:
    """What a request tries."""
    if "tools" in body:
        return "tools"
    if "response_format" in body:
        return "json"
    content = body["messages"][0]["content"]
    if not isinstance(content, str):
        return "vision"
    return "context" if "diary of a harbour" in content else "thinking" if "times" in content else "prompt"
