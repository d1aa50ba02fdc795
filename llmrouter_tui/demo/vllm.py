"""A simulated vLLM: one model, always resident, several requests at once, OpenAI's protocol."""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from llmrouter_tui.demo.answers import Answer, Ask, Turn, compose
from llmrouter_tui.demo.cast import SimModel
from llmrouter_tui.demo.generation import Generation, tokens
from llmrouter_tui.demo.gpu import SimulatedGpu
from llmrouter_tui.demo.server import LoopbackServer, Luck, Refusal, options_of, read_object
from llmrouter_tui.demo.structured import Call

VERSION = "0.33.0"
TEMPLATE_TOKENS = 5
"""What the chat template adds to each message."""


@dataclass(slots=True)
class _Job:
    """One request on its way."""

    id: str
    created: int
    ask: Ask
    answer: Answer
    generation: Generation
    pieces: list[str]
    reason: str


class SimulatedVllm(LoopbackServer):
    """One vLLM on one card. It holds ``held`` bytes from the start, whatever it serves, up to ``parallel`` at once."""

    def __init__(
        self,
        gpu: SimulatedGpu,
        model: SimModel,
        *,
        root: str,
        held: int,
        parallel: int = 8,
        speed: float = 1.0,
        luck: Luck | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self._gpu = gpu
        self._model = model
        self._root = root
        self._held = held
        self._slots = asyncio.Semaphore(parallel)
        self._speed = speed
        self._luck = luck or Luck(seed)
        self._seed = seed
        self._random = random.Random(f"{seed}:vllm")
        self._started = int(time.time())

    async def start(self, port: int = 0) -> None:
        self._gpu.reserve("vllm", self._held)
        await super().start(port)

    async def close(self) -> None:
        """Stop for good: the memory is free again. ``stop`` alone is a server that went down and will be back."""
        await self.stop()
        self._gpu.release("vllm")

    def application(self) -> web.Application:
        app = web.Application(middlewares=[_errors], client_max_size=64 << 20)
        app.router.add_get("/health", self._health)
        app.router.add_get("/version", self._version)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._chat)
        return app

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response()

    async def _version(self, _: web.Request) -> web.Response:
        return web.json_response({"version": VERSION})

    async def _models(self, _: web.Request) -> web.Response:
        listing = {
            "id": self._model.name,
            "object": "model",
            "created": self._started,
            "owned_by": "vllm",
            "root": self._root,
            "parent": None,
            "max_model_len": self._model.context,
            "permission": [],
        }
        return web.json_response({"object": "list", "data": [listing]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await read_object(request)
        ask = self._ask(body)
        prompt_tokens = self._prompt_tokens(ask, body)
        async with self._slots:
            if self._luck.run_fails():
                raise Refusal(500, "EngineCore encountered an issue.", kind="InternalServerError")
            job = self._job(ask, body)
            await job.generation.read(prompt_tokens)
            return await (self._stream(request, body, job) if body.get("stream") else self._whole(job))

    def _ask(self, body: Mapping[str, Any]) -> Ask:
        if body.get("model") != self._model.name:
            name = body.get("model")
            raise Refusal(404, f"The model `{name}` does not exist.", kind="NotFoundError", param="model")
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
        return Ask(self._model, turns, tools, schema, seed=self._seed)

    def _prompt_tokens(self, ask: Ask, body: Mapping[str, Any]) -> int:
        spoken = sum(len(tokens(turn.text)) + TEMPLATE_TOKENS for turn in ask.turns)
        count = spoken + sum(len(tokens(json.dumps(tool))) for tool in ask.tools)
        wanted = _limit(body) or 1
        if count + wanted > self._model.context:
            raise Refusal(
                400,
                f"This model's maximum context length is {self._model.context} tokens. However, you requested "
                f"{count + wanted} tokens ({count} in the messages, {wanted} in the completion).",
                param="messages",
            )
        return count

    def _job(self, ask: Ask, body: Mapping[str, Any]) -> _Job:
        answer = compose(ask)
        text = answer.text or "".join(json.dumps(dict(call.arguments)) for call in answer.calls)
        pieces, reason, limit = tokens(text), "tool_calls" if answer.calls else "stop", _limit(body)
        if limit is not None and limit < len(pieces):
            pieces, reason = pieces[:limit], "length"
        generation = Generation(self._gpu, self._model, speed=self._speed, slowdown=1.0, rng=self._random)
        return _Job(f"chatcmpl-{uuid.uuid4().hex}", int(time.time()), ask, answer, generation, pieces, reason)

    async def _stream(self, request: web.Request, body: Mapping[str, Any], job: _Job) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        death = self._luck.break_at(len(job.pieces))
        await response.write(self._event(job, {"role": "assistant", "content": ""}))
        count = 0
        async with aclosing(job.generation.write(job.pieces)) as paced:
            async for piece in paced:
                if death is not None and count == death[0]:
                    await response.write(_sse(_error(500, "EngineCore died unexpectedly.", "InternalServerError")))
                    return response
                count += 1
                if not job.answer.calls:
                    await response.write(self._event(job, {"content": piece}))
        if job.reason == "tool_calls":
            calls = [{"index": index} | _call(call) for index, call in enumerate(job.answer.calls)]
            await response.write(self._event(job, {"tool_calls": calls}))
        await response.write(self._event(job, {}, job.reason))
        if options_of(body, "stream_options").get("include_usage"):
            await response.write(_sse(self._head(job, "chat.completion.chunk") | {"choices": [], "usage": _usage(job)}))
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _whole(self, job: _Job) -> web.Response:
        async with aclosing(job.generation.write(job.pieces)) as paced:
            text = "".join([piece async for piece in paced])
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if job.reason == "tool_calls":
            message = {"role": "assistant", "content": None, "tool_calls": [_call(call) for call in job.answer.calls]}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": job.reason}
        return web.json_response(self._head(job, "chat.completion") | {"choices": [choice], "usage": _usage(job)})

    def _event(self, job: _Job, delta: Mapping[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _sse(self._head(job, "chat.completion.chunk") | {"choices": [choice]})

    def _head(self, job: _Job, kind: str) -> dict[str, Any]:
        return {"id": job.id, "object": kind, "created": job.created, "model": self._model.name}


@web.middleware
async def _errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as no:
        kind = no.kind or "BadRequestError"
        return web.json_response(_error(no.status, no.message, kind, no.param), status=no.status)


def _error(status: int, message: str, kind: str, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": status}}


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


def _limit(body: Mapping[str, Any]) -> int | None:
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    return limit if isinstance(limit, int) else None


def _call(call: Call) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(dict(call.arguments), ensure_ascii=False)}
    return {"id": call.id, "type": "function", "function": function}


def _usage(job: _Job) -> dict[str, Any]:
    prompt, completion = job.generation.prompt_tokens, job.generation.tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _sse(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"
