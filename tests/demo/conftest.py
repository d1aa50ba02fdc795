"""A simulated card, servers on it that run forty times faster than their hardware, and a raw HTTP client."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from llmrouter_tui.demo.cast import ON_GPU0, ON_GPU1
from llmrouter_tui.demo.gpu import SimulatedGpu, two_cards
from llmrouter_tui.demo.ollama import SimulatedOllama
from llmrouter_tui.demo.scheduler import Settings
from llmrouter_tui.demo.server import Luck

SPEED = 40.0
Json = dict[str, Any]
Make = Callable[..., Awaitable["Client"]]


class Client:
    """What a test says to one server."""

    def __init__(self, session: aiohttp.ClientSession, origin: str, gpu: SimulatedGpu) -> None:
        self.session = session
        self.origin = origin
        self.gpu = gpu

    async def get(self, path: str) -> Json:
        async with self.session.get(self.origin + path) as response:
            assert response.status == 200
            answer: Json = await response.json()
            return answer

    async def post(self, path: str, body: Any, status: int = 200) -> Json:
        async with self.session.post(self.origin + path, json=body) as response:
            answer: Json = await response.json()
            assert response.status == status, answer
            return answer

    async def lines(self, path: str, body: Json) -> list[Json]:
        """The lines of an NDJSON stream."""
        async with self.session.post(self.origin + path, json=body) as response:
            assert response.status == 200, await response.text()
            assert response.headers["Content-Type"] == "application/x-ndjson"
            return [json.loads(line) for line in (await response.text()).splitlines()]

    async def say(self, model: str, text: str, **more: Any) -> Json:
        """One question, answered whole."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": False, **more}
        return await self.post("/api/chat", body)

    async def held(self) -> list[str]:
        """Names of the models in memory."""
        return [model["name"] for model in (await self.get("/api/ps"))["models"]]

    async def becomes(self, *names: str) -> None:
        """Wait until exactly these are in memory."""
        await eventually(lambda: self._holds(set(names)))

    async def frees(self, used: int) -> None:
        """Wait until no more than this much of the card is used."""

        async def back() -> bool:
            return self.gpu.used <= used

        await eventually(back)
        assert self.gpu.used == used

    async def _holds(self, names: set[str]) -> bool:
        return set(await self.held()) == names


async def eventually(true: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait until it is true; fail when it does not become true."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.005)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        yield session


@pytest.fixture
async def make(session: aiohttp.ClientSession) -> AsyncIterator[Make]:
    """Starts a simulated Ollama on the first card (or the second)."""
    started: list[SimulatedOllama] = []

    async def build(second: bool = False, luck: Luck | None = None, speed: float = SPEED, **settings: Any) -> Client:
        gpu = two_cards()[1 if second else 0]
        models = ON_GPU1 if second else ON_GPU0
        server = SimulatedOllama("ollama", gpu, models, settings=Settings(speed=speed, **settings), luck=luck)
        await server.start()
        started.append(server)
        return Client(session, server.origin, gpu)

    yield build
    for server in started:
        await server.stop()


@pytest.fixture
async def ollama(make: Make) -> Client:
    return await make()
