"""Votes over HTTP: given, read, counted on a leaderboard and taken back; what is no vote is refused in words."""

import pytest

from llmrouter_tui.core.votes import VoteInput
from tests.proxy.conftest import Router


async def test_a_vote_is_given_counted_and_taken_back(router: Router) -> None:
    body = {"exchanges": ["x1", "x2"], "verdict": "better", "winner": "x2"}
    done = await router.http.post("/admin/votes", json=body)
    assert done.status_code == 200
    assert done.json()["vote"]["winner"] == "big/qwen3:32b"
    assert done.json()["effects"][0] == {
        "model": "box/library/qwen3:4b",
        "task": "coding",
        "before": 0.6,
        "after": 0.62,
    }
    told = (await router.http.get("/admin/votes?limit=7&before=15.0:x")).json()
    assert ([vote["id"] for vote in told["items"]], told["before"]) == (["x1-x2"], "14.0:x1-x2")
    board = (await router.http.get("/admin/leaderboard?task=coding")).json()
    assert [row["model"] for row in board["rows"]] == ["qwen3:32b", "library/qwen3:4b"]
    assert (board["tasks"], (await router.http.get("/admin/leaderboard?task=math")).json()["rows"]) == (
        {"coding": 1},
        [],
    )
    back = await router.http.delete("/admin/votes/x1-x2")
    assert (back.status_code, back.json()["taken_back"]) == (200, True)
    assert (await router.http.get("/admin/leaderboard")).json()["votes"] == 0
    assert (await router.http.delete("/admin/votes/x1-x2")).status_code == 404
    assert router.control.calls[:3] == [
        ("vote", VoteInput(("x1", "x2"), "better", "x2")),
        ("votes", "15.0:x", 7),
        ("leaderboard", "coding"),
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"exchanges": ["x1"], "verdict": "tie"}, "two or three exchanges"),
        ({"exchanges": ["x1", "x2", "x3", "x4"], "verdict": "tie"}, "two or three exchanges"),
        ({"exchanges": ["x1", "x2"], "verdict": "best"}, "better, tie or both_bad"),
        ({"exchanges": ["x1", "x2"]}, "verdict"),
    ],
)
async def test_what_is_no_vote_is_refused_in_words(router: Router, body: dict[str, object], words: str) -> None:
    answer = await router.http.post("/admin/votes", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert router.control.calls == []


async def test_a_leaderboard_of_a_task_that_there_is_not_is_refused(router: Router) -> None:
    answer = await router.http.get("/admin/leaderboard?task=cooking")
    assert answer.status_code == 400
    assert "'cooking'" in answer.json()["error"]["message"] and "coding" in answer.text
