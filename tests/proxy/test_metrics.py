"""What Prometheus reads: the right numbers, few series, no model woken, and soon."""

import time
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from llmrouter_tui.core.decision import Attempt, Exchange, Feedback, Usage
from llmrouter_tui.core.domain import ModelInfo, ModelView, ResidencyEvent
from llmrouter_tui.core.events import Envelope, ExchangeFinished, Fact, Graded, Rated, ResidencyChanged
from llmrouter_tui.core.limiting import Limit
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.proxy.tally import MODELS, NONE, OTHER, Standing, Tally
from tests.proxy.conftest import Router, Routers
from tests.proxy.scripted import BIG, GPU, GRADE, SMALL, decision, model_views
from tests.proxy.test_answers import ASK

PAID = SpendView("2026-11-23", 0.5, 7.25, unpriced=3, budget_day=2.0)


def put(tally: Tally, *facts: Fact) -> None:
    for fact in facts:
        tally.put(Envelope(1, 0.0, 0.0, fact))


def exchange(model: str = SMALL, **more: Any) -> ExchangeFinished:
    given: dict[str, Any] = {
        "outcome": "ok",
        "decision": decision(),
        "attempts": (Attempt(model, "ok", wait_seconds=0.3),),
        "ttft": 0.4,
        "seconds": 3.0,
        "usage": Usage(10, 20),
    }
    return ExchangeFinished(Exchange("x", 1.0, model=model, **given | more))


Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def figures(router: Router) -> Figures:
    answer = await router.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def figure(found: Figures, name: str, **labels: str) -> float:
    return found["llmrouter_" + name, frozenset(labels.items())]


async def test_what_happened_is_counted(router: Router) -> None:
    failed = Attempt(BIG, "failed", code="out_of_memory")
    put(
        router.server.tally,
        exchange(),
        exchange(attempts=(failed, Attempt(SMALL, "ok", wait_seconds=7.0)), ttft=None),
        exchange(BIG, outcome="failed", code="out_of_memory", seconds=1.0, usage=Usage(), ttft=None, cost=0.25),
        exchange("", outcome="failed", code="invalid_request", decision=None, attempts=(), usage=Usage(), ttft=None),
        ResidencyChanged(ResidencyEvent(1.0, "load", SMALL, "gpu0", 2.5, "asked for")),
        ResidencyChanged(ResidencyEvent(1.0, "unload", BIG, "gpu0", 0.1, "room", evicted_for=SMALL)),
        Graded(GRADE),
        Graded(replace(GRADE, code="malformed", score=None)),
        Rated(Feedback("x", "up", 1.0)),
        Rated(Feedback("x", None, 1.0)),
    )
    found = await figures(router)
    assert figure(found, "exchanges_total", task="coding", model=SMALL, outcome="ok") == 2
    assert figure(found, "exchanges_total", task=NONE, model=NONE, outcome="failed") == 1
    assert figure(found, "failures_total", code="out_of_memory") == 1
    assert figure(found, "retries_total") == 1
    assert figure(found, "tokens_total", model=SMALL, kind="completion") == 40
    assert figure(found, "cost_dollars_total", model=BIG) == 0.25
    assert ("llmrouter_cost_dollars_total", frozenset({("model", SMALL)})) not in found, "it costs nothing"
    assert figure(found, "ttft_seconds_count", task="coding") == 1
    assert figure(found, "ttft_seconds_bucket", task="coding", le="0.25") == 0
    assert figure(found, "ttft_seconds_bucket", task="coding", le="0.5") == 1
    assert figure(found, "exchange_seconds_sum", task="coding") == 6.0
    assert figure(found, "model_exchange_seconds_count", model=SMALL) == 2
    assert figure(found, "wait_seconds_sum") == pytest.approx(7.3)
    assert figure(found, "moves_total", kind="load") == 1
    assert (figure(found, "load_seconds_total"), figure(found, "evictions_total")) == (2.5, 1)
    assert (figure(found, "grades_total", outcome="given"), figure(found, "grades_total", outcome="failed")) == (1, 1)
    assert (figure(found, "ratings_total", rating="up"), figure(found, "ratings_total", rating="cleared")) == (1, 1)


