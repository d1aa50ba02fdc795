"""What the audit log says for a review: real rows, in steps, by index, bounded."""

import math
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from llmrouter_tui.core.grades import Grade
from llmrouter_tui.core.review import Mark, review
from llmrouter_tui.storage import history
from llmrouter_tui.storage import review as reading
from llmrouter_tui.storage.backlog import Backlog
from llmrouter_tui.storage.db import Database
from llmrouter_tui.storage.migrations import migrate
from llmrouter_tui.storage.repo import DAY, SqliteRepo
from llmrouter_tui.storage.transaction import raw
from tests.storage.facts import finished, up
from tests.storage.test_history import plan

EVER = -math.inf


async def test_counts_are_of_answers_and_marks_carry_what_was_expected(repo: SqliteRepo) -> None:
    repo.record(finished(1))
    repo.record(finished(2, model="a/small", requested="a/small"))
    repo.record(finished(3, outcome="failed"))
    repo.record(finished(4, outcome="cancelled", decision=None))
    repo.record(finished(5, model=""))
    await repo.rate(up(1))
    await repo.rate(up(2, rating="down", score=-0.5, model="a/small"))
    audit = await repo.audit(EVER)
    assert audit.answered == {("coding", "a/big"): 1, ("coding", "a/small"): 1, ("", "a/big"): 1}
    assert audit.marks == [
        Mark("x000002", "coding", "a/small", 0.25, 0.5, routed=False, others=("a/big",)),
        Mark("x000001", "coding", "a/big", 1.0, 0.9),
    ]
    assert not audit.cut


async def test_only_what_arrived_since_then_is_looked_at(repo: SqliteRepo) -> None:
    for number in range(1, 7):
        repo.record(finished(number))
        await repo.rate(up(number, at=number + 3.0))
    audit = await repo.audit(4.0)
    assert audit.answered == {("coding", "a/big"): 3}
    assert [mark.exchange_id for mark in audit.marks] == ["x000006", "x000005", "x000004"]
    assert (await repo.audit(7.0)).answered == {}


