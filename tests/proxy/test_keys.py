"""Keys with names: whose a request is, what it may ask for, and that nobody else learns of it."""

import logging
from dataclasses import replace

import pytest

from llmrouter_tui.core.keys import ApiKey, digest
from llmrouter_tui.proxy.dialects.spoken import EMBEDDED, SPOKEN
from tests.proxy.conftest import Router, Routers
from tests.proxy.scripted import SMALL
from tests.proxy.test_answers import ASK

CHAT, MODELS = "/v1/chat/completions", "/v1/models"


def key(name: str, text: str = "", **more: object) -> ApiKey:
    return ApiKey(name, digest((text or f"sk-{name}").encode()).hex(), **more)  # type: ignore[arg-type]


def sent(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer sk-{name}"}


async def test_an_exchange_says_whose_key_it_came_with(routers: Routers) -> None:
    router = await routers.start(api_keys=("plain",), named_keys=(key("alice"), key("bob", models=("qwen3:4b",))))
    for who, name, allowed in [("sk-alice", "alice", ()), ("sk-bob", "bob", ("qwen3:4b",)), ("plain", "", ())]:
        answer = await router.http.post(CHAT, json=ASK, headers={"x-api-key": who})
        assert answer.status_code == 200
        asked = router.exchanges.last.request
        assert (asked.key, asked.allowed) == (name, allowed)
    refused = await router.http.post(CHAT, json={**ASK, "n": 0}, headers=sent("alice"))
    assert refused.status_code == 400
    assert router.exchanges.refusals[-1]["key"] == "alice"


async def test_without_a_key_that_is_known_nobody_comes_in(routers: Routers) -> None:
    lost = ApiKey("lost", key_env="NOT_SET")
    router = await routers.start(named_keys=(lost, replace(key("old"), enabled=False)))
    for headers in ({}, sent("old"), {"Authorization": "Bearer"}, {"x-api-key": ""}):
        assert (await router.http.post(CHAT, json=ASK, headers=headers)).status_code == 401
        assert (await router.http.get(MODELS, headers=headers)).status_code == 401


async def test_keys_come_and_go_while_it_serves(routers: Routers) -> None:
    router = await routers.start()
    assert (await router.http.get(MODELS)).status_code == 200
    router.server.use_keys([key("alice")])
    assert (await router.http.get(MODELS)).status_code == 401
    assert (await router.http.get(MODELS, headers=sent("alice"))).status_code == 200
    router.server.use_keys([])
    assert (await router.http.get(MODELS)).status_code == 200


async def test_the_demos_own_traffic_comes_in_whatever_keys_are_asked_for(routers: Routers) -> None:
    router = await routers.start(demo_key="sk-demo", admin_key="sk-owner")
    assert (await router.http.get(MODELS)).status_code == 200  # for its sake nobody is asked for a key
    router.server.use_keys([key("alice")])
    answer = await router.http.post(CHAT, json=ASK, headers=sent("demo"))
    assert (answer.status_code, router.exchanges.last.request.key) == (200, "demo")
    assert (await router.http.get("/admin/profiles", headers=sent("demo"))).status_code == 200
    assert (await router.http.get(MODELS)).status_code == 401


async def test_a_key_sees_the_models_that_it_may_ask_for(routers: Routers) -> None:
    router = await routers.start(named_keys=(key("small", models=("*4b",)), key("all")))
    seen = {}
    for name in ("small", "all"):
        entries = (await router.http.get(MODELS, headers=sent(name))).json()["data"]
        seen[name] = {entry["id"] for entry in entries if not entry["id"].startswith("auto")}
        tags = (await router.http.get("/api/tags", headers=sent(name))).json()["models"]
        assert len([tag for tag in tags if not tag["name"].startswith("auto")]) == len(seen[name])
    assert seen["small"] == {SMALL}
    assert seen["small"] < seen["all"]
    assert (await router.http.get(f"{MODELS}/big/qwen3:32b", headers=sent("small"))).status_code == 404


@pytest.mark.parametrize("path", [*(way.path for way in SPOKEN), *EMBEDDED])
async def test_every_dialect_asks_for_the_key(routers: Routers, path: str) -> None:
    router = await routers.start(named_keys=(key("alice"),))
    refused = await router.http.post(path, json={})
    assert refused.status_code == 401
    assert "sk-alice" not in refused.text
    assert (await router.http.post(path, json={}, headers=sent("alice"))).status_code != 401


async def test_no_path_answers_a_name_that_was_pointed_here_nor_opens_itself_to_pages(router: Router) -> None:
    runner = router.server._runner
    assert runner is not None
    paths = {route.resource.canonical for route in runner.app.router.routes() if route.resource is not None}
    assert {"/metrics", "/api/tags", "/v1/messages", "/v1/embeddings", "/admin/keys"} <= paths
    for path in paths:
        at = path.replace("{", "").replace("}", "")
        for method in ("GET", "POST", "DELETE"):
            answer = await router.http.request(method, at, headers={"Host": "evil.example"})
            assert answer.status_code in (403, 405), (method, at)
        preflight = await router.http.request(
            "OPTIONS", at, headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        )
        assert not [name for name in preflight.headers if name.startswith("access-control")], at
        assert preflight.status_code >= 400


async def test_where_others_reach_it_nobody_else_comes_in_without_a_key(routers: Routers) -> None:
    """Also when the last key was revoked."""
    router = await routers.start("0.0.0.0")
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    assert (await router.http.post(CHAT, json=ASK)).status_code == 200
    refused = await router.http.post(CHAT, json=ASK, headers=forwarded)
    assert refused.status_code == 403
    assert "keys add" in refused.json()["error"]["hint"]
    insecure = await routers.start("0.0.0.0", insecure=True)
    assert (await insecure.http.post(CHAT, json=ASK, headers=forwarded)).status_code == 200


async def test_no_key_is_told_or_logged(routers: Routers, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    router = await routers.start(api_keys=("sk-plain",), named_keys=(key("alice"),), admin_key="sk-admin")
    answers = [
        await router.http.request(method, path, headers={"Authorization": f"Bearer {text}"})
        for text in ("sk-plain", "sk-alice", "sk-admin", "sk-wrong")
        for method, path in [("POST", CHAT), ("GET", MODELS), ("GET", "/admin/settings"), ("GET", "/metrics")]
    ]
    told = caplog.text + "".join(answer.text + str(answer.headers) for answer in answers)
    told += str(router.exchanges.refusals) + repr(router.server._options)
    for text in ("sk-plain", "sk-alice", "sk-admin", "sk-wrong"):
        assert text not in told


async def test_the_owner_makes_and_revokes_keys(routers: Routers) -> None:
    router = await routers.start(admin_key="omega")
    owner = {"x-api-key": "omega"}
    assert (await router.http.post("/admin/keys", json={"name": "bob"})).status_code == 401
    made = await router.http.post("/admin/keys", json={"name": "bob", "models": ["a*"], "rpm": 5}, headers=owner)
    assert (made.status_code, made.json()) == (201, {"name": "bob", "key": "llmr-bob"})
    assert made.headers["cache-control"] == "no-store"
    listed = (await router.http.get("/admin/keys", headers=owner)).json()
    assert [(one["name"], one["models"], one["rpm"], one["tpm"]) for one in listed] == [("bob", ["a*"], 5, None)]
    assert (await router.http.delete("/admin/keys/bob", headers=owner)).status_code == 202
    assert (await router.http.delete("/admin/keys/bob", headers=owner)).status_code == 404
    for wrong, field in [
        ({"name": 3}, "name"),
        ({"name": "x", "rpm": -1}, "rpm"),
        ({"name": "x", "models": "a"}, "models"),
    ]:
        refused = await router.http.post("/admin/keys", json=wrong, headers=owner)
        assert refused.status_code == 400
        assert refused.json()["error"]["param"] == field


async def test_either_header_may_hold_the_right_key(routers: Routers) -> None:
    """Anthropic's clients send both where they know two."""
    router = await routers.start(named_keys=(key("alice"), key("bob")))
    for bearer, named, whose in [
        ("sk-alice", "sk-ant-somebody-elses", "alice"),
        ("sk-ant-oat-somebody-elses", "sk-bob", "bob"),
        ("sk-alice", "sk-bob", "bob"),
        ("sk-alice", "", "alice"),
    ]:
        headers = {"Authorization": f"Bearer {bearer}", "x-api-key": named}
        assert (await router.http.post(CHAT, json=ASK, headers=headers)).status_code == 200
        assert router.exchanges.last.request.key == whose
    wrong = {"Authorization": "Bearer nope", "x-api-key": "neither"}
    assert (await router.http.post(CHAT, json=ASK, headers=wrong)).status_code == 401


async def test_a_key_rates_what_it_asked_itself(routers: Routers) -> None:
    router = await routers.start(named_keys=(key("alice"), key("bob")), api_keys=("plain",), admin_key="omega")
    router.control.history = (replace(router.control.history[0], key="alice"),)
    body = {"exchange_id": "x1", "rating": "up"}

    async def rated(path: str, text: str) -> int:
        return (await router.http.post(path, json=body, headers={"x-api-key": text})).status_code

    for text in ("sk-bob", "plain"):
        assert await rated("/v1/feedback", text) == 404
    assert router.control.calls == []
    assert await rated("/v1/feedback", "sk-alice") == 200
    assert await rated("/admin/rate", "omega") == 200
