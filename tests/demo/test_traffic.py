"""The sample traffic, sent to a small stand-in for the router that notes what arrives."""

import asyncio
import base64
import json
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.demo.picture import HEIGHT, WIDTH, chart
from llmrouter_tui.demo.texts.prompts import SCENARIOS
from llmrouter_tui.demo.traffic import MOST_AT_ONCE, RESULTS, SHAPES, TOOLS, Traffic
from tests.demo.conftest import Json, eventually


class StandIn:
    """Answers each chat like the router would, and remembers it."""

    def __init__(self) -> None:
        self.bodies: list[Json] = []
        self.clients: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.ratings: list[Json] = []
        self.at_once = 0
        self.most_at_once = 0
        self.delay = 0.0
        self.status = 200
        self.left = 0
        self.measuring = False
        self.queued = 0
        self.looks = 0
        """How often it was asked whether it measures."""
        self.url = ""

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/feedback", self._feedback)
        app.router.add_get("/admin/profiles", self._profiles)
        app.router.add_get("/admin/judge", self._judge)
        return app

    async def _profiles(self, _: web.Request) -> web.Response:
        self.looks += 1
        return web.json_response({"run": {"running": self.measuring}, "models": []})

    async def _judge(self, _: web.Request) -> web.Response:
        return web.json_response({"queued": self.queued})

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _feedback(self, request: web.Request) -> web.Response:
        self.ratings.append(await request.json())
        return web.json_response({})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self.clients[request.headers["User-Agent"].split("/")[0]] += 1
        self.keys.add(request.headers.get("Authorization", ""))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.delay)
            return await self._answer(request, body)
        except asyncio.CancelledError:
            self.left += 1
            raise
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request, body: Json) -> web.StreamResponse:
        headers = {"x-router-exchange-id": f"x{len(self.bodies)}", "x-router-model": "ollama/llama3.1:8b"}
        if self.status != 200:
            return web.json_response({"error": {"message": "no"}}, status=self.status, headers=headers)
        call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
        asked = body.get("tools") and body["messages"][-1]["role"] == "user"
        message: Json = {"role": "assistant", "content": None, "tool_calls": [call]} if asked else {"content": "Yes."}
        if not body["stream"]:
            return web.json_response({"choices": [{"message": {"role": "assistant"} | message}]}, headers=headers)
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        for number, call in enumerate(message.get("tool_calls", ())):
            await self._event(response, {"tool_calls": [{"index": number} | call]})
        for _ in range(80 if "lighthouse" in str(body["messages"]) else 2):
            await self._event(response, {"content": message["content"]})
        await response.write(b": keep-alive\n\ndata: [DONE]\n\n")
        return response

    @staticmethod
    async def _event(response: web.StreamResponse, delta: Json) -> None:
        await response.write(b"data: " + json.dumps({"choices": [{"delta": delta}]}).encode() + b"\n\n")


