"""The demo's machine: two simulated cards, two Ollamas, one vLLM that is down now and then, and sample traffic."""

import asyncio
import random

from llmrouter_tui.demo.cast import GIB, MISTRAL_7B, ON_GPU0, ON_GPU1
from llmrouter_tui.demo.gpu import SimulatedProbe, two_cards
from llmrouter_tui.demo.ollama import SimulatedOllama
from llmrouter_tui.demo.scheduler import Settings
from llmrouter_tui.demo.server import Luck
from llmrouter_tui.demo.traffic import Traffic
from llmrouter_tui.demo.vllm import SimulatedVllm

VLLM_HOLDS = int(4.8 * GIB)
"""0.4 of its card, as with ``--gpu-memory-utilization 0.4``."""
UP_SECONDS = (60.0, 180.0)
DOWN_SECONDS = (12.0, 25.0)
"""Shortest and longest time that the vLLM stays up, and down."""
LOAD_FAILURES = 0.02
RUN_FAILURES = 0.012
STREAM_FAILURES = 0.005
"""Shares of loads, of answers before their first token, and of answers after it that go wrong."""


class DemoFleet:
    """Everything that ``--demo`` simulates. ``speed`` makes it all that many times faster; with ``mishaps`` off
    nothing fails; ``ports`` fixes the three servers' ports, 0 takes free ones. Same seed, same answers and mishaps.
    """

    def __init__(
        self, *, seed: int = 7, speed: float = 1.0, mishaps: bool = True, ports: tuple[int, int, int] = (0, 0, 0)
    ) -> None:
        self._ports = ports
        self._mishaps = mishaps
        self._random = random.Random(f"fleet:{seed}")
        self._outages: asyncio.Task[None] | None = None
        self._seed = seed
        gpu0, gpu1 = two_cards(seed)
        settings = Settings(speed=speed)
        self.probe = SimulatedProbe((gpu0, gpu1))
        """What measures the simulated cards."""
        self._ollamas = (
            SimulatedOllama("ollama", gpu0, ON_GPU0, settings=settings, luck=self._luck(1), seed=seed),
            SimulatedOllama("ollama-2", gpu1, ON_GPU1, settings=settings, luck=self._luck(2), seed=seed),
        )
        self._vllm = SimulatedVllm(
            gpu1,
            MISTRAL_7B,
            root="mistralai/Mistral-7B-Instruct-v0.3",
            held=VLLM_HOLDS,
            speed=speed,
            luck=self._luck(3),
            seed=seed,
        )

    @property
    def backends(self) -> tuple[tuple[str, str, str, str], ...]:
        """(name, kind, url, memory pool) of each server, once started."""
        first, second = self._ollamas
        return (
            ("ollama", "ollama", first.origin, "gpu0"),
            ("ollama-2", "ollama", second.origin, "gpu1"),
            ("vllm", "openai", self._vllm.origin, "gpu1"),
        )

    async def start(self) -> None:
        """Listen on loopback. Raises ``OSError`` if a fixed port is taken."""
        try:
            for server, port in zip((*self._ollamas, self._vllm), self._ports, strict=True):
                await server.start(port)
        except BaseException:
            await self.stop()
            raise
        if self._mishaps:
            self._outages = asyncio.get_running_loop().create_task(self._go_down_now_and_then())

    async def stop(self) -> None:
        """Close everything. Idempotent."""
        if self._outages is not None:
            self._outages.cancel()
            await asyncio.gather(self._outages, return_exceptions=True)
        for server in self._ollamas:
            await server.stop()
        await self._vllm.close()

    async def traffic(self, router_url: str, key: str = "") -> None:
        """Send sample requests with that key to the router until cancelled."""
        await Traffic(router_url, key=key, seed=self._seed).run()

    def _luck(self, number: int) -> Luck:
        seed = self._seed * 10 + number
        if not self._mishaps:
            return Luck(seed)
        return Luck(seed, load=LOAD_FAILURES, run=RUN_FAILURES, stream=STREAM_FAILURES)

    async def _go_down_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._random.uniform(*UP_SECONDS))
            await self._vllm.stop()
            await asyncio.sleep(self._random.uniform(*DOWN_SECONDS))
            await self._come_back()

    async def _come_back(self) -> None:
        """Listen on the same port again; if somebody took it meanwhile, wait for it."""
        while True:
            try:
                return await self._vllm.start()
            except OSError:
                await asyncio.sleep(1.0)
