"""How things went is summed up beside the exchanges, kept for long, and read as curves."""

import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from llmrouter_tui.core.decision import Exchange, Usage
from llmrouter_tui.core.domain import Device, ResidencyEvent
from llmrouter_tui.core.events import DevicesSampled, Envelope, ExchangeFinished, ResidencyChanged
from llmrouter_tui.core.trends import DAY, HOUR, Trends
from llmrouter_tui.storage.migrations import STEPS
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from llmrouter_tui.storage.trends import Samples
from tests.storage.test_migrations import file_of_version, opened

NOW = 1_793_826_249.0
ASKED = Exchange("x1", NOW - 100, "ok", model="a", ttft=0.5, usage=Usage(9, 100), decode_per_second=50.0)
CARD = Device("GPU0", "card", "nvidia", 100, 40, 60, utilization=0.5, temperature=60.0)


def hear(repo: SqliteRepo, fact: object, at: float = NOW) -> None:
    repo.record(Envelope(1, at, 1.0, fact))  # type: ignore[arg-type]


async def told(repo: SqliteRepo, span: float, now: float = NOW) -> Trends:
    await repo.flush()
    return await repo.trends(span=span, now=now)


def total(trends: Trends, what: str, of: str = "") -> float:
    curve = trends.curve(what, of)  # type: ignore[arg-type]
    return sum(value or 0.0 for value in curve.values) if curve else 0.0


@pytest.mark.parametrize("span", [600, HOUR, DAY, 30 * DAY])
async def test_every_span_tells_the_same_requests_over_restarts(tmp_path: Path, span: float) -> None:
    for part in range(2):
        repo = await open_repo(tmp_path / "router.db")
        for n in range(3):
            hear(repo, ExchangeFinished(replace(ASKED, id=f"x{part}{n}")))
        repo.begun(replace(ASKED, id=f"y{part}", outcome="running"))
        hear(repo, ExchangeFinished(replace(ASKED, id=f"z{part}", outcome="failed", code="backend_error", ttft=None)))
        hear(repo, ExchangeFinished(replace(ASKED, id=f"c{part}", outcome="failed", code="invalid_request", model="")))
        hear(repo, ResidencyChanged(ResidencyEvent(NOW - 50, "load", "a", "GPU0", 4.0, "")))
        hear(repo, ResidencyChanged(ResidencyEvent(NOW - 50, "load", "b", "GPU0", 9.0, "", external=True)))
        await repo.flush()
        await repo.close()
    repo = await open_repo(tmp_path / "router.db")
    trends = await told(repo, span)
    minutes = trends.step / 60
    assert total(trends, "requests") * minutes == pytest.approx(10)
    assert total(trends, "failed") * minutes == pytest.approx(2), "a client's own fault is none of the router's"
    assert total(trends, "requests", "a") * minutes == pytest.approx(8)
    assert total(trends, "ttft", "a") == pytest.approx(0.5)
    assert total(trends, "decode", "a") == pytest.approx(50.0)
    assert total(trends, "swaps") == pytest.approx(8.0)
    await repo.close()


async def test_memory_is_a_mean_of_its_samples_and_a_card_that_fails_is_a_gap() -> None:
    repo = await open_repo(None)
    start = NOW // 10 * 10 - 30
    for second in range(20):
        hear(repo, DevicesSampled((replace(CARD, used=40 + second % 2),)), start + second)
    hear(repo, DevicesSampled((replace(CARD, used=0, problem="it fell off the bus"),)), start + 20)
    hear(repo, DevicesSampled(()), start + 30)
    trends = await told(repo, 600)
    memory, heat = trends.curve("memory", "GPU0"), trends.curve("temperature", "GPU0")
    assert memory is not None and heat is not None
    assert [value for value in memory.values if value is not None] == [40.5, 40.5]
    assert {value for value in heat.values if value is not None} == {60.0}
    assert trends.curve("power", "GPU0") is None
    await repo.close()


