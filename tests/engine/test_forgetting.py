"""What was said is forgotten: on the disk, in memory, by the judge, on screens; never before the disk has it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import TextsForgotten
from llmrouter_tui.core.forgetting import Forget, Forgotten
from llmrouter_tui.core.ports.control import Snapshot
from llmrouter_tui.core.ports.history import FeedbackInput
from llmrouter_tui.engine.control import EngineControl
from llmrouter_tui.engine.judge_subjects import live_job
from llmrouter_tui.storage.repo import STORED, open_repo
from llmrouter_tui.tui.state import Dirty, Store
from tests.engine.court import Court, court
from tests.engine.house import request
from tests.engine.test_control import control_of
from tests.storage.test_trouble import locked

SECRET = "the launch code is 00000"


@asynccontextmanager
async def talking(path: Path) -> AsyncIterator[tuple[Court, EngineControl]]:
    """Two answers of one conversation and one of another, on the disk and in memory."""
    async with court(("able", 6.0)) as c:
        repo = await open_repo(path)
        c.house.bus.tap(repo.record, *STORED)
        for session in ("one", "one", "two"):
            await c.house.ask(SECRET, session=session)
        house = c.house
        parts = {"router": house.router, "learning": house.learning, "bus": house.bus, "clock": house.router.clock}
        control = control_of(house, repo, judge=c.judge, **parts)
        yield c, control
        await repo.close()


def newest(c: Court) -> list[Exchange]:
    return list(c.house.router.traffic.newest())


def held(path: Path) -> int:
    """How often the disk has it."""
    files = [one for one in path.parent.glob(path.name + "*") if not one.name.endswith("-shm")]
    return sum(one.read_bytes().count(SECRET.encode()) for one in files)


async def test_of_one_exchange_everywhere_and_of_no_other(tmp_path: Path):
    path = tmp_path / "router.db"
    async with talking(path) as (c, control):
        last, *others = newest(c)
        await control.rate(FeedbackInput(last.id, "up", comment=SECRET))
        assert held(path) >= 4
        assert await control.forget(Forget(exchange=last.id)) == Forgotten(1, 0, 1)
        found = await control.exchange(last.id)
        assert (found.prompt, found.answer, found.rating and found.rating.comment) == ("", "", "")
        assert found.rating is not None
        assert (found.rating.rating, found.usage, found.model) == ("up", last.usage, last.model)
        assert [one.prompt for one in newest(c)[1:]] == [SECRET] * len(others)
        assert held(path) == 2


@pytest.mark.parametrize(("wanted", "left"), [(Forget(session="one"), 1), (Forget(), 0)])
async def test_of_a_conversation_or_all_and_screens_are_told(tmp_path: Path, wanted: Forget, left: int):
    path = tmp_path / "router.db"
    async with talking(path) as (c, control):
        screen = Store()
        screen.reset(Snapshot(c.house.bus.seq, 0.0, control._p.status.view(), exchanges=tuple(newest(c))))
        assert (await control.forget(wanted)).exchanges == 3 - left
        assert [fact.wanted for fact in c.house.facts(TextsForgotten)] == [wanted]  # type: ignore[attr-defined]
        assert [one.prompt for one in newest(c)].count(SECRET) == left
        assert screen.fold(c.house.seen) & Dirty.ROWS
        assert [row.exchange.prompt for row in screen.rows.values()].count(SECRET) == left
        assert held(path) == left
        assert (await control.exchanges()).total == 3


async def test_the_judge_reads_no_answer_that_is_forgotten(tmp_path: Path):
    async with talking(tmp_path / "router.db") as (c, control):
        one, other, _ = newest(c)
        for exchange in (one, other):
            c.judge.ask([live_job(exchange, SECRET)])
        assert c.view.queued == 2
        await control.forget(Forget(exchange=one.id))
        assert [work.ref for work in c.judge._waiting] == [other.id]  # type: ignore[union-attr]
        await control.forget(Forget())
        assert len(c.judge._waiting) == 0


async def test_nothing_is_forgotten_in_memory_that_the_disk_keeps(tmp_path: Path):
    path = tmp_path / "router.db"
    async with talking(path) as (c, control):
        with locked(path), pytest.raises(RouterError) as caught:
            await control.forget(Forget())
        assert caught.value.code == "storage_unavailable"
        assert [one.prompt for one in newest(c)] == [SECRET] * 3
        assert c.house.facts(TextsForgotten) == []


async def test_what_is_still_being_said_cannot_be_forgotten_yet(tmp_path: Path):
    async with talking(tmp_path / "router.db") as (c, control):
        run = c.house.router.begin(request(SECRET))
        with pytest.raises(RouterError, match="not finished"):
            await control.forget(Forget(exchange=run.id))
        run.close()
        assert await control.forget(Forget(exchange=run.id)) == Forgotten(1)
        with pytest.raises(RouterError, match="there is no exchange"):
            await control.forget(Forget(exchange="nope"))
