"""A model that is silent: before its first word another one is asked, in the middle another one goes on."""

import asyncio
import time

import pytest

from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import ExchangeFinished
from llmrouter_tui.engine.deadlines import Deadlines, Watch
from tests.engine.house import House, ScriptedBackend, model, open_house, request


def last(house: House):
    return house.facts(ExchangeFinished)[-1].exchange


async def silent(backend: ScriptedBackend, house: House, **more: object) -> bytes:
    """An exchange whose first model says nothing; the others answer at once."""
    backend.gate.clear()
    answer = asyncio.ensure_future(house.ask(**more))
    while len(backend.asked) < 2 and not answer.done():
        await asyncio.sleep(0.005)
    backend.gate.set()
    return await answer


async def test_silence_before_the_first_word_falls_back() -> None:
    backend = ScriptedBackend([model("a", 3), model("b", 3)])
    async with open_house(backend) as house:
        house.router.watch.deadlines = Deadlines(first_token=0.05)
        assert b"t2" in await silent(backend, house)
        first, second = last(house).attempts
        assert (first.code, second.outcome) == ("backend_error", "ok")
        assert first.message == f"{first.model} said nothing for 0.05 s"
        assert backend.replies[0].closed, "what nobody waits for is not generated"
        assert not house.router.watch.tries


async def test_a_loop_that_was_held_up_reads_before_it_judges() -> None:
    backend = ScriptedBackend([model("a", 3)])
    async with open_house(backend) as house:
        house.router.watch.deadlines = Deadlines(first_token=0.4)
        backend.gate.clear()
        answer = asyncio.ensure_future(house.ask())
        while not backend.asked:
            await asyncio.sleep(0.005)
        asyncio.get_running_loop().call_soon(backend.gate.set)
        time.sleep(0.8)  # a long callback: the deadline passes, the words lie there unread
        assert b"t2" in await answer


class Late:
    """A clock by which every look comes too late."""

    def __init__(self) -> None:
        self.now = 0.0

    def mono(self) -> float:
        self.now += 1.0
        return self.now

    wall = mono


class Looked:
    def __init__(self) -> None:
        self.at: list[float] = []

    def look(self, now: float) -> None:
        self.at.append(now)


async def test_a_loop_that_is_always_late_judges_at_every_third_look() -> None:
    watch, looked = Watch(Late()), Looked()
    watch.deadlines = Deadlines(first_token=0.005)
    watch.over(looked)  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        while len(looked.at) < 2:
            await asyncio.sleep(0.001)
    watch.tries.clear()
    assert looked.at[:2] == [6.0, 12.0], "the clock is read when a look is planned and when it comes"


async def test_where_nobody_else_can_answer_the_caller_is_told_in_time() -> None:
    backend = ScriptedBackend([model("a", 3)])
    async with open_house(backend) as house:
        house.router.watch.deadlines = Deadlines(first_token=0.05)
        backend.gate.clear()
        with pytest.raises(BackendError, match=r"one/a said nothing for 0\.05 s") as caught:
            await house.ask()
        assert caught.value.status == 504
        assert house.fleet.model("one/a").leases == 0


@pytest.mark.parametrize("resumes", [True, False])
async def test_silence_in_the_middle_is_a_stream_that_broke_off(resumes: bool) -> None:
    backend = ScriptedBackend([model("a", 3), model("b", 3)], continues=True)
    async with open_house(backend) as house:
        house.router.watch.deadlines, house.router.resumes = Deadlines(stall=0.05), resumes
        run = house.router.begin(request())
        await run.open()
        answer, got = run.body(), b""
        got += await anext(answer)
        backend.gate.clear()
        try:
            if resumes:
                asyncio.get_running_loop().call_later(0.15, backend.gate.set)
                async for chunk in answer:
                    got += chunk
                assert b"goes on with the answer" in got
                assert got.endswith(b"[DONE]\n\n")
            else:
                with pytest.raises(BackendError, match=r"nothing came for 0\.05 s"):
                    async for chunk in answer:
                        got += chunk
        finally:
            run.close()
        assert last(house).outcome == ("ok" if resumes else "failed")


async def test_a_client_that_takes_its_time_is_not_the_models_silence() -> None:
    backend = ScriptedBackend([model("a", 3)])
    async with open_house(backend) as house:
        house.router.watch.deadlines = Deadlines(first_token=0.05, stall=0.05)
        run = house.router.begin(request())
        await run.open()
        async for _ in run.body():
            await asyncio.sleep(0.08)
        run.close()
        assert last(house).outcome == "ok"


async def test_a_flood_that_says_nothing_is_no_first_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmrouter_tui.engine.attempt.MEANINGLESS", 10)
    backend = ScriptedBackend([model("a", 3)])
    async with open_house(backend) as house:
        with pytest.raises(BackendError, match="without a word"):
            await house.ask()
