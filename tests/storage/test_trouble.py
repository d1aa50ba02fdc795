"""A file that is locked, full, read-only or dying: nobody waits, nothing acknowledged is lost, and it is said."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.storage import backlog as backlogs
from llmrouter_tui.storage import db as databases
from llmrouter_tui.storage import opening
from llmrouter_tui.storage.backlog import Backlog, Loaded
from llmrouter_tui.storage.db import Database
from llmrouter_tui.storage.opening import open_database
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from tests.storage.facts import exchange, finished, loaded, up


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program in the middle of a write."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


# ── locked ──


async def test_a_locked_file_stalls_nobody_and_everything_is_there_afterwards(repo: SqliteRepo, path: Path) -> None:
    await repo.rate(up(0))
    with locked(path):
        slowest = 0.0
        end = time.monotonic() + 1.5
        number = 0
        while time.monotonic() < end:
            number += 1
            start = time.perf_counter()
            repo.record(finished(number))
            repo.record(loaded("a/big"))
            _ = (repo.problem, repo.pending)
            slowest = max(slowest, time.perf_counter() - start)
            await asyncio.sleep(0.001)
        await until(lambda: repo.problem)
        assert slowest < 1.0  # a stalled caller would have waited for the whole lock
        assert repo.pending >= number
        assert repo.problem.startswith(f"{path} is locked by another program")
        assert await repo.ratings() == [up(0)]  # reading goes on
        assert (await repo.exchanges(before=None, limit=5)).items == ()
    await until(lambda: not repo.pending)
    assert repo.problem == ""
    assert (await repo.exchanges(before=None, limit=1)).total == number
    assert (await repo.memories())["a/big"].loads == number
    assert repo.dropped == 0


async def test_flushing_a_locked_file_ends_with_the_reason(repo: SqliteRepo, path: Path) -> None:
    with locked(path):
        repo.record(finished(1))
        await repo.flush()
        assert "locked" in repo.problem
        assert repo.pending == 1
    await repo.flush()
    assert (repo.pending, repo.problem) == (0, "")


async def test_a_short_lock_is_no_problem_and_flushing_waits_for_it(
    repo: SqliteRepo, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "GRACE", 60)
    with locked(path):
        repo.record(finished(1))
        flushing = asyncio.ensure_future(repo.flush())
        await asyncio.sleep(0.15)
        assert repo.problem == ""
    await flushing
    assert (repo.pending, repo.problem) == (0, "")


async def test_a_rating_waits_for_the_lock_and_is_stored(repo: SqliteRepo, path: Path) -> None:
    with locked(path):
        rating = asyncio.ensure_future(repo.rate(up(1)))
        await asyncio.sleep(0.6)
        assert not rating.done()
        assert await repo.ratings() == []  # others are served meanwhile
    await rating
    assert await repo.ratings() == [up(1)]


async def test_a_rating_that_cannot_be_stored_is_never_acknowledged(
    repo: SqliteRepo, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "PATIENCE", 0.3)
    with locked(path):
        with pytest.raises(RouterError, match="is locked by another program") as caught:
            await repo.rate(up(1))
        assert (caught.value.code, caught.value.status, caught.value.retryable) == ("storage_unavailable", 503, True)
    assert await repo.ratings() == []


async def test_closing_a_locked_file_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "CLOSING", 0.5)
    repo = await open_repo(path)
    with locked(path):
        repo.record(finished(1))
        async with asyncio.timeout(10):
            await repo.close()
        assert repo.pending == 1


async def test_opening_waits_for_a_lock_and_then_uses_the_file(path: Path) -> None:
    path.parent.mkdir()
    with locked(path):
        task = asyncio.ensure_future(open_repo(path))
        await asyncio.sleep(0.5)
        assert not task.done()
    repo = await task
    assert repo.problem == ""
    await repo.close()


async def test_opening_a_file_that_stays_locked_ends_in_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "OPEN_WAIT", 0.2)
    path.parent.mkdir()
    with locked(path):
        repo = await open_repo(path)
        assert repo.problem.startswith(f"{path} is locked by another program. Nothing of this run is kept")
        await repo.close()


async def test_a_file_of_ours_opens_at_once_while_another_program_writes(path: Path) -> None:
    first = await open_repo(path)
    await first.set_setting("port", 5)
    await first.close()
    with locked(path):
        repo = await open_repo(path)
        assert await repo.settings() == {"port": 5}
        assert repo.problem == ""
    await repo.close()


def run(script: str, path: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", script, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


LEAVES_WITHOUT_CLOSING = """
import asyncio, pathlib, sys
from llmrouter_tui.storage.repo import open_repo
from tests.storage.facts import finished

