"""Backends whose models answer the prompt set: rightly, or as a test has them do it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.prompt_set import PROMPTS
from llmrouter_tui.core.prompt_set.speed import speed
from llmrouter_tui.core.prompts import Prompt
from llmrouter_tui.demo.texts.programs import SOLUTIONS
from tests.core.measuring.answers import RIGHT
from tests.engine.house import ScriptedBackend, ScriptedReply

BY_TURN = {prompt.turns[0]: prompt for prompt in PROMPTS}
TIMED = {prompt.turns[0][-200:]: prompt for prompt in speed()}
"""By their end: their beginning differs from run to run."""
Answer = Callable[[Prompt], str]


def right(prompt: Prompt) -> str:
    code = SOLUTIONS.get(prompt.id)
    return f"```python\n{code}\n```" if code else RIGHT.get(prompt.id, ("A fine text.",))[0]


def babble(prompt: Prompt) -> str:
    return "the the of and the, of the and the of"


def asked(call: ChatCall) -> tuple[Prompt | None, dict[str, object]]:
    body = json.loads(call.request.body) if call.request.body != b"{}" else {"messages": [{"content": ""}]}
    users = [str(turn["content"]) for turn in body["messages"] if turn.get("role") == "user"]
    return (BY_TURN.get(users[0]) or TIMED.get(users[0][-200:]) if users else None), body


class ScholarReply(ScriptedReply):
    def __init__(self, backend: "Scholars", call: ChatCall, prompt: Prompt, body: dict[str, object]) -> None:
        super().__init__(backend, call)
        self._end = backend.end
        answer = backend.answers.get(call.model.name, right)(prompt)
        thinking, _, said = answer.rpartition("</think>")
        room = int(str(body["max_tokens"]))
        self.parts = [("reasoning_content", thinking)] if thinking else []
        self.cut = len(thinking) > room
        self.parts += [] if self.cut else [("content", said)]
        self.usage = Usage(60, max(12, room // 4))
        self.timings = Timings(600.0, 30.0)
        self.finish_reason = "length" if self.cut else "stop"

    async def chunks(self) -> AsyncIterator[bytes]:
        for name, text in self.parts:
            await self._backend.gate.wait()
            event = {"choices": [{"delta": {name: text}}]}
            yield b"data: " + json.dumps(event, separators=(",", ":")).encode() + b"\n\n"
        await self._end.wait()
        yield b"data: [DONE]\n\n"


class ProbeReply(ScriptedReply):
    """Text that shows no capability, at once."""

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b'data: {"choices":[{"delta":{"content":"A fine text."}}]}\n\n'
        yield b"data: [DONE]\n\n"


@dataclass
class Scholars(ScriptedBackend):
    """Answers by model name, rightly where none is given; live requests as ``ScriptedBackend`` does."""

    answers: dict[str, Answer] = field(default_factory=dict)
    prompts: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.end = asyncio.Event()
        """While cleared, answers are there but do not end."""
        self.end.set()

    async def chat(self, call: ChatCall) -> ScriptedReply:
        prompt, body = asked(call)
        if prompt is None and "max_tokens" in body:
            return ProbeReply(self, call)
        if prompt is None:
            return await super().chat(call)
        self.prompts.append((call.model.name, prompt.id))
        self.bodies.append(body)
        if self.failures.get(call.model.name):
            raise self.failures[call.model.name].pop(0)
        reply = ScholarReply(self, call, prompt, body)
        self.replies.append(reply)
        return reply
