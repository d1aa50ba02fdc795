"""A client that leaves stops the work: at once, whatever the exchange was doing."""

import asyncio
import json
import time

import pytest

from tests.proxy.conftest import Router
from tests.proxy.scripted import Script, ScriptedRun, chunk

SOON = 0.5


def request_bytes(stream: bool, *, announced: int | None = None) -> bytes:
    body = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "hi"}], "stream": stream}).encode()
    length = len(body) if announced is None else announced
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + body


async def connect(router: Router, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", router.server.port)
    writer.write(data)
    await writer.drain()
    return reader, writer


async def begun(router: Router) -> ScriptedRun:
    while not router.exchanges.runs or not router.exchanges.last.events:
        await asyncio.sleep(0.005)
    return router.exchanges.last


async def closed_within(run: ScriptedRun, seconds: float) -> float:
    left = time.monotonic()
    await asyncio.wait_for(run.closed.wait(), 10)
    took = time.monotonic() - left
    assert took < seconds
    return took


@pytest.mark.parametrize("stream", [False, True])
async def test_leaving_while_a_model_loads(router: Router, stream: bool) -> None:
    router.exchanges.script = Script(gate=asyncio.Event())
    _, writer = await connect(router, request_bytes(stream))
    run = await begun(router)
    writer.close()
    await closed_within(run, SOON)
    assert run.outcome == "cancelled"


async def test_leaving_while_comments_are_sent(router: Router) -> None:
    router.exchanges.script = Script(gate=asyncio.Event())
    reader, writer = await connect(router, request_bytes(True))
    await reader.readuntil(b": waiting")
    writer.close()
    await closed_within(router.exchanges.last, SOON)
    assert router.exchanges.last.outcome == "cancelled"


async def test_leaving_in_the_middle_of_a_stream(router: Router) -> None:
    router.exchanges.script = Script(chunks=(chunk("x"),), endless=True, pause=0.01)
    reader, writer = await connect(router, request_bytes(True))
    await reader.readuntil(b'"content"')
    writer.close()
    run = router.exchanges.last
    await closed_within(run, SOON)
    sent = run.sent
    await asyncio.sleep(0.1)
    assert run.sent == sent, "the engine goes on although nobody listens"
    assert run.outcome == "cancelled"


async def test_a_reset_connection_counts_as_leaving(router: Router, caplog: pytest.LogCaptureFixture) -> None:
    router.exchanges.script = Script(chunks=(chunk("x" * 1000),), endless=True, pause=0.001)
    reader, writer = await connect(router, request_bytes(True))
    await reader.readuntil(b'"content"')
    writer.transport.abort()
    await closed_within(router.exchanges.last, SOON)
    assert router.exchanges.last.outcome == "cancelled"
    assert "Traceback" not in caplog.text


async def test_a_client_that_does_not_read_holds_back_only_its_own_stream(router: Router) -> None:
    router.exchanges.script = Script(chunks=(chunk("x" * 60_000),), endless=True)
    reader, writer = await connect(router, request_bytes(True))
    slow = await begun(router)
    while True:  # until the sockets in between are full
        sent = slow.sent
        await asyncio.sleep(0.1)
        if slow.sent == sent:
            break
    router.exchanges.script = Script()
    health = await router.http.get("/health")
    answer = await router.http.post("/v1/chat/completions", content=request_bytes(False).split(b"\r\n\r\n")[1])
    assert (health.status_code, answer.status_code) == (200, 200)
    assert not slow.closed.is_set()
    writer.transport.abort()
    await closed_within(slow, SOON)
    del reader


async def test_leaving_before_the_body_is_complete(router: Router) -> None:
    _, writer = await connect(router, request_bytes(False, announced=10_000))
    await asyncio.sleep(0.05)
    writer.close()
    await asyncio.sleep(0.05)
    assert router.exchanges.runs == []
    assert (await router.http.get("/health")).status_code == 200
    assert router.server.answering == 0


async def test_a_watcher_that_leaves_is_forgotten(router: Router) -> None:
    reader, writer = await connect(router, b"GET /admin/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await reader.readuntil(b": watching")
    assert len(router.bus.subscriptions) == 1
    writer.close()
    end = time.monotonic() + 5
    while router.bus.subscriptions and time.monotonic() < end:
        await asyncio.sleep(0.01)
    assert router.bus.subscriptions == set()
