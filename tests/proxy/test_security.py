"""Who may come in."""

from types import SimpleNamespace
from typing import Any

import pytest
from multidict import CIMultiDict

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.limits import Limits
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.proxy.security import Guard, host_name, is_loopback
from tests.proxy.conftest import Routers
from tests.proxy.test_answers import ASK

CHAT, MODELS, ADMIN, HEALTH = "/v1/chat/completions", "/v1/models", "/admin/snapshot", "/health"


def asked(path: str, *, method: str = "GET", remote: str = "127.0.0.1", **headers: str) -> Any:
    """A request as the guard sees it, from wherever it came."""
    fields = CIMultiDict({"Host": "localhost:11436"})
    for name, value in headers.items():
        fields[name.replace("_", "-")] = value
    return SimpleNamespace(headers=fields, method=method, path=path, remote=remote)


def code(check: Any, request: Any) -> str:
    try:
        check(request)
    except RouterError as error:
        return error.code
    return "ok"


def guard(bound: str = "127.0.0.1", **options: Any) -> Guard:
    given = ProxyOptions(**options)
    made = Guard(given, Limits(given.max_exchanges, given.limit))
    made.bind(bound)
    return made


async def test_api_keys_are_asked_of_everyone(routers: Routers) -> None:
    router = await routers.start(api_keys=("alpha", "beta"))
    for headers, status in [
        ({}, 401),
        ({"Authorization": "Bearer nope"}, 401),
        ({"Authorization": "Basic alpha"}, 401),
        ({"Authorization": "Bearer alph"}, 401),
        ({"Authorization": "bearer  beta"}, 200),
        ({"x-api-key": "alpha"}, 200),
    ]:
        assert (await router.http.get(MODELS, headers=headers)).status_code == status, headers
        assert (await router.http.post(CHAT, json=ASK, headers=headers)).status_code == status, headers
    assert (await router.http.get(HEALTH)).status_code == 200
    refusal = await router.http.post(CHAT, json=ASK)
    assert refusal.json()["error"]["type"] == "authentication_error"
    assert refusal.headers["www-authenticate"] == "Bearer"
    assert refusal.headers["x-should-retry"] == "false"
    assert {entry["code"] for entry in router.exchanges.refusals} == {"unauthorized"}


async def test_the_official_client_sends_its_key(routers: Routers) -> None:
    router = await routers.start(api_keys=("none",))
    async with router.openai() as client:
        assert (await anext(aiter(client.models.list()))).id == "auto"


async def test_the_admin_key_is_not_the_api_key(routers: Routers) -> None:
    router = await routers.start(api_keys=("alpha",), admin_key="omega")
    for key, status in [("alpha", 401), ("omega", 200), ("", 401)]:
        assert (await router.http.get(ADMIN, headers={"x-api-key": key})).status_code == status
    assert (await router.http.get(MODELS, headers={"x-api-key": "omega"})).status_code == 401
    assert (await router.http.get("/admin/events")).status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:11436", 200),
        ("127.0.0.1:80", 200),
        ("[::1]:11436", 200),
        ("192.168.1.20", 200),
        ("app.localhost", 200),
        ("router.home:11436", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("evil.example:11436", 403),
    ],
)
async def test_a_name_pointed_at_this_machine_gets_nothing(routers: Routers, host: str, status: int) -> None:
    router = await routers.start(allowed_hosts=("Router.home",))
    for path in (MODELS, ADMIN, HEALTH, "/nothing"):
        expected = 404 if path == "/nothing" and status == 200 else status
        assert (await router.http.get(path, headers={"Host": host})).status_code == expected
    response = await router.http.post(CHAT, json=ASK, headers={"Host": host})
    assert response.status_code == status
    if status == 403:
        assert response.json()["error"]["code"] == "forbidden"
        assert "allowed_hosts" in response.json()["error"]["hint"]


