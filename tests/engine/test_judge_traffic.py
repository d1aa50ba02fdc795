"""The judge beside clients that come without pause: they come first, and what the user waits for gets its turn."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from llmrouter_tui.engine.judge_bench import JudgeSettings
from llmrouter_tui.engine.judge_turns import PATIENCE, Patience
from tests.engine.court import OPEN, Court, court
from tests.engine.house import until

ABLE, BUSY = ("able", 6.0), ("busy", 4.0)
"""Of which one fits into memory at a time."""
SOON = Patience(asked=0.3, measured=0.6, stretch=0.5)


class Ticks:
    """In the place of a gate: every token takes its time."""

    async def wait(self) -> None:
        await asyncio.sleep(0.01)


class Clients:
    """Three that ask one after the other without pause, so that there is always one."""

    def __init__(self, c: Court, model: str) -> None:
        self._c, self._model = c, model
        self.answers, self.longest = 0, 0.0

    async def one(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            assert b"t2" in await self._c.house.ask(name=self._model)
            self.answers += 1
            self.longest = max(self.longest, clock() - began)


@contextlib.asynccontextmanager
async def besieged(c: Court, model: str = "busy") -> AsyncIterator[Clients]:
    c.bar.gate = Ticks()  # type: ignore[assignment]
    clients = Clients(c, model)
    tasks = [asyncio.ensure_future(clients.one()) for _ in range(3)]
    try:
        await until(lambda: clients.answers > 3)
        yield clients
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_the_user_asks_for_gets_its_turn_among_steady_clients_and_one_swap_serves_all_of_it() -> None:
    async with court(ABLE, BUSY, patience=SOON) as c:
        await c.results("busy", prompts=6)
        async with besieged(c) as clients:
            c.start()
            for prompt in OPEN[:6]:
                await c.desk.grade("prompt", prompt.id, "busy", "")
            await until(lambda: len(c.graded()) == 6, 10.0)
            served = clients.answers
            await until(lambda: clients.answers > served + 6)
        assert c.bar.calls.count(("load", "able")) == 1
        assert clients.longest < 5.0
        await until(lambda: c.bar.held == {"busy"})


async def test_answers_that_measuring_left_get_theirs_too_after_a_longer_while() -> None:
    async with court(ABLE, BUSY, patience=SOON) as c:
        await c.results("busy", prompts=6)
        async with besieged(c):
            began = asyncio.get_running_loop().time()
            c.start()
            c.judge.changed()
            await until(lambda: len(c.graded()) == 6, 10.0)
            assert asyncio.get_running_loop().time() - began >= SOON.measured
        assert c.bar.calls.count(("load", "able")) == 1


async def test_a_stretch_has_an_end_and_clients_have_the_memory_in_between() -> None:
    patience = Patience(asked=0.2, measured=0.2, stretch=0.05)
    async with court(ABLE, BUSY, patience=patience) as c:
        await c.results("busy", prompts=8)
        async with besieged(c) as clients:
            c.start()
            c.judge.changed()
            await until(lambda: len(c.graded()) == 8, 20.0)
            loads = c.bar.calls.count(("load", "able"))
            assert 1 < loads < 8
            assert clients.answers > 3 * loads


async def test_a_sample_of_what_clients_get_never_insists() -> None:
    never = Patience(asked=0.0, measured=0.0, stretch=5.0)
    async with court(ABLE, BUSY, patience=never, settings=JudgeSettings(share=1.0)) as c:
        c.house.router.overheard = c.judge.overhear
        async with besieged(c) as clients:
            c.start()
            served = clients.answers
            await until(lambda: clients.answers > served + 20)
            assert c.view.queued > 10
            assert c.graded() == []
            assert ("load", "able") not in c.bar.calls


async def test_a_judge_in_memory_whose_server_is_never_idle_gets_its_turn_too() -> None:
    async with court(ABLE, ("small", 2.0), patience=SOON) as c:
        await c.results("small", prompts=3)
        async with besieged(c, "able"):
            c.start()
            c.judge.changed()
            await until(lambda: len(c.graded()) == 3, 10.0)
        assert c.bar.calls.count(("load", "able")) == 1


async def test_pausing_ends_a_stretch_and_lets_go_of_the_model() -> None:
    async with court(ABLE, BUSY, patience=Patience(asked=0.0, measured=0.0, stretch=60.0)) as c:
        await c.results("busy", prompts=8)
        async with besieged(c) as clients:
            c.start()
            c.judge.changed()
            await until(lambda: len(c.graded()) > 0, 10.0)
            c.judge.pause(True)
            await until(lambda: c.view.state == "paused")
            assert c.house.fleet.models["one/able"].leases == 0
            served = clients.answers
            await until(lambda: clients.answers > served + 3)


def test_clients_wait_for_the_judge_a_quarter_of_the_time_at_most() -> None:
    assert PATIENCE.stretch <= 0.25 * (PATIENCE.asked + PATIENCE.stretch)
    assert PATIENCE.asked <= PATIENCE.measured
