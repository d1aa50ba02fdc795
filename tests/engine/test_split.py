"""Where a model lies: on a GPU, in RAM, or in both."""

import asyncio

import pytest

from llmrouter_tui.core.domain import HOST_POOL, Resident
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.estimate import speed
from llmrouter_tui.core.queueing import Bounds
from tests.engine.house import GIB, House, ScriptedBackend, model, open_house, until


def ollama(*sizes: tuple[str, float]) -> ScriptedBackend:
    return ScriptedBackend([model(name, gib) for name, gib in sizes], kind="ollama")


async def told(house: House, backend: ScriptedBackend, *residents: Resident) -> None:
    """Let the backend say that it holds these."""

    async def say():
        return list(residents)

    backend.residents = say
    house.fleet.look_again("one")
    names = {resident.name for resident in residents}
    await until(lambda: {m.info.name for m in house.fleet.models.values() if m.residency == "resident"} == names)


async def test_a_model_in_ram_takes_nothing_of_the_gpu_and_goes_to_the_gpu_when_it_is_loaded_again():
    backend = ollama(("a", 6), ("b", 6))
    async with open_house(backend, ram=32) as house:
        a = house.fleet.model("one/a")
        in_ram = Resident("a", 6 * GIB, "reported", on_gpu=0)
        await told(house, backend, in_ram)
        assert (a.view().pool, a.view().footprint) == (HOST_POOL, 6 * GIB)
        (await house.residency.acquire(house.fleet.model("one/b"))).release()
        assert ("unload", "a") not in backend.calls
        await told(house, backend, in_ram, Resident("b", 6 * GIB, "reported", on_gpu=6 * GIB))
        assert {o.model: o.pool for o in house.router.ledger.occupants()} == {"one/a": HOST_POOL, "one/b": "gpu0"}
        await house.residency.unload(a, "asked for")
        assert a.view().pool == "gpu0"


async def test_a_split_model_takes_of_the_gpu_what_it_has_there_and_its_whole_size_when_it_is_loaded_again():
    backend = ollama(("a", 6), ("b", 4))
    async with open_house(backend, ram=32) as house:
        a = house.fleet.model("one/a")
        await told(house, backend, Resident("a", 6 * GIB, "reported", on_gpu=3 * GIB))
        assert (a.view().pool, a.view().footprint) == ("gpu0", 3 * GIB)
        assert a.needed_bytes() == 6 * GIB
        await told(house, backend)
        assert (a.view().pool, a.view().footprint) == ("gpu0", 6 * GIB)


async def test_what_a_machine_without_a_gpu_holds_stays_in_its_only_pool():
    backend = ollama(("a", 6))
    async with open_house(backend) as house:
        await told(house, backend, Resident("a", 6 * GIB, "reported", on_gpu=6 * GIB))
        assert house.fleet.model("one/a").view().pool == "gpu0"


async def test_a_model_larger_than_the_gpu_is_loaded_by_ollama_with_the_rest_in_ram():
    backend = ollama(("small", 3), ("giant", 20))
    async with open_house(backend, ram=32) as house:
        giant = house.fleet.model("one/giant")
        assert giant.speed == speed(giant.info, HOST_POOL)
        assert house.fleet.model("one/small").speed == speed(house.fleet.model("one/small").info, "gpu0")
        assert giant.view().splits
        (await house.residency.acquire(house.fleet.model("one/small"))).release()
        assert not house.router.ledger.waits()["one/giant"].blocked
        async with asyncio.timeout(3):
            (await house.residency.acquire(giant)).release()
        assert backend.calls == [("load", "small"), ("unload", "small"), ("load", "giant")]


@pytest.mark.parametrize(("kind", "ram"), [("llamacpp", 32), ("ollama", 8), ("ollama", 0)])
async def test_it_is_refused_where_its_server_cannot_split_it_or_ram_has_no_room(kind, ram):
    backend = ollama(("small", 3), ("giant", 20))
    backend.kind = kind
    async with open_house(backend, ram=ram) as house:
        (await house.residency.acquire(house.fleet.model("one/small"))).release()
        assert house.router.ledger.waits()["one/giant"].blocked
        with pytest.raises(BackendError, match=r"needs 2\d\.\d GiB") as caught:
            await house.residency.acquire(house.fleet.model("one/giant"))
        assert caught.value.code == "out_of_memory"
        assert backend.calls == [("load", "small")]


async def test_a_load_into_ram_and_a_load_into_both_take_turns():
    both, host = ollama(("giant", 20)), ScriptedBackend([model("cpu", 4, "two")], name="two")
    loading: set[str] = set()
    together: list[set[str]] = []

    def watched(load):
        async def slow(info, **how: object) -> None:
            loading.add(info.id)
            together.append(set(loading))
            await asyncio.sleep(0.02)
            await load(info, **how)
            loading.discard(info.id)

        return slow

    both.load, host.load = watched(both.load), watched(host.load)
    async with open_house(both, host, ram=32) as house:
        house.fleet.model("two/cpu").home = HOST_POOL
        names = ("one/giant", "two/cpu")
        leases = await asyncio.gather(*(house.residency.acquire(house.fleet.model(name)) for name in names))
        for lease in leases:
            lease.release()
        assert together == [{"one/giant"}, {"two/cpu"}]


async def test_a_model_that_waits_in_two_queues_is_passed_in_one_of_them_only():
    backend = ollama(("small", 3), ("giant", 20))
    async with open_house(backend, ram=32, bounds=Bounds(seconds=60, requests=4)) as house:
        small, giant = house.fleet.model("one/small"), house.fleet.model("one/giant")
        leases = [await house.residency.acquire(small)]
        waiting = asyncio.ensure_future(house.residency.acquire(giant))
        await until(lambda: small.line is not None)
        while not small.draining:
            leases += [lease for lease in [house.residency.lease(small)] if lease is not None]
            await asyncio.sleep(0)
        assert len(leases) == 1 + 4
        for lease in leases:
            lease.release()
        (await waiting).release()


async def test_a_model_that_leaves_ram_is_not_loaded_before_it_is_out():
    backend = ollama(("a", 6))
    async with open_house(backend, ram=32) as house:
        a = house.fleet.model("one/a")
        await told(house, backend, Resident("a", 6 * GIB, "reported", on_gpu=0))
        lease = house.residency.lease(a)
        backend.held.add("a")
        del backend.residents  # from now on it tells what it does
        leaving = asyncio.ensure_future(house.residency.unload(a, "asked for"))
        await until(lambda: a.draining)
        coming = asyncio.ensure_future(house.residency.acquire(a))
        await until(lambda: a.place == 0)
        assert a.key == HOST_POOL
        assert backend.calls == []
        lease.release()
        await leaving
        (await coming).release()
        assert backend.calls == [("unload", "a"), ("load", "a")]


async def test_one_that_is_split_can_be_pinned_unless_it_fits_nowhere():
    backend = ScriptedBackend([model("giant", 20), model("titan", 80)], kind="ollama")
    async with open_house(backend, ram=32) as house:
        assert house.residency.pin_refusal(house.fleet.model("one/giant")) == ""
        assert "one/titan needs 8" in house.residency.pin_refusal(house.fleet.model("one/titan"))
