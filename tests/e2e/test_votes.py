"""A vote from end to end: given over HTTP, it moves what the router thinks of both models, outlives a sudden death of
the router, stands on the leaderboard, and is gone when it is taken back."""

import json
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.e2e.conftest import Router, serving
from tests.e2e.simulated import simulated
from tests.e2e.test_talents import ability, actor, views

PROMPT = "Write a Python function that merges two sorted lists."
Cli = Callable[..., Result]


def asked(router: Router, model: str, prompt: str = PROMPT) -> str:
    """The exchange of an answer by that model."""
    body = {"model": model, "messages": [{"role": "user", "content": prompt}], "max_tokens": 20}
    router.call("/v1/chat/completions", body)
    return str(router.call("/admin/exchanges?limit=1")["items"][0]["id"])


def refused(router: Router, body: dict[str, Any]) -> str:
    with pytest.raises(urllib.error.HTTPError) as error:
        router.call("/admin/votes", body)
    return f"{error.value.code} {json.loads(error.value.read())['error']['message']}"


def voted(router: Router, name: str) -> list[str]:
    """What its ability for coding rests on by votes."""
    evidence = views(router)[name]["abilities"]["coding"]["evidence"]
    return [piece["note"] for piece in evidence if piece["source"] == "vote"]


@pytest.mark.thorough
def test_a_vote_moves_abilities_outlives_a_sudden_death_and_can_be_taken_back(tmp_path: Path, cli: Cli) -> None:
    with simulated(*(actor(f"{name}:8b", {}) for name in ("left", "right", "other"))) as (_, config):
        with serving(tmp_path, config=config) as router:
            router.until(lambda: len(views(router)) == 3)
            before = {name: ability(router, name, "coding") for name in ("left:8b", "right:8b", "other:8b")}
            left, right, other = (asked(router, f"{name}:8b") for name in ("left", "right", "other"))
            told = router.call("/admin/votes", {"exchanges": [left, right], "verdict": "better", "winner": right})
            assert [(one["model"], one["task"]) for one in told["effects"]] == [
                ("sim/left:8b", "coding"), ("sim/right:8b", "coding")
            ]  # fmt: skip
            for one in told["effects"]:
                assert one["before"] == before[one["model"].partition("/")[2]]
                assert one["after"] == ability(router, one["model"].partition("/")[2], "coding")
            assert ability(router, "left:8b", "coding") < before["left:8b"]
            assert ability(router, "right:8b", "coding") > before["right:8b"]
            assert ability(router, "other:8b", "coding") == before["other:8b"]
            assert voted(router, "right:8b") == ["preferred to 1 of 1 others in your votes"]
            bad = router.call("/admin/votes", {"exchanges": [other, left], "verdict": "both_bad"})
            assert all(one["after"] < one["before"] for one in bad["effects"])
            assert voted(router, "other:8b") == ["bad beside others in 1 of your votes"]

            tie = {"exchanges": [left, right], "verdict": "tie"}
            assert refused(router, {**tie, "winner": left}).startswith("400 ")
            assert "the winner is" in refused(router, {**tie, "verdict": "better", "winner": other})
            assert "between models" in refused(router, {**tie, "exchanges": [left, asked(router, "left:8b")]})
            assert "different prompts" in refused(
                router, {**tie, "exchanges": [left, asked(router, "right:8b", "Hi!")]}
            )
            assert refused(router, {**tie, "exchanges": [left, "nope"]}).startswith("404 ")
            stood = {name: ability(router, name, "coding") for name in before}
            router.process.kill()
            router.process.wait()
        with serving(tmp_path, config=config) as again:
            again.until(lambda: len(views(again)) == 3)
            assert {name: ability(again, name, "coding") for name in before} == pytest.approx(stood, abs=1e-4)
            board = again.call("/admin/leaderboard?task=coding")
            assert [row["model"] for row in board["rows"]] == ["right:8b", "left:8b", "other:8b"]
            assert (board["votes"], board["rows"][0]["wins"], board["rows"][2]["bad"]) == (2, 1, 1)
            shown = cli("leaderboard", "--url", f"http://127.0.0.1:{again.port}").stdout
            assert shown.startswith("2 votes between 3 models")
            again.call("/admin/votes", {"exchanges": [right, left], "verdict": "better", "winner": left})
            votes = again.call("/admin/votes")["items"]
            assert len(votes) == 2, "it took the place of the one before"
            assert ability(again, "left:8b", "coding") > stood["left:8b"]
            for vote in votes:
                assert again.call(f"/admin/votes/{vote['id']}", method="DELETE")["taken_back"]
            assert {name: ability(again, name, "coding") for name in before} == pytest.approx(before, abs=1e-4)
            assert again.call("/admin/leaderboard")["rows"] == []
