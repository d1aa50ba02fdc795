"""The filter language in the database: it finds what the same filter of exchanges in memory finds, by an index where
one can serve, and in short steps."""

import math
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import SqliteDatabase

from llmrouter_tui.core.decision import Attempt, Exchange, ExchangePage, Usage
from llmrouter_tui.core.events import ExchangeFinished
from llmrouter_tui.core.exchange_query import ALL_FIELDS, FIELDS, SLOWER, parse_query, passes
from llmrouter_tui.storage import history, rows, searching
from llmrouter_tui.storage.history import NEWEST, Key
from llmrouter_tui.storage.migrations import migrate
from llmrouter_tui.storage.query_sql import ANY, conditions
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from llmrouter_tui.storage.transaction import raw
from tests.storage.facts import DECISION, count_stored, envelope, exchange, finished, up, work

LAW = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))

WORDS = [
    "",
    "alice",
    "Open WebUI",
    'say "hi"',
    "back\\slash",
    "50%_",
    "Käse",
    "\u0130stanbul",
    "\u212aelvin",
    "a\x00b",
    "ok",
]
PARTS = [
    "a",
    "ALICE",
    "k",
    "i",
    "webui",
    '"',
    "\\",
    "%",
    "_",
    "ä",
    "\x00b",
    "ok",
    "ed",
    "big",
    "small",
    "cod",
    "e.",
    "1",
    "50",
]
NUMBERS = [0.0, -0.2, 0.03, 0.05, 0.5, 1.0, 154.0, 7.5]


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


words = st.sampled_from(WORDS)
numbers = st.none() | st.sampled_from(NUMBERS)
decisions = st.builds(
    lambda margin, hard, many, task, why: replace(
        DECISION,
        margin=margin,
        analysis=replace(DECISION.analysis, difficulty=hard, task=task),
        candidates=DECISION.candidates[:many],
        why=why,
    ),
    st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), st.integers(1, 2), st.sampled_from(["coding", "chat"]), words,
)  # fmt: skip
outcomes = st.sampled_from(["ok", "failed", "cancelled"])
attempts = st.lists(st.builds(Attempt, words, outcomes, message=words), max_size=2).map(tuple)
exchanges = st.builds(
    Exchange, st.just("x"), st.sampled_from([1.0, 2.0, 3.0]), outcomes, words,
    st.sampled_from(["", "a/big", "b/SMALL"]), words, words, decision=st.none() | decisions, attempts=attempts,
    ttft=numbers, seconds=numbers, usage=st.builds(Usage, completion_tokens=st.sampled_from([None, 0, 50, 154])),
    decode_per_second=numbers, code=st.sampled_from(["", "rate_limited", "from_the_future"]), message=words,
    prompt=words, answer=words, key=words, cost=numbers,
)  # fmt: skip
ratings = st.none() | st.tuples(st.sampled_from(["up", "down"]), st.lists(words, max_size=2), words)
parts = st.sampled_from(PARTS)
named = {kind: sorted({field.name for field in FIELDS.values() if field.kind == kind}) for kind in ("text", "number")}
terms = st.one_of(
    parts.map(quoted),
    st.tuples(st.sampled_from(named["text"]), parts.map(quoted)).map(":".join),
    st.builds(
        "{}:{}{}".format, st.sampled_from(named["number"]), st.sampled_from(["<", "<=", ">", ">=", "="]),
        st.sampled_from(NUMBERS),
    ),
    st.sampled_from(["you:+", "you:-", "you:none", "state:retried", "state:failed", "code:429", "backend:a",
                     "since:1970-01-01T00:00:02Z", "before:1970-01-01T00:00:03Z"]),
)  # fmt: skip
queries = st.lists(st.tuples(st.sampled_from(["", "!"]), terms).map("".join), min_size=1, max_size=2).map(" ".join)


async def found_by(repo: SqliteRepo, query: str, limit: int = 3) -> list[Exchange]:
    found: list[Exchange] = []
    before = None
    while True:
        page = await repo.exchanges(before=before, limit=limit, query=parse_query(query))
        assert len(page.items) <= limit
        found += page.items
        before = page.before
        if before is None:
            return found


@LAW
@given(st.lists(st.tuples(exchanges, ratings), max_size=12), st.lists(queries, min_size=4, max_size=8), st.booleans())
async def test_the_database_finds_what_the_same_filter_finds_in_memory(
    stored: list[tuple[Exchange, tuple[str, list[str], str] | None]], asked: list[str], older: bool
) -> None:
    repo = await open_repo(None)
    for number, (one, rated) in enumerate(stored):
        repo.record(envelope(ExchangeFinished(replace(one, id=f"x{number:06}"))))
        if rated:
            await repo.rate(up(number, rating=rated[0], reasons=tuple(rated[1]), comment=rated[2]))
    if older:  # as versions before this one wrote it
        await repo._database.call(lambda db: raw(db).execute("UPDATE exchange SET margin = NULL, difficulty = NULL"))
    everything = (await repo.exchanges(before=None, limit=100)).items
    for query in asked:
        expected = [one for one in everything if passes(parse_query(query), one)]
        assert await found_by(repo, query) == expected, query
    await repo.close()


