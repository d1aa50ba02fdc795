"""The judge over HTTP: what it said by filters and pages, what it is told, and what is refused in words."""

import pytest

from llmrouter_tui.core.grades import GradeFilter
from tests.proxy.conftest import Router
from tests.proxy.scripted import SMALL


async def test_grades_are_asked_for_by_every_filter_and_page_by_page(router: Router) -> None:
    told = (await router.http.get("/admin/grades")).json()
    assert (told["total"], told["before"], told["items"][0]["reason"]) == (5, "12.0:g1", "warm, a little long")
    query = {
        "model": SMALL, "task": "creative", "judge": "j", "subject": "prompt", "ref": "creative-letter",
        "disagree": "true", "failed": "false", "before": "12.0:g1", "limit": "7",
    }  # fmt: skip
    assert (await router.http.get("/admin/grades", params=query)).status_code == 200
    assert router.control.calls == [
        ("grades", GradeFilter(), None, 100),
        ("grades", GradeFilter(SMALL, "creative", "j", "prompt", "creative-letter", True, False), "12.0:g1", 7),
    ]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "501"}, {"disagree": "maybe"}, {"failed": "2"}])
async def test_odd_filters_are_refused_in_words(router: Router, query: dict[str, str]) -> None:
    answer = await router.http.get("/admin/grades", params=query)
    assert answer.status_code == 400
    assert next(iter(query)) in answer.json()["error"]["message"]


async def test_what_the_user_wants_of_the_judge_reaches_it(router: Router) -> None:
    asked = {"subject": "prompt", "ref": "creative-letter", "model": SMALL, "judge": "big"}
    assert (await router.http.post("/admin/grades", json=asked)).status_code == 202
    done = await router.http.post("/admin/grades/g1/overrule", json={"mark": 3})
    moved = {"model": SMALL, "task": "creative", "before": 0.62, "after": 0.6}
    assert done.json() == {"effects": [moved], "why": ""}
    assert (await router.http.post("/admin/grades/g1/overrule", json={"mark": None})).status_code == 200
    assert (await router.http.post("/admin/judge", json={"paused": True})).status_code == 202
    compared = await router.http.post("/admin/judge/compare", json={"first": SMALL, "second": "big"})
    assert compared.json()[0]["preferred"] == "second"
    assert (await router.http.get("/admin/judge/compare?limit=5")).json() == compared.json()
    assert (await router.http.get("/admin/judge")).json()["agreement"]["weight"] == 0.4
    assert router.control.calls == [
        ("grade", "prompt", "creative-letter", SMALL, "big"),
        ("overrule", "g1", 3.0),
        ("overrule", "g1", None),
        ("pause_judge", True),
        ("compare", SMALL, "big", ""),
        ("comparisons", 5),
    ]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("grades", {"subject": "prompt"}, "ref"),
        ("grades", {"subject": 1, "ref": "x"}, "subject"),
        ("grades/g1/overrule", {}, "mark"),
        ("grades/g1/overrule", {"mark": "high"}, "mark"),
        ("judge", {"paused": "yes"}, "paused"),
        ("judge/compare", {"first": "a"}, "second"),
    ],
)
async def test_bodies_that_cannot_be_used_are_refused_in_words(
    router: Router, path: str, body: dict[str, object], words: str
) -> None:
    answer = await router.http.post(f"/admin/{path}", json=body)
    assert answer.status_code == 400
    assert words in answer.text
    assert router.control.calls == []


async def test_what_is_not_there_is_404(router: Router) -> None:
    answer = await router.http.post("/admin/grades/g9/overrule", json={"mark": 3})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
