"""Starting, moving and stopping the server."""

import asyncio
import json
import time

import httpx
import pytest

from llmrouter_tui.proxy.server import ProxyServer
from tests.proxy.conftest import OPTIONS, Router, Routers
from tests.proxy.scripted import DONE, Script, ScriptedBus, ScriptedControl, ScriptedExchanges, chunk
from tests.proxy.test_answers import ASK

STREAM = {**ASK, "stream": True}


def server() -> ProxyServer:
    bus = ScriptedBus()
    return ProxyServer(ScriptedExchanges(), ScriptedControl(bus), bus, OPTIONS)


async def test_a_taken_port_is_an_os_error_and_another_can_be_tried(router: Router) -> None:
    second = server()
    with pytest.raises(OSError):
        await second.start("127.0.0.1", router.server.port)
    assert second.port == 0
    await second.start("127.0.0.1", 0)
    assert second.port not in (0, router.server.port)
    await second.stop()


async def test_stop_is_idempotent_and_start_works_again() -> None:
    one = server()
    await one.stop()
    await one.start("127.0.0.1", 0)
    port = one.port
    await asyncio.gather(one.stop(), one.stop())
    assert one.port == 0
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"http://127.0.0.1:{port}/health")
        await one.start("127.0.0.1", port)
        assert (await http.get(f"http://127.0.0.1:{port}/health")).status_code == 200
    await one.stop()


async def test_moving_to_another_port_keeps_open_streams(router: Router) -> None:
    gate = asyncio.Event()
    router.exchanges.script = Script(gate=gate)
    old = router.server.port
    async with router.http.stream("POST", "/v1/chat/completions", json=STREAM) as response:
        await router.server.start("127.0.0.1", 0)
        assert router.server.port != old
        gate.set()
        assert (await response.aread()).endswith(DONE)
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(f"{router.url}/health")).status_code == 200
        with pytest.raises(httpx.ConnectError):
            await http.get(f"http://127.0.0.1:{old}/health")


async def test_a_move_that_fails_changes_nothing(router: Router, routers: Routers) -> None:
    other = await routers.start()
    old = router.server.port
    with pytest.raises(OSError):
        await router.server.start("127.0.0.1", other.server.port)
    assert router.server.port == old
    assert (await router.http.get("/health")).status_code == 200


async def test_answers_that_end_soon_are_let_finish(routers: Routers) -> None:
    router = await routers.start(grace=10.0)
    router.exchanges.script = Script(chunks=(chunk("a"), chunk("b"), chunk("", "stop"), DONE), pause=0.05)
    async with router.http.stream("POST", "/v1/chat/completions", json=STREAM) as response:
        stopping = asyncio.ensure_future(router.server.stop())
        assert (await response.aread()).endswith(DONE)
    began = time.monotonic()
    await stopping
    assert time.monotonic() - began < 5, "it waited although nothing was left"
    assert router.exchanges.last.outcome == "ok"


async def test_endless_answers_are_ended_with_a_word_and_at_once_where_a_stop_is_not_to_wait(routers: Routers) -> None:
    router = await routers.start(grace=60.0)
    router.server.hurry()
    router.exchanges.script = Script(chunks=(chunk("a"),), endless=True, pause=0.01)
    async with router.http.stream("POST", "/v1/chat/completions", json=STREAM) as response:
        began = time.monotonic()
        stopping = asyncio.ensure_future(router.server.stop())
        text = await response.aread()
        await stopping
    assert time.monotonic() - began < 5
    last = text.split(b"\n\n")[-2]
    assert json.loads(last.removeprefix(b"data: "))["error"]["code"] == "shutting_down"
    assert router.exchanges.last.outcome == "failed shutting_down"


@pytest.mark.parametrize("stream", [False, True])
async def test_requests_that_wait_for_a_model_learn_of_the_stop(routers: Routers, stream: bool) -> None:
    router = await routers.start(early=30.0)
    router.exchanges.script = Script(gate=asyncio.Event())
    asking = asyncio.ensure_future(router.http.post("/v1/chat/completions", json={**ASK, "stream": stream}))
    while not router.exchanges.runs:
        await asyncio.sleep(0.01)
    await router.server.stop()
    response = await asking
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "shutting_down"
    assert response.headers["retry-after"]
    assert router.exchanges.last.events[-1] == "close"


async def test_a_stop_ends_commented_waiting_too(router: Router) -> None:
    router.exchanges.script = Script(gate=asyncio.Event())
    async with router.http.stream("POST", "/v1/chat/completions", json=STREAM) as response:
        stopping = asyncio.ensure_future(router.server.stop())
        text = await response.aread()
        await stopping
    assert b'"code":"shutting_down"' in text


async def test_event_streams_do_not_hold_up_a_stop(routers: Routers) -> None:
    router = await routers.start(heartbeat=60.0)
    async with router.http.stream("GET", "/admin/events") as response:
        began = time.monotonic()
        stopping = asyncio.ensure_future(router.server.stop())
        assert (await response.aread()).startswith(b": watching")
        await stopping
    assert time.monotonic() - began < 15, "no heartbeat was waited for"
    assert router.bus.subscriptions == set()


async def test_answers_under_way_are_counted(router: Router) -> None:
    gate = asyncio.Event()
    router.exchanges.script = Script(gate=gate)
    asking = [asyncio.ensure_future(router.http.post("/v1/chat/completions", json=ASK)) for _ in range(3)]
    while len(router.exchanges.runs) < 3:
        await asyncio.sleep(0.01)
    assert router.server.answering == 3
    gate.set()
    await asyncio.gather(*asking)
    assert router.server.answering == 0
