"""A simulated vLLM: one model, always resident, several requests at once, OpenAI's protocol."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from aiohttp import web

from llmrouter_tui.demo.answers import Ask
from llmrouter_tui.demo.cast import SimModel
from llmrouter_tui.demo.completions import Job, ask_of, job, limit, prompt_tokens, sse
from llmrouter_tui.demo.generation import Generation
from llmrouter_tui.demo.gpu import SimulatedGpu
from llmrouter_tui.demo.server import LoopbackServer, Luck, Refusal, options_of, read_object

VERSION = "0.33.0"


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
        return ask_of(body, self._model, self._seed)

    def _prompt_tokens(self, ask: Ask, body: Mapping[str, Any]) -> int:
        count, wanted = prompt_tokens(ask), limit(body) or 1
        if count + wanted > self._model.context:
            raise Refusal(
                400,
                f"This model's maximum context length is {self._model.context} tokens. However, you requested "
                f"{count + wanted} tokens ({count} in the messages, {wanted} in the completion).",
                param="messages",
            )
        return count

    def _job(self, ask: Ask, body: Mapping[str, Any]) -> Job:
        generation = Generation(self._gpu, self._model, speed=self._speed, slowdown=1.0, rng=self._random)
        return job(ask, body, generation)

    async def _stream(self, request: web.Request, body: Mapping[str, Any], job: Job) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        death = self._luck.break_at(len(job.pieces))
        await response.write(job.event({"role": "assistant", "content": ""}))
        count = 0
        async with aclosing(job.generation.write(job.pieces)) as paced:
            async for piece in paced:
                if death is not None and count == death[0]:
                    await response.write(sse(_error(500, "EngineCore died unexpectedly.", "InternalServerError")))
                    return response
                count += 1
                if not job.answer.calls:
                    await response.write(job.event({"content": piece}))
        if job.reason == "tool_calls":
            await response.write(job.calls_event())
        await response.write(job.event({}, job.reason))
        if options_of(body, "stream_options").get("include_usage"):
            await response.write(job.last_event())
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _whole(self, job: Job) -> web.Response:
        async with aclosing(job.generation.write(job.pieces)) as paced:
            text = "".join([piece async for piece in paced])
        return web.json_response(job.whole(text))


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