async def test_a_web_page_may_not_command(routers: Routers) -> None:
    router = await routers.start(allowed_hosts=("chat.home",))
    own = f"http://127.0.0.1:{router.server.port}"
    for origin, admin, chat in [
        (own, 200, 200),
        ("https://chat.home", 200, 200),
        ("http://localhost:3000", 403, 200),
        ("https://evil.example", 403, 403),
        ("null", 403, 403),
        ("app://obsidian.md", 403, 200),
        ("http://[", 403, 403),
    ]:
        headers = {"Origin": origin}
        response = await router.http.get(ADMIN, headers=headers)
        assert response.status_code == admin, origin
        assert (await router.http.post(CHAT, json=ASK, headers=headers)).status_code == chat, origin
        assert not any(name.startswith("access-control") for name in response.headers)
    loading = await router.http.post(
        "/admin/models/box/library/qwen3:4b/load", headers={"Origin": "https://evil.example"}
    )
    assert loading.status_code == 403
    assert router.control.calls == []


@pytest.mark.parametrize(
    ("remote", "headers", "verdict"),
    [
        ("127.0.0.1", {}, "ok"),
        ("::1", {}, "ok"),
        ("::ffff:127.0.0.1", {}, "ok"),
        ("192.168.1.7", {}, "forbidden"),
        ("fe80::1%eth0", {}, "forbidden"),
        ("", {}, "forbidden"),
        ("127.0.0.1", {"X_Forwarded_For": "203.0.113.9"}, "forbidden"),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}, "forbidden"),
        ("127.0.0.1", {"Host": "evil.example"}, "forbidden"),
    ],
)
def test_without_a_key_admin_is_for_this_machine_only(remote: str, headers: dict[str, str], verdict: str) -> None:
    everywhere = guard("0.0.0.0")
    assert code(everywhere.admin, asked(ADMIN, remote=remote, **headers)) == verdict


@pytest.mark.parametrize("path", ["snapshot", "events", "exchanges", "exchanges/x1", "logs", "settings"])
async def test_nothing_of_admin_is_told_to_who_has_no_key(routers: Routers, path: str) -> None:
    router = await routers.start(admin_key="omega")
    assert (await router.http.get(f"/admin/{path}")).status_code == 401


def test_with_a_key_admin_is_for_who_has_it() -> None:
    everywhere = guard("0.0.0.0", admin_key="omega")
    far = {"remote": "192.168.1.7", "Host": "router.lan"}
    assert code(everywhere.admin, asked(ADMIN, **far)) == "unauthorized"
    assert code(everywhere.admin, asked(ADMIN, Authorization="Bearer omega", **far)) == "ok"


def test_names_are_guarded_only_where_no_other_name_is_right() -> None:
    named = asked(MODELS, Host="router.lan:11436", Authorization="Bearer alpha")
    assert code(guard("0.0.0.0", api_keys=("alpha",)).api, named) == "ok"
    assert code(guard("0.0.0.0", insecure=True).api, named) == "ok"
    assert code(guard("0.0.0.0").api, named) == "forbidden"
    assert code(guard("127.0.0.1").api, named) == "forbidden"
    assert code(guard("localhost").api, named) == "forbidden"


def test_a_page_that_has_its_own_name_point_here_commands_nothing_where_only_this_machine_is_answered() -> None:
    rebound = asked(CHAT, method="POST", Host="evil.example", Origin="http://evil.example")
    for bound in ("127.0.0.1", "0.0.0.0"):
        assert code(guard(bound).api, rebound) == "forbidden"


def test_a_flood_of_host_names_is_not_remembered() -> None:
    watchful = guard()
    for number in range(5000):
        watchful.public(asked(HEALTH, Host=f"127.0.0.1:{number}"))
    assert len(watchful._known) <= 64


@pytest.mark.parametrize(
    ("text", "name"),
    [("a.b:80", "a.b"), ("A.B", "a.b"), ("[::1]:80", "::1"), ("[::1]", "::1"), ("localhost.", "localhost"), ("", "")],
)
def test_the_name_in_a_host_header(text: str, name: str) -> None:
    assert host_name(text) == name


def test_loopback_names() -> None:
    assert all(map(is_loopback, ("localhost", "x.localhost", "127.8.9.1", "::1", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, ("", "localhost.evil", "10.0.0.1", "0.0.0.0", "128.0.0.1")))
