"""``GET /admin/export``: what is on record, for whoever counts; without what was said unless it is asked for."""

import csv
import io
import json
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from llmrouter_tui.core.decision import Attempt, Exchange, ExchangePage, Feedback
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.exchange_query import passes
from llmrouter_tui.core.grades import GradeFilter, GradePage
from llmrouter_tui.core.query import EVERYTHING, Query
from tests.proxy.conftest import Router
from tests.proxy.scripted import SMALL, decision

SAID = Exchange(
    "x1",
    0.0,
    "failed",
    model=SMALL,
    decision=decision(),
    attempts=(Attempt(SMALL, "failed", message="cannot read 'my prompt'"),),
    prompt="my prompt",
    answer="my answer",
    message="cannot read 'my prompt'",
    rating=Feedback("x1", "down", 1.0, reasons=("too slow", "my own reason"), comment="my comment"),
)


def record(router: Router, count: int, seconds: float = 60.0) -> None:
    """So many exchanges, one every so many seconds until now, newest first; in pages, as the engine gives them."""
    now = time.time()
    router.control.history = tuple(replace(SAID, id=f"x{n}", at=now - n * seconds) for n in range(count))

    async def exchanges(*, before: str | None = None, limit: int = 100, query: Query = EVERYTHING) -> ExchangePage:
        start = int(before or 0)
        rest = start + limit
        page = tuple(one for one in router.control.history[start:rest] if passes(query, one))
        return ExchangePage(page, str(rest) if rest < count else None, count)

    router.control.exchanges = exchanges  # type: ignore[method-assign]


async def lines(router: Router, query: str = "") -> list[dict[str, Any]]:
    answer = await router.http.get(f"/admin/export{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["x-request-id"]
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_a_filter_leaves_out_what_it_does_not_admit(router: Router) -> None:
    record(router, 250)
    told = await lines(router, "?filter=id:x17+!id:x170")
    assert [line["id"] for line in told] == ["x17", *(f"x{n}" for n in range(171, 180))]
    for query, said in (("filter=margin:low", "compares a number"), ("filter=x&what=grades", "Only exchanges")):
        answer = await router.http.get(f"/admin/export?{query}")
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "filter")
        assert said in answer.json()["error"]["message"]


async def test_every_exchange_is_a_line_newest_first(router: Router) -> None:
    record(router, 250)
    told = await lines(router)
    assert [line["id"] for line in told] == [f"x{n}" for n in range(250)]
    assert told[7]["decision"]["candidates"][0]["model"] == SMALL
    assert told[7]["rating"]["reasons"] == ["too slow"]


async def test_nothing_that_was_said_is_told_unless_it_is_asked_for(router: Router) -> None:
    record(router, 1)
    assert "my " not in json.dumps(await lines(router))
    (told,) = await lines(router, "?texts=true")
    assert (told["prompt"], told["answer"], told["rating"]["comment"]) == ("my prompt", "my answer", "my comment")
    assert told["attempts"][0]["message"] == told["message"] == "cannot read 'my prompt'"


async def test_it_goes_back_as_far_as_is_asked(router: Router) -> None:
    record(router, 250, seconds=3600.0)
    assert len(await lines(router, "?since=2h")) in (2, 3)
    assert len(await lines(router, "?since=5d")) in (120, 121)
    refused = await router.http.get("/admin/export?since=yesterday")
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "since")


async def test_one_that_breaks_off_says_so(router: Router) -> None:
    record(router, 250)
    paged = router.control.exchanges

    async def breaks(*, before: str | None = None, limit: int = 100, query: Query = EVERYTHING) -> ExchangePage:
        if before is not None:
            raise RouterError("storage_unavailable", "the disk is full")
        return await paged(before=before, limit=limit, query=query)

    router.control.exchanges = breaks  # type: ignore[method-assign]
    told = await lines(router)
    assert len(told) == 101
    assert told[-1]["error"]["code"] == "storage_unavailable"


async def test_one_that_cannot_begin_has_a_status(router: Router) -> None:
    async def fails(**_: object) -> ExchangePage:
        raise RouterError("storage_unavailable", "the disk is full", retryable=True)

    router.control.exchanges = fails  # type: ignore[assignment,method-assign]
    assert (await router.http.get("/admin/export")).status_code == 503


async def test_ratings_grades_and_what_was_measured_are_exported_too(router: Router) -> None:
    rated = await lines(router, "?what=ratings")
    assert [(line["exchange_id"], line["score"], line["comment"]) for line in rated] == [
        ("x1", 1.0, ""),
        ("x2", -1.0, ""),
    ]
    assert (await lines(router, "?what=ratings&texts=true"))[0]["comment"] == "as I said"
    paged = router.control.grades

    async def grades(wanted: GradeFilter, *, before: str | None = None, limit: int = 100) -> GradePage:
        return replace(await paged(wanted, before=before, limit=limit), before=None)

    router.control.grades = grades  # type: ignore[method-assign]
    graded = await lines(router, "?what=grades")
    assert graded and {line["question"] + line["answer"] + line["reason"] for line in graded} == {""}
    (vote,) = (await lines(router, "?what=votes"))[:1]
    assert (vote["verdict"], vote["winner"], vote["exchanges"]) == ("better", "box/library/qwen3:4b", ["x1", "x2"])
    measured = await lines(router, "?what=profiles")
    assert [(line["prompt"], line["passed"], line["answer"]) for line in measured] == [
        ("math-sum", 1.0, ""),
        ("chat-name", None, ""),
    ]


async def test_a_table_has_a_head_and_runs_nothing_in_a_spreadsheet(router: Router) -> None:
    record(router, 150)
    router.control.history = tuple(replace(one, requested="=cmd|'/c calc'!A0") for one in router.control.history)
    answer = await router.http.get("/admin/export?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="exchanges.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["id"] for row in rows] == [f"x{n}" for n in range(150)]
    assert (rows[0]["requested"], rows[0]["attempts"], rows[0]["rating"]) == ("'=cmd|'/c calc'!A0", "1", "0.0")
    assert rows[0]["task"] == decision().analysis.task
    assert not {"prompt", "answer", "message"} & rows[0].keys()
    told = await router.http.get("/admin/export?format=csv&texts=true")
    assert "my prompt" in told.text
    reasons = await router.http.get("/admin/export?what=ratings&format=csv")
    assert list(csv.reader(io.StringIO(reasons.text)))[1][4] == "not correct; too slow"


async def test_a_table_that_breaks_off_is_cut_off(router: Router) -> None:
    record(router, 250)
    paged = router.control.exchanges

    async def breaks(*, before: str | None = None, limit: int = 100, query: Query = EVERYTHING) -> ExchangePage:
        if before is not None:
            raise RouterError("storage_unavailable", "the disk is full")
        return await paged(before=before, limit=limit, query=query)

    router.control.exchanges = breaks  # type: ignore[method-assign]
    with pytest.raises(httpx.TransportError):
        await router.http.get("/admin/export?format=csv")


async def test_what_is_no_kind_of_record_is_told(router: Router) -> None:
    for name in ("what", "format"):
        refused = await router.http.get(f"/admin/export?{name}=secrets")
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, name)