async def test_what_runs_is_no_history(repo: SqliteRepo) -> None:
    repo.begun(exchange(1, outcome="running"))
    repo.record(finished(2))
    assert [one.id for one in await found_by(repo, "task:code")] == ["x000002"]


async def test_a_search_that_takes_long_says_how_far_it_came_and_goes_on_from_there(
    repo: SqliteRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "WINDOW", 5)
    monkeypatch.setattr(searching, "STEPS", 2)
    for number in range(40):
        repo.record(finished(number, prompt="needle" if number in (3, 38) else "hay"))
    needle = parse_query("text:needle")
    first = await repo.exchanges(before=None, limit=5, query=needle)
    assert ([one.at for one in first.items], first.searched, first.total) == ([38.0], 30.0, 40)
    second = await repo.exchanges(before=first.before, limit=5, query=needle)
    assert (second.items, second.searched) == ((), 20.0)
    assert [one.at for one in await found_by(repo, "text:needle")] == [38.0, 3.0]
    assert (await repo.exchanges(before="5.0:", limit=5, query=needle)).searched is None


# ── many rows ──


def build(path: Path, many: int) -> Path:
    """A history with a rare model, client and key, few failures and few ratings, as a router would have written it."""
    db = SqliteDatabase(str(path))
    db.connect()
    migrate(db)
    packed = [rows.text(exchange(0, decision=replace(DECISION, margin=n / 20 - 0.1)), None)[3] for n in range(10)]
    connection: sqlite3.Connection = raw(db)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TEMP TABLE packed (n INTEGER PRIMARY KEY, decision BLOB)")
    connection.executemany("INSERT INTO packed VALUES (?, ?)", enumerate(packed))
    count = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})"
    rare = f"i % {many // 40} = 7"
    values = {
        "number": "i", "id": "printf('x%07d', i)", "at": "1e6 + i",
        "outcome": f"iif(i % {many // 50} = 3, 'failed', 'ok')", "requested": "'auto'",
        "model": f"iif({rare}, 'b/rare', 'a/m' || (i % 9))", "session": "''",
        "client": f"iif({rare}, 'rare', 'chat' || (i % 5))", "stream": "1",
        "task": "iif(i % 3, 'chat', 'coding')", "ttft": "(i % 100) / 50.0", "seconds": "3.0",
        "completion_tokens": "154",
        "finish_reason": "'stop'", "code": "''", "message": "''", "response_id": "'r' || i",
        "key": f"iif({rare}, 'alice', '')",
        "difficulty": "0.5", "margin": "(i % 10) / 20.0 - 0.1",
    }  # fmt: skip
    connection.execute("BEGIN")
    connection.execute(f"{count} INSERT INTO exchange ({', '.join(values)}) SELECT {', '.join(values.values())} FROM n")
    prompt = f"printf('question %d, {'of some length ' * 12}', i) || iif({rare}, 'needle', '')"
    connection.execute(
        f"{count} INSERT INTO exchange_text SELECT i, {prompt}, 'answer', "
        "(SELECT decision FROM packed WHERE n = i % 10), '[]' FROM n"
    )
    connection.execute(
        f"{count} INSERT INTO model_feedback SELECT printf('x%07d', i), 'down', 1e6 + i, -1, '[]', '', 'm', 'chat' "
        f"FROM n WHERE i % {many // 30} = 1"
    )
    count_stored(connection)
    connection.execute("COMMIT")
    db.close()
    return path


MANY = 8_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("large") / "router.db", MANY)


@pytest.fixture
def opened(large: Path) -> Iterator[SqliteDatabase]:
    db = SqliteDatabase(str(large))
    db.connect()
    yield db
    db.close()


@pytest.mark.parametrize(
    ("query", "index", "branches"),
    [
        ("model:rare text:needle", "exchange_model_at", 1),
        ("backend:b", "exchange_model_at", 1),
        ("client:rare task:code", "exchange_client_at", 1),
        ("key:ali", "exchange_key_at", 1),
        ("state:failed margin:<.2", "exchange_failed_at", 1),
        ("you:- text:question", "model_feedback", 1),
        ("task:code", "exchange_task_at", 1),
        ("text:needle", "exchange_at", 1),
        ("!model:rare", "exchange_at", 1),
        ("model:m", "exchange_at", 1),
    ],
)
def test_the_shortest_index_that_holds_all_that_are_wanted_serves(
    opened: SqliteDatabase, query: str, index: str, branches: int
) -> None:
    search = searching.prepare(opened, parse_query(query))
    assert len(search.branches) == branches
    assert all(index in branch.source for branch in search.branches)
    keys, values = searching._keys(search, NEWEST, 100)
    steps = [row[3] for row in raw(opened).execute(f"EXPLAIN QUERY PLAN {keys}", values)]
    assert not [step for step in steps if step.startswith("SCAN e") and "INDEX exchange_at" not in step], steps


