"""A server whose health page is green and that generates nothing: found when somebody waits, and only then."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import ExchangeFinished
from llmrouter_tui.engine.canary import Canary
from tests.engine.house import House, ScriptedBackend, ScriptedReply, model, open_house, until


class Named(ScriptedReply):
    """Models of ``stuck`` alone generate nothing."""

    async def chunks(self) -> AsyncIterator[bytes]:
        if self._call.model.name in self._backend.stuck:  # type: ignore[attr-defined]
            await asyncio.sleep(60)
        async for chunk in super().chunks():
            yield chunk


class Half(ScriptedBackend):
    stuck: set[str]

    async def chat(self, call):  # type: ignore[no-untyped-def]
        await super().chat(call)
        return Named(self, call)


def two() -> tuple[ScriptedBackend, ScriptedBackend]:
    return (
        ScriptedBackend([model("a", 2), model("b", 2)], capacity=16 << 30),
        ScriptedBackend([model("a", 2, "two")], name="two"),
    )


def canary(house: House) -> Canary:
    return Canary(house.router, floor=0.05, wait=0.1)


def canaries(backend: ScriptedBackend) -> list[str]:
    return [call.model.name for call in backend.asked if call.exchange_id == "canary"]


@contextlib.asynccontextmanager
async def looking(house: House) -> AsyncIterator[Canary]:
    bird = canary(house)

    async def look() -> None:
        while True:
            await bird.look()
            await asyncio.sleep(0.01)

    task = asyncio.ensure_future(look())
    try:
        yield bird
        assert not task.done()
    finally:
        task.cancel()


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmrouter_tui.engine.canary.SLACK", 0.0)
    monkeypatch.setattr("llmrouter_tui.engine.canary.FIRST_PAUSE", 0.05)


async def warm(house: House, *names: str) -> None:
    for name in names:
        await house.ask(name=name)


async def test_it_is_down_in_words_its_requests_are_answered_elsewhere_and_it_comes_back_when_it_generates() -> None:
    one, two_ = two()
    async with open_house(one, two_) as house:
        await warm(house, "one/a", "two/a")
        chats = len(one.asked)
        one.gate.clear()
        async with looking(house):
            answers = await asyncio.gather(*(house.ask(name="a") for _ in range(6)), return_exceptions=True)
            assert all(isinstance(answer, bytes) and b"t2" in answer for answer in answers)
            record = house.fleet.backends["one"]
            assert record.health == "down"
            assert record.detail.startswith("answers /v1/models but generates nothing: ")
            assert "have waited" in record.detail or "has waited" in record.detail
            await house.lookout._look(record)
            assert record.health == "down", "its health page does not convince"
            one.gate.set()
            await until(lambda: not record.stuck)
            await house.lookout._look(record)
            assert record.health == "up"
        assert set(canaries(one)) == {"a"}, "b is not in memory, and is not brought there"
        assert ("load", "b") not in one.calls
        assert len(one.asked) > chats
        finished = [fact.exchange for fact in house.facts(ExchangeFinished)][-6:]
        assert all(exchange.outcome == "ok" for exchange in finished)
        assert not house.router.circuits, "the models are not blamed besides"


async def test_a_server_that_generates_is_left_alone() -> None:
    one, _ = two()
    async with open_house(one) as house:
        await warm(house, "one/a")
        one.gate.clear()
        async with looking(house):
            answer = asyncio.ensure_future(house.ask(name="one/a"))
            await until(lambda: bool(canaries(one)))
            one.gate.set()
            assert b"t2" in await answer
            assert house.fleet.backends["one"].health == "up"


async def test_nobody_is_asked_where_nobody_waits_or_others_get_tokens() -> None:
    one, _ = two()
    async with open_house(one) as house:
        await warm(house, "one/a")
        async with looking(house) as bird:
            await asyncio.sleep(0.1)
            assert not canaries(one)
            one.gate.clear()
            answer = asyncio.ensure_future(house.ask(name="one/a"))
            await until(lambda: bool(house.router.watch.tries))
            for _ in range(10):
                house.router.spoke["one"] = house.router.clock.mono()  # somebody else's answer goes on
                await asyncio.sleep(0.02)
            assert not canaries(one)
            assert not bird._stuck
            one.gate.set()
            await answer


async def test_who_is_measured_or_embeds_shows_in_no_token() -> None:
    one, _ = two()
    async with open_house(one) as house:
        await warm(house, "one/a")
        lease = house.residency.lease(house.fleet.model("one/a"))
        one.gate.clear()
        async with looking(house):
            answer = asyncio.ensure_future(house.ask(name="one/a"))
            await asyncio.sleep(0.15)
            assert not canaries(one)
            assert lease is not None
            lease.release()
            await until(lambda: bool(canaries(one)))
            one.gate.set()
            await answer


async def test_one_model_that_is_stuck_does_not_speak_for_its_server() -> None:
    one = Half([model("a", 2), model("b", 2)], capacity=16 << 30)
    one.stuck = set()
    async with open_house(one) as house:
        await warm(house, "one/a", "one/b")
        one.stuck = {"a"}
        async with looking(house):
            with pytest.raises(BackendError, match="one/a generates nothing: 1 request has waited"):
                await house.ask(name="one/a")
            assert house.fleet.backends["one"].health == "up"
            assert b"t2" in await house.ask(name="one/b")
        assert house.router.circuits, "it counts against the model"


async def test_a_server_that_was_started_anew_is_believed() -> None:
    one, _ = two()
    async with open_house(one) as house:
        await warm(house, "one/a")
        one.gate.clear()
        async with looking(house):
            with pytest.raises(BackendError, match="generates nothing"):
                await house.ask(name="one/a")
            record = house.fleet.backends["one"]
            one.held.clear()
            one.gate.set()
            await house.lookout._look(record)
            await until(lambda: not record.stuck)
            await house.lookout._look(record)
            assert record.health == "up"
            assert b"t2" in await house.ask(name="one/a")