@pytest.fixture
async def router() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    runner = web.AppRunner(stand_in.application(), handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stand_in.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stand_in
    await runner.cleanup()


async def send(router: StandIn, count: int, **how: Any) -> None:
    """Let the traffic run until so many chats have come, then stop it."""
    running = asyncio.ensure_future(Traffic(router.url, **how).run())

    async def enough() -> bool:
        if running.done():
            running.result()
        return len(router.bodies) >= count

    try:
        await eventually(enough)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_round_of_traffic_asks_everything_in_many_voices(router: StandIn) -> None:
    await send(router, 2 * len(SCENARIOS), key="own", pause=0.001, hurry=1000)
    assert router.keys == {"Bearer own"}
    assert {"Open-WebUI", "Continue", "aider", "curl"} <= set(router.clients)
    models = Counter(body["model"] for body in router.bodies)
    assert models["auto"] > 0.8 * len(router.bodies)
    assert len(models) >= 5, "a few ask for a model by its name"
    assert {body["stream"] for body in router.bodies} == {True, False}
    assert any(body.get("response_format") for body in router.bodies)
    assert any(len([m for m in body["messages"] if m["role"] == "user"]) == 3 for body in router.bodies)
    assert any(m["role"] == "tool" for body in router.bodies for m in body["messages"])
    assert any(isinstance(body["messages"][-1]["content"], list) for body in router.bodies)
    spoken = {str(body["messages"]) for body in router.bodies}
    assert len(spoken) > 60


async def test_follow_ups_carry_the_whole_conversation(router: StandIn) -> None:
    await send(router, len(SCENARIOS), pause=0.001, hurry=1000)
    (longest, *_) = sorted((body["messages"] for body in router.bodies), key=len, reverse=True)
    spoken = [message["role"] for message in longest if message["role"] != "system"]
    assert spoken[:3] == ["user", "assistant", "user"] or spoken[:3] == ["user", "assistant", "tool"]
    assert all(message.get("content") is not None or message.get("tool_calls") for message in longest)


async def test_ratings_name_the_exchange_and_are_few(router: StandIn) -> None:
    await send(router, 3 * len(SCENARIOS), pause=0.001, hurry=1000)
    assert 0 < len(router.ratings) < len(router.bodies) / 2
    assert {"up", "down"} == {rating["rating"] for rating in router.ratings}
    assert all(rating["exchange_id"].startswith("x") for rating in router.ratings)
    assert any(rating.get("reasons") for rating in router.ratings if rating["rating"] == "down")
    assert not any(rating.get("reasons") for rating in router.ratings if rating["rating"] == "up")


async def test_it_never_floods_a_router_that_is_slow(router: StandIn) -> None:
    router.delay = 0.2
    await send(router, 4 * MOST_AT_ONCE, pause=0.0001, hurry=1000)
    assert router.most_at_once == MOST_AT_ONCE


async def test_errors_do_not_stop_it(router: StandIn) -> None:
    router.status = 503
    await send(router, 40, pause=0.001, hurry=1000)
    assert router.ratings == []


async def test_stopping_it_hangs_up(router: StandIn) -> None:
    router.delay = 60.0
    await send(router, 2, pause=0.001)
    await eventually(lambda: _nobody_waits(router))
    assert router.left >= 2


async def test_it_waits_for_a_router_that_is_not_there_yet(router: StandIn, unused_tcp_port: int) -> None:
    running = asyncio.ensure_future(Traffic(f"http://127.0.0.1:{unused_tcp_port}/v1/", pause=0.001, hurry=50).run())
    await asyncio.sleep(0.05)
    assert not running.done()
    runner = web.AppRunner(router.application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    await eventually(lambda: _somebody_came(router))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await runner.cleanup()


@pytest.mark.parametrize("what", ["measuring", "queued"])
async def test_while_models_are_measured_or_judged_few_people_come(router: StandIn, what: str) -> None:
    setattr(router, what, 1)
    await send(router, 20, pause=0.001, hurry=1000, seed=3)
    assert router.looks > 2 * len(router.bodies), "most look, and wait a little longer"
    setattr(router, what, 0)
    router.looks = 0
    router.bodies.clear()
    await send(router, 20, pause=0.001, hurry=1000, seed=3)
    assert router.looks <= len(router.bodies)


async def test_the_same_seed_asks_in_the_same_order(router: StandIn) -> None:
    orders = []
    for _ in range(2):
        router.bodies.clear()
        router.delay = 0.0
        await send(router, 10, pause=0.03, hurry=1e9, seed=5)
        orders.append([str(body["messages"][-1]["content"]) for body in router.bodies[:2]])
    assert orders[0] == orders[1]


def test_the_pool_is_wide() -> None:
    texts = {text for scenario in SCENARIOS for text in scenario.turns}
    assert len(texts) >= 60
    assert {scenario.task for scenario in SCENARIOS} == set(TASKS)
    assert sum(len(scenario.turns) > 1 for scenario in SCENARIOS) >= 4
    assert {name for scenario in SCENARIOS for name in scenario.tools} == set(TOOLS) == set(RESULTS)
    assert {scenario.shape for scenario in SCENARIOS} - {"", "json"} == set(SHAPES)


def test_the_picture_is_a_png_of_the_stated_size() -> None:
    kind, data = chart().split(",")
    png = base64.b64decode(data)
    assert kind == "data:image/png;base64"
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png[16:24] == WIDTH.to_bytes(4, "big") + HEIGHT.to_bytes(4, "big")
    start = png.index(b"IDAT") + 4
    size = int.from_bytes(png[start - 8 : start - 4], "big")
    rows = zlib.decompress(png[start : start + size])
    assert len(rows) == HEIGHT * (1 + 3 * WIDTH)
    assert len(chart()) < 2000


async def _nobody_waits(router: StandIn) -> bool:
    return router.at_once == 0


async def _somebody_came(router: StandIn) -> bool:
    return len(router.bodies) > 0
