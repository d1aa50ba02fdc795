"""Residency: what is loaded, what is evicted, and what is never done."""

import asyncio

import pytest

from llmrouter_tui.core.domain import Footprint, Resident
from llmrouter_tui.core.errors import BackendError
from llmrouter_tui.core.events import ResidencyChanged
from tests.engine.house import GIB, ScriptedBackend, model, open_house, until


async def test_a_model_is_loaded_once_for_everyone_who_waits():
    backend = ScriptedBackend([model("a")], load_seconds=0.05)
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        leases = await asyncio.gather(*(house.residency.acquire(record) for _ in range(5)))
        assert backend.calls == [("load", "a")]
        assert record.leases == 5
        for lease in leases:
            lease.release()
            lease.release()
        assert record.leases == 0


async def test_what_fits_together_stays_together():
    backend = ScriptedBackend([model("a", 3), model("b", 3)])
    async with open_house(backend) as house:
        for name in ("one/a", "one/b", "one/a"):
            (await house.residency.acquire(house.fleet.model(name))).release()
        assert backend.calls == [("load", "a"), ("load", "b")]


async def test_an_idle_model_leaves_before_the_next_one_loads_and_memory_never_overflows():
    backend = ScriptedBackend([model("a", 5), model("b", 5)])
    async with open_house(backend) as house:
        for name in ("one/a", "one/b"):
            (await house.residency.acquire(house.fleet.model(name))).release()
        assert backend.calls == [("load", "a"), ("unload", "a"), ("load", "b")]
        assert backend.most_held <= backend.capacity


async def test_an_answer_in_flight_is_never_killed():
    backend = ScriptedBackend([model("a", 5), model("b", 5)])
    async with open_house(backend) as house:
        lease = await house.residency.acquire(house.fleet.model("one/a"))
        waiting = asyncio.ensure_future(house.residency.acquire(house.fleet.model("one/b")))
        await until(lambda: house.fleet.model("one/a").draining)
        assert ("unload", "a") not in backend.calls
        lease.release()
        (await waiting).release()
        assert backend.calls == [("load", "a"), ("unload", "a"), ("load", "b")]


async def test_traffic_that_alternates_is_served_and_nobody_starves():
    backend = ScriptedBackend([model("a", 5), model("b", 5)], load_seconds=0.005)
    async with open_house(backend) as house:

        async def use(name: str) -> None:
            lease = await house.residency.acquire(house.fleet.model(name))
            assert name.removeprefix("one/") in backend.held
            await asyncio.sleep(0.002)
            lease.release()

        async with asyncio.timeout(20):
            await asyncio.gather(*(use(f"one/{'ab'[i % 2]}") for i in range(40)))
        assert backend.most_held <= backend.capacity


async def test_a_pinned_model_is_not_evicted():
    backend = ScriptedBackend([model("a", 5), model("b", 5)])
    async with open_house(backend) as house:
        (await house.residency.acquire(house.fleet.model("one/a"))).release()
        house.fleet.model("one/a").pinned = True
        with pytest.raises(BackendError, match=r"one/a must stay in memory") as caught:
            await house.residency.acquire(house.fleet.model("one/b"))
        assert caught.value.code == "out_of_memory"
        assert backend.held == {"a"}


async def test_a_model_too_big_for_the_machine_is_refused_before_anything_is_unloaded():
    backend = ScriptedBackend([model("a", 5), model("giant", 40)])
    async with open_house(backend) as house:
        (await house.residency.acquire(house.fleet.model("one/a"))).release()
        with pytest.raises(BackendError, match=r"needs 4\d\.\d GiB, gpu0 can hold 8\.0 GiB"):
            await house.residency.acquire(house.fleet.model("one/giant"))
        assert backend.calls == [("load", "a")]
        assert house.router.ledger.waits()["one/giant"].blocked
        assert house.router.ledger.waits()["one/giant"].never


async def test_a_failed_load_is_told_and_not_recorded_as_loaded():
    error = BackendError("out_of_memory", "no room", backend="one", fallback=True)
    backend = ScriptedBackend([model("a")], load_failures={"a": [error]})
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        with pytest.raises(BackendError, match="no room"):
            await house.residency.acquire(record)
        assert record.residency == "absent"
        assert record.leases == 0
        assert [f.event.kind for f in house.facts(ResidencyChanged)] == ["load_failed"]
        (await house.residency.acquire(record)).release()
        assert record.residency == "resident"


