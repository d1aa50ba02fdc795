"""Pages of history: by key, complete while rows arrive, by index at any size; searching and pruning."""

import random
from contextlib import closing
from pathlib import Path
from shutil import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import ModelSelect, SqliteDatabase

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.repo import Repo
from llmrouter_tui.core.query import EVERYTHING
from llmrouter_tui.storage import history, searching
from llmrouter_tui.storage.backlog import Backlog
from llmrouter_tui.storage.db import Database
from llmrouter_tui.storage.migrations import migrate
from llmrouter_tui.storage.opening import open_database
from llmrouter_tui.storage.repo import DAY, SqliteRepo, open_repo
from llmrouter_tui.storage.transaction import raw
from tests.storage.facts import count_stored, exchange, finished, up, work

LAW = settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))


async def all_pages(repo: Repo, limit: int, text: str = "") -> list[Exchange]:
    query = EVERYTHING.and_word(text)
    seen: list[Exchange] = []
    before = None
    while True:
        page = await repo.exchanges(before=before, limit=limit, query=query)
        assert len(page.items) <= limit
        seen += page.items
        if page.before is None:
            return seen
        before = page.before


def newest_first(items: list[Exchange]) -> bool:
    keys = [(item.at, item.id) for item in items]
    return keys == sorted(set(keys), reverse=True)


@LAW
@given(
    st.lists(st.integers(0, 5), max_size=30),
    st.integers(1, 7),
    st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=12),
)
async def test_paging_neither_loses_nor_repeats_while_exchanges_arrive(
    ats: list[int], limit: int, arriving: list[list[int]]
) -> None:
    repo = await open_repo(None)
    number = 0
    first = set()
    for at in ats:
        repo.record(finished(number, at=float(at)))
        first.add(f"x{number:06}")
        number += 1
    seen: list[Exchange] = []
    before = None
    for batch in [*arriving, *([[]] * 40)]:
        page = await repo.exchanges(before=before, limit=limit)
        seen += page.items
        before = page.before
        if before is None:
            break
        for at in batch:
            repo.record(finished(number, at=float(at)))
            number += 1
    assert before is None
    assert newest_first(seen)
    assert first <= {item.id for item in seen}
    await repo.close()


@LAW
@given(st.lists(st.sampled_from(("apple", "Apple pie", "50% off", "5000 off", "a_b", "axb", "")), max_size=40))
async def test_a_search_finds_exactly_what_holds_the_text(prompts: list[str]) -> None:
    repo = await open_repo(None)
    for number, prompt in enumerate(prompts):
        repo.record(finished(number, prompt=prompt))
    for text in ("apple", "50% off", "a_b", "pie"):
        found = await all_pages(repo, 3, text)
        assert newest_first(found)
        assert [item.prompt for item in found] == [p for p in reversed(prompts) if text.lower() in p.lower()]
    await repo.close()


async def test_a_search_goes_through_the_whole_history_in_steps(
    repo: SqliteRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "WINDOW", 7)
    for number in range(100):
        repo.record(finished(number, prompt="needle" if number % 30 == 5 else "hay"))
    found = await all_pages(repo, 2, "needle")
    assert [item.at for item in found] == [95.0, 65.0, 35.0, 5.0]
    assert (await repo.exchanges(before=None, limit=2, query=EVERYTHING.and_word("needle"))).total == 100


async def test_a_search_looks_at_prompt_model_and_task(repo: SqliteRepo) -> None:
    repo.record(finished(1, prompt="hello", model="ollama/qwen", decision=None))
    repo.record(finished(2, prompt="hello", model="ollama/llama"))
    for text, ids in (("QWEN", ["x000001"]), ("coding", ["x000002"]), ("hello", ["x000002", "x000001"]), ("zz", [])):
        assert [item.id for item in await all_pages(repo, 9, text)] == ids


