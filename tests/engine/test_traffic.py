"""What ran lately, and what it says of how well the router does."""

from llmrouter_tui.core.decision import Attempt, Exchange, Rates
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.traffic import RECENT, Traffic
from tests.engine.house import ScriptedBackend, model, open_house


def rates(*exchanges: Exchange) -> Rates:
    traffic = Traffic(SystemClock())
    for exchange in exchanges:
        traffic.finished(exchange)
    return traffic.rates()


def ended(id_: str, outcome: str, code: str = "", attempts: int = 1) -> Exchange:
    tries = tuple(Attempt("one/a", "failed") for _ in range(attempts))
    return Exchange(id_, SystemClock().wall(), outcome, code=code, attempts=tries)  # type: ignore[arg-type]


def test_what_the_client_did_wrong_is_no_failure():
    found = rates(ended("a", "ok"), ended("b", "failed", "model_not_found"), ended("c", "failed", "backend_error"))
    assert (found.ok, found.failed) == (1, 1)


def test_a_retry_counts_where_it_helped_as_screens_count_it():
    found = rates(ended("a", "ok", attempts=2), ended("b", "failed", "backend_error", attempts=3), ended("c", "ok"))
    assert (found.ok, found.failed, found.retried) == (2, 1, 1)


def test_only_the_newest_are_kept():
    traffic = Traffic(SystemClock())
    for i in range(RECENT + 50):
        traffic.finished(ended(f"{i:04d}", "ok"))
    assert (len(traffic.newest()), traffic.finished_total) == (RECENT, RECENT + 50)
    assert traffic.newest()[0].id == f"{RECENT + 49:04d}"


async def test_a_request_that_was_refused_is_remembered_as_short_as_any():
    async with open_house(ScriptedBackend([model("small", 3)])) as house:
        ident = house.router.refused(client="", requested="auto", code="rate_limited", message="", prompt="x" * 10**6)
        assert len(house.router.traffic.find(ident).prompt) == house.router.keep.prompt