async def test_a_sample_that_tells_no_load_leaves_no_hole() -> None:
    repo = await open_repo(None)
    start = NOW // 3600 * 3600 - 3600
    for second, power in enumerate([*[None] * 15, 200.0, None, 300.0, *[None] * 20, 100.0]):
        hear(repo, DevicesSampled((replace(CARD, power=power),)), start + second)
        await repo.flush()
    hear(repo, DevicesSampled(()), start + 60)
    for span in (HOUR, DAY, 30 * DAY):
        trends = await told(repo, span, start + 61)
        power = trends.curve("power", "GPU0")
        busy = trends.curve("utilization", "GPU0")
        assert power is not None and busy is not None
        known = [value for value in power.values if value is not None]
        assert known and all(100 <= value <= 250 for value in known), span
        assert {value for value in busy.values if value is not None} == {0.5}
    await repo.close()


async def test_the_finest_sums_go_first_and_the_coarse_ones_stay() -> None:
    repo = await open_repo(None)
    hear(repo, ExchangeFinished(ASKED))
    await repo.flush()
    await repo.prune(keep_days=1, now=NOW + 20 * DAY)
    assert total(await told(repo, 600), "requests") == 0
    month = await told(repo, 30 * DAY, NOW + 20 * DAY)
    assert total(month, "requests") * month.step / 60 == pytest.approx(1)
    assert (await repo.exchanges(before=None, limit=5)).items == ()
    await repo.close()


async def test_a_history_from_before_is_summed_up_once(tmp_path: Path) -> None:
    path = tmp_path / "router.db"
    file_of_version(path, 14)
    with opened(path) as db:
        for n in range(4):
            db.execute_sql(
                "INSERT INTO exchange (id, at, outcome, requested, model, session, client, stream, task, ttft, "
                "completion_tokens, decode_per_second, finish_reason, code, message, response_id) "
                "VALUES (?, ?, 'ok', 'auto', 'a', '', '', 0, 'chat', 0.5, 100, 50.0, '', '', '', '')",
                (f"x{n}", NOW - n * 2 * DAY),
            )
        db.execute_sql("UPDATE exchange SET at = (SELECT at FROM exchange WHERE id = 'x2') WHERE id = 'x3'")
        db.execute_sql("UPDATE exchange SET completion_tokens = 1 << 62")  # as a server may tell
        db.execute_sql("UPDATE exchange SET outcome = 'failed', code = 'backend_error' WHERE id = 'x1'")
        db.execute_sql("UPDATE exchange SET outcome = 'failed', code = 'invalid_request' WHERE id = 'x2'")
    assert len(STEPS) >= 15
    repo = await open_repo(path)
    week, month = await told(repo, 7 * DAY), await told(repo, 30 * DAY)
    for trends in (week, month):
        assert total(trends, "requests") * trends.step / 60 == pytest.approx(4)
        assert total(trends, "failed") * trends.step / 60 == pytest.approx(1), "one was the client's own fault"
    await repo.close()


async def test_a_router_that_does_nothing_writes_once_a_minute_and_who_looks_sees_all(tmp_path: Path) -> None:
    path = tmp_path / "router.db"
    repo = await open_repo(path)

    async def written() -> int:
        """Rows of ten seconds in the file."""
        await repo.settings()  # whatever is asked: the database's thread looks what is due
        with contextlib.closing(sqlite3.connect(path)) as other:
            found: int = other.execute("SELECT count(*) FROM pool_reading WHERE step = 10").fetchone()[0]
        return found

    counts = []
    for second in range(0, 150, 10):
        hear(repo, DevicesSampled((CARD,)), NOW // 10 * 10 + second)
        counts.append(await written())
    assert sorted(set(counts)) == [0, 7, 14]
    hear(repo, DevicesSampled((CARD,)), NOW // 10 * 10 + 200)
    memory = (await repo.trends(span=600, now=NOW + 200)).curve("memory", "GPU0")
    assert memory is not None
    assert len([value for value in memory.values if value is not None]) == 15
    hear(repo, DevicesSampled(()), NOW // 10 * 10 + 220)
    await repo.close()
    with contextlib.closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT sum(samples) FROM pool_reading WHERE step = 10").fetchone() == (16,)


def test_a_clock_that_goes_back_keeps_nothing_waiting() -> None:
    samples = Samples()
    for at in (NOW, NOW + 10, NOW + 20):
        samples.add((CARD,), at)
    assert len(samples) == 2
    assert not samples.due
    samples.add((CARD,), NOW - 3600)
    assert samples.due
