"""How much a client may ask, over real sockets: what is refused, in whose words, and when it is let in again."""

import asyncio
import json

import pytest

from llmrouter_tui.core.keys import ApiKey
from llmrouter_tui.core.limiting import Limit
from llmrouter_tui.proxy.dialects.spoken import EMBEDDED, SPOKEN
from llmrouter_tui.proxy.limits import CALLS, NOTED, client_of
from tests.proxy.conftest import Router, Routers
from tests.proxy.scripted import Script
from tests.proxy.test_answers import ASK
from tests.proxy.test_keys import key, sent

CHAT = "/v1/chat/completions"
FORMS = {
    "/v1/messages": {"model": "auto", "max_tokens": 5, "messages": ASK["messages"]},
    "/v1/completions": {"model": "auto", "prompt": "hi"},
    "/api/generate": {"model": "auto", "prompt": "hi", "stream": False},
    "/api/chat": {"model": "auto", "messages": ASK["messages"], "stream": False},
    "/v1/responses": {"model": "auto", "input": "hi"},
    "/v1/embeddings": {"model": "auto", "input": "hi"},
    "/api/embed": {"model": "auto", "input": "hi"},
    "/api/embeddings": {"model": "auto", "prompt": "hi"},
}
"""What each dialect's request looks like, where it is not OpenAI's chat."""


async def ask(router: Router, **headers: str) -> int:
    return (await router.http.post(CHAT, json=ASK, headers=headers)).status_code


