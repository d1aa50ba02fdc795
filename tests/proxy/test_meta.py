"""Models, health and feedback."""

import json
from dataclasses import replace
from typing import Any

import openai
import pytest

from llmrouter_tui.core.decision import Setting
from llmrouter_tui.core.domain import ModelInfo, ModelView, Problem
from llmrouter_tui.core.ports.history import FeedbackInput
from tests.proxy.conftest import Router
from tests.proxy.scripted import BIG, SMALL


async def test_models_are_listed_with_what_they_can_do(router: Router) -> None:
    async with router.openai() as client:
        models = [model async for model in client.models.list()]
    assert [model.id for model in models] == ["auto", "auto:fast", "auto:best", SMALL, BIG]
    small = models[3].model_dump()
    assert small["name"] == "library/qwen3:4b"
    assert (small["owned_by"], small["object"], small["context_length"]) == ("llmrouter-tui", "model", 32768)
    assert small["capabilities"] == ["completion", "tools"]
    assert small["resident"] is True
    assert isinstance(small["created"], int)
    auto = models[0].model_dump()
    assert auto["context_length"] == 131072
    assert auto["capabilities"] == ["completion", "tools", "vision"]


async def test_a_name_that_two_backends_have_stays_an_id(router: Router) -> None:
    twin = ModelView(ModelInfo("other", "qwen3:32b"))
    router.control.views = (*router.control.views, twin)
    data = (await router.http.get("/v1/models")).json()["data"]
    assert {entry["name"] for entry in data if entry["id"].endswith("32b")} == {BIG, "other/qwen3:32b"}


@pytest.mark.parametrize("wanted", [SMALL, "library/qwen3:4b", "auto:best"])
async def test_one_model_by_id_or_plain_name(router: Router, wanted: str) -> None:
    async with router.openai() as client:
        model = await client.models.retrieve(wanted)
    assert model.id == (SMALL if "qwen3" in wanted else wanted)


async def test_one_model_by_its_alias(router: Router) -> None:
    router.control.views = (*router.control.views, ModelView(ModelInfo("swap", "coder", aliases=("smart",))))
    found = (await router.http.get("/v1/models/smart")).json()
    assert (found["id"], found["aliases"]) == ("swap/coder", ["smart"])


async def test_an_unknown_model_is_404(router: Router) -> None:
    async with router.openai() as client:
        with pytest.raises(openai.NotFoundError) as caught:
            await client.models.retrieve("box/none")
    assert caught.value.code == "model_not_found"
    assert (await router.http.get("/v1/models/box/off")).status_code == 404


async def test_health_tells_ok_from_degraded(router: Router) -> None:
    response = await router.http.get("/health")
    assert response.json() == {
        "status": "ok", "version": "1.2.3", "backends_up": 1, "backends": 1, "models": 3, "problems": []
    }  # fmt: skip
    assert (await router.http.head("/health")).status_code == 200
    router.control.service = replace(router.control.service, problems=(Problem("db_locked", "locked"),))
    assert (await router.http.get("/health")).json()["problems"] == ["db_locked"]
    assert (await router.http.get("/health")).json()["status"] == "degraded"
    router.control.service = replace(router.control.service, problems=())
    router.control.servers = tuple(replace(view, health="down") for view in router.control.servers)
    assert (await router.http.get("/health")).json()["status"] == "degraded"
    assert router.control.calls == [], "health asks nothing of anyone"


