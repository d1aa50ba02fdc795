"""The simulated servers as the demo's past remembers them: the same models on the same cards, on a clock that is told
how long everything took instead of waiting for it. No HTTP: the router's backends speak that when the demo is live.
"""

import json
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmrouter_tui.core.chat import ChatCall
from llmrouter_tui.core.decision import Timings, Usage
from llmrouter_tui.core.domain import ModelInfo, Resident
from llmrouter_tui.core.embedding import Embedded, Inputs
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.ports.backend import Backend
from llmrouter_tui.demo.answers import Ask, Turn, compose
from llmrouter_tui.demo.cast import EVERYONE, SimModel
from llmrouter_tui.demo.completions import limit, sse
from llmrouter_tui.demo.embedding import embed
from llmrouter_tui.demo.generation import SETTING_UP, tokens
from llmrouter_tui.demo.gpu import OutOfMemory, SimulatedGpu
from llmrouter_tui.demo.ollama import IMAGE_TOKENS, TEMPLATE_TOKENS
from llmrouter_tui.demo.scheduler import DISK_BYTES_PER_SECOND, UNLOAD_SECONDS
from llmrouter_tui.demo.server import options_of
from llmrouter_tui.demo.structured import Call

TOGETHER = 6
"""Tokens that come as one piece."""


class ToldClock:
    """``core.ports.clock.Clock`` that stands until it is told how much time has passed.

    On its way it calls ``tick`` whenever it is ``due``, which says when it is due next.
    """

    def __init__(self, wall: float) -> None:
        self._wall = wall
        self._mono = 1_000.0
        self.due = float("inf")
        """Wall time."""
        self.tick: Callable[[], float] = lambda: float("inf")

    def wall(self) -> float:
        return self._wall

    def mono(self) -> float:
        return self._mono

    def spend(self, seconds: float) -> None:
        """So much time has passed."""
        end = self._wall + seconds
        while self.due <= end:
            self._pass(self.due)
            self.due = self.tick()
        self._pass(end)

    def _pass(self, wall: float) -> None:
        self._mono += wall - self._wall
        self._wall = wall

    def go_to(self, wall: float) -> None:
        """It is that late now, unless it is later already."""
        self.spend(max(0.0, wall - self._wall))


@dataclass(slots=True)
class _Held:
    """A model in memory. ``keep`` is how many seconds it stays unused; None for ever."""

    size: int
    context: int
    keep: float | None
    used: float


class RememberedServer:
    """``core.ports.backend.Backend``: what ``real`` hosts, on this card. Same seed, same answers; nothing fails."""

    def __init__(self, real: Backend, gpu: SimulatedGpu, clock: ToldClock, *, seed: int = 0) -> None:
        self.name, self.kind, self.url = real.name, real.kind, real.url
        self.manages_memory, self.sets_context, self.places = real.manages_memory, real.sets_context, real.places
        self._real = real
        self._gpu = gpu
        self._clock = clock
        self._seed = seed
        self._random = random.Random(f"past:{seed}:{real.name}")
        self._held: dict[str, _Held] = {}

    async def probe(self) -> str:
        return await self._real.probe()

    async def models(self) -> Sequence[ModelInfo]:
        return await self._real.models()

    async def close(self) -> None:
        """Nothing is held but what ``real`` holds."""

    # ── memory ────────────────────────────────────────────────────────────────────────────────────────────────

    async def residents(self) -> Sequence[Resident]:
        if not self.manages_memory:
            return await self._real.residents()
        self._let_go()
        return [
            Resident(name, held.size, "reported", context_length=held.context, on_gpu=held.size)
            for name, held in self._held.items()
        ]

    def _let_go(self) -> None:
        """What nobody used for long is gone."""
        now = self._clock.mono()
        for name, held in list(self._held.items()):
            if held.keep is not None and now - held.used > held.keep:
                self._drop(name)

    def _drop(self, name: str) -> None:
        if self._held.pop(name, None) is not None:
            self._gpu.release(f"{self.name}/{name}")

    def stop(self) -> None:
        """All that it holds is gone, as it is when such a server is started anew."""
        for name in list(self._held):
            self._drop(name)

    async def load(self, model: ModelInfo, *, keep_alive: float | None, context_length: int | None) -> None:
        sim = EVERYONE[model.name]
        context = min(context_length or sim.context, sim.context)
        keep = None if keep_alive is None or keep_alive < 0 else keep_alive
        if model.name not in self._held:
            size = sim.footprint(context)
            try:
                self._gpu.reserve(f"{self.name}/{model.name}", size)
            except OutOfMemory:
                words = f"{self.name}/{model.name} found no room on its card"
                raise BackendError("out_of_memory", words, backend=self.name, model=model.name, fallback=True) from None
            self._clock.spend(size / DISK_BYTES_PER_SECOND)
            self._held[model.name] = _Held(size, context, keep, 0.0)
        held = self._held[model.name]
        held.keep, held.used = keep, self._clock.mono()

    async def unload(self, model: ModelInfo) -> None:
        if model.name in self._held:
            self._clock.spend(UNLOAD_SECONDS)
            self._drop(model.name)

    # ── answers ───────────────────────────────────────────────────────────────────────────────────────────────

    async def chat(self, call: ChatCall) -> "RememberedReply":
        sim = EVERYONE[call.model.name]
        if (held := self._held.get(sim.name)) is not None:
            held.used = self._clock.mono()
        body = json.loads(call.request.body)
        return RememberedReply(self._ask(sim, body), body, call, self._gpu, self._clock, self._random, self.kind)

    def _ask(self, sim: SimModel, body: Mapping[str, Any]) -> Ask:
        shape = options_of(body, "response_format")
        schema: Any = "json" if shape.get("type") == "json_object" else None
        if shape.get("type") == "json_schema":
            schema = options_of(shape, "json_schema").get("schema")
        tools = tuple(body.get("tools") or ())
        turns = tuple(_turn(message) for message in body["messages"])
        return Ask(sim, turns, tools, schema, sim.thinks and body.get("think") is not False, self._seed)

    async def embed(
        self,
        model: ModelInfo,
        inputs: Inputs,
        *,
        context_length: int | None = None,
        dimensions: int | None = None,
        truncate: bool = False,
    ) -> Embedded:
        sim, texts = EVERYONE[model.name], [str(text) for text in inputs]
        count = sum(len(tokens(text)) for text in texts)
        self._clock.spend(count / sim.prefill)
        return Embedded([embed(text, sim.embedding) for text in texts], count)