@pytest.mark.parametrize(
    "words", ["one (a) has not enough memory: no room", "one/a was not loaded within 5 s", "no room"]
)
async def test_the_log_names_a_model_that_was_not_loaded_once(words, caplog):
    error = BackendError("out_of_memory", words, backend="one", model="a", fallback=True)
    async with open_house(ScriptedBackend([model("a")], load_failures={"a": [error]})) as house:
        with pytest.raises(BackendError):
            await house.residency.acquire(house.fleet.model("one/a"))
    line = next(line for line in caplog.messages if line.startswith("load failed"))
    assert words in line
    assert line.count("one/a") + line.count("one (a)") == 1


async def test_a_load_that_takes_too_long_is_given_up():
    backend = ScriptedBackend([model("a")], load_seconds=30)
    async with open_house(backend, load_timeout=0.1) as house:
        with pytest.raises(BackendError, match=r"not loaded within") as caught:
            await house.residency.acquire(house.fleet.model("one/a"))
        assert caught.value.code == "load_timeout"


async def test_who_stops_waiting_leaves_no_lease_behind():
    backend = ScriptedBackend([model("a")], load_seconds=0.1)
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        gone = asyncio.ensure_future(house.residency.acquire(record))
        stays = asyncio.ensure_future(house.residency.acquire(record))
        await until(lambda: len(record.tickets) == 2)
        gone.cancel()
        lease = await stays
        assert record.leases == 1
        assert not record.tickets
        lease.release()


async def test_what_others_loaded_or_unloaded_is_noticed():
    backend = ScriptedBackend([model("a")])
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        assert record.residency == "absent"
        backend.held.add("a")
        house.fleet.look_again("one")
        await until(lambda: record.residency == "resident")
        assert not record.ours
        assert record.seen == Footprint(4 * GIB, "reported")
        backend.held.clear()
        house.fleet.look_again("one")
        await until(lambda: record.residency == "absent")


async def test_waits_count_the_load_of_an_absent_model_and_nothing_for_a_resident_one():
    backend = ScriptedBackend([model("a", 3), model("b", 3)])
    async with open_house(backend) as house:
        (await house.residency.acquire(house.fleet.model("one/a"))).release()
        waits = house.router.ledger.waits()
        assert waits["one/a"].load == 0
        assert waits["one/b"].load > 0


async def test_a_model_that_cannot_be_loaded_is_left_alone_so_that_no_request_unloads_others_for_it():
    broken = [BackendError("backend_error", "corrupt file", backend="one", fallback=True) for _ in range(9)]
    backend = ScriptedBackend([model("big", 6), model("small", 3)], load_failures={"big": broken})
    async with open_house(backend) as house:
        house.router.preference = 1.0
        for _ in range(4):
            await house.ask("Prove that 2 is irrational.")
        assert [call for call in backend.calls if call[0] != "chat"] == [("load", "big"), ("load", "small")]
        assert "corrupt file" in house.fleet.model("one/big").problem


async def test_a_look_that_began_before_a_load_does_not_undo_it():
    backend = ScriptedBackend([model("a", 5), model("b", 5)])
    asked, go_on = asyncio.Event(), asyncio.Event()

    async with open_house(backend) as house:
        told = backend.residents

        async def slow():
            before = await told()
            asked.set()
            await go_on.wait()
            return before

        backend.residents = slow
        house.fleet.look_again("one")
        await asked.wait()
        lease = await house.residency.acquire(house.fleet.model("one/a"))
        go_on.set()
        await asyncio.sleep(0.02)
        assert house.fleet.model("one/a").residency == "resident"
        lease.release()


async def test_alternating_models_are_served_while_their_backend_answers_looks_late():
    backend = ScriptedBackend([model("a", 5), model("b", 5)], load_seconds=0.01)
    async with open_house(backend) as house:
        told = backend.residents

        async def slow():
            before = await told()
            await asyncio.sleep(0.03)
            return before

        backend.residents = slow
        for index in range(30):
            (await house.residency.acquire(house.fleet.model(f"one/{'ab'[index % 2]}"))).release()
        assert backend.most_held <= backend.capacity


async def test_an_unexpected_error_while_loading_frees_what_was_booked():
    backend = ScriptedBackend([model("a", 5), model("b", 5)])

    async def bug(*_: object, **__: object) -> None:
        raise KeyError("bug")

    async with open_house(backend) as house:
        load, backend.load = backend.load, bug
        with pytest.raises(BackendError, match="could not be loaded"):
            await house.residency.acquire(house.fleet.model("one/a"))
        backend.load = load
        assert house.fleet.model("one/a").residency == "absent"
        (await house.residency.acquire(house.fleet.model("one/b"))).release()


