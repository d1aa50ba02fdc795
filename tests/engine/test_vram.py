"""The ledger as it is told: who holds what, what each load would mean, what goes on, and what it cost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from llmrouter_tui.core.domain import HOST_POOL, Device, Process, ResidencyEvent, Resident
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import ResidencyChanged, VramChanged
from llmrouter_tui.core.memory_words import HELD
from llmrouter_tui.core.vram import Placement, PoolView, Swaps, VramView
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.journal import Journal, midnight
from llmrouter_tui.engine.vram import Vram
from tests.engine.house import GIB, House, ScriptedBackend, model, open_house, until


@contextlib.asynccontextmanager
async def told(*backends: ScriptedBackend, ram: int = 0) -> AsyncIterator[tuple[House, Vram]]:
    async with open_house(*backends, ram=ram) as house:
        journal = Journal()
        house.bus.tap(journal.put)
        yield house, Vram(house.fleet, house.router.ledger, house.residency, journal, house.bus, SystemClock())


def placements(view: VramView) -> dict[str, Placement]:
    return {one.model: one for one in view.placements}


def pool(view: VramView, name: str = "gpu0") -> PoolView:
    return next(one for one in view.pools if one.device.pool == name)


async def hold(house: House, *names: str) -> None:
    """Load models and let go of them, and see what that left."""
    for name in names:
        (await house.residency.acquire(house.fleet.model(name))).release()
    measure(house)


def measure(house: House) -> None:
    total, used = house.backends[0].capacity, sum(backend.used() for backend in house.backends)
    house.fleet.sampled([Device("gpu0", "GPU", "nvidia", total, used, total - used)])


async def test_each_model_is_told_with_what_its_load_would_mean_the_most_useful_first():
    backend = ScriptedBackend(
        [
            model("a", 3),
            model("b", 2),
            model("c", 6),
            model("d", 20),
            replace(model("e"), size_bytes=None, parameters=None),
        ]
    )
    async with told(backend) as (house, vram):
        await hold(house, "one/a")
        view = vram.view()
        assert [(one.model, one.verdict) for one in view.placements] == [
            ("one/b", "fits"), ("one/c", "evicts"), ("one/e", "unknown"), ("one/d", "too big"), ("one/a", "loaded")
        ]  # fmt: skip
        found = placements(view)
        assert found["one/c"].evict == ("one/a",)
        assert (found["one/b"].pool, found["one/b"].source, found["one/b"].context_length) == (
            "gpu0",
            "estimated",
            8192,
        )
        assert (found["one/c"].seconds or 0) > (found["one/b"].seconds or 0) > 0
        assert (found["one/d"].seconds, found["one/a"].seconds) == (None, 0.0)
        assert "can hold 8.0 GiB" in found["one/d"].reason


async def test_what_is_told_of_a_load_is_what_loading_does():
    backend = ScriptedBackend([model(name, 3) for name in "abcd"])
    async with told(backend) as (house, vram):
        await hold(house, "one/a", "one/b")
        planned = vram.placement(house.fleet.model("one/d"))
        await hold(house, "one/d")
        assert [f"one/{name}" for act, name in backend.calls if act == "unload"] == list(planned.evict)


async def test_an_answer_in_flight_makes_a_load_wait_and_a_pin_makes_it_impossible():
    backend = ScriptedBackend([model("a", 5), model("b", 5)])
    async with told(backend) as (house, vram):
        lease = await house.residency.acquire(house.fleet.model("one/a"))
        measure(house)
        waits = vram.placement(house.fleet.model("one/b"))
        assert (waits.verdict, waits.drain) == ("waits", ("one/a",))
        lease.release()
        house.fleet.model("one/a").pinned = True
        full = vram.placement(house.fleet.model("one/b"))
        assert (full.verdict, full.seconds, full.evict) == ("full", None, ())
        assert "one/a must stay" in full.reason


async def test_one_that_leaves_still_holds_its_memory_and_can_be_had_again_after_a_wait():
    backend = ScriptedBackend([model("a", 6), model("b", 6)])
    async with told(backend) as (house, vram):
        await hold(house, "one/a")
        lease = await house.residency.acquire(house.fleet.model("one/a"))
        going = asyncio.ensure_future(house.residency.unload(house.fleet.model("one/a"), "asked for"))
        await until(lambda: house.fleet.model("one/a").draining)
        view = vram.view()
        assert [(holder.models, holder.state, holder.leases) for holder in pool(view).holders] == [
            (("one/a",), "unloading", 1)
        ]
        assert placements(view)["one/a"].verdict == "waits"
        lease.release()
        await going


async def test_another_context_is_planned_with_what_it_would_take():
    info = replace(model("a", 4), kv_bytes_per_token=GIB // 8192)
    async with told(ScriptedBackend([info])) as (house, vram):
        record = house.fleet.model("one/a")
        usual, longer = vram.placement(record), vram.placement(record, 65_536)
        assert (usual.verdict, longer.verdict) == ("fits", "too big")
        assert (usual.context_length, longer.context_length) == (8192, 65_536)
        assert (longer.needed or 0) - (usual.needed or 0) == 7 * GIB
        assert (usual.cache, longer.cache) == (GIB, 8 * GIB)
        assert vram.placement(record, 8192) == usual
        await hold(house, "one/a")
        assert vram.placement(record, 8192).verdict == "loaded"
        assert 0 < (vram.view().pools[0].holders[0].cache or 0) < 4 * GIB
        anew = vram.placement(record, 16_384)
        assert (anew.verdict, anew.context_length) == ("fits", 16_384)
        assert (anew.seconds or 0) > record.load_seconds


async def test_where_the_context_that_was_asked_for_does_not_fit_the_largest_that_would_is_told():
    backend = ScriptedBackend([model("a", 4, kv_bytes_per_token=131_072)], sets_context=True)
    async with told(backend) as (house, vram):
        a = house.fleet.model("one/a")
        asked = vram.placement(a, 1_000_000)
        assert asked.verdict == "too big"
        assert 8192 < asked.largest < 1_000_000
        assert vram.placement(a, asked.largest).verdict == "fits"
        assert vram.placement(a, asked.largest + 256).verdict == "too big"
        assert vram.placement(a, asked.largest).largest is None
        backend.infos[0] = model("a", 40)
        house.fleet.listed(house.fleet.backends["one"], backend.infos)
        assert vram.placement(a, 1_000_000).largest is None  # its weights alone are too much


async def test_a_backend_that_is_down_holds_nothing_and_loads_nothing():
    backend = ScriptedBackend([model("a", 3), model("b", 3)])
    async with told(backend) as (house, vram):
        await hold(house, "one/a")
        house.fleet.failed("one", BackendError("backend_unreachable", "refused", backend="one", fallback=True))
        view = vram.view()
        assert {one.reason for one in view.placements} == {"one is down"}
        assert pool(view).holders == ()
        assert pool(view).other == 3 * GIB


async def test_a_pool_tells_its_holders_the_largest_first_and_who_would_leave_first():
    backend = ScriptedBackend([model("a", 1), model("b", 3), model("c", 2)])
    async with told(backend) as (house, vram):
        await hold(house, "one/a", "one/b", "one/c")
        house.fleet.model("one/b").pinned = True
        lease = await house.residency.acquire(house.fleet.model("one/c"))
        view = pool(vram.view())
        assert [(h.models, h.rank, h.pinned, h.leases) for h in view.holders] == [
            (("one/b",), None, True, 0), (("one/c",), None, False, 1), (("one/a",), 1, False, 0)
        ]  # fmt: skip
        assert [h.idle_seconds is None for h in view.holders] == [False, True, False]
        assert all(h.ours for h in view.holders)
        lease.release()
        planned = vram.placement(house.fleet.model("one/c"), 8192)
        assert planned.verdict == "loaded"
        ranked = {h.models[0]: h.rank for h in pool(vram.view()).holders}
        assert sorted(rank for rank in ranked.values() if rank) == [1, 2]


async def test_who_is_first_to_go_is_who_a_plan_takes_first():
    backend = ScriptedBackend([model("a", 2), model("b", 2.5), model("c", 3), model("new", 2.2)])
    async with told(backend) as (house, vram):
        await hold(house, "one/a", "one/b", "one/c")
        ranks = {h.rank: h.models[0] for h in pool(vram.view()).holders}
        assert vram.placement(house.fleet.model("one/new")).evict[0] in (ranks[1], ranks[2])


async def test_names_that_share_weights_are_one_holder_and_others_memory_is_told():
    class Shared(ScriptedBackend):
        async def residents(self) -> list[Resident]:
            return [Resident("a", 3 * GIB, "reported", pid=41), Resident("a-too", 3 * GIB, "reported", shares="a")]

    backend = Shared([model("a-too", 3), model("a", 3)])
    async with told(backend) as (house, vram):
        processes = ((41, 3 * GIB), (99, GIB))
        house.fleet.sampled([Device("gpu0", "GPU", "nvidia", 8 * GIB, 4 * GIB, 4 * GIB, processes=processes)])
        view = pool(vram.view())
        [holder] = view.holders
        assert holder.models == ("one/a", "one/a-too")
        assert (holder.bytes, holder.source, holder.pids, holder.ours) == (3 * GIB, "reported", (41,), False)
        assert (view.other, view.free, view.budget) == (GIB, 4 * GIB, 8 * GIB)


async def test_processes_are_those_of_the_backend_where_no_model_has_its_own():
    backend = ScriptedBackend([model("a", 3), model("b", 3)], url="http://127.0.0.1:8181")
    async with told(backend) as (house, vram):
        await hold(house, "one/a", "one/b")
        server, runner, other = (
            Process(10, 1, "ollama", ports=(8181,)),
            Process(11, 10, "runner"),
            Process(12, 1, "game"),
        )
        device = replace(house.fleet.devices[0], processes=((11, 6 * GIB), (12, GIB)), lineage=(server, runner, other))
        house.fleet.sampled([device])
        assert [holder.pids for holder in pool(vram.view()).holders] == [(11,), (11,)]


async def test_one_that_is_split_holds_memory_in_both_pools():
    class Split(ScriptedBackend):
        async def residents(self) -> list[Resident]:
            return [Resident("a", 10 * GIB, "reported", on_gpu=7 * GIB)]

    async with told(Split([model("a", 10)], kind="ollama"), ram=32) as (_, vram):
        view = vram.view()
        [on_gpu], [in_ram] = pool(view).holders, pool(view, HOST_POOL).holders
        assert (on_gpu.bytes, in_ram.bytes) == (7 * GIB, 3 * GIB)
        assert on_gpu.models == in_ram.models == ("one/a",)


async def test_a_load_under_way_is_told_since_when_and_those_behind_it_with_why():
    backend = ScriptedBackend([model("a", 5), model("b", 5), model("c", 5)], load_seconds=0.2)
    async with told(backend) as (house, vram):
        waiting = [asyncio.ensure_future(house.residency.acquire(house.fleet.model(f"one/{n}"))) for n in "abb"]
        await until(lambda: house.fleet.model("one/a").residency == "loading" and house.fleet.model("one/b").wanted)
        now, then = vram.view().loads
        assert (now.model, now.position, now.waiting, now.waits_for) == ("one/a", 0, 1, "")
        assert now.started_at is not None
        assert now.expected_seconds > 0
        assert (then.model, then.position, then.waiting, then.started_at) == ("one/b", 1, 2, None)
        assert then.waits_for == "one/a is being loaded; 1 request before it"
        lease = await waiting[0]
        [left] = vram.view().loads
        assert (left.model, left.started_at, left.waiting) == ("one/b", None, 2)
        assert "one/a answers 1 request" in left.waits_for
        lease.release()
        for one in waiting[1:]:
            (await one).release()
        assert vram.view().loads == ()


async def test_while_memory_is_cleared_nothing_is_loaded_and_it_is_said():
    backend = ScriptedBackend([model("a", 3), model("b", 3), model("c", 20)])
    async with told(backend) as (house, vram):
        await hold(house, "one/a")
        await house.residency.clear()
        view = vram.view()
        assert view.held
        assert pool(view).holders == ()
        found = placements(view)
        told_first = [(one.model, one.verdict) for one in view.placements]
        assert told_first == [("one/a", "held"), ("one/b", "held"), ("one/c", "too big")], "what a release would give"
        assert found["one/a"].reason == HELD
        assert found["one/a"].seconds is None
        await house.residency.release()
        assert not vram.view().held
        assert placements(vram.view())["one/a"].verdict == "fits"


async def test_what_moved_today_is_counted_and_circles_come_with_a_remedy():
    backend = ScriptedBackend([model("a", 5), model("b", 5)])
    async with told(backend) as (house, vram):
        now = SystemClock().wall()
        for at in range(6):
            victim, taker = ("one/a", "one/b") if at % 2 else ("one/b", "one/a")
            event = ResidencyEvent(now - at, "unload", victim, "gpu0", 0.5, f"for {taker}", evicted_for=taker)
            house.bus.publish(ResidencyChanged(event))
        view = vram.view()
        [circle] = view.thrash
        assert (circle.models, circle.times) == (("one/a", "one/b"), 6)
        assert "of 8.0 GiB: pin one" in circle.remedy
        assert view.swaps.evictions in (6, 0)  # 0 at the first seconds of a day


async def test_the_ledger_is_told_when_it_changed_and_only_to_somebody():
    backend = ScriptedBackend([model("a", 3), model("b", 3)])
    async with told(backend) as (house, vram):
        await vram.tell()
        await vram.tell()
        assert len(house.facts(VramChanged)) == 1
        gpu = house.fleet.devices[0]
        house.fleet.sampled([replace(gpu, temperature=61.0, sampled_at=9.0)])
        await vram.tell()
        assert len(house.facts(VramChanged)) == 1
        await hold(house, "one/a")
        await vram.tell()
        told_last = house.facts(VramChanged)[-1]
        assert isinstance(told_last, VramChanged)
        assert pool(told_last.vram).holders[0].models == ("one/a",)


async def test_for_nobody_the_ledger_is_not_even_made():
    async with told(ScriptedBackend([model("a", 3)])) as (house, _):
        alone, made = Bus(SystemClock()), []
        vram = Vram(house.fleet, house.router.ledger, house.residency, Journal(), alone, SystemClock())
        vram.view = lambda: made.append(1) or VramView()  # type: ignore[method-assign, func-returns-value]
        await vram.tell()
        alone.tap(lambda envelope: None, VramChanged)
        await vram.tell()
        assert made == [1]


# ── what the day cost ──


def event(at: float, **more: object) -> ResidencyEvent:
    return ResidencyEvent(at, "load", "one/a", "gpu0", 2.0, "", **more)  # type: ignore[arg-type]


def test_a_day_is_counted_from_local_midnight_across_restarts():
    start = midnight(SystemClock().wall())
    journal = Journal()
    journal.begin([event(start - 60), event(start + 1), event(start + 2)])
    assert journal.swaps(start + 10) == Swaps(loads=2, seconds=4.0)
    assert [one.at for one in journal.residency()] == [start + 2, start + 1, start - 60]
    assert journal.swaps(start + 30 * 3600) == Swaps()
    journal.begin([event(start + 30 * 3600)])
    assert journal.swaps(start + 30 * 3600) == Swaps(loads=1, seconds=2.0)


@pytest.mark.parametrize("hour", [0.5, 12.0, 23.4])
def test_midnight_is_the_same_all_day(hour: float):
    start = midnight(1_780_000_000.0)
    assert midnight(start + hour * 3600) == start