@pytest.mark.parametrize("count", [0, 1, 6, 7, 8, 21, 50])
async def test_steps_lose_nothing_and_repeat_nothing(
    repo: SqliteRepo, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(history, "WINDOW", 7)
    monkeypatch.setattr(reading, "STEP", 7)
    for number in range(count):
        repo.record(finished(number, at=float(number // 3)))
        await repo.rate(up(number, at=float(number // 5)))
    for since, left in ((EVER, count), (3.0, max(0, count - 9))):
        audit = await repo.audit(since)
        assert sum(audit.answered.values()) == left
        # A rating is never older than its exchange; here some are, and are passed over.
        expected = {n for n in range(count) if n // 3 >= since and n // 5 >= since}
        assert sorted(mark.exchange_id for mark in audit.marks) == [f"x{n:06}" for n in sorted(expected)]


async def test_grades_are_marks_where_the_user_said_nothing_the_newest_of_each_answer(repo: SqliteRepo) -> None:
    for number in range(1, 6):
        repo.record(finished(number))
    await repo.rate(up(1))
    facts = {"model": "a/big", "task": "coding", "difficulty": 0.5, "subject": "exchange"}
    for grade in (
        Grade("g1", 10.0, "j", ref="x000001", score=1.0, **facts),
        Grade("g2", 11.0, "j", ref="x000002", score=10.0, **facts),
        Grade("g3", 12.0, "k", ref="x000002", score=1.0, **facts),
        Grade("g4", 13.0, "j", ref="x000003", code="malformed", **facts),
        Grade("g5", 14.0, "j", ref="x000004", score=10.0, overruled=1.0, **facts),
        Grade("g6", 15.0, "j", ref="gone", score=10.0, **facts),
        Grade("g7", 16.0, "j", ref="x000005", score=10.0, **facts | {"subject": "prompt"}),
    ):
        await repo.store_grade(grade)
    audit = await repo.audit(EVER)
    told = {mark.exchange_id: (mark.seen, mark.by, mark.expected) for mark in audit.marks}
    assert told == {"x000001": (1.0, "", 0.9), "x000002": (0.0, "k", 0.9), "x000004": (0.0, "", 0.9)}
    assert audit.marks[0].exchange_id == "x000001"
    assert (review(audit).rated, review(audit).graded) == (3, 1)


async def test_others_get_their_turn_between_steps(repo: SqliteRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "WINDOW", 10)
    monkeypatch.setattr(reading, "STEP", 10)
    for number in range(45):
        repo.record(finished(number))
        await repo.rate(up(number))
    steps: list[str] = []
    for name in ("answered", "marks"):
        step = getattr(reading, name)
        monkeypatch.setattr(reading, name, lambda *args, name=name, step=step: steps.append(name) or step(*args))
    await repo.audit(EVER)
    assert steps == ["answered"] * 5 + ["marks"] * 5


async def test_no_more_than_the_newest_marks_are_held(repo: SqliteRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "STEP", 4)
    monkeypatch.setattr(reading, "MOST", 10)
    for number in range(10):
        repo.record(finished(number))
        await repo.rate(up(number))
    assert not (await repo.audit(EVER)).cut
    for number in range(10, 13):
        repo.record(finished(number))
        await repo.rate(up(number))
    audit = await repo.audit(EVER)
    assert audit.cut
    assert [mark.exchange_id for mark in audit.marks] == [f"x{number:06}" for number in range(12, 2, -1)]


async def test_ratings_whose_exchange_was_pruned_are_passed_over(repo: SqliteRepo) -> None:
    for number in (1, 2, 3):
        repo.record(finished(number, at=number * DAY))
        await repo.rate(up(number, at=number * DAY))
    await repo.prune(keep_days=1, now=3.5 * DAY)
    assert [mark.exchange_id for mark in (await repo.audit(EVER)).marks] == ["x000003"]


async def test_a_decision_that_cannot_be_read_leaves_the_mark(path: Path, repo: SqliteRepo) -> None:
    repo.record(finished(1))
    await repo.rate(up(1, rating="down", score=-1.0))
    await repo.flush()
    db = SqliteDatabase(str(path))
    db.connect()
    raw(db).execute("UPDATE exchange_text SET decision = x'0102'")
    db.close()
    [mark] = (await repo.audit(EVER)).marks
    assert (mark.seen, mark.expected, mark.others) == (0.0, None, ())


# ── a hundred thousand rows ──

MANY = 100_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All answered, every tenth rated."""
    path = tmp_path_factory.mktemp("large") / "router.db"
    db = SqliteDatabase(str(path))
    db.connect()
    migrate(db)
    count = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})"
    raw(db).execute("BEGIN")
    raw(db).execute(
        f"{count} INSERT INTO exchange SELECT i, 'x' || i, 1e6 + i, 'ok', 'auto', 'a/m' || (i % 9), '', '', 1, 'chat', "
        "0.1, 1.0, 10, 20, NULL, NULL, 30.0, 'stop', '', '', '', '', NULL, 0.5, 0.1 FROM n"
    )
    raw(db).execute(
        f"{count} INSERT INTO model_feedback SELECT 'x' || i, 'up', 1e6 + i, 1.0, '', '', 'a/m' || (i % 9), 'chat' "
        "FROM n WHERE i % 10 = 0"
    )
    raw(db).execute("COMMIT")
    db.close()
    return path


async def test_every_step_over_a_large_log_uses_its_indexes(large: Path) -> None:
    database = Database(large, Backlog("preview"))
    await database.open()
    somewhere = (1e6 + MANY / 2, "x5")
    for query in (
        reading.answered_query(history.NEWEST, somewhere, EVER),
        reading.answered_query(somewhere, None, 1e6),
        reading.marks_query(history.NEWEST, EVER),
        reading.marks_query(somewhere, 1e6),
    ):
        steps = await database.call(lambda db, query=query: plan(db, query))  # type: ignore[misc]
        assert steps
        assert not [step for step in steps if step.startswith("SCAN")], steps
        assert any("INDEX exchange_at" in step or "INDEX model_feedback_at" in step for step in steps), steps
    await database.close()


async def test_a_step_costs_the_same_wherever_it_starts(large: Path) -> None:
    database = Database(large, Backlog("preview"))
    await database.open()

    def cost(db: SqliteDatabase, place: int) -> int:
        """Thousands of instructions of SQLite's machine."""
        ticks: list[int] = []
        raw(db).set_progress_handler(lambda: ticks.append(1), 1000)
        reading.answered(db, (1e6 + place, "x"), EVER)
        reading.marks(db, (1e6 + place, "x"), EVER)
        raw(db).set_progress_handler(None, 0)
        return len(ticks)

    costs = [await database.call(lambda db, place=place: cost(db, place)) for place in (20_000, 90_000)]  # type: ignore[misc]
    assert costs[1] <= costs[0] * 1.2
    await database.close()


async def test_a_large_log_is_reviewed_in_small_steps(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backlog = Backlog("preview")
    database = Database(large, backlog)
    await database.open()
    repo = SqliteRepo(database, backlog, None)
    steps = 0
    call = database.call

    async def counted(work: object) -> object:
        nonlocal steps
        steps += 1
        return await call(work)  # type: ignore[arg-type]

    monkeypatch.setattr(database, "call", counted)
    found = review(await repo.audit(EVER))
    assert (found.answered, found.rated, found.right) == (MANY, MANY // 10, MANY // 10)
    assert steps >= MANY // history.WINDOW + MANY // 10 // reading.STEP
    assert {(row.rated, row.verdict) for row in found.rows} >= {(1111, "not compared")}
    await repo.close()
