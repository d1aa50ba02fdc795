"""A clock that jumps: what is kept is kept by a time that no jump leads far astray."""

from pathlib import Path

from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from llmrouter_tui.storage.retention import DAY, LEAP
from tests.storage.facts import finished

YEARS = 9 * 365 * DAY
NOW = 1_000 * DAY
HOUR = 3_600.0


async def a_day_each(repo: SqliteRepo, days: int) -> None:
    for day in range(days):
        repo.record(finished(day, at=NOW - day * DAY))
    await repo.flush()


async def left(repo: SqliteRepo) -> int:
    return (await repo.exchanges(before=None, limit=1)).total


async def test_a_clock_that_jumps_ahead_by_years_and_back_costs_a_day_of_history_an_hour() -> None:
    repo = await open_repo(None)
    await a_day_each(repo, 30)
    assert await repo.prune(keep_days=29.5, now=NOW) == 0
    for hour in range(3):
        assert await repo.prune(keep_days=29.5, now=NOW + YEARS + hour * HOUR) == 1
    assert await repo.prune(keep_days=29.5, now=NOW + 3 * HOUR) == 0
    assert await left(repo) == 27
    assert await repo.prune(keep_days=29.5, now=NOW + 2 * DAY) == 0, "it counts from the true time again"
    await repo.close()


async def test_a_router_that_rested_for_long_catches_up_step_by_step(path: Path) -> None:
    repo = await open_repo(path)
    await a_day_each(repo, 10)
    await repo.prune(keep_days=20, now=NOW)
    await repo.close()
    repo = await open_repo(path)
    gone = [await repo.prune(keep_days=20, now=NOW + 40 * DAY) for _ in range(40)]
    assert (sum(gone), max(gone)) == (10, 1)
    await repo.close()


async def test_a_clock_that_goes_back_drops_nothing_and_asks_for_nothing_later(path: Path) -> None:
    repo = await open_repo(path)
    await a_day_each(repo, 10)
    assert await repo.prune(keep_days=30, now=NOW) == 0
    assert await repo.prune(keep_days=30, now=0.0) == 0
    assert await repo.prune(keep_days=30, now=NOW) == 0
    assert await left(repo) == 10
    await repo.close()


async def test_a_shorter_time_to_keep_counts_at_once() -> None:
    repo = await open_repo(None)
    await a_day_each(repo, 10)
    await repo.prune(keep_days=30, now=NOW)
    assert await repo.prune(keep_days=3.5, now=NOW + LEAP / 4) == 6
    await repo.close()
