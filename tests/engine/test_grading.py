"""The grades in memory: which one of an answer counts, what is learned from them, and that what went leaves nothing."""

import random
from dataclasses import replace

import pytest

from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.grades import Grade
from llmrouter_tui.core.profile import Result
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.grading import NEWEST, Gradings
from llmrouter_tui.engine.measured import Measured
from llmrouter_tui.storage.repo import open_repo

INFO = ModelInfo("box", "m", digest="d1")
LIVE = Grade("g1", 10.0, "j", "box/m", "coding", 0.5, "exchange", "x1", 10.0, kinds={"debug": 1.0})
OPEN = Grade("p1", 10.0, "j", "box/m", "creative", 0.5, "prompt", "create-clock", 10.0)


async def empty() -> Gradings:
    repo = await open_repo(None)
    gradings = Gradings(repo, Measured(repo, SystemClock()), SystemClock())
    await repo.close()
    return gradings


def answered(gradings: Gradings, **more: object) -> None:
    facts: dict[str, object] = {"model": "box/m", "at": 5.0, "outcome": "ungraded", "digest": "d1"} | more
    gradings._measured.take(Result(prompt="create-clock", task="creative", **facts))  # type: ignore[arg-type]


async def test_of_several_judges_the_newest_mark_counts_and_the_users_before_all() -> None:
    gradings = await empty()
    answer = ("exchange", "x1", "box/m")
    gradings.take(LIVE)
    gradings.take(replace(LIVE, id="g2", judge="k", at=11.0, score=2.0))
    gradings.take(replace(LIVE, id="g3", judge="l", at=12.0, score=None, code="malformed"))
    standing = gradings.standing(answer)
    assert standing is not None
    assert standing.id == "g2"
    assert [gradings.weighed(one).weight for one in gradings.of("exchange", "x1")] == [0.0, 0.25, 0.0]
    gradings.take(replace(LIVE, overruled=4.0))
    standing = gradings.standing(answer)
    assert standing is not None
    assert (standing.id, gradings.weighed(standing).weight) == ("g1", 1.0)
    assert gradings.mean == 4.0


async def test_a_grade_counts_for_replicas_of_the_same_weights_and_as_long_as_the_answer_is_the_newest() -> None:
    gradings = await empty()
    gradings.take(OPEN)
    assert gradings.prompts(INFO) == []  # of an answer that is not known (any more)
    answered(gradings)
    assert [grade.id for grade, _ in gradings.prompts(INFO)] == ["p1"]
    assert [grade.id for grade, _ in gradings.prompts(ModelInfo("other", "m", digest="d1"))] == ["p1"]
    assert gradings.prompts(ModelInfo("other", "m", digest="d2")) == []
    answered(gradings, at=11.0)
    assert gradings.prompts(INFO) == []
    answered(gradings, outcome="checked", passed=1.0)  # what a program tells needs no judge
    assert gradings.prompts(INFO) == []


async def test_what_is_learned_from_is_of_a_judges_own_group_and_what_the_user_put_right_is_not() -> None:
    gradings = await empty()
    answered(gradings)
    gradings.take(OPEN)
    [told] = gradings.checked(INFO)
    assert (told.task, told.difficulty, told.passed, told.weight, told.group) == ("creative", 0.5, 1.0, 0.25, "j")
    gradings.take(replace(OPEN, overruled=1.0))
    [told] = gradings.checked(INFO)
    assert (told.passed, told.weight, told.group) == (0.0, 1.0, "")
    gradings.take(replace(OPEN, score=None, code="malformed"))
    assert gradings.checked(INFO) == []


async def test_lessons_count_each_grade_by_its_weight_and_nothing_stays_of_what_was_replaced() -> None:
    gradings, dice = await empty(), random.Random(3)
    for at in range(30):
        gradings.take(replace(LIVE, id=f"g{at}", ref=f"x{at}", at=float(at), score=float(dice.randint(1, 10))))
    for at in range(30):
        gradings.take(replace(LIVE, id=f"n{at}", ref=f"x{at}", at=100.0 + at, score=10.0, own=at < 10))
    [(count, marks)] = gradings.tally(INFO).cells.values()
    assert count == pytest.approx(0.25 * 20 + 0.125 * 10)
    assert marks == pytest.approx(count)
    gradings.take(replace(LIVE, id="n0", ref="x0", at=100.0, own=True, overruled=1.0))
    [(count, marks)] = gradings.tally(INFO).cells.values()
    assert count == pytest.approx(0.25 * 20 + 0.125 * 9 + 1.0)
    assert marks == pytest.approx(count - 1.0)
    assert gradings.mean == pytest.approx((29 * 10 + 1) / 30)


async def test_abilities_rest_on_the_newest_grades_of_very_many() -> None:
    gradings = await empty()
    for at in range(NEWEST + 5):
        gradings.take(replace(LIVE, id=f"g{at}", ref=f"x{at}", at=float(at)))
    gradings.take(replace(LIVE, id="again", ref="x0", at=1000.0))
    found = [grade.id for grade, _ in gradings.exchanges(INFO)]
    assert found[:2] == ["again", f"g{NEWEST + 4}"]
    assert len(found) == NEWEST
