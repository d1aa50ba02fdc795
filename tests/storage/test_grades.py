"""Grades on the disk: one of each judge and answer, paged by key and filtered by indexes, texts as privacy has them."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.grades import Comparison, Grade, GradeFilter
from llmrouter_tui.storage import grades, history
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from llmrouter_tui.storage.transaction import raw

FULL = Grade(
    "g1", 10.0, "box/judge", "box/m", "creative", 0.4, "prompt", "creative-letter", 7.5, "warm, a little long",
    own=True, truth=0.0, truth_by="user", overruled=3.0, question="Write a letter.", answer="Dear all", seconds=2.5,
)  # fmt: skip
LIVE = Grade(
    "g2", 11.0, "box/judge", "box/m", "coding", 0.6, "exchange", "x1", 8.0, "right", question="q" * 900,
    answer="a" * 900, kinds={"debug": 0.75, "build": 0.25},
)  # fmt: skip
FAILED = Grade("g3", 12.0, "box/judge", "box/n", "math", 0.1, "prompt", "math-why", code="malformed", reason="prose")


async def ids(repo: SqliteRepo, **wanted: object) -> list[str]:
    page = await repo.grades(GradeFilter(**wanted))  # type: ignore[arg-type]
    assert page.total == len(page.items)
    return [grade.id for grade in page.items]


async def filled(*more: Grade, privacy: str = "full", file: Path | None = None) -> SqliteRepo:
    repo = await open_repo(file, privacy=privacy)
    for grade in (FULL, LIVE, FAILED, *more):
        await repo.store_grade(grade)
    return repo


async def test_grades_survive_the_process_as_they_were(tmp_path: Path) -> None:
    repo = await filled(file=tmp_path / "router.db")
    again = await open_repo(tmp_path / "router.db", privacy="full")  # the first was not closed: all is on the disk
    assert (await again.grades(GradeFilter())).items == (FAILED, LIVE, FULL)
    assert await again.grade("g2") == LIVE
    assert await again.grade("g9") is None
    assert await again.all_grades() == [replace(one, question="", answer="") for one in (FULL, LIVE, FAILED)]
    await again.close()
    await repo.close()


async def test_the_same_judge_has_one_grade_of_an_answer_and_another_judge_its_own() -> None:
    newer, other = replace(FULL, id="g4", at=20.0, score=2.0), replace(FULL, id="g5", judge="box/other")
    repo = await filled(newer, other)
    assert await ids(repo, ref="creative-letter") == ["g4", "g5"]
    changed = replace(newer, overruled=9.0)
    await repo.store_grade(changed)
    assert await repo.grade("g4") == changed
    assert (await repo.grades(GradeFilter())).total == 4
    await repo.close()


async def test_filters_choose_by_each_field_and_together() -> None:
    repo = await filled()
    assert await ids(repo, model="box/m") == ["g2", "g1"]
    assert await ids(repo, task="math") == ["g3"]
    assert await ids(repo, judge="box/judge") == ["g3", "g2", "g1"]
    assert await ids(repo, subject="exchange") == ["g2"]
    assert await ids(repo, disagree=True) == ["g1"]
    assert await ids(repo, failed=True) == ["g3"]
    assert await ids(repo, failed=False) == ["g2", "g1"]
    assert await ids(repo, model="box/m", failed=True) == []
    await repo.close()


async def test_pages_follow_one_another_without_gap_or_repeat() -> None:
    repo = await open_repo(None)
    for at in range(25):
        await repo.store_grade(replace(FULL, id=f"n{at:02}", at=float(at // 3), ref=f"p{at}"))
    seen: list[str] = []
    before: str | None = None
    while True:
        page = await repo.grades(GradeFilter(model="box/m"), before=before, limit=10)
        assert page.total == 25
        seen += [grade.id for grade in page.items]
        if (before := page.before) is None:
            break
    assert seen == [f"n{at:02}" for at in reversed(range(25))]
    with pytest.raises(RouterError, match="is no place"):
        await repo.grades(GradeFilter(), before="nonsense")
    await repo.close()


@pytest.mark.parametrize(("privacy", "kept"), [("off", 0), ("preview", 500), ("full", 900)])
async def test_a_clients_words_are_kept_as_the_privacy_policy_says(privacy: str, kept: int) -> None:
    repo = await filled(privacy=privacy)
    live, prompt = await repo.grade("g2"), await repo.grade("g1")
    assert live is not None
    assert (len(live.question), len(live.answer), live.reason) == (kept, kept, "right" if kept else "")
    assert prompt == FULL
    await repo.close()


async def test_grades_of_exchanges_go_with_the_exchanges_and_those_of_prompts_stay() -> None:
    repo = await filled(replace(LIVE, id="g6", at=86_400.0 * 5, ref="x2"))
    await repo.prune(keep_days=2, now=86_400.0 * 6)
    assert await ids(repo) == ["g6", "g3", "g1"]
    await repo.close()


async def test_what_sqlite_cannot_hold_is_mended() -> None:
    repo = await open_repo(None)
    await repo.store_grade(
        replace(FULL, reason="half \ud800 a pair", seconds=0.0, truth=math.nan, kinds={"x": math.nan})
    )
    kept = await repo.grade("g1")
    assert kept is not None
    assert kept.truth is None
    assert kept.reason.startswith("half ")
    await repo.close()


async def test_comparisons_are_kept_one_of_each_judge_prompt_and_pair() -> None:
    one = Comparison(5.0, "box/j", "creative-letter", "creative", "box/a", "box/b", "first", reason="livelier")
    other = Comparison(6.0, "box/j", "chat-no", "chat", "box/a", "box/b", None, code="malformed", reason="prose")
    repo = await open_repo(None)
    newer = replace(one, at=7.0, preferred="tie", swayed=True, forward="first", swapped="tie")
    for each in (one, other, newer):
        await repo.store_comparison(each)
    assert await repo.comparisons() == [newer, other]
    assert await repo.comparisons(limit=1) == [newer]
    await repo.close()


async def test_calls_are_counted_since_a_time_and_old_counts_go() -> None:
    repo, day = await open_repo(None), 86_400.0
    for at in (0.0, day, day + 1, day + 950, 2 * day):
        await repo.count_judge_call(at)
    assert await repo.judge_calls(day) == 4
    assert await repo.judge_calls(2 * day) == 1
    await repo.count_judge_call(9 * day)
    assert await repo.judge_calls(0.0) == 1
    await repo.close()


def plan(db: SqliteDatabase, wanted: GradeFilter) -> list[str]:
    sql, params = db.get_sql_context().sql(grades.page_query(wanted, history.NEWEST, 10)).query()
    return [row[3] for row in raw(db).execute(f"EXPLAIN QUERY PLAN {sql}", params)]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (GradeFilter(), "judge_grade_at"),
        (GradeFilter(model="box/m"), "judge_grade_model"),
        (GradeFilter(task="math"), "judge_grade_task"),
        (GradeFilter(judge="box/j"), "judge_grade_judge"),
        (GradeFilter(subject="exchange"), "judge_grade_subject"),
        (GradeFilter(disagree=True), "judge_grade_disagrees"),
        (GradeFilter(failed=True), "judge_grade_failed"),
    ],
)
async def test_a_page_is_found_and_ordered_by_an_index(wanted: GradeFilter, index: str) -> None:
    repo = await filled()
    [step] = await repo._database.call(lambda db: plan(db, wanted))
    assert f"SEARCH t1 USING INDEX {index} (" in step.replace('"', "").replace("judge_grade AS ", "")
    await repo.close()