async def test_names_of_the_same_weights_count_once_and_leave_together():
    backend = ScriptedBackend([model("a", 5), model("alias", 5), model("b", 5)])
    async with open_house(backend) as house:
        backend.held.add("a")

        async def shared():
            return [Resident(n, 5 * GIB, "reported") for n in backend.held] + [
                Resident("alias", 5 * GIB, "reported", shares="a") for n in backend.held if n == "a"
            ]

        backend.residents = shared
        house.fleet.look_again("one")
        await until(lambda: house.fleet.model("one/alias").residency == "resident")
        assert {view.info.name: view.shares for view in house.fleet.views()} == {"a": "", "alias": "a", "b": ""}
        lease = await house.residency.acquire(house.fleet.model("one/alias"))
        waiting = asyncio.ensure_future(house.residency.acquire(house.fleet.model("one/b")))
        await until(lambda: house.fleet.model("one/a").draining)
        assert ("unload", "a") not in backend.calls
        lease.release()
        (await waiting).release()
        assert house.fleet.model("one/alias").residency == "absent"


async def test_a_model_that_leaves_its_list_and_comes_back_keeps_its_pin_and_its_leases():
    backend = ScriptedBackend([model("a", 3)])
    async with open_house(backend) as house:
        lease = await house.residency.acquire(house.fleet.model("one/a"))
        house.fleet.model("one/a").enabled = False
        infos, backend.infos = backend.infos, []
        house.fleet.look_again("one")
        await until(lambda: not house.fleet.models)
        backend.infos = infos
        house.fleet.look_again("one")
        await until(lambda: bool(house.fleet.models))
        record = house.fleet.model("one/a")
        assert (record.leases, record.enabled) == (1, False)
        lease.release()


async def test_a_backend_that_is_down_books_no_memory():
    one = ScriptedBackend([model("a", 6)])
    two = ScriptedBackend([model("z", 6, "two")], name="two")
    async with open_house(one, two) as house:
        (await house.residency.acquire(house.fleet.model("one/a"))).release()
        one.down = True
        one.held.clear()
        house.fleet.look_again("one")
        await until(lambda: not house.fleet.model("one/a").healthy)
        (await house.residency.acquire(house.fleet.model("two/z"))).release()


async def test_a_forced_unload_does_not_wait_behind_a_polite_one():
    backend = ScriptedBackend([model("a", 3)])
    async with open_house(backend) as house:
        record = house.fleet.model("one/a")
        lease = await house.residency.acquire(record)
        polite = asyncio.ensure_future(house.residency.unload(record, "asked for"))
        await until(lambda: record.draining)
        await house.residency.unload(record, "asked for", force=True)
        await polite
        assert record.residency == "absent"
        lease.release()


async def test_a_model_that_failed_again_is_left_alone_from_then_on(monkeypatch):
    monkeypatch.setattr("llmrouter_tui.engine.moving.RETRY_SECONDS", 0.2)
    errors = [BackendError("backend_error", "corrupt file", backend="one", fallback=True) for _ in range(2)]
    backend = ScriptedBackend([model("a", 3)], load_failures={"a": errors})
    async with open_house(backend) as house:
        record, loop = house.fleet.model("one/a"), asyncio.get_running_loop()
        for pause in (0.15, 0.0):
            with pytest.raises(BackendError, match="corrupt file"):
                await house.residency.acquire(record)
            failed = loop.time()
            await asyncio.sleep(pause)
        await until(lambda: not record.problem)
        assert loop.time() - failed >= 0.39


async def test_a_model_that_somebody_loaded_with_less_context_is_loaded_anew_in_view_of_everyone():
    backend = ScriptedBackend([model("a", 3)], kind="ollama")
    async with open_house(backend) as house:
        backend.held.add("a")

        async def small():
            return [Resident(n, 3 * GIB, "reported", context_length=2048) for n in backend.held]

        backend.residents = small
        house.fleet.look_again("one")
        record = house.fleet.model("one/a")
        await until(lambda: record.residency == "resident")
        for _ in range(3):
            (await house.residency.acquire(record)).release()
        assert backend.calls == [("load", "a")]
        assert house.facts(ResidencyChanged)


async def test_a_model_whose_keep_alive_is_changed_does_not_leave_meanwhile():
    backend = ScriptedBackend([model("a", 5), model("b", 5)], load_seconds=0.05)
    async with open_house(backend) as house:
        a, b = house.fleet.model("one/a"), house.fleet.model("one/b")
        (await house.residency.acquire(a)).release()
        keeping = asyncio.ensure_future(house.residency.keep(a))
        await until(lambda: len(backend.calls) == 2)
        (await house.residency.acquire(b)).release()
        await keeping
        assert backend.held == {"b"}
        assert backend.most_held <= backend.capacity
