"""Simulated servers that outlive the router under test: an Ollama with chosen models on a card with room for all."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from threading import Thread

from aiohttp import web

from llmrouter_tui.demo.cast import GIB, SimModel
from llmrouter_tui.demo.exam.question import recognized
from llmrouter_tui.demo.gpu import SimulatedGpu
from llmrouter_tui.demo.ollama import SimulatedOllama
from llmrouter_tui.demo.scheduler import Settings
from llmrouter_tui.demo.server import read_object

SPEED = 300.0
SEED = 7


class Ollama(SimulatedOllama):
    """It counts which prompts of the prompt set were put to which model, each by its last turn."""

    def __init__(self, models: Sequence[SimModel], speed: float, seed: int) -> None:
        card = SimulatedGpu("gpu0", "Card", 400 * GIB, others=0, idle_watts=20, limit_watts=300)
        super().__init__("ollama", card, models, settings=Settings(speed=speed, max_loaded=20), seed=seed)
        self.asked: Counter[tuple[str, str]] = Counter()

    def application(self) -> web.Application:
        app = super().application()
        app.middlewares.append(self._count)
        return app

    @web.middleware
    async def _count(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.path == "/api/chat":
            body = await read_object(request)
            said = [turn["content"] for turn in body.get("messages") or () if turn["role"] == "user"]
            if (question := recognized(said)) and question.last:
                self.asked[body["model"], question.prompt.id] += 1
        return await handler(request)


@contextlib.contextmanager
def simulated(*models: SimModel, speed: float = SPEED, seed: int = SEED) -> Iterator[tuple[Ollama, str]]:
    """The server on a loop of its own, and the configuration of a router that knows it alone."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="simulated", daemon=True)
    thread.start()

    def done(work: "Awaitable[None]") -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(20)  # type: ignore[arg-type]

    server = Ollama(models, speed, seed)
    done(server.start())
    try:
        yield server, f'[[backends]]\nname = "sim"\nkind = "ollama"\nurl = "{server.origin}"\n'
    finally:
        done(server.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