async def main():
    repo = await open_repo(pathlib.Path(sys.argv[1]))
    for number in range(500):
        repo.record(finished(number))
    await asyncio.sleep(0.4)
    assert repo.pending == 500
    print("leaving", flush=True)

asyncio.run(main())
"""


def test_a_locked_file_does_not_keep_the_process_from_ending(path: Path) -> None:
    path.parent.mkdir()
    open_database(path).db.close()
    with locked(path):
        process = run(LEAVES_WITHOUT_CLOSING, path)
        try:
            output, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (output, process.returncode) == ("leaving\n", 0)


# ── killed ──

STORM = """
import asyncio, pathlib, sys
from llmrouter_tui.storage.repo import open_repo
from tests.storage.facts import finished, up

async def main():
    repo = await open_repo(pathlib.Path(sys.argv[1]))
    number = 0
    while True:
        for _ in range(20):
            number += 1
            repo.record(finished(number))
        await repo.rate(up(number))
        print(number, flush=True)

asyncio.run(main())
"""


async def test_a_kill_under_load_loses_no_acknowledged_rating(path: Path) -> None:
    path.parent.mkdir()
    process = run(STORM, path)
    assert process.stdout
    acknowledged = [int(process.stdout.readline()) for _ in range(100)]
    process.kill()
    acknowledged += [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    process.wait()
    process.stdout.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    repo = await open_repo(path)
    assert repo.problem == ""
    assert {up(number) for number in acknowledged} <= set(await repo.ratings())
    page = await repo.exchanges(before=None, limit=1000)
    assert page.total > 0
    assert all(item.decision is not None for item in page.items)
    await repo.close()


# ── full, read-only ──


@pytest.fixture
async def parts(path: Path) -> AsyncIterator[tuple[Database, SqliteRepo]]:
    backlog = Backlog("full")
    database = Database(path, backlog)
    await database.open()
    repo = SqliteRepo(database, backlog, None)
    yield database, repo
    await repo.close()


async def test_a_full_disk_keeps_what_happens_until_there_is_room(
    parts: tuple[Database, SqliteRepo], path: Path
) -> None:
    database, repo = parts
    pages = await database.call(lambda db: int(db.pragma("page_count")))
    await database.call(lambda db: db.pragma("max_page_count", pages))
    for number in range(300):
        repo.record(finished(number, prompt="long " * 1000))
    await until(lambda: repo.problem)
    assert repo.problem.startswith(f"{path} cannot grow: the disk is full; ")
    with pytest.raises(RouterError, match="the disk is full"):
        await repo.rate(up(1, comment="x" * 10_000))
    assert await repo.ratings() == []
    assert repo.pending == 300
    await database.call(lambda db: db.pragma("max_page_count", 10**6))
    await until(lambda: not repo.problem)
    await repo.flush()
    assert (await repo.exchanges(before=None, limit=1)).total == 300
    await repo.rate(up(1))


async def test_a_file_that_became_read_only_is_said_so_until_it_is_writable(
    parts: tuple[Database, SqliteRepo], path: Path
) -> None:
    database, repo = parts
    await database.call(lambda db: db.pragma("query_only", 1))
    repo.record(finished(1))
    await until(lambda: repo.problem)
    assert repo.problem.startswith(f"{path} is read-only")
    with pytest.raises(RouterError, match="is read-only"):
        await repo.set_setting("port", 5)
    assert (await repo.exchanges(before=None, limit=5)).total == 0
    await database.call(lambda db: db.pragma("query_only", 0))
    await until(lambda: not repo.problem)
    assert await repo.exchange("x000001") == exchange(1)


async def test_a_mistake_in_a_query_reaches_its_caller_and_harms_nobody_else(
    parts: tuple[Database, SqliteRepo],
) -> None:
    database, repo = parts

    def mistaken(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.call(mistaken)
    assert await repo.settings() == {}


async def test_a_caller_that_gives_up_harms_nobody(parts: tuple[Database, SqliteRepo], path: Path) -> None:
    _, repo = parts
    with locked(path):
        waiting = asyncio.ensure_future(repo.rate(up(1)))
        await asyncio.sleep(0.2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await repo.rate(up(2))
    assert up(2) in await repo.ratings()  # the other may have been under way


def test_calls_may_come_from_any_loop(path: Path) -> None:
    repo = asyncio.run(open_repo(path))
    asyncio.run(repo.set_setting("port", 5))
    assert asyncio.run(repo.settings()) == {"port": 5}
    asyncio.run(repo.close())


async def test_two_routers_may_share_a_file(repo: SqliteRepo, path: Path) -> None:
    other = await open_repo(path)
    for number in range(400):
        (repo if number % 2 else other).record(finished(number))
        if number % 50 == 0:
            await (other if number % 100 else repo).rate(up(number))
    await repo.flush()
    await other.flush()
    assert (await repo.exchanges(before=None, limit=1)).total == 400
    assert len(await other.ratings()) == 8
    await other.close()


# ── too much ──


def test_what_waits_too_long_loses_its_text_first_and_then_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlogs, "MAX_ROWS", 10)
    size = sum(map(len, backlogs.rows.text(exchange(10), None)))
    monkeypatch.setattr(backlogs, "MAX_TEXT", 4 * size)
    backlog = Backlog("full")
    for number in range(10, 25):
        backlog.add(exchange(number))
        backlog.add(Loaded("a/big"))
    backlog.absorb()
    assert backlog.dropped == 5
    assert len(backlog) == 10 + 1
    db = open_database(None).db
    backlog.write(db)
    assert len(backlog) == 0
    kept = list(
        db.connection().execute("SELECT e.id, t.prompt FROM exchange e LEFT JOIN exchange_text t USING (number)")
    )
    bare = [(f"x{number:06}", None) for number in range(15, 21)]
    assert kept == [*bare, *((f"x{number:06}", f"question {number}") for number in range(21, 25))]
    assert db.connection().execute("SELECT used, loads FROM model_profile").fetchall() == [(10, 15)]
    db.close()


def test_an_sqlite_that_takes_few_variables_stores_a_whole_batch_all_the_same() -> None:
    backlog = Backlog("full")
    for number in range(backlogs.BATCH):
        backlog.add(exchange(number))
    backlog.absorb()
    db = open_database(None).db
    db.connection().setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)  # as before SQLite 3.32
    backlog.write(db)
    assert (len(backlog), backlog.dropped) == (0, 0)
    assert db.connection().execute("SELECT count(*) FROM exchange_text").fetchone() == (backlogs.BATCH,)
    db.close()


def test_facts_that_nobody_takes_in_are_bounded_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlogs, "MAX_RAW", 3)
    backlog = Backlog("full")
    for number in range(5):
        backlog.add(exchange(number))
    assert (len(backlog), backlog.dropped) == (3, 2)


async def test_a_read_only_file_is_read_and_what_is_new_is_kept_in_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = await open_repo(path)
    await repo.rate(up(1))
    await repo.close()
    connect = opening._connect

    def connect_to_read(name: str) -> SqliteDatabase:
        db = connect(name)
        db.pragma("query_only", 1)
        return db

    monkeypatch.setattr(opening, "_connect", connect_to_read)
    repo = await open_repo(path)
    assert repo.problem.startswith(f"{path} is read-only")
    assert await repo.ratings() == [up(1)]
    repo.record(finished(1))
    await repo.flush()
    assert repo.pending == 1
    assert repo.problem.startswith(f"{path} is read-only")
    await repo.close()