@pytest.mark.parametrize(
    ("body", "given"),
    [
        ({"exchange_id": "x1", "rating": "up"}, FeedbackInput("x1", rating="up")),
        ({"response_id": "chatcmpl-1", "stars": 2}, FeedbackInput("chatcmpl-1", stars=2)),
        ({"id": "x1", "score": 0.5, "comment": "né"}, FeedbackInput("x1", score=0.5, comment="né")),
        ({"exchange_id": "x1", "score": 1}, FeedbackInput("x1", score=1.0)),
        ({"exchange_id": "x1", "clear": True, "rating": None}, FeedbackInput("x1", clear=True)),
        (
            {"exchange_id": "x1", "rating": "down", "reasons": ["too slow"], "clear": False},
            FeedbackInput("x1", rating="down", reasons=("too slow",)),
        ),
    ],
)
async def test_a_rating_is_stored(router: Router, body: dict[str, Any], given: FeedbackInput) -> None:
    response = await router.http.post("/v1/feedback", json=body)
    assert response.status_code == 200
    assert response.json()["exchange_id"] == "x1"
    assert response.json()["model"] == SMALL
    assert response.json()["effects"] == [{"model": SMALL, "task": "coding", "before": 0.6, "after": 0.64}]
    assert router.control.calls == [("rate", given)]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "exchange_id"),
        ({"rating": "up"}, "exchange_id"),
        ({"exchange_id": "", "rating": "up"}, "exchange_id"),
        ({"exchange_id": "x1", "response_id": "y", "rating": "up"}, "exchange_id"),
        ({"exchange_id": "x1"}, "rating"),
        ({"exchange_id": "x1", "rating": "up", "stars": 5}, "rating"),
        ({"exchange_id": "x1", "rating": "meh"}, "rating"),
        ({"exchange_id": "x1", "stars": 0}, "stars"),
        ({"exchange_id": "x1", "stars": 6}, "stars"),
        ({"exchange_id": "x1", "stars": 2.5}, "stars"),
        ({"exchange_id": "x1", "score": 1.1}, "score"),
        ({"exchange_id": "x1", "score": "1"}, "score"),
        ({"exchange_id": "x1", "rating": "down", "reasons": "slow"}, "reasons"),
        ({"exchange_id": "x1", "rating": "down", "reasons": [1]}, "reasons[0]"),
        ({"exchange_id": "x1", "rating": "down", "comment": "x" * 20_000}, "comment"),
        ({"exchange_id": 5, "rating": "down"}, "exchange_id"),
    ],
)
async def test_a_rating_that_makes_no_sense(router: Router, body: dict[str, Any], param: str) -> None:
    response = await router.http.post("/v1/feedback", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param
    assert response.json()["error"]["hint"]
    assert router.control.calls == []


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("rating", "ok", ('"up"', '"down"')),
        ("rating", 1, ('"up"', '"down"')),
        ("stars", 6, ("1 to 5",)),
        ("score", -3, ("-1 to 1",)),
        ("clear", "yes", ("true", "false")),
    ],
)
async def test_a_wrong_rating_is_told_the_right_ones(
    router: Router, field: str, value: object, allowed: tuple[str, ...]
) -> None:
    error = (await router.http.post("/v1/feedback", json={"id": "x1", field: value})).json()["error"]
    assert f"'{field}'" in error["message"]
    assert all(word in error["message"] for word in allowed)


async def test_a_rating_of_an_unknown_exchange_is_404(router: Router) -> None:
    response = await router.http.post("/v1/feedback", json={"exchange_id": "nope", "rating": "up"})
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"\xff"', b"[" * 50_000, b'{"exchange_id":"\\ud800"}'])
async def test_feedback_that_is_not_json(router: Router, body: bytes) -> None:
    response = await router.http.post("/v1/feedback", content=body)
    assert response.status_code == 400
    assert json.loads(response.content)["error"]["code"] == "invalid_request"


async def test_aliases_are_listed_where_they_are_names_and_found_where_they_fit(router: Router) -> None:
    lines = ["gpt-4 = library/qwen3:4b", "claude-* = auto", "small = auto:fast", "gone = none:7b"]
    router.control.kept["aliases"] = Setting("aliases", lines, "set")
    data = {entry["id"]: entry for entry in (await router.http.get("/v1/models")).json()["data"]}
    assert [name for name, entry in data.items() if entry.get("alias_of")] == ["gpt-4", "small"]
    assert (data["gpt-4"]["alias_of"], data["gpt-4"]["context_length"]) == (SMALL, 32768)
    found = (await router.http.get("/v1/models/claude-sonnet-4-5")).json()
    assert (found["id"], found["alias_of"]) == ("claude-sonnet-4-5", "auto")
    as_anthropic = await router.http.get("/v1/models/claude-opus", headers={"anthropic-version": "2023-06-01"})
    assert (as_anthropic.json()["type"], as_anthropic.json()["id"]) == ("model", "claude-opus")
    assert (await router.http.get("/v1/models/gone")).status_code == 404
    tags = {entry["name"]: entry for entry in (await router.http.get("/api/tags")).json()["models"]}
    assert {"gpt-4:latest", "small:latest"} <= set(tags) and "gone:latest" not in tags
    shown = (await router.http.post("/api/show", json={"model": "gpt-4:latest"})).json()
    assert shown["capabilities"] == tags["library/qwen3:4b"]["capabilities"]
