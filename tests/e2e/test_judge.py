"""A whole router over simulated models of known talents, one of which judges: killed in the middle, gone on with, put
to a comparison and to what clients get."""

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmrouter_tui.core.domain import TASKS
from llmrouter_tui.core.prompt_set import PROMPTS
from llmrouter_tui.demo.cast import GIB, LLAMA31_8B, SimModel
from tests.e2e.conftest import Router, serving
from tests.e2e.simulated import simulated

OPEN = {prompt.id: prompt for prompt in PROMPTS if prompt.judged}
JUDGE = "sim/examiner:30b"
FIRST = 12
"""Calls before the kill."""


def actor(name: str, talent: float, billions: float) -> SimModel:
    talents = dict.fromkeys(TASKS, talent)
    size = int(billions * 1e9)
    brief = replace(LLAMA31_8B, verbosity=0.4, judgement=0.95, capabilities=("completion",))
    return replace(brief, name=name, parameters=size, size=GIB, talent=talents)


@pytest.fixture
def models() -> Iterator[str]:
    with simulated(actor("examiner:30b", 0.8, 30), actor("able:8b", 0.95, 8), actor("poor:8b", 0.05, 8)) as (_, config):
        yield config


def grades(router: Router, query: str = "") -> dict[tuple[str, str], Any]:
    """By model and what was answered."""
    page = router.call(f"/admin/grades?limit=500{query}")
    return {(grade["model"], grade["ref"]): grade for grade in page["items"]}


def ask(router: Router, prompt: str, model: str) -> str:
    """The id of the exchange."""
    body = {"model": model, "messages": [{"role": "user", "content": prompt}]}
    asked = urllib.request.Request(
        f"{router.url}/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        answer.read()
        return str(answer.headers["x-router-exchange-id"])


def ready(router: Router) -> None:
    """The judge is in memory, so that it need not wait until nobody was here for a while."""
    router.until(lambda: JUDGE in {f"sim/{name}" for name in router.residency()})
    router.call(f"/admin/models/{JUDGE}/load", {})
    router.until(lambda: router.residency()["examiner:30b"] == "resident")


def idle(router: Router) -> bool:
    view = router.call("/admin/judge")
    return bool(view["state"] == "idle" and not view["queued"])


@pytest.mark.thorough
def test_it_grades_what_measuring_left_survives_a_kill_and_its_grades_route(tmp_path: Path, models: str) -> None:
    database = tmp_path / "router.db"
    slowly = f'judge_model = "{JUDGE}"\njudge_rpm = {FIRST}\n{models}'
    with serving(tmp_path, config=slowly, database=database) as router:
        ready(router)
        router.call("/admin/reprofile", {"models": ["able:8b", "poor:8b"], "quick": False})
        router.until(lambda: router.call("/admin/judge")["today"] == FIRST, 90)
        router.until(lambda: router.call("/admin/judge")["state"] == "waiting")
        before = grades(router)
        os.kill(router.process.pid, signal.SIGKILL)
        router.process.wait()
    fast = f'judge_model = "{JUDGE}"\njudge_rpm = 10000\n{models}'
    with serving(tmp_path, config=fast, database=database) as router:
        assert FIRST / 2 - 1 <= len(before) <= FIRST
        assert router.call("/admin/judge")["today"] >= FIRST
        ready(router)
        router.until(lambda: len(grades(router)) > len(before) and idle(router), 60)
        after = grades(router)
        assert {key: after[key]["id"] for key in before} == {
            key: one["id"] for key, one in before.items()
        }  # none twice
        judged = {ref for model, ref in after if model == "sim/able:8b"} & OPEN.keys()
        assert judged == OPEN.keys() == {ref for model, ref in after if model == "sim/poor:8b"} & OPEN.keys()
        assert {grade["judge"] for grade in after.values()} == {JUDGE}
        view = router.call("/admin/judge")
        assert view["agreement"]["checks"]["both_good"] >= 8
        assert view["agreement"]["weight"] > 0.4

        mean = {
            name: sum(grade["score"] or 0 for (model, ref), grade in after.items() if model == name and ref in OPEN)
            for name in ("sim/able:8b", "sim/poor:8b")
        }
        assert mean["sim/able:8b"] > mean["sim/poor:8b"] + 2 * len(OPEN)
        told = {model["info"]["name"]: model["abilities"] for model in router.call("/admin/models")}
        for task in {prompt.task for prompt in OPEN.values()}:
            able, poor = told["able:8b"][task], told["poor:8b"][task]
            assert able["mean"] > poor["mean"]
            assert "judge" in {evidence["source"] for evidence in able["evidence"]}

        compared = router.call("/admin/judge/compare", {"first": "able:8b", "second": "poor:8b", "task": "creative"})
        assert [one["preferred"] for one in compared].count("first") > len(compared) / 2

        router.call("/admin/settings", {"key": "judge_share", "value": 1.0})
        exchange = ask(router, "Write a short poem about a lighthouse.", "poor:8b")
        router.until(lambda: ("sim/poor:8b", exchange) in grades(router, "&subject=exchange"))
        lessons = lambda: [model["lesson"] for model in router.call("/admin/models")]  # noqa: E731
        router.until(lambda: all(lessons()))
