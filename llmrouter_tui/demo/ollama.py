"""A simulated Ollama: real HTTP, the true wire protocol, models that only seem to run."""

import asyncio
import json
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from llmrouter_tui.demo.answers import Answer, Ask, Turn, compose
from llmrouter_tui.demo.cast import SimModel
from llmrouter_tui.demo.durations import parse_keep_alive
from llmrouter_tui.demo.embedding import embed
from llmrouter_tui.demo.generation import Generation, tokens
from llmrouter_tui.demo.gpu import SimulatedGpu
from llmrouter_tui.demo.ollama_wire import (
    Piece,
    call,
    chat_line,
    details,
    generate_line,
    head,
    listing,
    ndjson,
    ns,
    show,
    stamp,
)
from llmrouter_tui.demo.scheduler import Runner, Scheduler, Settings
from llmrouter_tui.demo.server import Broken, LoopbackServer, Luck, Refusal, options_of, read_object

VERSION = "0.33.1"
TEMPLATE_TOKENS = 9
"""What a chat template adds to each message."""
IMAGE_TOKENS = 560


@dataclass(slots=True)
class Account:
    """What an answer took, for the counters of its last line. Seconds."""

    start: float
    load: float = 0.0
    generation: Generation | None = None
    reason: str = "stop"

    def counters(self) -> dict[str, Any]:
        """Nanoseconds, as Ollama counts."""
        spent = {"total_duration": ns(time.monotonic() - self.start), "load_duration": ns(self.load)}
        if self.generation is None:
            return spent
        return spent | {
            "prompt_eval_count": self.generation.prompt_tokens,
            "prompt_eval_duration": ns(self.generation.prompt_seconds),
            "eval_count": self.generation.tokens,
            "eval_duration": ns(self.generation.seconds),
        }