async def test_requests_a_minute_of_an_address(routers: Routers) -> None:
    router = await routers.start(limit=Limit(rpm=3))
    assert [await ask(router) for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = await router.http.post(CHAT, json=ASK)
    error = refused.json()["error"]
    assert (error["code"], error["type"]) == ("rate_limited", "rate_limit_error")
    assert "3 requests a minute" in error["message"]
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.headers["x-should-retry"] == "true"
    assert router.server.limits.refusals["requests"] == 3
    assert router.server.limits.running == 0


@pytest.mark.parametrize("keep_alive", [None, 0])
async def test_loading_and_unloading_by_requests_without_words_count_like_any(
    routers: Routers, keep_alive: int | None
) -> None:
    router = await routers.start(limit=Limit(rpm=2))
    asked = {"model": "auto", "prompt": "", "keep_alive": keep_alive}
    assert [(await router.http.post("/api/generate", json=asked)).status_code for _ in range(4)] == [200, 200, 429, 429]
    assert router.server.limits.running == 0


async def test_time_lets_a_client_in_again(routers: Routers) -> None:
    router = await routers.start(limit=Limit(rpm=60))
    limits, ahead = router.server.limits, 0.0
    clock = limits.now
    limits.now = lambda: clock() + ahead
    assert [await ask(router) for _ in range(62)][-1] == 429
    ahead = 1.5
    assert await ask(router) == 200


@pytest.mark.parametrize("path", [*(way.path for way in SPOKEN), *EMBEDDED])
async def test_every_dialect_tells_a_limit_in_its_own_words(routers: Routers, path: str) -> None:
    router = await routers.start(limit=Limit(rpm=1))
    body = FORMS.get(path, ASK)
    assert (await router.http.post(path, json=body)).status_code == 200
    refused = await router.http.post(path, json=body)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["x-should-retry"] == "true"
    told = refused.json()["error"]
    words = told if isinstance(told, str) else told["message"]
    assert "requests a minute" in words
    assert told.get("type") == "rate_limit_error" if isinstance(told, dict) else path.startswith("/api/")


async def test_the_next_request_pays_for_the_tokens_of_the_last(routers: Routers) -> None:
    router = await routers.start(limit=Limit(tpm=1000))
    router.exchanges.script = Script(tokens=900)
    assert await ask(router) == 200
    assert await ask(router) == 200
    refused = await router.http.post(CHAT, json=ASK)
    assert refused.status_code == 429
    assert "1,000 tokens a minute" in refused.json()["error"]["message"]
    router.exchanges.script = Script(tokens=100_000)
    router.server.use_limit(Limit(tpm=2000))
    assert await ask(router) == 200
    long = await router.http.post(CHAT, json=ASK)
    assert long.headers["x-should-retry"] == "false", "it would be for minutes"


async def test_requests_at_the_same_time(routers: Routers) -> None:
    router = await routers.start(limit=Limit(concurrent=2))
    gate = asyncio.Event()
    router.exchanges.script = Script(gate=gate)
    waiting = [asyncio.ensure_future(ask(router)) for _ in range(2)]
    while router.server.limits.running < 2:
        await asyncio.sleep(0)
    assert await ask(router) == 429
    gate.set()
    assert await asyncio.gather(*waiting) == [200, 200]
    assert await ask(router) == 200
    assert router.server.limits.running == 0


async def test_a_client_that_leaves_makes_room(routers: Routers) -> None:
    router = await routers.start(limit=Limit(concurrent=1))
    router.exchanges.script = Script(gate=asyncio.Event())
    waiting = asyncio.ensure_future(ask(router))
    while not router.server.limits.running:
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait_for(router.exchanges.last.closed.wait(), 5)
    router.exchanges.script = Script()
    assert await ask(router) == 200


async def test_all_clients_together_are_bounded_too(routers: Routers) -> None:
    router = await routers.start(max_exchanges=2, named_keys=(key("a"), key("b")))
    gate = asyncio.Event()
    router.exchanges.script = Script(gate=gate)
    waiting = [asyncio.ensure_future(ask(router, **sent(name))) for name in ("a", "b")]
    while router.server.limits.running < 2:
        await asyncio.sleep(0)
    refused = await router.http.post(CHAT, json=ASK, headers=sent("a"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "queue_full")
    assert refused.headers["retry-after"]
    assert (await router.http.get("/v1/models", headers=sent("a"))).status_code == 200
    gate.set()
    assert await asyncio.gather(*waiting) == [200, 200]


async def test_keys_have_limits_of_their_own_and_do_not_share(routers: Routers) -> None:
    keys: tuple[ApiKey, ...] = (key("slow", rpm=1), key("usual"), key("free", rpm=0))
    router = await routers.start(named_keys=keys, limit=Limit(rpm=2))
    seen = {name: [await ask(router, **sent(name)) for _ in range(4)] for name in ("slow", "usual", "free")}
    assert seen == {"slow": [200, 429, 429, 429], "usual": [200, 200, 429, 429], "free": [200] * 4}
    refused = await router.http.post(CHAT, json=ASK, headers=sent("slow"))
    assert "'slow'" in refused.json()["error"]["message"]
    router.server.use_keys(keys)
    assert await ask(router, **sent("usual")) == 429, "what was used stays used where keys are listed anew"


async def test_who_chats_too_much_can_still_be_let_in_by_the_owner(routers: Routers) -> None:
    router = await routers.start(limit=Limit(rpm=1), admin_key="omega")
    assert [await ask(router) for _ in range(3)] == [200, 429, 429]
    for _ in range(30):
        assert (await router.http.get("/admin/settings", headers={"x-api-key": "omega"})).status_code == 200
        assert (await router.http.get("/v1/models")).status_code == 200


async def test_lists_and_the_admin_api_are_counted_each_by_itself(routers: Routers) -> None:
    router = await routers.start(limit=Limit(rpm=1))
    limits = router.server.limits
    for _ in range(CALLS):
        limits.call("127.0.0.1", admin=False)
    assert (await router.http.get("/v1/models")).status_code == 429
    assert (await router.http.get("/admin/settings")).status_code == 200
    assert await ask(router) == 200


async def test_who_knocks_for_ever_fills_no_record(routers: Routers) -> None:
    router = await routers.start(api_keys=("alpha",))
    for _ in range(NOTED - 3):
        assert router.server.limits.worth_noting()
    answers = [await router.http.post(CHAT, json=ASK) for _ in range(9)]
    assert {answer.status_code for answer in answers} == {401}
    assert 3 <= len(router.exchanges.refusals) < 6


async def test_limits_change_while_it_serves(routers: Routers) -> None:
    router = await routers.start()
    assert await ask(router) == 200
    router.server.use_limit(Limit(rpm=1))
    assert [await ask(router) for _ in range(2)] == [200, 429]
    router.server.use_limit(Limit())
    assert [await ask(router) for _ in range(3)] == [200] * 3


def test_one_home_is_one_client() -> None:
    assert client_of("2001:db8:1:2:3:4:5:6") == client_of("2001:db8:1:2::1") != client_of("2001:db8:1:3::1")
    assert client_of("192.0.2.1") != client_of("192.0.2.2")
    assert client_of("::ffff:192.0.2.1") != client_of("::ffff:192.0.2.2")
    assert client_of(None) == client_of("")


async def test_what_a_limit_refuses_is_not_read(routers: Routers) -> None:
    """No megabyte of a client that may not ask now; where its request is short, the record still shows it."""
    router = await routers.start(limit=Limit(rpm=1))
    assert await ask(router) == 200
    reader, writer = await asyncio.open_connection("127.0.0.1", router.server.port)
    writer.write(f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n".encode())
    assert b" 429 " in await asyncio.wait_for(reader.readline(), 10), "before a byte of it was sent"
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", router.server.port)
    short = json.dumps(ASK).encode()
    writer.write(f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(short)}\r\n\r\n".encode() + short)
    assert b" 429 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    assert [entry["requested"] for entry in router.exchanges.refusals] == ["", ASK["model"]]
