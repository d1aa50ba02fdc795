"""The whole simulated machine: three servers, one probe, an outage, and nothing of it unless asked for."""

import subprocess
import sys
from collections.abc import Callable

import aiohttp
import pytest

from llmrouter_tui.demo import fleet as fleet_module
from llmrouter_tui.demo.cast import GIB
from llmrouter_tui.demo.fleet import DemoFleet
from llmrouter_tui.demo.gpu import two_cards
from tests.demo.conftest import Client, eventually


async def test_a_fleet_has_three_servers_and_two_cards(session: aiohttp.ClientSession) -> None:
    fleet = DemoFleet(speed=40.0, mishaps=False)
    await fleet.start()
    assert [(name, kind, pool) for name, kind, _, pool in fleet.backends] == [
        ("ollama", "ollama", "gpu0"),
        ("ollama-2", "ollama", "gpu1"),
        ("vllm", "openai", "gpu1"),
    ]
    urls = [url for _, _, url, _ in fleet.backends]
    assert all(url.startswith("http://127.0.0.1:") for url in urls)
    names = set()
    for url in urls[:2]:
        async with session.get(url + "/api/tags") as response:
            names |= {model["name"] for model in (await response.json())["models"]}
    async with session.get(urls[2] + "/v1/models") as response:
        names |= {model["id"] for model in (await response.json())["data"]}
    assert len(names) == 10
    assert len(fleet.probe.sample()) == 2
    await fleet.stop()
    await fleet.stop()
    for url in urls:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(url)


async def test_the_probe_follows_loads_on_the_right_card(session: aiohttp.ClientSession) -> None:
    fleet = DemoFleet(speed=40.0, mishaps=False)
    await fleet.start()
    before = [device.used for device in fleet.probe.sample()]
    async with session.post(fleet.backends[1][2] + "/api/generate", json={"model": "gemma3:4b"}) as response:
        assert response.status == 200
    first, second = fleet.probe.sample()
    assert first.used == before[0]
    assert second.used - before[1] > 4 * GIB
    await fleet.stop()

    async def back() -> bool:
        return [device.used for device in fleet.probe.sample()] == [int(0.7 * GIB), int(0.2 * GIB)]

    await eventually(back)


async def test_not_everything_fits_at_once(session: aiohttp.ClientSession) -> None:
    fleet = DemoFleet(speed=200.0, mishaps=False)
    await fleet.start()
    client = Client(session, fleet.backends[0][2], two_cards()[0])
    for model in ("llama3.1:8b", "qwen3:32b"):
        await client.post("/api/generate", {"model": model})
    assert await client.held() == ["qwen3:32b"]
    await fleet.stop()


async def test_vllm_goes_down_now_and_then(session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "UP_SECONDS", (0.2, 0.3))
    monkeypatch.setattr(fleet_module, "DOWN_SECONDS", (0.2, 0.3))
    fleet = DemoFleet(speed=40.0)
    await fleet.start()
    url = fleet.backends[2][2] + "/health"

    async def is_up() -> bool:
        try:
            async with session.get(url) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def is_down() -> bool:
        return not await is_up()

    await eventually(is_up)
    await eventually(is_down)
    await eventually(is_up)
    await fleet.stop()


async def test_fixed_ports_and_a_port_that_is_taken(unused_tcp_port_factory: Callable[[], int]) -> None:
    ports = (unused_tcp_port_factory(), unused_tcp_port_factory(), unused_tcp_port_factory())
    first = DemoFleet(mishaps=False, ports=ports)
    await first.start()
    assert [url.rsplit(":", 1)[1] for _, _, url, _ in first.backends] == [str(port) for port in ports]
    second = DemoFleet(mishaps=False, ports=(0, ports[1], 0))
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await first.stop()


def test_nothing_simulated_is_imported_by_core_or_the_other_rooms() -> None:
    program = (
        "import pkgutil, importlib, sys, llmrouter_tui.core, llmrouter_tui.gpu;"
        "[importlib.import_module(m.name) for m in pkgutil.iter_modules(llmrouter_tui.core.__path__,"
        " 'llmrouter_tui.core.')];"
        "print([name for name in sys.modules if name.startswith('llmrouter_tui.demo')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
