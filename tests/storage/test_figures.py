"""Fetched public figures: all of a source or nothing, runs that can be looked up, and files of older versions."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.figures import FigureStore
from llmrouter_tui.core.sync import SyncedFigure, SyncRecord, Validator
from llmrouter_tui.storage import figures as kept
from llmrouter_tui.storage import tables
from llmrouter_tui.storage.migrations import APPLICATION_ID, STEPS, VERSION
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from tests.storage.facts import exchange, finished, up

RECORD = SyncRecord(
    "lmarena", 100.0, 130.0, "ok", rows=400, skipped=2, figures=2, matched=1, unmatched=399, as_of="2026-10-02",
    validators=(Validator("https://x/y?z=1", 'W/"abc"', "Fri, 02 Oct 2026 10:00:00 GMT"),), stamp="1.0 2026-11",
)  # fmt: skip


def figure(key: str = "arena_elo", value: float = 1300.5, **changes: object) -> SyncedFigure:
    plain = SyncedFigure("qwen3-8b", key, value, "lmarena", "2026-10-02", 120.0, "", "Qwen3-8B")
    return replace(plain, **changes)  # type: ignore[arg-type]


async def test_figures_and_the_run_that_brought_them_come_back_whole(repo: SqliteRepo) -> None:
    store: FigureStore = repo
    figures = [figure(), figure(mode="thinking"), figure("arena_math", -3.25, name="Qwen3 \ud800 8B")]
    await store.store_sync(RECORD, figures)
    mended = replace(figures[2], name="Qwen3 ? 8B")
    assert await store.synced_figures() == sorted([*figures[:2], mended], key=lambda f: (f.model, f.mode, f.key))
    assert await store.sync_history() == [RECORD]


async def test_a_run_takes_the_place_of_all_that_its_source_had_and_of_nothing_else(repo: SqliteRepo) -> None:
    other = figure("gpqa_openrouter", 61.0, source="openrouter")
    await repo.store_sync(replace(RECORD, source="openrouter"), [other])
    await repo.store_sync(RECORD, [figure(), figure("arena_math", 1200.0)])
    await repo.store_sync(RECORD, [figure(value=1310.0)])
    assert await repo.synced_figures() == [figure(value=1310.0), other]


async def test_the_same_key_of_two_sources_is_two_figures(repo: SqliteRepo) -> None:
    await repo.store_sync(RECORD, [figure("swe", 1.0)])
    await repo.store_sync(replace(RECORD, source="models.dev"), [figure("swe", 2.0, source="models.dev")])
    assert [(f.source, f.value) for f in await repo.synced_figures()] == [("lmarena", 1.0), ("models.dev", 2.0)]


async def test_what_sqlite_refuses_leaves_what_was_there(repo: SqliteRepo) -> None:
    await repo.store_sync(RECORD, [figure()])
    with pytest.raises((RouterError, sqlite3.Error)):
        await repo.store_sync(RECORD, [figure(value=1.0), figure(value=2.0)])
    assert await repo.synced_figures() == [figure()]
    assert len(await repo.sync_history()) == 1


async def test_a_failed_run_is_told_and_keeps_the_figures(repo: SqliteRepo) -> None:
    await repo.store_sync(RECORD, [figure()])
    failed = SyncRecord("lmarena", 200.0, 201.0, "failed", message="it answered 503")
    await repo.store_sync(failed)
    assert await repo.sync_history("lmarena") == [failed, RECORD]
    assert await repo.synced_figures() == [figure()]


async def test_runs_are_given_newest_first_up_to_a_limit_of_each_source(repo: SqliteRepo) -> None:
    for number in range(kept.KEPT_RUNS + 5):
        await repo.store_sync(replace(RECORD, started=float(number)))
    await repo.store_sync(replace(RECORD, source="livebench"))
    assert [r.started for r in await repo.sync_history("lmarena", limit=2)] == [54.0, 53.0]
    assert [(r.source, r.started) for r in await repo.sync_history(limit=1)] == [
        ("livebench", 100.0),
        ("lmarena", 54.0),
    ]
    assert len(await repo.sync_history("lmarena", limit=1000)) == kept.KEPT_RUNS


async def test_a_run_whose_validators_cannot_be_read_is_still_a_run(path: Path) -> None:
    repo = await open_repo(path)
    await repo.store_sync(RECORD)
    await repo.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE benchmark_sync SET validators = '[{]'")
    connection.close()
    repo = await open_repo(path)
    assert await repo.sync_history() == [replace(RECORD, validators=())]
    await repo.close()


async def test_a_file_of_the_first_version_with_data_in_it_gains_the_figures_and_loses_nothing(tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    await _of_the_first_version(old)
    repo = await open_repo(old)
    assert repo.problem == ""
    assert await repo.synced_figures() == []
    await repo.store_sync(RECORD, [figure()])
    assert await repo.synced_figures() == [figure()]
    assert await repo.exchange("x000007") == exchange(7, rating=up(7), key="", cost=None)
    assert (await repo.exchanges(before=None, limit=10)).total == 9
    memory = (await repo.memories())["a/big"]
    assert (memory.used, memory.pinned, memory.ratings_up) == (9, True, 1)
    assert await repo.settings() == {"port": 5}
    await repo.close()
    with sqlite3.connect(old) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    connection.close()


async def _of_the_first_version(path: Path) -> None:
    """A file as the first version left it: its schema, and what it stored, row by row."""
    now = path.with_name("now.db")
    repo = await open_repo(now)
    for number in range(9):
        repo.record(finished(number))
    await repo.rate(up(7))
    await repo.set_model_state("a/big", pinned=True)
    await repo.set_setting("port", 5)
    await repo.close()
    connection = sqlite3.connect(path)
    for statement in STEPS[0]:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    connection.execute("ATTACH DATABASE ? AS now", (str(now),))
    later = {"model_benchmark", "benchmark_sync"}
    for name in {table._meta.table_name for table in tables.TABLES} - later:
        connection.execute(f"DELETE FROM {name}")
    # Exchanges first: their triggers count, and then the counts themselves are taken over.
    for name in ("exchange", "exchange_text", "model_feedback", "model_state", "setting"):
        columns = ", ".join(column for _, column, *_ in connection.execute(f"PRAGMA main.table_info({name})"))
        connection.execute(f"INSERT INTO {name} SELECT {columns} FROM now.{name}")
    connection.execute("INSERT INTO counter SELECT * FROM now.counter")
    connection.commit()
    connection.close()
