"""Loads and unloads survive a restart, for as long as anybody asks for them."""

from pathlib import Path

import pytest

from llmrouter_tui.core.domain import ResidencyEvent
from llmrouter_tui.core.events import ResidencyChanged
from llmrouter_tui.storage.repo import DAY, SqliteRepo, open_repo
from llmrouter_tui.storage.residency import AT_LEAST, KEEP_DAYS, WAITING
from tests.storage.facts import envelope, finished


def move(at: float, **changes: object) -> ResidencyEvent:
    plain: dict[str, object] = {"kind": "load", "model": "a/big", "pool": "gpu0", "seconds": 2.5, "reason": "asked for"}
    return ResidencyEvent(at, **(plain | changes))  # type: ignore[arg-type]


def put(repo: SqliteRepo, *events: ResidencyEvent) -> None:
    for event in events:
        repo.record(envelope(ResidencyChanged(event)))


async def test_every_kind_of_event_is_there_after_a_restart(path: Path) -> None:
    told = (
        move(1.0, exchange_id="x1"),
        move(2.0, kind="unload", evicted_for="a/ünï"),
        move(3.0, kind="load_failed", seconds=None, reason="out of memory"),
        move(3.0, kind="unload_failed", seconds=None),
        move(4.0, external=True),
    )
    repo = await open_repo(path)
    put(repo, *told)
    await repo.close()
    repo = await open_repo(path)
    assert await repo.residency(0.0) == list(told)
    await repo.close()


async def test_all_since_then_are_read_and_the_newest_whenever_they_were(repo: SqliteRepo) -> None:
    put(repo, *(move(float(n)) for n in range(AT_LEAST + 30)))
    assert [event.at for event in await repo.residency(10.0)] == [float(n) for n in range(10, AT_LEAST + 30)]
    assert [event.at for event in await repo.residency(1e9)] == [float(n) for n in range(30, AT_LEAST + 30)]


async def test_a_month_is_kept_and_no_more_than_the_user_keeps_of_exchanges(repo: SqliteRepo) -> None:
    now = 100 * DAY
    put(repo, move(now - (KEEP_DAYS + 1) * DAY), move(now - 20 * DAY), move(now - DAY))
    repo.record(finished(1, at=now - (KEEP_DAYS + 1) * DAY))
    assert await repo.prune(keep_days=90, now=now) == 0
    assert [event.at for event in await repo.residency(0.0)] == [now - 20 * DAY, now - DAY]
    assert await repo.prune(keep_days=7, now=now) == 1
    assert [event.at for event in await repo.residency(0.0)] == [now - DAY]


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
async def test_what_a_database_cannot_hold_holds_up_nothing(repo: SqliteRepo, odd: float) -> None:
    put(repo, move(5.0, model="a/\ud800", reason="\udfff", seconds=odd))
    repo.record(finished(1))
    await repo.flush()
    assert repo.pending == 0
    [event] = await repo.residency(0.0)
    assert (event.model, event.seconds) == ("a/?", None)
    assert await repo.exchange("x000001")


async def test_a_flood_is_bounded_and_each_is_written_once(repo: SqliteRepo) -> None:
    put(repo, *(move(float(n)) for n in range(WAITING + 5)))
    await repo.flush()
    assert repo.pending == 0
    stored = await repo.residency(0.0)
    assert len(stored) <= WAITING + 5
    assert stored[-1].at == WAITING + 4
    assert len({event.at for event in stored}) == len(stored)
