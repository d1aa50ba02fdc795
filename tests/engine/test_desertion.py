"""A swap that nobody waits for any more does not go on, unless the user asked for it."""

import asyncio
import contextlib
import logging

from llmrouter_tui.core.events import ResidencyChanged
from llmrouter_tui.core.queueing import Bounds
from llmrouter_tui.engine.leasing import Lease
from tests.engine.house import House, ScriptedBackend, model, open_house, until


def one_of_two() -> ScriptedBackend:
    return ScriptedBackend([model("a", 5), model("b", 5)])


async def answering(house: House) -> Lease:
    """``a`` is in memory and answers somebody."""
    return await house.residency.acquire(house.fleet.model("one/a"))


def waiting(house: House, name: str) -> "asyncio.Future[Lease]":
    return asyncio.ensure_future(house.residency.acquire(house.fleet.model(name)))


async def leave(*clients: "asyncio.Future[Lease]") -> None:
    for client in clients:
        client.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await client


async def test_when_everyone_who_waited_has_left_the_busy_model_serves_on(caplog):
    caplog.set_level(logging.INFO)
    backend = one_of_two()
    async with open_house(backend) as house:
        a, b = house.fleet.model("one/a"), house.fleet.model("one/b")
        lease = await answering(house)
        clients = [waiting(house, "one/b") for _ in range(2)]
        await until(lambda: a.draining and len(b.tickets) == 2)
        await leave(clients[0])
        assert a.draining
        await leave(clients[1])
        await until(lambda: a.ready)
        (await house.residency.acquire(a)).release()
        lease.release()
        await until(lambda: not b.wanted)
        assert backend.calls == [("load", "a")]
        assert (b.residency, b.problem) == ("absent", "")
        assert [f.event.kind for f in house.facts(ResidencyChanged)] == ["load"]
        assert "one/b is not loaded: who waited for it has left" in caplog.messages
        assert all(record.levelno <= logging.INFO for record in caplog.records)


async def test_who_came_for_the_draining_model_meanwhile_is_served_at_once_when_the_swap_is_called_off():
    async with open_house(one_of_two()) as house:
        lease = await answering(house)
        client = waiting(house, "one/b")
        await until(lambda: house.fleet.model("one/a").draining)
        late = waiting(house, "one/a")
        await until(lambda: len(house.fleet.model("one/a").tickets) == 1)
        await leave(client)
        (await asyncio.wait_for(late, 5)).release()
        assert house.fleet.model("one/a").leases == 1
        lease.release()


async def test_a_load_that_the_user_asked_for_goes_on_when_the_clients_leave():
    backend = one_of_two()
    async with open_house(backend) as house:
        lease = await answering(house)
        client = waiting(house, "one/b")
        await until(lambda: house.fleet.model("one/a").draining)
        asked = asyncio.ensure_future(house.residency.load(house.fleet.model("one/b")))
        await asyncio.sleep(0)
        await leave(client)
        lease.release()
        await asyncio.wait_for(asked, 5)
        assert backend.calls == [("load", "a"), ("unload", "a"), ("load", "b")]
        assert not house.fleet.model("one/b").asked


async def test_who_comes_right_after_the_last_one_left_is_served():
    backend = one_of_two()
    async with open_house(backend) as house:
        lease = await answering(house)
        client = waiting(house, "one/b")
        await until(lambda: house.fleet.model("one/a").draining)
        client.cancel()
        fresh = waiting(house, "one/b")
        await asyncio.sleep(0.01)
        lease.release()
        (await asyncio.wait_for(fresh, 5)).release()
        assert backend.calls == [("load", "a"), ("unload", "a"), ("load", "b")]


async def test_a_load_that_waits_for_its_turn_is_not_begun_for_nobody():
    backend = ScriptedBackend([model("a", 3), model("b", 3)], load_seconds=0.05)
    async with open_house(backend) as house:
        first, second = waiting(house, "one/a"), waiting(house, "one/b")
        await until(lambda: backend.calls == [("load", "a")])
        await leave(second)
        (await first).release()
        await until(lambda: not house.fleet.model("one/b").wanted)
        assert backend.calls == [("load", "a")]


async def test_a_load_that_its_backend_was_asked_for_is_carried_to_its_end():
    backend = ScriptedBackend([model("a", 3)], load_seconds=0.05)
    async with open_house(backend) as house:
        client = waiting(house, "one/a")
        await until(lambda: backend.calls == [("load", "a")])
        await leave(client)
        await until(lambda: house.fleet.model("one/a").ready)
        assert house.fleet.model("one/a").leases == 0


async def test_a_drain_that_the_user_asked_for_is_not_called_off_by_clients_who_leave():
    backend = one_of_two()
    async with open_house(backend) as house:
        lease = await answering(house)
        a = house.fleet.model("one/a")
        asked = asyncio.ensure_future(house.residency.unload(a, "asked for"))
        await until(lambda: a.draining)
        client = waiting(house, "one/b")
        await until(lambda: bool(house.fleet.model("one/b").tickets))
        await leave(client)
        assert a.draining
        lease.release()
        await asyncio.wait_for(asked, 5)
        assert a.residency == "absent"


async def test_who_comes_after_one_that_left_was_passed_by_nobody_yet():
    backend = ScriptedBackend([model(name, 5) for name in "abc"])
    async with open_house(backend, bounds=Bounds(seconds=60, requests=4)) as house:
        a, c = house.fleet.model("one/a"), house.fleet.model("one/c")
        leases = [await house.residency.acquire(a)]
        left = waiting(house, "one/b")
        await until(lambda: a.line is not None)
        leases += [await house.residency.acquire(a) for _ in range(3)]
        await leave(left)
        await until(lambda: a.line is None)
        stays = waiting(house, "one/c")
        await until(lambda: c.place is not None and a.line is not None)
        passed = [lease for lease in (house.residency.lease(a) for _ in range(6)) if lease is not None]
        assert len(passed) == 4
        for lease in leases + passed:
            lease.release()
        (await stays).release()
