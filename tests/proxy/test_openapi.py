"""``GET /openapi.json`` tells what is served: all of it, no more, and in shapes that hold."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.proxy.conftest import Router, Routers
from tests.proxy.scripted import BIG, SMALL

PLACE = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
FILLED = {"id": SMALL, "name": "box", "digest": "sha256-0"}
"""What may stand in the places of a path."""


@pytest.fixture
async def document(router: Router) -> dict[str, Any]:
    answer = await router.http.get("/openapi.json")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, told) for path, methods in document["paths"].items() for method, told in methods.items()
    ]


def filled(path: str, **places: str) -> str:
    return PLACE.sub(lambda found: quote({**FILLED, **places}[found[1]], safe=""), path)


async def test_what_is_served_is_described_and_the_other_way_round(router: Router, document: dict[str, Any]) -> None:
    assert router.server._runner is not None
    served = {
        (route.method, PLACE.sub(r"{\1}", route.resource.canonical))
        for route in router.server._runner.app.router.routes()  # type: ignore[attr-defined]
        if route.method != "*"
    }
    assert {(method, path) for method, path, _ in operations(document)} == served
    assert len(served) > 80


async def test_each_is_found_where_it_is_said_to_be(router: Router, document: dict[str, Any]) -> None:
    """And no other method is: the answer names those that are."""
    for path, methods in document["paths"].items():
        refused = await router.http.request("PATCH", filled(path))
        assert refused.status_code == 405, path
        assert set(refused.headers["allow"].lower().split(", ")) == set(methods), path


async def test_it_is_valid_openapi(document: dict[str, Any]) -> None:
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    assert document["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(document, config=SchemathesisConfig()).validate()
    names = [told["operationId"] for _, _, told in operations(document)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Z]\w+", name) for name in document["components"]["schemas"])


async def test_its_parts_are_made_from_what_is_read_and_written(document: dict[str, Any]) -> None:
    parts = document["components"]["schemas"]
    assert parts["KeyBody"]["required"] == ["name"]
    assert parts["KeyBody"]["properties"]["name"] == {"type": "string", "maxLength": 64}
    view = parts["ModelView"]
    assert set(view["required"]) == set(view["properties"]), "what we write has all its fields"
    assert view["properties"]["residency"]["enum"] == ["absent", "loading", "resident", "unknown", "unloading"]


async def test_every_example_works(router: Router, document: dict[str, Any]) -> None:
    for method, path, told in operations(document):
        body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in body:
            answer = await router.http.request(
                method, filled(path, id="g1" if "grades" in path else BIG), json=body["example"]
            )
            known = path.endswith(("feedback", "rate", "keys/{name}"))
            assert answer.status_code < 300 or (known and answer.status_code == 404), f"{path}: {answer.text}"


async def test_without_a_key_nothing_answers_but_signs_of_life(routers: Routers) -> None:
    """And who is turned away is told in the dialect of the path, under an id."""
    router = await routers.start(api_keys=("k1",), admin_key="k2", metrics_key="k3")
    refused = await router.http.get("/openapi.json")
    assert refused.status_code == 401
    document = (await router.http.get("/openapi.json", headers={"Authorization": "Bearer k1"})).json()
    open_to_all = []
    for method, path, told in operations(document):
        answer = await router.http.request(method, filled(path), json={} if "requestBody" in told else None)
        assert answer.headers["x-request-id"]
        if "security" not in told:
            open_to_all.append(path)
            assert answer.status_code == 200, path
            continue
        assert answer.status_code == 401, path
        assert "401" in told["responses"]
        if method != "HEAD":
            error = answer.json()["error"]
            assert isinstance(error, str) == path.startswith("/api/"), path
    assert set(open_to_all) == {"/", "/health"}


async def test_each_kind_of_key_opens_its_own_doors(routers: Routers) -> None:
    router = await routers.start(api_keys=("k1",), admin_key="k2", metrics_key="k3")
    keys = {"clientKey": "k1", "adminKey": "k2", "metricsKey": "k3"}
    document = (await router.http.get("/openapi.json", headers={"x-api-key": "k1"})).json()
    for method, path, told in operations(document):
        if method == "GET" and path != "/admin/events" and "security" in told:
            schemes = [name for scheme in told["security"] for name in scheme]
            right = keys[schemes[0]]
            wrong = "k1" if right != "k1" else "k2"
            for header, value in (("Authorization", f"Bearer {right}"), ("x-api-key", right)):
                assert (await router.http.get(filled(path), headers={header: value})).status_code != 401, path
            assert (await router.http.get(filled(path), headers={"x-api-key": wrong})).status_code == 401, path


async def test_ids_may_hold_whatever_a_name_may(router: Router) -> None:
    for ident in ("a/b/c", "a%2Fb", "a%0Ab", "%C3%A9%20x", "a%25b", "%00"):
        answer = await router.http.get(f"/v1/models/{ident}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found"), ident
        assert (await router.http.post(f"/admin/models/{ident}/load")).json()["error"]["code"] == "model_not_found"
    assert (await router.http.get("/%0A")).json()["error"]["code"] == "not_found"


# ── headers ──


async def test_a_request_id_is_repeated_or_given(router: Router) -> None:
    for method, path in [
        ("GET", "/v1/models"),
        ("GET", "/health"),
        ("GET", "/metrics"),
        ("GET", "/admin/snapshot"),
        ("GET", "/admin/nothing"),
        ("PUT", "/v1/models"),
        ("POST", "/api/pull"),
        ("POST", "/v1/feedback"),
        ("POST", "/api/chat"),
        ("POST", "/v1/chat/completions"),
    ]:
        given = await router.http.request(method, path, headers={"X-Request-Id": "mine-1"}, content=b"{}")
        assert given.headers["x-request-id"] == "mine-1", path
        made = await router.http.request(method, path, content=b"{}")
        again = await router.http.request(method, path, content=b"{}")
        assert made.headers["x-request-id"] != again.headers["x-request-id"], path


async def test_loading_without_words_has_a_request_id_too(router: Router) -> None:
    answer = await router.http.post("/api/generate", json={"model": "auto"})
    assert (answer.json()["done_reason"], bool(answer.headers["x-request-id"])) == ("load", True)


async def test_anthropics_clients_find_the_id_under_their_own_name(router: Router) -> None:
    headers = {"anthropic-version": "2023-06-01"}
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
    counted = await router.http.post("/v1/messages/count_tokens", json=body)
    for answer in (counted, await router.http.get("/v1/models", headers=headers)):
        assert answer.headers["request-id"] == answer.headers["x-request-id"]
    assert "request-id" not in (await router.http.get("/v1/models")).headers


async def test_what_tells_of_a_decision_has_its_headers(router: Router) -> None:
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
    counted = await router.http.post("/v1/messages/count_tokens", json=body)
    explained = await router.http.post("/admin/explain", json={"prompt": "hi"})
    kept = await router.http.get("/admin/exchanges/x1")
    for answer in (counted, explained, kept):
        assert answer.headers["x-router-model"] == SMALL
        assert (answer.headers["x-router-task"], answer.headers["x-router-difficulty"]) == ("coding", "0.37")
        assert {"x-router-margin", "x-router-score"} <= set(answer.headers)
    rated = await router.http.post("/v1/feedback", json={"response_id": "chatcmpl-1", "rating": "up"})
    assert (rated.headers["x-router-exchange-id"], rated.headers["x-router-model"]) == ("x1", SMALL)
    assert rated.headers["x-router-task"] == "coding"
