"""What models may take of each pool: what was measured less a reserve, and no more than the user allows."""

import pytest

from llmrouter_tui.core.domain import HOST_POOL, Device
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.clock import SystemClock
from llmrouter_tui.engine.fleet import Fleet
from llmrouter_tui.engine.learning import Learning
from llmrouter_tui.engine.ledger import Ledger
from llmrouter_tui.storage.repo import open_repo
from tests.engine.house import GIB


def gpu(name: str, total: float, used: float = 0) -> Device:
    return Device(name, name, "nvidia", int(total * GIB), int(used * GIB), int((total - used) * GIB))


def ram(total: float, used: float = 0) -> Device:
    return Device(HOST_POOL, "RAM", "host", int(total * GIB), int(used * GIB), int((total - used) * GIB))


async def budgets(*devices: Device, reserve: float = 0.5, most: float | None = None) -> dict[str, tuple[float, float]]:
    """Budget and what is free of it in GiB, by pool."""
    repo, bus, clock = await open_repo(None), Bus(SystemClock()), SystemClock()
    fleet = Fleet(bus, clock, Learning(repo, clock), {}, None)
    ledger = Ledger(fleet, clock, reserve=int(reserve * GIB), max_bytes=None if most is None else int(most * GIB))
    fleet.sampled(devices)
    await repo.close()
    return {pool.name: (pool.budget / GIB, pool.free / GIB) for pool in ledger.pools()}


async def test_it_is_what_was_measured_less_the_reserve_of_each_gpu_apart() -> None:
    found = await budgets(gpu("gpu0", 24, used=4), gpu("gpu1", 8))
    assert found == {"gpu0": (23.5, 19.5), "gpu1": (7.5, 7.5)}


async def test_the_users_bound_holds_for_each_gpu_and_a_small_card_gets_no_large_budget() -> None:
    found = await budgets(gpu("gpu0", 24), gpu("gpu1", 8), ram(64), most=12)
    assert {name: budget for name, (budget, _) in found.items()} == {"gpu0": 12, "gpu1": 7.5, HOST_POOL: 63.5}


async def test_without_a_gpu_it_holds_for_ram_of_which_a_tenth_stays_free() -> None:
    assert await budgets(ram(16, used=4), most=6) == {HOST_POOL: (6, pytest.approx(10.4))}


async def test_before_anything_was_measured_there_is_no_pool_to_plan_for() -> None:
    assert await budgets(gpu("gpu0", 0)) == {}
    assert await budgets() == {}


async def test_of_a_gpu_smaller_than_the_reserve_nothing_is_left() -> None:
    assert await budgets(gpu("gpu0", 0.25)) == {"gpu0": (0, 0)}
