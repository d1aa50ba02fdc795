"""Servers that count models: who waits for a place gets it, whoever else comes for the model that has it."""

import asyncio

import pytest

from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.queueing import Bounds
from tests.engine.house import House, ScriptedBackend, model, open_house, until


def one_place(**more: object) -> ScriptedBackend:
    return ScriptedBackend([model("a", 1), model("b", 1)], places=1, **more)


async def test_a_model_that_waits_for_the_only_place_is_not_overtaken_for_ever():
    backend = one_place()
    async with open_house(backend) as house:
        a, b = house.fleet.model("one/a"), house.fleet.model("one/b")
        (await house.residency.acquire(a)).release()
        done = asyncio.Event()

        async def come_again() -> None:
            while not done.is_set():
                lease = await house.residency.acquire(a)
                await asyncio.sleep(0.002)
                lease.release()

        crowd = [asyncio.ensure_future(come_again()) for _ in range(3)]
        lease = await asyncio.wait_for(house.residency.acquire(b), 5)
        assert backend.held == {"b"}
        lease.release()
        done.set()
        await asyncio.wait_for(asyncio.gather(*crowd), 5)
        assert backend.calls[:3] == [("load", "a"), ("unload", "a"), ("load", "b")]


async def test_the_place_is_waited_for_and_the_wait_is_told():
    backend = one_place()
    async with open_house(backend) as house:
        a, b = house.fleet.model("one/a"), house.fleet.model("one/b")
        idle = house.router.ledger.waits()["one/b"]
        lease = await house.residency.acquire(a)
        house.fleet.touch(a)
        assert house.router.ledger.waits()["one/b"].queue > idle.queue
        waiting = asyncio.ensure_future(house.residency.acquire(b))
        await until(lambda: a.draining)
        assert ("unload", "a") not in backend.calls
        lease.release()
        (await waiting).release()


async def test_a_pinned_model_keeps_the_only_place():
    backend = one_place()
    async with open_house(backend) as house:
        a, b = house.fleet.model("one/a"), house.fleet.model("one/b")
        (await house.residency.acquire(a)).release()
        a.pinned = True
        house.fleet.touch(a)
        assert "one/a must stay" in house.router.ledger.waits()["one/b"].blocked
        with pytest.raises(BackendError, match="no more than 1 at a time; one/a must stay in memory"):
            await house.residency.acquire(b)


async def test_places_count_too_where_memory_is_not_ours_to_see():
    backend = ScriptedBackend([model("a", 1, local=False), model("b", 1, local=False)], places=1)
    async with open_house(backend) as house:
        for name in ("one/a", "one/b"):
            (await house.residency.acquire(house.fleet.model(name))).release()
        assert backend.calls == [("load", "a"), ("unload", "a"), ("load", "b")]
        house.fleet.model("one/a").gave_up, house.fleet.model("one/b").pinned = None, True
        house.fleet.touch(house.fleet.model("one/b"))
        wait = house.router.ledger.waits()["one/a"]
        assert (bool(wait.blocked), wait.never) == (True, False)


async def test_screens_are_told_how_many_models_a_server_holds():
    async with open_house(one_place()) as house:
        assert house.fleet.backend("one").view().places == 1


async def looked(house: House) -> None:
    """What the backend holds was read anew."""
    record = house.fleet.backend("one")
    before = record.looked_at
    house.fleet.look_again("one")
    await until(lambda: record.looked_at > before)


class Swapping(ScriptedBackend):
    """Like llama-swap: it lets a model go by itself when another one of its group comes, and tells nobody."""

    groups = ("ab",)

    async def load(self, model, **how: object) -> None:
        await super().load(model, **how)
        for group in self.groups:
            if model.name in group:
                self.held -= set(group) - {model.name}


async def test_models_of_which_a_server_holds_only_one_are_found_out_and_taken_in_turn():
    backend = Swapping([model(name, 1) for name in "abc"])
    async with open_house(backend) as house:
        a, b, c = (house.fleet.model(f"one/{name}") for name in "abc")
        for record in (c, a, b):
            (await house.residency.acquire(record)).release()
            await looked(house)
        assert (a.rivals, b.rivals, c.rivals) == ({"one/b"}, {"one/a"}, set())
        lease = await house.residency.acquire(b)
        waiting = asyncio.ensure_future(house.residency.acquire(a))
        await until(lambda: b.draining)
        assert ("unload", "c") not in backend.calls
        lease.release()
        (await waiting).release()
        assert backend.calls[-2:] == [("unload", "b"), ("load", "a")]
        backend.held |= {"a", "b"}
        await looked(house)
        assert a.rivals == set()


async def test_where_memory_is_not_ours_to_see_a_place_that_becomes_free_is_noticed_at_once(monkeypatch):
    monkeypatch.setattr("llmrouter_tui.engine.turns.LOOK_SECONDS", 60.0)
    monkeypatch.setattr("llmrouter_tui.core.queueing.LINGER_SHARE", 0.0)
    backend = ScriptedBackend([model("a", local=False), model("b", local=False)], places=1)
    async with open_house(backend, bounds=Bounds(seconds=60, requests=40)) as house:
        a, b = house.fleet.model("one/a"), house.fleet.model("one/b")
        assert a.home == ""
        lease = await house.residency.acquire(a)
        waiting = asyncio.ensure_future(house.residency.acquire(b))
        await until(lambda: a.line is not None)
        assert house.residency.place(b).reason == "one/a answers 1 request"
        lease.release()
        async with asyncio.timeout(5):
            (await waiting).release()
