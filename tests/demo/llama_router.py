"""A simulated ``llama-server`` in router mode: it counts models, not memory, so a load that does not fit fails.

What is dangerous about the real one is here too: an unload ends the answers of its model, and all that a failed load
leaves behind is an exit code.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from llmrouter_tui.demo.cast import SimModel
from llmrouter_tui.demo.completions import Job, ask_of, job, limit, prompt_tokens
from llmrouter_tui.demo.generation import Generation
from llmrouter_tui.demo.gpu import OutOfMemory, SimulatedGpu
from llmrouter_tui.demo.scheduler import DISK_BYTES_PER_SECOND, LOAD_STEP, RETURN_SECONDS, UNLOAD_SECONDS
from llmrouter_tui.demo.server import LoopbackServer, Luck, Refusal, options_of, read_object

BUILD = "b11434-simulated"
STOP_SECONDS = 10.0
"""How long the connection of an answer hangs whose model was unloaded under it."""
CUT = b"proxy error: Failed to read connection"
FAILED, STOPPED = 1, 0
"""Exit codes of a process that could not load its model, and of one that was told to go."""


@dataclass(eq=False, slots=True)
class _Instance:
    """One model of the list, with its process when it has one."""

    model: SimModel
    status: str = "unloaded"
    exit_code: int | None = None
    busy: int = 0
    used: float = 0.0
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    killed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when its process is told to go; each process has its own."""
    work: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        return self.status != "unloaded"


