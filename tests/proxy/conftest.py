"""A proxy on a real loopback socket, in front of a scripted engine."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import httpx
import pytest
from openai import AsyncOpenAI

from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.server import ProxyServer
from tests.proxy.scripted import ScriptedBus, ScriptedControl, ScriptedExchanges

OPTIONS = ProxyOptions(version="1.2.3", early=0.15, keepalive=0.1, heartbeat=0.1, grace=0.2)


@dataclass
class Router:
    """A running proxy and the scripted engine behind it."""

    server: ProxyServer
    exchanges: ScriptedExchanges
    control: ScriptedControl
    bus: ScriptedBus
    http: httpx.AsyncClient

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def openai(self, **options: object) -> AsyncOpenAI:
        client = httpx.AsyncClient(trust_env=False)
        return AsyncOpenAI(base_url=f"{self.url}/v1", api_key="none", http_client=client, **options)  # type: ignore[arg-type]


class Routers:
    """Starts routers and stops them all at the end."""

    def __init__(self) -> None:
        self.running: list[Router] = []

    async def start(self, host: str = "127.0.0.1", **options: object) -> Router:
        exchanges, bus = ScriptedExchanges(), ScriptedBus()
        control = ScriptedControl(bus)
        server = ProxyServer(exchanges, control, bus, replace(OPTIONS, **options))  # type: ignore[arg-type]
        await server.start(host, 0)
        http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", trust_env=False, timeout=20)
        router = Router(server, exchanges, control, bus, http)
        self.running.append(router)
        return router

    async def stop(self) -> None:
        for router in self.running:
            await router.http.aclose()
            await router.server.stop()


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that serves in earnest, where there is one; ``tests/remote`` meets the same server on the other."""
    if sys.platform == "win32":
        return {"asyncio": asyncio.new_event_loop}
    import uvloop

    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def routers() -> AsyncIterator[Routers]:
    started = Routers()
    yield started
    await started.stop()


@pytest.fixture
async def router(routers: Routers) -> Router:
    return await routers.start()