class SimulatedOllama(LoopbackServer):
    """One server on one card. ``seed`` fixes what is answered and what goes wrong."""

    def __init__(
        self,
        name: str,
        gpu: SimulatedGpu,
        models: Sequence[SimModel],
        *,
        settings: Settings | None = None,
        luck: Luck | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self._gpu = gpu
        self._models = {model.name: model for model in models}
        self._settings = settings or Settings()
        self._luck = luck or Luck(seed)
        self._seed = seed
        self._random = random.Random(f"{seed}:{name}")
        self._scheduler = Scheduler(name, gpu, self._settings, self._luck)
        self._since = datetime.now(UTC) - timedelta(days=20)

    async def start(self, port: int = 0) -> None:
        await super().start(port)
        self._scheduler.start()

    async def stop(self) -> None:
        await super().stop()
        await self._scheduler.stop()

    def application(self) -> web.Application:
        app = web.Application(middlewares=[_errors], client_max_size=64 << 20)
        app.router.add_get("/", self._hello)
        app.router.add_get("/api/version", self._version)
        app.router.add_get("/api/tags", self._tags)
        app.router.add_get("/api/ps", self._ps)
        app.router.add_post("/api/show", self._show)
        app.router.add_post("/api/generate", self._generate)
        app.router.add_post("/api/chat", self._chat)
        app.router.add_post("/api/embed", self._embed)
        return app

    # ── what is there ─────────────────────────────────────────────────────────────────────────────────────────

    async def _hello(self, _: web.Request) -> web.Response:
        return web.Response(text="Ollama is running")

    async def _version(self, _: web.Request) -> web.Response:
        return web.json_response({"version": VERSION})

    async def _tags(self, _: web.Request) -> web.Response:
        return web.json_response({"models": [listing(model, self._since) for model in self._models.values()]})

    async def _ps(self, _: web.Request) -> web.Response:
        return web.json_response({"models": [self._running(runner) for runner in self._scheduler.runners()]})

    def _running(self, runner: Runner) -> dict[str, Any]:
        return {
            "name": runner.model.name,
            "model": runner.model.name,
            "size": runner.size,
            "digest": runner.model.digest,
            "details": details(runner.model),
            "expires_at": stamp(datetime.now(UTC) + timedelta(seconds=runner.remaining)),
            "size_vram": runner.vram,
            "context_length": runner.context,
        }

    async def _show(self, request: web.Request) -> web.Response:
        model = self._model(await read_object(request))
        return web.json_response(show(model, self._since))

    def _model(self, body: Mapping[str, Any]) -> SimModel:
        name = body.get("model") or body.get("name")
        if not isinstance(name, str):
            raise Refusal(400, "model is required")
        model = self._models.get(name) or self._models.get(f"{name}:latest")
        if model is None:
            raise Refusal(404, f"model '{name}' not found")
        return model

    # ── answers ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        body = await read_object(request)
        model = self._model(body)
        prompt = str(body.get("prompt") or "")
        turns = (Turn("user", prompt, _images(body)),) if prompt else ()
        return await self._answer(request, body, model, turns, generate_line)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await read_object(request)
        model = self._model(body)
        turns = tuple(_turn(message) for message in body.get("messages") or ())
        return await self._answer(request, body, model, turns, chat_line)

    async def _answer(
        self,
        request: web.Request,
        body: Mapping[str, Any],
        model: SimModel,
        turns: tuple[Turn, ...],
        line: Callable[[Piece], dict[str, Any]],
    ) -> web.StreamResponse:
        keep_alive = parse_keep_alive(body.get("keep_alive"))
        account = Account(time.monotonic())
        if not turns and keep_alive == 0:
            self._scheduler.expire(model)
            return web.json_response(head(model) | line(Piece()) | {"done": True, "done_reason": "unload"})
        if model.embeds:
            raise Refusal(400, f'"{model.name}" does not support {request.path.rsplit("/", 1)[-1]}')
        if not turns:
            async with self._scheduler.use(model, keep_alive, _context(body)):
                return web.json_response(head(model) | line(Piece()) | {"done": True, "done_reason": "load"})
        ask = self._ask(body, model, turns)
        async with self._scheduler.use(model, keep_alive, _context(body)) as runner:
            account.load = time.monotonic() - account.start
            _fit(ask, runner, body)
            async with runner.slots, aclosing(self._pieces(runner, ask, body, account)) as pieces:
                if body.get("stream", True):
                    return await self._stream(request, model, pieces, account, line)
                return await self._whole(model, pieces, account, line)

    def _ask(self, body: Mapping[str, Any], model: SimModel, turns: tuple[Turn, ...]) -> Ask:
        """What the model is asked; refuses what it cannot do."""
        tools, think = tuple(body.get("tools") or ()), body.get("think")
        if tools and "tools" not in model.capabilities:
            raise Refusal(400, f"registry.ollama.ai/library/{model.name} does not support tools")
        if think and not model.thinks:
            raise Refusal(400, f'"{model.name}" does not support thinking')
        if any(turn.images for turn in turns) and "vision" not in model.capabilities:
            raise Refusal(400, f'"{model.name}" does not support image input')
        thinks = model.thinks and think is not False
        return Ask(model, turns, tools, body.get("format") or None, thinks, self._seed)

    async def _pieces(
        self, runner: Runner, ask: Ask, body: Mapping[str, Any], account: Account
    ) -> AsyncGenerator[Piece, None]:
        """The answer, token by token, each when its time has come."""
        if runner.gone or self._luck.run_fails():
            self._scheduler.crash(runner)
            raise Refusal(500, "llama runner process has terminated: exit status 2")
        speed = self._settings.speed
        generation = Generation(self._gpu, ask.model, speed=speed, slowdown=runner.slowdown, rng=self._random)
        account.generation = generation
        await generation.read(min(_prompt_tokens(ask), runner.context))
        answer = compose(ask)
        planned = _plan(answer, options_of(body, "options"), account)
        death = self._luck.break_at(len(planned))
        async with aclosing(generation.write([piece.thinking or piece.content for piece in planned])) as paced:
            count = 0
            async for _ in paced:
                if death is not None and count == death[0]:
                    self._scheduler.crash(runner)
                    raise Broken(quietly=death[1])
                piece = planned[count]
                count += 1
                if piece.thinking or not answer.calls:
                    yield piece
        if answer.calls and account.reason == "stop":
            yield Piece(calls=tuple(call(index, wanted) for index, wanted in enumerate(answer.calls)))

    async def _stream(
        self,
        request: web.Request,
        model: SimModel,
        pieces: AsyncGenerator[Piece, None],
        account: Account,
        line: Callable[[Piece], dict[str, Any]],
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        try:
            async for piece in pieces:
                if not response.prepared:
                    await response.prepare(request)
                await response.write(ndjson(head(model) | line(piece) | {"done": False}))
        except Broken as death:
            if not response.prepared:
                raise Refusal(500, str(death)) from death
            if death.quietly and request.transport is not None:
                request.transport.close()
            else:
                await response.write(ndjson({"error": str(death)}))
            return response
        if not response.prepared:
            await response.prepare(request)
        last = {"done": True, "done_reason": account.reason} | account.counters()
        await response.write(ndjson(head(model) | line(Piece()) | last))
        await response.write_eof()
        return response

    async def _whole(
        self,
        model: SimModel,
        pieces: AsyncGenerator[Piece, None],
        account: Account,
        line: Callable[[Piece], dict[str, Any]],
    ) -> web.Response:
        whole = Piece()
        try:
            async for piece in pieces:
                whole.thinking += piece.thinking
                whole.content += piece.content
                whole.calls += piece.calls
        except Broken as death:
            raise Refusal(500, str(death)) from death
        last = {"done": True, "done_reason": account.reason} | account.counters()
        return web.json_response(head(model) | line(whole) | last)

    async def _embed(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        model = self._model(body)
        if not model.embeds:
            raise Refusal(400, f'"{model.name}" does not support embeddings')
        given = body.get("input") or []
        texts = [given] if isinstance(given, str) else [str(text) for text in given]
        account = Account(time.monotonic())
        async with self._scheduler.use(model, parse_keep_alive(body.get("keep_alive")), None) as runner:
            account.load = time.monotonic() - account.start
            count = sum(len(tokens(text)) for text in texts)
            async with runner.slots:
                with self._gpu.work():
                    await asyncio.sleep(count / model.prefill / self._settings.speed)
        return web.json_response(
            {
                "model": model.name,
                "embeddings": [embed(text, model.embedding) for text in texts],
                "prompt_eval_count": count,
            }
            | account.counters()
        )


@web.middleware
async def _errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return web.json_response({"error": refusal.message}, status=refusal.status)


def _plan(answer: Answer, options: Mapping[str, Any], account: Account) -> list[Piece]:
    """The answer in tokens, cut where the options say."""
    text = answer.text or "".join(json.dumps(dict(call.arguments)) for call in answer.calls)
    stops = options.get("stop") or ()
    for stop in [stops] if isinstance(stops, str) else stops:
        text = text.split(str(stop))[0]
    pieces = [Piece(thinking=piece) for piece in tokens(answer.thinking)]
    pieces += [Piece(content=piece) for piece in tokens(text)]
    limit = options.get("num_predict")
    if isinstance(limit, int) and 0 < limit < len(pieces):
        account.reason = "length"
        return pieces[:limit]
    return pieces


def _context(body: Mapping[str, Any]) -> int | None:
    """The context that the request wants the model to be loaded with."""
    wanted = options_of(body, "options").get("num_ctx")
    if wanted is not None and (not isinstance(wanted, int) or wanted < 1):
        raise Refusal(400, 'option "num_ctx" must be of type integer')
    return wanted


def _turn(message: Any) -> Turn:
    if not isinstance(message, Mapping) or not isinstance(message.get("content", ""), str):
        raise Refusal(400, "json: cannot unmarshal message: content must be a string")
    return Turn(str(message.get("role", "")), message.get("content", ""), _images(message))


def _images(holder: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(image) for image in holder.get("images") or ())


def _fit(ask: Ask, runner: Runner, body: Mapping[str, Any]) -> None:
    """Refuse what is too long, in the words of its runner, where the client wants nothing cut; else it is cut."""
    count = _prompt_tokens(ask)
    if body.get("truncate") is False and count >= runner.context:
        words = (
            f"request ({count} tokens) exceeds the available context size ({runner.context} tokens), try increasing it"
        )
        error = {"code": 400, "message": words, "type": "exceed_context_size_error"}
        raise Refusal(400, json.dumps({"error": error | {"n_prompt_tokens": count, "n_ctx": runner.context}}))


def _prompt_tokens(ask: Ask) -> int:
    spoken = sum(len(tokens(turn.text)) + IMAGE_TOKENS * len(turn.images) + TEMPLATE_TOKENS for turn in ask.turns)
    return spoken + sum(len(tokens(json.dumps(tool))) for tool in ask.tools)