async def test_how_it_is_now_is_read_at_the_moment(routers: Routers) -> None:
    router = await routers.start(limit=Limit(rpm=1))
    late = ModelView(ModelInfo("big", "late"), waiting=4, residency="loading")
    here = Standing((*model_views(), late), router.control.servers, (GPU,), 5.0, {"screen": 3, "database": 0}, PAID)
    router.server.tally.standing = lambda: here
    for _ in range(3):
        await router.http.post("/v1/chat/completions", json=ASK)
    found = await figures(router)
    assert figure(found, "rate_limited_total", limit="requests") == 2
    assert figure(found, "events_dropped_total", reader="screen") == 3
    assert figure(found, "queue_length") == 4
    assert (figure(found, "spent_dollars", span="day"), figure(found, "spent_dollars", span="month")) == (0.5, 7.25)
    assert (figure(found, "budget_dollars", span="day"), figure(found, "spent_unpriced")) == (2.0, 3)
    assert figure(found, "models", state="resident") == 1
    assert figure(found, "backend_up", backend="box", kind="ollama") == 1
    assert figure(found, "memory_bytes", pool="gpu0", kind="total") == 24 << 30
    assert figure(found, "exchanges_running") == 0
    assert router.control.calls == [], "nothing was loaded, nothing changed"


async def test_each_server_counts_for_itself(routers: Routers) -> None:
    first, second = await routers.start(), await routers.start()
    put(first.server.tally, exchange())
    assert figure(await figures(first), "retries_total") == figure(await figures(second), "retries_total") == 0
    names = {name for name, _ in await figures(second)}
    assert "llmrouter_exchanges_total" not in names


async def test_no_client_and_no_end_of_models_is_a_label(router: Router) -> None:
    tally = router.server.tally
    for number in range(MODELS + 50):
        put(tally, exchange(f"box/m{number}", client=f"client-{number}", session=f"s-{number}", key=f"key-{number}"))
    put(tally, exchange("box/m0"))
    text = (await router.http.get("/metrics")).text
    assert "client-" not in text
    assert "key-" not in text
    models = {key[1] for key in tally.exchanges}
    assert len(models) == MODELS + 1
    assert tally.exchanges["coding", OTHER, "ok"] == 50
    assert tally.exchanges["coding", "box/m0", "ok"] == 2


async def test_who_may_read_it(routers: Routers) -> None:
    for options, key, status in [
        ({}, "", 200),
        ({"admin_key": "omega"}, "", 401),
        ({"admin_key": "omega"}, "omega", 200),
        ({"admin_key": "omega", "metrics_key": "mu"}, "mu", 200),
        ({"metrics_key": "mu"}, "", 401),
        ({"metrics_key": "mu"}, "mu", 200),
        ({"metrics_key": "mu", "api_keys": ("alpha",)}, "alpha", 401),
    ]:
        router = await routers.start(**options)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        assert (await router.http.get("/metrics", headers=headers)).status_code == status, (options, key)
    reading = await routers.start("0.0.0.0", metrics_key="mu")
    assert (await reading.http.get("/admin/snapshot", headers={"x-api-key": "mu"})).status_code == 200, "from here"
    outside = {"X-Forwarded-For": "203.0.113.9"}
    open_door = await routers.start("0.0.0.0")
    assert (await open_door.http.get("/metrics", headers=outside)).status_code == 403
    assert (await reading.http.get("/admin/snapshot", headers={"x-api-key": "mu"} | outside)).status_code == 403
    assert (await reading.http.get("/metrics", headers={"x-api-key": "mu"} | outside)).status_code == 200


async def test_two_hundred_models_are_read_soon(router: Router) -> None:
    """The bound is generous, because machines are busy; by itself it takes some 6 ms."""
    tally = router.server.tally
    for number in range(200):
        put(tally, exchange(f"box/model-{number}:7b"), exchange(f"box/model-{number}:7b", outcome="cancelled"))
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        assert len((await router.http.get("/metrics")).text) > 50_000
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.25