class SimulatedLlamaRouter(LoopbackServer):
    """One router on one card: ``--models-max places`` (0: no limit), ``-c context``, ``-np parallel``."""

    def __init__(
        self,
        name: str,
        gpu: SimulatedGpu,
        models: Sequence[SimModel],
        *,
        places: int = 4,
        context: int = 8192,
        parallel: int = 4,
        speed: float = 1.0,
        luck: Luck | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self._name = name
        self._gpu = gpu
        self._instances = {model.name: _Instance(model) for model in models}
        self._places = places
        self._context = context
        self._parallel = parallel
        self._speed = speed
        self._luck = luck or Luck(seed)
        self._seed = seed
        self._random = random.Random(f"{seed}:{name}")
        self._changed = asyncio.Condition()

    async def stop(self) -> None:
        await super().stop()
        for one in self._instances.values():
            if one.work is not None:
                one.work.cancel()
                await asyncio.gather(one.work, return_exceptions=True)
            self._gpu.release(self._owner(one))
            one.status = "unloaded"

    def application(self) -> web.Application:
        app = web.Application(middlewares=[_errors], client_max_size=64 << 20)
        app.router.add_get("/health", self._health)
        app.router.add_get("/props", self._props)
        app.router.add_get("/models", self._list)
        app.router.add_get("/v1/models", self._list)
        app.router.add_post("/models/load", self._load)
        app.router.add_post("/models/unload", self._unload)
        app.router.add_post("/v1/chat/completions", self._chat)
        return app

    # ── what is there ─────────────────────────────────────────────────────────────────────────────────────────

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _props(self, request: web.Request) -> web.Response:
        """With a model it would load it; nobody who only looks may ask that."""
        if "model" in request.query:
            await self._ready(self._instance(request.query["model"]))
        told = {"role": "router", "max_instances": self._places, "models_autoload": True, "build_info": BUILD}
        return web.json_response(told)

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [self._entry(one) for one in self._instances.values()]})

    def _entry(self, one: _Instance) -> dict[str, Any]:
        status: dict[str, Any] = {"value": one.status, "args": ["llama-server", "--alias", one.model.name]}
        if not one.running and one.exit_code:
            status |= {"failed": True, "exit_code": one.exit_code}
        entry = {
            "id": one.model.name,
            "aliases": [],
            "tags": [],
            "object": "model",
            "owned_by": "llamacpp",
            "status": status,
            "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
            "source": "models_dir",
            "can_remove": False,
        }
        return entry | ({"meta": self._meta(one.model)} if one.status == "loaded" else {})

    def _meta(self, model: SimModel) -> dict[str, Any]:
        return {
            "n_ctx": self._context,
            "n_ctx_train": model.context,
            "n_embd": model.embedding,
            "n_params": model.parameters,
            "size": model.size,
            "ftype": model.quantization,
        }

    def _instance(self, name: object) -> _Instance:
        one = self._instances.get(name) if isinstance(name, str) else None
        if one is None:
            raise Refusal(400, f"model '{name}' not found", kind="invalid_request_error")
        return one

    # ── loads and unloads ─────────────────────────────────────────────────────────────────────────────────────

    async def _load(self, request: web.Request) -> web.Response:
        name = (await read_object(request)).get("model")
        if name not in self._instances:
            raise Refusal(404, "File Not Found", kind="not_found_error")
        one = self._instances[name]
        if one.running:
            raise Refusal(400, "model is already running", kind="invalid_request_error")
        if not await self._vacant():
            raise Refusal(500, "model limit reached, try again later", kind="server_error")
        self._spawn(one)
        return web.json_response({"success": True})

    async def _unload(self, request: web.Request) -> web.Response:
        one = self._instance((await read_object(request)).get("model"))
        if not one.running:
            raise Refusal(400, "model is not running", kind="invalid_request_error")
        self._terminate(one)
        return web.json_response({"success": True})

    async def _vacant(self) -> bool:
        """Whether a place is free, or became so: the idle model leaves that was used the longest ago."""
        running = [one for one in self._instances.values() if one.running]
        if not self._places or len(running) < self._places:
            return True
        idle = [one for one in running if one.status == "loaded" and not one.busy]
        if not idle:
            return False
        victim = min(idle, key=lambda one: one.used)
        self._terminate(victim)
        async with self._changed:
            await self._changed.wait_for(lambda: not victim.running)
        return True

    def _spawn(self, one: _Instance) -> None:
        one.status, one.exit_code, one.used = "loading", None, time.monotonic()
        one.killed, one.slots = asyncio.Event(), asyncio.Semaphore(self._parallel)
        one.work = asyncio.get_running_loop().create_task(self._fill(one))

    def _terminate(self, one: _Instance) -> None:
        """Its answers end at once; its process a little later."""
        if not one.killed.is_set():
            one.killed.set()
            one.work = asyncio.get_running_loop().create_task(self._leave(one, one.work))

    async def _fill(self, one: _Instance) -> None:
        size = one.model.footprint(self._context)
        seconds = size / DISK_BYTES_PER_SECOND / self._speed
        steps = max(1, round(seconds * self._speed / LOAD_STEP))
        doomed = self._luck.load_fails()
        try:
            for step in range(1, steps + 1):
                await asyncio.sleep(seconds / steps)
                self._gpu.reserve(self._owner(one), size, step / steps)
        except OutOfMemory:
            doomed = True
        if doomed:
            await self._gone(one, FAILED)
        else:
            one.status = "loaded"
            await self._tell()

    async def _leave(self, one: _Instance, loading: asyncio.Task[None] | None) -> None:
        if loading is not None and not loading.done():
            loading.cancel()
            await asyncio.gather(loading, return_exceptions=True)
        await asyncio.sleep(UNLOAD_SECONDS / self._speed)
        await self._gone(one, FAILED if one.busy else STOPPED)

    async def _gone(self, one: _Instance, exit_code: int) -> None:
        one.killed.set()
        one.status, one.exit_code = "unloaded", exit_code
        self._gpu.release(self._owner(one), RETURN_SECONDS / self._speed)
        await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _owner(self, one: _Instance) -> str:
        return f"{self._name}/{one.model.name}"

    async def _ready(self, one: _Instance) -> None:
        """Load it if need be: who asks waits in line for a place."""
        while one.status != "loaded" or one.killed.is_set():
            if not one.running:
                if not await self._vacant():
                    await self._change()
                    continue
                if not one.running:
                    self._spawn(one)
            await self._change()
            if not one.running and one.exit_code:
                raise Refusal(500, f"model name={one.model.name} failed to load", kind="server_error")

    async def _change(self) -> None:
        async with self._changed:
            await self._changed.wait()

    # ── answers ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await read_object(request)
        one = self._instance(body.get("model"))
        ask = ask_of(body, one.model, self._seed)
        count = prompt_tokens(ask)
        if count + (limit(body) or 1) > self._context:
            words = f"request ({count} tokens) exceeds the available context size ({self._context} tokens)"
            raise Refusal(400, words, kind="exceed_context_size_error")
        await self._ready(one)
        one.busy += 1
        one.used = time.monotonic()
        killed = one.killed
        try:
            async with one.slots:
                generation = Generation(self._gpu, one.model, speed=self._speed, slowdown=1.0, rng=self._random)
                under_way = job(ask, body, generation)
                await generation.read(count)
                if body.get("stream"):
                    return await self._stream(request, body, under_way, killed)
                return await self._whole(under_way, killed)
        finally:
            one.busy -= 1
            await self._tell()

    async def _stream(
        self, request: web.Request, body: dict[str, Any], job: Job, killed: asyncio.Event
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        death = self._luck.break_at(len(job.pieces))
        await response.write(job.event({"role": "assistant", "content": None}))
        async with aclosing(job.generation.write(job.pieces)) as paced:
            async for piece in paced:
                if killed.is_set() or (death is not None and job.generation.tokens > death[0]):
                    await asyncio.sleep(STOP_SECONDS / self._speed)
                    with suppress(ConnectionError):
                        await response.write(CUT)
                    return response
                if not job.answer.calls:
                    await response.write(job.event({"content": piece}))
        if job.reason == "tool_calls":
            await response.write(job.calls_event())
        await response.write(job.event({}, job.reason))
        if options_of(body, "stream_options").get("include_usage"):
            await response.write(job.last_event(timings=_timings(job)))
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _whole(self, job: Job, killed: asyncio.Event) -> web.Response:
        text = ""
        async with aclosing(job.generation.write(job.pieces)) as paced:
            async for piece in paced:
                text += piece
                if killed.is_set():
                    raise Refusal(500, CUT.decode(), kind="server_error")
        return web.json_response(job.whole(text, timings=_timings(job)))


def _timings(job: Job) -> dict[str, Any]:
    made = job.generation
    return {
        "prompt_n": made.prompt_tokens,
        "prompt_ms": made.prompt_seconds * 1000,
        "prompt_per_second": made.prompt_tokens / made.prompt_seconds,
        "predicted_n": made.tokens,
        "predicted_ms": made.seconds * 1000,
        "predicted_per_second": made.tokens / max(made.seconds, 1e-6),
    }


@web.middleware
async def _errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as no:
        told = {"code": no.status, "message": no.message, "type": no.kind or "invalid_request_error"}
        return web.json_response({"error": told}, status=no.status)
