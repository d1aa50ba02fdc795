"""New models are measured by themselves while nobody asks anything, where the user allows it."""

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from llmrouter_tui.core.domain import ModelInfo
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.engine.idle import IDLE, NOTE, Idle
from tests.engine.house import model
from tests.engine.test_profiler import ALL, School, make, school


@dataclass
class Later:
    """A clock that is put forward."""

    by: float = 0.0

    def wall(self) -> float:
        return time.time() + self.by

    def mono(self) -> float:
        return time.monotonic() + self.by


@contextlib.asynccontextmanager
async def watched(**more: object) -> AsyncIterator[tuple[School, Idle, Later]]:
    async with school(**more) as s:
        clock, house = Later(), s.house
        idle = Idle(house.fleet, house.residency, s.profiler, house.router.traffic, clock)
        idle.when = "new"
        yield s, idle, clock


async def test_what_no_order_named_gets_a_quick_profile_once_nobody_asks_anything() -> None:
    async with watched() as (s, idle, clock):
        await s.measured("a")
        await idle.look()
        assert not s.profiler.run.running
        clock.by = IDLE + 1
        await idle.look()
        assert [m.model for m in s.profiler.run.models] == ["one/b"]
        assert s.profiler.run.quick
        await s.ended()
        assert (s.profiler.run.models[0].done, s.profiler.history[0].note) == (ALL, NOTE)
        await idle.look()
        assert not s.profiler.run.running


async def test_not_unless_the_user_allows_it() -> None:
    async with watched() as (s, idle, clock):
        idle.when, clock.by = "off", 10 * IDLE
        await idle.look()
        assert not s.profiler.run.running


async def test_a_request_puts_it_off() -> None:
    async with watched() as (s, idle, clock):
        clock.by = -IDLE - 10
        fresh = Idle(s.house.fleet, s.house.residency, s.profiler, s.house.router.traffic, clock)
        fresh.when, clock.by = "new", 0.0
        await s.house.ask(name="one/a")
        await fresh.look()
        assert not s.profiler.run.running
        clock.by = IDLE + 10
        await idle.look()
        assert s.profiler.run.running


async def test_what_could_not_be_measured_is_not_tried_again_and_again_also_after_a_restart() -> None:
    async with watched() as (s, idle, clock):
        s.backend.load_failures["a"] = [
            BackendError("backend_error", "corrupt file", backend="one", fallback=True) for _ in range(9)
        ]
        clock.by = IDLE + 1
        await idle.look()
        await s.ended()
        assert [m.state for m in s.profiler.run.models] == ["failed", "done"]
        await idle.look()
        assert not s.profiler.run.running
        again = make(s.house)
        await again.resume()
        fresh = Idle(s.house.fleet, s.house.residency, again, s.house.router.traffic, clock)
        fresh.when = "new"
        clock.by += IDLE + 1
        await fresh.look()
        assert not again.run.running


async def test_a_model_that_comes_later_has_its_turn_and_what_costs_money_never() -> None:
    async with watched() as (s, idle, clock):
        await s.measured("a", "b")
        newcomers: list[ModelInfo] = [model("c"), model("paid", price_in=1.0, price_out=2.0)]
        s.backend.infos += newcomers
        s.house.fleet.listed(s.house.fleet.backends["one"], s.backend.infos)
        clock.by = IDLE + 1
        await idle.look()
        assert [m.model for m in s.profiler.run.models] == ["one/c"]
        await s.ended()


async def test_while_loads_are_held_it_waits() -> None:
    async with watched() as (s, idle, clock):
        clock.by = IDLE + 1
        await s.house.residency.clear()
        await idle.look()
        assert not s.profiler.run.running