@pytest.mark.parametrize("cursor", ["", "x", "1.0", "one:x", "nan x:y"])
async def test_a_cursor_that_is_not_ours_is_refused(repo: SqliteRepo, cursor: str) -> None:
    with pytest.raises(RouterError) as caught:
        await repo.exchanges(before=cursor, limit=5)
    assert (caught.value.code, caught.value.param) == ("invalid_request", "before")


async def test_limits_are_kept_in_bounds(repo: SqliteRepo) -> None:
    for number in range(3):
        repo.record(finished(number))
    for limit in (0, -5):
        assert len((await repo.exchanges(before=None, limit=limit)).items) == 1
    assert len((await repo.exchanges(before=None, limit=10**9)).items) == 3


async def test_pruning_takes_the_old_in_small_steps_and_leaves_ratings(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backlog = Backlog("preview")
    database = Database(path, backlog)
    await database.open()
    repo = SqliteRepo(database, backlog, None)
    for number in range(1300):
        repo.record(finished(number, at=number * DAY / 100))
    await repo.rate(up(3))
    steps: list[int] = []
    prune_step = history.prune_step

    def counted(db: SqliteDatabase, older_than: float, limit: int) -> int:
        steps.append(prune_step(db, older_than, limit))
        return steps[-1]

    monkeypatch.setattr(history, "prune_step", counted)
    assert await repo.prune(keep_days=2, now=13 * DAY) == 1100
    assert steps == [500, 500, 100, 0]
    page = await repo.exchanges(before=None, limit=1000)
    assert (page.total, len(page.items), page.items[-1].at) == (200, 200, 11 * DAY)
    assert await repo.ratings() == [up(3)]
    assert (await repo.memories())["a/big"].used == 1300
    left = await database.call(lambda db: raw(db).execute("SELECT count(*) FROM exchange_text").fetchone())
    assert left == (200,)
    await repo.close()


# ── a hundred thousand rows ──

MANY = 100_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "router.db"
    db = SqliteDatabase(str(path))
    db.connect()
    migrate(db)
    count = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})"
    raw(db).execute("BEGIN")
    raw(db).execute(
        f"{count} INSERT INTO exchange SELECT i, 'x' || i, 1e6 + i, 'ok', 'auto', 'm' || (i % 9), '', '', 1, 'chat', "
        "0.1, 1.0, 10, 20, NULL, NULL, 30.0, 'stop', '', '', 'r' || i, '', NULL, 0.5, 0.1 FROM n"
    )
    raw(db).execute(f"{count} INSERT INTO exchange_text SELECT i, 'question', 'answer', '', '[]' FROM n")
    count_stored(raw(db))
    raw(db).execute("COMMIT")
    db.close()
    return path


def plan(db: SqliteDatabase, query: "history.Reading | ModelSelect[object]") -> list[str]:
    sql, params = query if isinstance(query, history.Reading) else db.get_sql_context().sql(query).query()
    return [row[3] for row in raw(db).execute(f"EXPLAIN QUERY PLAN {sql}", params)]


async def test_every_read_of_a_large_history_uses_an_index(large: Path) -> None:
    database = Database(large, Backlog("preview"))
    await database.open()
    by_id, by_response = history.by_id("x5"), history.by_response("r5")
    somewhere = (1e6 + random.randrange(MANY), "x5")
    for query in (
        history.page_query(history.NEWEST, 100),
        history.page_query(somewhere, 100),
        history.newer_query(somewhere, 100),
        by_id,
        by_response,
        history.edge_query(somewhere),
        history.oldest_query(2e6, 500),
    ):
        steps = await database.call(lambda db, query=query: plan(db, query))  # type: ignore[misc]
        assert steps
        assert not [step for step in steps if "SCAN" in step or "TEMP" in step], steps
        assert any("INDEX exchange_" in step or "INDEX sqlite_autoindex_exchange" in step for step in steps)
    await database.close()