class RememberedReply:
    """``core.ports.backend.Reply``: as the simulated hardware would have written it, at its speed."""

    def __init__(
        self,
        ask: Ask,
        body: Mapping[str, Any],
        call: ChatCall,
        gpu: SimulatedGpu,
        clock: ToldClock,
        rng: random.Random,
        kind: str,
    ) -> None:
        self.usage, self.timings, self.finish_reason = Usage(), Timings(), ""
        self._gpu = gpu
        self._clock = clock
        self._call = call
        self._answer = compose(ask)
        self._limit = limit(body)
        factor = rng.uniform(0.94, 1.04)
        self._prefill, self._decode = ask.model.prefill * factor, ask.model.decode * factor
        self._read = _prompt_tokens(ask)
        self._counts = kind == "ollama"
        """Whether its server tells how fast it was."""

    async def chunks(self) -> AsyncIterator[bytes]:
        pieces, reason = self._pieces()
        with self._gpu.work():
            self._clock.spend(SETTING_UP + self._read / self._prefill)
            if self._call.request.stream:
                for field, text in _in_lumps(pieces):
                    self._clock.spend(len(tokens(text)) / self._decode)
                    if field:
                        yield self._event({field: text})
            else:
                self._clock.spend(len(pieces) / self._decode)
        self.usage, self.finish_reason = Usage(self._read, len(pieces)), reason
        if self._counts:
            self.timings = Timings(self._prefill, self._decode)
        for end in self._end(pieces, reason):
            yield end

    def _pieces(self) -> tuple[list[tuple[str, str]], str]:
        """The tokens, each with the field that it is said in (none: a call is told as a whole), and why they end."""
        answer, calls = self._answer, self._answer.calls
        said = answer.text or "".join(json.dumps(dict(call.arguments)) for call in calls)
        pieces = [("reasoning_content", one) for one in tokens(answer.thinking)]
        pieces += [("" if calls else "content", one) for one in tokens(said)]
        if self._limit is not None and self._limit < len(pieces):
            return pieces[: self._limit], "length"
        return pieces, "tool_calls" if calls else "stop"

    def _event(self, delta: Mapping[str, Any], reason: str | None = None) -> bytes:
        return sse(self._head() | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})

    def _head(self) -> dict[str, Any]:
        return {"id": f"chatcmpl-{self._call.exchange_id}", "model": self._call.model.name}

    def _end(self, pieces: Sequence[tuple[str, str]], reason: str) -> list[bytes]:
        calls = [_call(index, one) for index, one in enumerate(self._answer.calls)]
        calls = calls if reason == "tool_calls" else []
        if self._call.request.stream:
            last = [self._event({"tool_calls": calls})] if calls else []
            return [*last, self._event({}, reason), b"data: [DONE]\n\n"]
        text = "".join(one for field, one in pieces if field == "content")
        message = {"role": "assistant", "content": None, "tool_calls": calls} if calls else {"content": text}
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return [json.dumps(self._head() | {"choices": [choice]}).encode()]

    async def close(self) -> None:
        """Nothing is under way."""


def _in_lumps(pieces: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same in fewer pieces, of one field each."""
    lumps: list[tuple[str, str]] = []
    for start in range(0, len(pieces), TOGETHER):
        for field in dict.fromkeys(field for field, _ in pieces[start : start + TOGETHER]):
            text = "".join(one for own, one in pieces[start : start + TOGETHER] if own == field)
            lumps.append((field, text))
    return lumps


def _turn(message: Mapping[str, Any]) -> Turn:
    content = message.get("content")
    if isinstance(content, str) or content is None:
        return Turn(str(message["role"]), content or "")
    texts = [part["text"] for part in content if part["type"] == "text"]
    images = [part["image_url"]["url"].partition(",")[2] for part in content if part["type"] == "image_url"]
    return Turn(str(message["role"]), "\n".join(texts), tuple(images))


def _prompt_tokens(ask: Ask) -> int:
    said = sum(len(tokens(turn.text)) + IMAGE_TOKENS * len(turn.images) + TEMPLATE_TOKENS for turn in ask.turns)
    return said + sum(len(tokens(json.dumps(tool))) for tool in ask.tools)


def _call(index: int, call: Call) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(dict(call.arguments), ensure_ascii=False)}
    return {"index": index, "id": call.id, "type": "function", "function": function}
