"""The daily schedule: nothing is asked while it is off, and nothing too often while it is on."""

import asyncio
from collections.abc import Sequence

import pytest

from llmrouter_tui.catalog.sync.schedule import LOOK, keep
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.sync import DAY, SyncRecord


class World:
    """A clock that runs by sleeping, and a database of runs."""

    def __init__(self, *, on: bool, end: float) -> None:
        self.now = 0.0
        self.on = on
        self.end = end
        self.runs: list[SyncRecord] = []
        self.asked: list[tuple[float, tuple[str, ...]]] = []
        self.broken = 0

    def wall(self) -> float:
        return self.now

    def mono(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now > self.end:
            raise asyncio.CancelledError
        await asyncio.sleep(0)

    async def history(self) -> Sequence[SyncRecord]:
        if self.broken:
            self.broken -= 1
            raise RouterError("storage_unavailable", "The database is locked.")
        return self.runs

    async def sync(self, sources: Sequence[str]) -> None:
        self.asked.append((self.now, tuple(sources)))
        self.runs = [*(SyncRecord(source, self.now, self.now, "ok") for source in sources), *self.runs]

    async def live(self) -> None:
        with pytest.raises(asyncio.CancelledError):
            await keep(
                lambda: self.on, lambda: ["lmarena", "livebench"], self.history, self.sync, clock=self, sleep=self.sleep
            )


async def test_nothing_is_asked_while_it_is_off() -> None:
    world = World(on=False, end=10 * DAY)
    await world.live()
    assert world.asked == []


async def test_each_source_is_asked_once_a_day() -> None:
    world = World(on=True, end=3 * DAY - 1)
    await world.live()
    assert [at // DAY for at, _ in world.asked] == [0, 1, 2]
    assert {sources for _, sources in world.asked} == {("lmarena", "livebench")}


async def test_only_what_is_due_is_asked() -> None:
    world = World(on=True, end=DAY / 2)
    world.runs = [SyncRecord("lmarena", -60.0, -60.0, "ok")]
    await world.live()
    assert world.asked == [(0.0, ("livebench",))]


async def test_switching_it_on_is_noticed_within_minutes() -> None:
    world = World(on=False, end=4 * LOOK)
    slept = world.sleep

    async def sleep(seconds: float) -> None:
        world.on = world.now >= LOOK
        await slept(seconds)

    world.sleep = sleep  # type: ignore[method-assign]
    await world.live()
    assert [at for at, _ in world.asked] == [2 * LOOK]


async def test_a_locked_database_is_tried_again_later() -> None:
    world = World(on=True, end=4 * LOOK)
    world.broken = 2
    await world.live()
    assert [at for at, _ in world.asked] == [2 * LOOK]
