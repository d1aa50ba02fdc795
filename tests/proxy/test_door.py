"""What holds at the door of every dialect: recorded, refused, kept alive, cancelled and stopped in its own words.

Whoever adds a dialect adds its least request and its streaming one to ``ASKS``.
"""

import asyncio
import json
from typing import Any

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.queueing import Place
from llmrouter_tui.proxy.dialects.spoken import SPOKEN
from tests.proxy.conftest import Router, Routers
from tests.proxy.scripted import DONE, Script, chunk

MESSAGES = [{"role": "user", "content": "hi there"}]
ASKS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "auto", "messages": MESSAGES},
    "/v1/completions": {"model": "auto", "prompt": "hi there"},
    "/v1/responses": {"model": "auto", "input": "hi there"},
    "/v1/messages": {"model": "auto", "max_tokens": 100, "messages": MESSAGES},
    "/api/chat": {"model": "auto", "messages": MESSAGES},
    "/api/generate": {"model": "auto", "prompt": "hi there"},
}
"""The least that can be asked at each path, with the text ``hi there``."""

every_path = pytest.mark.parametrize("path", ASKS)
either_way = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


def test_every_dialect_is_tried_here() -> None:
    assert {way.path for way in SPOKEN} == set(ASKS)


@every_path
@either_way
async def test_the_answer_comes_with_what_was_decided(router: Router, path: str, stream: bool) -> None:
    response = await router.http.post(path, json={**ASKS[path], "stream": stream}, headers={"X-Request-Id": "mine"})
    assert response.status_code == 200
    run = router.exchanges.last
    assert run.request.messages[-1].text == "hi there"
    assert run.request.stream is stream
    assert json.loads(run.request.body)["messages"]
    assert (response.headers["x-request-id"], response.headers["x-router-exchange-id"]) == ("mine", "x1")
    assert response.headers["x-router-task"] == "coding"
    assert b"Hel" in response.content
    assert run.outcome == "ok"


@every_path
async def test_a_body_that_cannot_be_read_is_refused_and_on_record(router: Router, path: str) -> None:
    response = await router.http.post(path, json={**ASKS[path], "model": 7})
    assert response.status_code == 400
    assert "'model' must be a string" in response.text
    assert response.headers["x-router-exchange-id"] == "r1"
    assert router.exchanges.refusals[0]["code"] == "invalid_request"


@every_path
@either_way
@pytest.mark.parametrize("where", ["begin", "open"])
async def test_a_failure_before_headers_has_its_status(router: Router, path: str, stream: bool, where: str) -> None:
    error = RouterError("model_not_found", "There is no model 'x'.", hint="See GET /v1/models.")
    router.exchanges.script = Script(**{f"{where}_error": error})  # type: ignore[arg-type]
    response = await router.http.post(path, json={**ASKS[path], "stream": stream})
    assert response.status_code == 404
    assert "There is no model 'x'." in response.text
    assert response.headers["x-should-retry"] == "false"


@every_path
@pytest.mark.parametrize("status", [429, 503])
async def test_who_finds_the_queue_full_is_told_when_to_come_again(router: Router, path: str, status: int) -> None:
    full = RouterError("queue_full", "32 requests wait already.", retryable=True, retry_after=6.2, status=status)
    router.exchanges.script = Script(begin_error=full)
    response = await router.http.post(path, json=ASKS[path])
    overloaded = 529 if path == "/v1/messages" else status  # that dialect's own word for it
    assert (response.status_code, response.headers["Retry-After"]) == (overloaded, "7")
    assert "32 requests wait already." in response.text


@every_path
@either_way
async def test_a_bug_of_ours_shows_no_traceback(router: Router, path: str, stream: bool) -> None:
    router.exchanges.script = Script(begin_error=ZeroDivisionError("secret"))
    response = await router.http.post(path, json={**ASKS[path], "stream": stream})
    assert response.status_code == 500
    assert "The router failed" in response.text
    assert "secret" not in response.text


@every_path
async def test_a_stream_that_breaks_says_so_and_does_not_end_well(router: Router, path: str) -> None:
    error = RouterError("upstream_interrupted", "box stopped in the middle.")
    router.exchanges.script = Script(chunks=(chunk("Hel"),), body_error=error)
    response = await router.http.post(path, json={**ASKS[path], "stream": True})
    assert response.status_code == 200
    assert "box stopped in the middle." in response.text
    assert "[DONE]" not in response.text


@pytest.mark.parametrize("path", [path for path in ASKS if path != "/v1/chat/completions"])
@either_way
async def test_an_answer_that_is_none_is_the_servers_fault(router: Router, path: str, stream: bool) -> None:
    router.exchanges.script = Script(chunks=(chunk("Hel"), b'data: {"choices":7}\n\n', DONE), answer=b"garbage")
    response = await router.http.post(path, json={**ASKS[path], "stream": stream})
    assert "cannot be read" in response.text
    assert response.status_code == (200 if stream else 502)
    assert router.exchanges.last.outcome == "failed upstream_interrupted"


@every_path
async def test_while_a_model_loads_the_stream_begins_and_tells_the_place_in_the_queue(
    router: Router, path: str
) -> None:
    gate, words = asyncio.Event(), "2nd in line, until small has answered"
    router.exchanges.script = Script(gate=gate, status=words, wait=Place(2, 41.7, "small answers 3 requests"))
    async with router.http.stream("POST", path, json={**ASKS[path], "stream": True}) as response:
        assert response.headers["x-router-exchange-id"] == "x1"
        assert response.headers["x-router-queue-position"] == "2"
        assert response.headers["x-router-expected-wait"] == "42"
        assert response.headers["x-router-wait-reason"] == "small answers 3 requests"
        parts = response.aiter_raw()
        heard = await anext(parts)
        if "event-stream" in response.headers["Content-Type"]:  # lines of JSON have no comments
            assert heard.startswith(f": waiting — {words}\n\n".encode())
        gate.set()
        heard += b"".join([part async for part in parts])
    assert b"Hel" in heard
    assert router.exchanges.last.outcome == "ok"


@every_path
@either_way
async def test_who_leaves_frees_the_model(router: Router, path: str, stream: bool) -> None:
    router.exchanges.script = Script(gate=asyncio.Event())
    body = json.dumps({**ASKS[path], "stream": stream}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    _, writer = await asyncio.open_connection("127.0.0.1", router.server.port)
    writer.write(head + body)
    while not router.exchanges.runs:
        await asyncio.sleep(0.005)
    writer.close()
    await asyncio.wait_for(router.exchanges.last.closed.wait(), 5)
    assert router.exchanges.last.outcome == "cancelled"


@every_path
@either_way
async def test_a_stop_is_told(routers: Routers, path: str, stream: bool) -> None:
    router = await routers.start(grace=0.0)
    router.exchanges.script = Script(gate=asyncio.Event())
    asked = asyncio.ensure_future(router.http.post(path, json={**ASKS[path], "stream": stream}))
    while not router.exchanges.runs:
        await asyncio.sleep(0.005)
    await router.server.stop()
    response = await asked
    assert response.status_code == 503
    assert "The router is stopping." in response.text


@every_path
async def test_another_method_is_refused_in_the_same_shape(router: Router, path: str) -> None:
    wrong = await router.http.delete(path)
    bad = await router.http.post(path, content=b"{}")
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "POST"
    assert _shape(wrong.json()) == _shape(bad.json())


def _shape(told: object) -> object:
    """The keys of an error's body, and of what is in it."""
    return {key: _shape(value) for key, value in told.items()} if isinstance(told, dict) else ""