async def test_a_filter_pages_through_a_large_history_and_finds_all(large: Path) -> None:
    repo = await open_repo(large)
    everything: list[Exchange] = []
    before = None
    while before or not everything:
        page = await repo.exchanges(before=before, limit=1000)
        everything, before = [*everything, *page.items], page.before
    assert len(everything) == MANY
    for query in (
        "model:rare",
        "state:failed",
        "you:-",
        "key:alice text:needle",
        "margin:<-.04 ttft:>1.8",
        "why:nothing",
    ):
        expected = [one.id for one in everything if passes(parse_query(query), one)]
        assert [one.id for one in await found_by(repo, query, 200)] == expected, query
        assert expected or query == "why:nothing"
    await repo.close()


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("million") / "router.db", 1_000_000)


def _page_at(read: Callable[[SqliteDatabase, Key, int], ExchangePage], at: float, db: SqliteDatabase) -> ExchangePage:
    return read(db, (at, ""), 100)


@pytest.mark.slow
async def test_a_page_anywhere_in_a_million_exchanges_costs_what_one_of_a_few_thousand_does(
    million: Path, large: Path
) -> None:
    took: list[float] = []
    with closing(SqliteDatabase(str(million))) as many, closing(SqliteDatabase(str(large))) as few:
        usual = work(few, lambda db: history.page(db, NEWEST, 100))
        for at in (math.inf, *(1e6 + part * 1e6 for part in (0.9, 0.5, 0.1))):
            for read in (history.page, history.newer):
                assert work(many, partial(_page_at, read, at)) < 1.5 * usual
        for part in range(200):
            began = time.perf_counter()
            page = history.page(many, (2e6 - part * 5000, ""), 100)
            took.append((time.perf_counter() - began) * 1000)
            assert len(page.items) == 100
        print(f"\npages of 100: median {sorted(took)[100]:.1f}, 99 % under {sorted(took)[197]:.1f} ms")
        one = page.items[0]
        assert work(many, lambda db: history.older(db, one)) < 10 * usual
        assert history.older(many, one) == int(one.at - 1e6) - 1
        whole = work(many, lambda db: raw(db).execute("SELECT count(*) FROM exchange WHERE at > 0").fetchone())
        assert work(many, lambda db: history.find(db, "r77")) < whole, "one of ten last characters"
        assert history.find(many, "r77") is not None
        assert history.find(many, "r0") is None


@pytest.mark.slow
async def test_pages_of_a_million_exchanges_are_fast_with_filters_too(million: Path) -> None:
    repo = await open_repo(million)
    for query in ("", "task:code", "model:m3", "model:rare", "client:rare", "key:alice", "state:failed", "you:-",
                  "margin:<.05", "model:rare text:needle", "!task:chat ttft:>1.9",
                  "difficulty:>.4 model:m3"):  # fmt: skip
        took, before = [], None
        for _ in range(6):
            began = time.perf_counter()
            page = await repo.exchanges(before=before, limit=100, query=parse_query(query))
            took.append(time.perf_counter() - began)
            before = page.before
            if before is None:
                break
        print(f"{query:32} {len(took)} pages, {' '.join(f'{one * 1000:.0f}' for one in took)} ms")
        assert sorted(took)[len(took) // 2] < 0.05, query
    for query in ("text:nowhere", "why:nothing", "margin:<-5"):
        longest, calls, before, began = 0.0, 0, None, time.perf_counter()
        while True:
            call = time.perf_counter()
            page = await repo.exchanges(before=before, limit=100, query=parse_query(query))
            longest, calls, before = max(longest, time.perf_counter() - call), calls + 1, page.before
            if before is None or time.perf_counter() - began > 60:
                break
        done = f"{'all' if before is None else 'a part'} in {time.perf_counter() - began:.1f} s"
        print(f"{query:32} {done}, {calls} calls, the longest {longest * 1000:.0f} ms")
        assert longest < 2.0
    await repo.close()


def test_the_fields_that_no_column_holds_are_those_that_say_so() -> None:
    no_column = {one.name for one in ALL_FIELDS if conditions(parse_query(one.example))[0].sql == ANY.sql}
    assert no_column == {one.name for one in ALL_FIELDS if one.about.endswith(SLOWER)}