async def test_a_page_deep_in_a_large_history_is_right(large: Path) -> None:
    repo = await open_repo(large)
    page = await repo.exchanges(before="1050000.5:x", limit=100)
    assert [item.id for item in page.items] == [f"x{number}" for number in range(50_000, 49_900, -1)]
    assert page.total == MANY
    assert page.items[0].prompt == "question"
    await repo.close()


@LAW
@given(st.lists(st.integers(0, 5), max_size=12), st.integers(1, 4))
async def test_the_history_reads_the_same_from_its_beginning_on(ats: list[int], limit: int) -> None:
    repo = await open_repo(None)
    for number, at in enumerate(ats):
        repo.record(finished(number, at=float(at), outcome="ok"))
    back = await all_pages(repo, 5)
    seen: list[Exchange] = []
    after: str | None = ""
    while after is not None:
        page = await repo.exchanges(before=None, after=after, limit=limit, count=True)
        assert (page.before is None) == (not seen)
        seen = [*page.items, *seen]
        assert page.older == (len(back) - back.index(page.items[-1]) - 1 if back else None)
        after = page.after
    assert seen == back
    await repo.close()


async def test_how_many_are_older_is_counted_anywhere_in_a_large_history(large: Path) -> None:
    repo = await open_repo(large)
    for number in (MANY, 99_000, 50_000, 10, 2):
        page = await repo.exchanges(before=f"{1e6 + number}:", limit=1, count=True)
        assert [item.id for item in page.items] == [f"x{number - 1}"]
        assert page.older == number - 2 + (MANY - page.total)
    await repo.close()


HOURS = "SELECT CAST(at / 3600 AS INTEGER) AS hour, count(*) FROM exchange GROUP BY 1 ORDER BY 1"
stored = st.tuples(st.integers(0, 6), st.integers(0, 3), st.sampled_from(("running", "ok", "failed")))


@LAW
@given(st.lists(st.lists(stored, max_size=6), max_size=4), st.integers(0, 3))
async def test_what_is_counted_is_what_is_there(batches: list[list[tuple[int, int, str]]], pruned: int) -> None:
    repo = await open_repo(None)
    for batch in batches:
        for number, hours, outcome in batch:
            repo.record(finished(number, at=hours * 3000.0, outcome=outcome))
        await repo.flush()
    await repo.prune(keep_days=pruned / 24, now=3 * 3600.0)

    def looked(db: SqliteDatabase) -> tuple[list[tuple[int, int]], list[tuple[int, int]], int, int]:
        kept = raw(db).execute("SELECT * FROM exchange_hour WHERE exchanges != 0 ORDER BY 1").fetchall()
        (many,) = raw(db).execute("SELECT count(*) FROM exchange").fetchone()
        return raw(db).execute(HOURS).fetchall(), kept, many, history.total(db)

    there, kept, many, total = await repo._database.call(looked)
    assert (kept, total) == (there, many)
    await repo.close()


async def test_a_model_is_told_to_have_answered_once_the_answer_is_over(repo: SqliteRepo) -> None:
    repo.begun(exchange(1, outcome="running"))
    await repo.flush()
    assert "a/big" not in await repo.memories()
    repo.record(finished(1))
    repo.record(finished(2))
    assert (await repo.memories())["a/big"].used == 2
    repo.record(finished(1))
    repo.begun(exchange(3, outcome="running"))
    repo.record(finished(3))
    assert (await repo.memories())["a/big"].used == 3


def test_to_store_exchanges_costs_no_more_where_there_are_many(large: Path, tmp_path: Path) -> None:
    copy(large, tmp_path / "many.db")
    took = []
    for name in ("few.db", "many.db"):
        with closing(open_database(tmp_path / name).db) as db:
            backlog = Backlog("preview")
            for number in range(200):
                backlog.add(exchange(number, at=2e6 + number))
            backlog.absorb()
            took.append(work(db, backlog.write))
    assert 0 < took[1] < 1.5 * took[0]
