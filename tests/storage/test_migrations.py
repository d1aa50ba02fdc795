"""The schema: every older version arrives at the newest, all or nothing, and nobody else's file is touched."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from llmrouter_tui.storage import migrations
from llmrouter_tui.storage.migrations import APPLICATION_ID, STEPS, VERSION, migrate
from llmrouter_tui.storage.repo import open_repo
from llmrouter_tui.storage.rows import LINE_COLUMNS
from llmrouter_tui.storage.tables import TABLES
from llmrouter_tui.storage.transaction import raw
from tests.storage.facts import exchange, finished, up


@contextmanager
def opened(path: Path) -> Iterator[SqliteDatabase]:
    db = SqliteDatabase(str(path), timeout=5)
    db.connect()
    yield db
    db.close()


def schema(db: SqliteDatabase) -> list[tuple[str, str]]:
    return list(raw(db).execute("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL ORDER BY name"))


def file_of_version(path: Path, version: int) -> None:
    """What a router of that version left behind."""
    connection = sqlite3.connect(path)
    for statements in STEPS[:version]:
        for statement in statements:
            connection.execute(statement)
    if version:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("INSERT INTO setting (key, value) VALUES ('port', '5')")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("version", range(VERSION + 1))
async def test_every_version_becomes_the_newest_and_keeps_what_it_held(tmp_path: Path, version: int) -> None:
    old, fresh = tmp_path / "old.db", tmp_path / "fresh.db"
    file_of_version(old, version)
    with opened(old) as first, opened(fresh) as second:
        migrate(first)
        migrate(second)
        assert schema(first) == schema(second)
        assert first.pragma("user_version") == VERSION
    repo = await open_repo(old)
    assert repo.problem == ""
    repo.record(finished(1))
    await repo.rate(up(1))
    assert await repo.exchange("x000001") == exchange(1, rating=up(1))
    assert await repo.settings() == ({"port": 5} if version else {})
    await repo.close()


def test_the_tables_that_are_read_are_those_of_the_schema(tmp_path: Path) -> None:
    with opened(tmp_path / "router.db") as db:
        migrate(db)
        assert set(db.get_tables()) == {table._meta.table_name for table in TABLES}
        for table in TABLES:
            columns = {column.name: column.null for column in db.get_columns(table._meta.table_name)}
            declared = {f.name: f.null for f in table._meta.sorted_fields}
            number_is_filled_in = {name: False if name == "number" else null for name, null in columns.items()}
            assert declared == number_is_filled_in
    assert LINE_COLUMNS[0] == "id"


def test_a_step_that_fails_leaves_the_version_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path / "router.db") as db:
        migrate(db)
        before = schema(db)
        monkeypatch.setattr(migrations, "STEPS", (*STEPS, ("CREATE TABLE later (a)", "CREATE TABLE later (a)")))
        monkeypatch.setattr(migrations, "VERSION", VERSION + 1)
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            migrate(db)
        assert schema(db) == before
        assert db.pragma("user_version") == VERSION


def test_two_programs_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            with opened(tmp_path / "router.db") as db:
                migrate(db)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def newer(path: Path) -> None:
    file_of_version(path, VERSION)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    connection.close()


def foreign_with_version(path: Path) -> None:
    foreign(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()


def garbage(path: Path) -> None:
    path.write_bytes(b"this is not a database, " * 400)


def damaged(path: Path) -> None:
    """A file of ours in which the page of a table is destroyed."""
    file_of_version(path, VERSION)
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'setting'").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def shot(path: Path) -> None:
    """Another of its pages; the settings can be read."""
    file_of_version(path, VERSION)
    connection = sqlite3.connect(path)
    connection.execute("INSERT OR REPLACE INTO setting (key, value) VALUES ('port', '5')")
    connection.commit()
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'model_profile'").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (newer, f"schema version 99; this one knows {VERSION}"),
        (foreign, "another program's database"),
        (foreign_with_version, "another program's database"),
        (garbage, "is not a database, or is damaged"),
    ],
)
async def test_a_file_that_cannot_be_used_is_left_alone_and_the_router_works_in_memory(
    tmp_path: Path, make: object, words: str
) -> None:
    path = tmp_path / "notes.db"
    make(path)  # type: ignore[operator]
    before = path.read_bytes()
    repo = await open_repo(path)
    assert str(path) in repo.problem
    assert words in repo.problem
    assert "in memory only" in repo.problem
    repo.record(finished(1))
    await repo.rate(up(1))
    await repo.flush()
    assert await repo.exchange("x000001") == exchange(1, rating=up(1))
    assert "in memory only" in repo.problem
    await repo.close()
    assert path.read_bytes() == before


def headless(path: Path) -> None:
    """A file of ours of which nothing can be read."""
    garbage(path)


@pytest.mark.parametrize(("make", "kept"), [(damaged, {}), (shot, {"port": 5}), (headless, {})])
async def test_a_damaged_file_of_ours_is_moved_aside_and_a_fresh_one_is_begun(
    tmp_path: Path, make: Callable[[Path], None], kept: dict[str, object]
) -> None:
    path = tmp_path / "router.db"
    make(path)
    repo = await open_repo(path)
    assert "in memory only" in repo.problem, "who only asks moves nothing"
    await repo.close()
    before = path.read_bytes()
    repo = await open_repo(path, mend=True)
    assert repo.problem == ""
    assert repo.notice.startswith(f"{path} ")
    (aside,) = tmp_path.glob("router.db.damaged-*[0-9]")
    assert f"It was moved to {aside}, and a fresh one was begun" in repo.notice
    assert aside.read_bytes()[100:] == before[100:], "all but the header, which opening may touch"
    assert {key: value for key, value in (await repo.settings()).items() if key in kept} == kept
    repo.record(finished(1))
    await repo.rate(up(1))
    await repo.close()
    again = await open_repo(path)
    assert (again.problem, again.notice) == ("", "")
    assert await again.exchange("x000001") == exchange(1, rating=up(1))
    await again.close()


@pytest.mark.parametrize("below", ["file/router.db", "file/deeper/router.db", "folder"])
async def test_a_place_that_cannot_be_written_is_named_and_the_router_works_in_memory(
    tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    path = tmp_path / below
    repo = await open_repo(path)
    assert repo.problem.startswith(f"{path} cannot be opened")
    await repo.set_setting("port", 5)
    assert await repo.settings() == {"port": 5}
    await repo.close()


async def test_what_was_stored_is_counted_by_the_hour_and_found_by_the_id_of_its_answer(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    file_of_version(path, 15)
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "INSERT INTO exchange (id, at, outcome, requested, model, session, client, stream, task, finish_reason, "
            "code, message, response_id) VALUES (?, ?, 'ok', 'auto', 'a/big', '', '', 0, '', '', '', '', ?)",
            [(f"x{hour}", hour * 3600.0 + 5, f"chatcmpl-{hour % 2}") for hour in (0, 1, 1.5, 2, 400)],
        )
    connection.close()
    repo = await open_repo(path)
    page = await repo.exchanges(before="7200.0:", limit=1, count=True)
    assert ([one.id for one in page.items], page.older, page.total) == (["x1.5"], 2, 5)
    for response_id, newest in (("chatcmpl-0", "x400"), ("chatcmpl-1.5", "x1.5"), ("chatcmpl-1", "x1")):
        found = await repo.exchange(response_id)
        assert found is not None
        assert found.id == newest
    assert await repo.exchange("chatcmpl-2") is None
    assert (await repo.memories())["a/big"].used == 5
    await repo.close()
