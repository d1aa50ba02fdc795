"""Fetching public figures as a job: off until somebody wants it, one at a time, told, cancelled, and in use at once."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import SyncChanged
from llmrouter_tui.core.sync import DAY, FIRST_RETRY, Status, SyncedFigure, SyncProgress, SyncRecord, SyncView
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.syncs import LOOK, Boards, Syncs
from llmrouter_tui.engine.tasks import Tasks
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from tests.engine.house import until

HOSTS = {"lmarena": "hf.example", "livebench": "lb.example"}
ELSEWHERE = dict.fromkeys(("openrouter", "models.dev", "artificial-analysis"), "not in this test")


def figure(value: float, source: str = "lmarena") -> SyncedFigure:
    return SyncedFigure("qwen3-32b", "arena_elo", value, source, "2026-11-20", 1.0)


@dataclass
class World:
    """A clock that stands, and sources that answer as told: what asks them is scripted, what keeps it is real."""

    repo: SqliteRepo
    now: float = 1_795_000_000.0
    ticks: float = 0.0
    status: dict[str, Status] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    taken: list[list[float]] = field(default_factory=list)
    made: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[SyncView] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    def wall(self) -> float:
        return self.now

    def mono(self) -> float:
        return self.ticks

    async def make(self) -> "World":
        self.made += 1
        return self

    async def take(self, figures: Sequence[SyncedFigure]) -> None:
        self.taken.append([figure.value for figure in figures])

    async def run(
        self, sources: Sequence[str] = (), *, report: Callable[[SyncProgress], None] = lambda progress: None
    ) -> Sequence[SyncRecord]:
        self.asked.append(tuple(sources))
        return [await self._source(source, report) for source in sources]

    async def _source(self, source: str, report: Callable[[SyncProgress], None]) -> SyncRecord:
        for page in range(1, 40):
            report(SyncProgress(source, "fetching", pages=page, of=39))
        status: Status = self.status.get(source, "ok")
        record = SyncRecord(source, self.now, self.now, status, figures=1, as_of="2026-11-20")
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            await self.repo.store_sync(replace(record, status="cancelled"))
            raise
        if not record.good:
            record = replace(record, message=f"no connection to {HOSTS[source]}")
        await self.repo.store_sync(record, [figure(self.now, source)] if status == "ok" else None)
        report(SyncProgress(source, "done", record=record))
        return record


@dataclass
class House:
    world: World
    syncs: Syncs
    tasks: Tasks

    async def ended(self) -> None:
        await until(lambda: not self.syncs.view().running)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    world, tasks = World(await open_repo(None)), Tasks()
    bus = Bus(world)

    def see(fact: object) -> None:
        assert isinstance(fact, SyncChanged)
        world.seen.append(fact.sync)

    bus.tap(lambda envelope: see(envelope.fact))
    yield House(world, Syncs(Boards(HOSTS, world.make, ELSEWHERE), world.repo, bus, tasks, world, world.take), tasks)
    await tasks.close()
    await world.repo.close()


# ── asked for ──


async def test_nothing_is_fetched_or_loaded_before_somebody_wants_it(house: House) -> None:
    await house.syncs.load()
    await house.syncs.look()
    view = house.syncs.view()
    assert (view.running, view.daily, view.next_at) == (False, False, None)
    assert next((s.name, s.host, s.last) for s in view.sources) == ("lmarena", "hf.example", None)
    assert (house.world.made, house.world.asked, house.world.taken) == (0, [], [])


async def test_a_run_asks_what_can_be_asked_and_its_figures_are_in_use_when_it_is_over(house: House) -> None:
    house.syncs.start()
    assert house.syncs.view().asking == ("lmarena", "livebench")
    await house.ended()
    assert house.world.asked == [("lmarena", "livebench")]
    assert house.world.taken == [[house.world.now, house.world.now]]
    lmarena = house.syncs.view().sources[0]
    assert lmarena.last is not None
    assert lmarena.last == lmarena.good
    assert lmarena.last.figures == 1


async def test_only_the_named_sources_are_asked_in_their_own_order(house: House) -> None:
    house.syncs.start(["livebench", "lmarena"])
    await house.ended()
    house.syncs.start(["livebench"])
    await house.ended()
    assert house.world.asked == [("lmarena", "livebench"), ("livebench",)]


@pytest.mark.parametrize(
    ("sources", "words"),
    [(["lmsys"], "no source 'lmsys'"), (["artificial-analysis"], "Artificial Analysis is not asked: not in this test")],
)
async def test_what_cannot_be_asked_is_refused_with_the_reason(house: House, sources: list[str], words: str) -> None:
    with pytest.raises(RouterError, match=words):
        house.syncs.start(sources)
    assert house.world.made == 0


async def test_a_second_run_has_to_wait_for_the_first(house: House) -> None:
    house.world.gate.clear()
    house.syncs.start()
    with pytest.raises(RouterError, match="already"):
        house.syncs.start()
    house.world.gate.set()
    await house.ended()
    house.syncs.start()


async def test_where_nobody_may_be_asked_the_reason_is_told_and_the_schedule_rests(house: House) -> None:
    world = house.world
    boards = Boards(HOSTS, world.make, ELSEWHERE, refused="the demo asks nobody")
    syncs = Syncs(boards, world.repo, Bus(world), house.tasks, world, world.take)
    syncs.schedule("daily")
    await syncs.look()
    with pytest.raises(RouterError, match="the demo asks nobody"):
        syncs.start()
    assert (world.made, syncs.view().refused, syncs.view().next_at) == (0, "the demo asks nobody", None)


# ── told ──


async def test_progress_is_told_at_most_four_times_a_second(house: House) -> None:
    house.syncs.start(["lmarena"])
    await house.ended()
    pages = [view.now.progress.pages for view in house.world.seen if view.now and view.now.progress]
    assert pages == [1]
    assert [view.running for view in house.world.seen] == [True, True, True, False]
    assert house.world.seen[2].sources[0].last is not None
    assert house.world.seen[-1].now is None


async def test_what_servers_said_of_their_documents_stays_between_them_and_us(house: House) -> None:
    house.syncs.start()
    await house.ended()
    assert all(not s.last.validators for view in house.world.seen for s in view.sources if s.last)


async def test_being_offline_is_one_line_however_often_it_is_found_out(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    house.world.status = {"lmarena": "offline", "livebench": "offline"}
    for _ in range(3):
        house.syncs.start()
        await house.ended()
    [line] = caplog.records
    assert (line.levelno, line.source) == (logging.INFO, "figures")  # type: ignore[attr-defined]
    assert line.getMessage() == (
        "public figures stay as they are, nothing could be reached: no connection to hf.example"
    )
    assert house.world.taken == []
    house.world.status = {"lmarena": "failed"}
    house.syncs.start()
    await house.ended()
    assert caplog.records[-1].levelno == logging.WARNING
    assert "LiveBench ok: 1 figure of 2026-11-20" in caplog.text


# ── cancelled ──


async def test_a_cancelled_run_keeps_the_sources_that_were_complete(house: House) -> None:
    house.syncs.start()
    await until(lambda: house.world.asked != [])
    await house.ended()
    house.world.gate.clear()
    house.world.now += 60
    house.syncs.start()
    await until(lambda: len(house.world.asked) == 2)
    house.syncs.cancel()
    await house.ended()
    lmarena, _, livebench = house.syncs.view().sources[:3]
    assert lmarena.last is not None
    assert lmarena.good is not None
    assert (lmarena.last.status, lmarena.good.finished) == ("cancelled", house.world.now - 60)
    assert livebench.good is not None
    assert livebench.good.status == "ok"
    assert len(house.world.taken) == 1
    assert [f.value for f in await house.world.repo.synced_figures()] == [house.world.now - 60] * 2


async def test_after_a_cancel_the_schedule_lets_all_of_the_run_rest_for_an_hour(house: House) -> None:
    house.world.gate.clear()
    house.syncs.schedule("daily")
    await house.syncs.look()
    await until(lambda: house.world.asked != [])
    house.syncs.cancel()
    house.syncs.cancel()
    await house.ended()
    lmarena, _, livebench = house.syncs.view().sources[:3]
    assert [s.last and (s.last.status, s.last.message) for s in (lmarena, livebench)] == [
        ("cancelled", ""), ("cancelled", "not asked")
    ]  # fmt: skip
    assert house.syncs.view().next_at == house.world.now + FIRST_RETRY
    await house.syncs.look()
    assert len(house.world.asked) == 1


async def test_the_end_of_the_program_is_no_cancel_of_what_was_not_asked(house: House) -> None:
    house.world.gate.clear()
    house.syncs.start()
    await until(lambda: house.world.asked != [])
    await house.tasks.close()
    assert [(r.source, r.status) for r in await house.world.repo.sync_history()] == [("lmarena", "cancelled")]


async def test_cancelling_nothing_is_no_error(house: House) -> None:
    house.syncs.cancel()
    assert not house.syncs.view().running


# ── the schedule ──


async def days(house: House, count: float) -> list[float]:
    """Look at the clock as the schedule does for so many days; when runs began, in days."""
    world, began = house.world, []
    start = world.now
    while world.now < start + count * DAY:
        runs = len(world.asked)
        await house.syncs.look()
        await house.ended()
        if len(world.asked) > runs:
            began.append((world.now - start) / DAY)
        world.now += LOOK
    return began


async def test_daily_asks_each_source_once_a_day_and_tells_when_next(house: House) -> None:
    house.syncs.schedule("daily")
    assert house.syncs.view().next_at == house.world.now
    began = await days(house, 2.9)
    assert began == [0.0, 1.0, 2.0]
    assert house.syncs.view().next_at == pytest.approx(house.world.now - 0.9 * DAY + DAY, abs=LOOK)
    house.syncs.schedule("off")
    assert await days(house, 2) == []
    assert house.syncs.view().next_at is None


async def test_what_could_not_be_reached_is_tried_again_after_an_hour_then_less_often(house: House) -> None:
    house.world.status = {"lmarena": "offline", "livebench": "offline"}
    house.syncs.schedule("daily")
    began = [round(day * DAY / FIRST_RETRY) for day in await days(house, 0.5)]
    assert began == [0, 1, 3, 7]


async def test_switching_it_on_is_noticed_at_once(house: House) -> None:
    looking = house.tasks.repeat(house.syncs.step, "the schedule")
    await asyncio.sleep(0)
    house.syncs.schedule("daily")
    await until(lambda: len(house.world.asked) == 1)
    await house.ended()
    assert not looking.done()


async def test_what_another_program_fetched_is_taken_in_at_the_next_look(house: House) -> None:
    await house.syncs.load()
    record = SyncRecord("lmarena", 5.0, 6.0, "ok", figures=1, as_of="2026-11-20")
    await house.world.repo.store_sync(record, [figure(1300.0)])
    await house.syncs.look()
    assert house.world.taken == [[1300.0]]
    await house.syncs.look()
    assert len(house.world.taken) == 1
    assert house.syncs.view().sources[0].last == record


async def test_what_earlier_runs_fetched_is_there_from_the_start(house: House) -> None:
    await house.world.repo.store_sync(SyncRecord("lmarena", 5.0, 6.0, "ok"), [figure(1300.0)])
    await house.syncs.load()
    assert house.world.taken == [[1300.0]]
